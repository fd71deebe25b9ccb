"""The lab imports where POSIX is not: modules that Windows lacks are taken away; MPS is taken where torch has it."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from core_gans.compute import Compute
from core_gans.foundation.errors import LabError

POSIX = ("fcntl", "resource", "termios", "pwd", "grp", "tty", "pty")
IMPORT_ALL = """
import importlib, pkgutil, signal, sys
for name in {missing}:
    sys.modules[name] = None
for name in ("SIGHUP", "SIGALRM", "SIGUSR1"):
    if hasattr(signal, name):
        delattr(signal, name)
for package in ("core_gans", "egan", "dissect"):
    path = importlib.import_module(package).__path__
    for module in pkgutil.walk_packages(path, package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print("imported")
"""


def test_nothing_needs_posix_to_be_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL.format(missing=POSIX)],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.stdout.strip().endswith("imported"), done.stderr[-2000:]


def test_mps_is_taken_where_torch_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert Compute("mps").device == "mps"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(LabError, match="--device mps needs macOS"):
        Compute("mps")


@pytest.mark.parametrize("device", ["mps:0", "tpu", "cuda:x", "cpu:1", ""])
def test_other_devices_are_refused_by_name(device: str) -> None:
    with pytest.raises(LabError, match="expected the device cpu, cuda, cuda:N or mps"):
        Compute(device)


def test_a_gpu_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert Compute("cuda:1").device == "cuda:1"
    with pytest.raises(LabError, match="torch sees 2 GPUs"):
        Compute("cuda:2")
