"""Sealed files: what version 0.1.0 wrote is still written, to the digit of the seal; refusals are one clear line."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.numpy import save_file

from core_gans.foundation.errors import LabError
from core_gans.foundation.sealed import read_sealed, write_sealed
from core_gans.runs.checkpoints import save

ARRAYS = {"b": np.arange(6, dtype=np.float32).reshape(2, 3).T, "a": np.array(True)}
FACTS = {"words": "größer", "n": [1, None]}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.safetensors"


def metadata_of(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def test_arrays_come_back_with_their_facts(path: Path) -> None:
    write_sealed(path, ARRAYS, FACTS)
    arrays, facts = read_sealed(path)
    assert facts == FACTS
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert np.array_equal(arrays[name].squeeze(), array)


def test_arrays_are_sealed_as_version_0_1_0_sealed_them(path: Path) -> None:
    write_sealed(path, ARRAYS, FACTS)
    assert metadata_of(path) == {
        "facts": '{"n": [1, null], "words": "größer"}',
        "sha256": "d862f0ceda4861e93d74621448a18d2dadaf6f937aef399922387559cf5f9181",
    }


def test_checkpoints_are_sealed_as_version_0_1_0_sealed_them(path: Path) -> None:
    net = {"w": torch.arange(6.0).view(2, 3).T, "n": torch.tensor(3)}
    save(path, {"net": net, "half": torch.ones(2, dtype=torch.bfloat16), "round": 7, "shape": (1, 2)})
    assert metadata_of(path) == {
        "format": "1",
        "structure": '{"mapping": [["net", {"mapping": [["w", {"tensor": "/net/w"}], ["n", {"tensor": "/net/n"}]]}], '
        '["half", {"tensor": "/half"}], ["round", {"value": 7}], ["shape", {"tuple": [{"value": 1}, {"value": 2}]}]]}',
        "sha256": "2d9f936f40ca56216cf0558761a0f2c25c5c14bb3b7f78cd80cdddf0f0b010d6",
    }


def test_a_full_disk_is_told_and_the_old_file_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    write_sealed(path, ARRAYS, FACTS)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"could not write .*file\.safetensors .*: is the disk full\?"):
        write_sealed(path, {}, {}, overwrite=True)
    assert read_sealed(path)[1] == FACTS
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("framework", ["arrays", "checkpoint"])
def test_what_was_there_is_kept_unless_told(path: Path, framework: str) -> None:
    path.write_text("mine")
    with pytest.raises(FileExistsError, match=r"file\.safetensors exists already and is kept: choose another name"):
        write_sealed(path, {}, {}) if framework == "arrays" else save(path, {})
    assert path.read_text() == "mine"


def test_a_file_without_a_seal_or_with_another_ones(path: Path) -> None:
    save_file({"a": np.zeros(2)}, path)
    with pytest.raises(LabError, match="without a seal"):
        read_sealed(path)
    save_file({"a": np.zeros(2)}, path, {"facts": "{}", "sha256": "0" * 64})
    with pytest.raises(LabError, match="is corrupt: its contents do not match its SHA-256"):
        read_sealed(path)
    path.write_bytes(b"no safetensors")
    with pytest.raises(LabError, match=r"file\.safetensors is damaged or no safetensors file \(.*\): get or make it"):
        read_sealed(path)
