"""Is it the same code there? Two versions give other numbers, and nothing else would tell."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import torch

import core_gans


@cache
def code() -> dict[str, str]:
    """What decides numbers in this process: versions, and a digest of the sources of core_gans and egan."""
    try:
        lab = version("gan-lab")
    except PackageNotFoundError:
        lab = "not installed"
    return {"gan-lab": lab, "torch": torch.__version__, "numpy": np.__version__, "sources": _digest()}


def different(here: dict[str, str], there: dict[str, str]) -> str:
    """In what ``there`` differs, as ``torch 2.12.0 instead of 2.13.0``; empty where in nothing."""
    other = {name: (there.get(name), value) for name, value in here.items() if there.get(name) != value}
    return ", ".join(f"{name} {found} instead of {wanted}" for name, (found, wanted) in other.items())


def _digest() -> str:
    root = Path(core_gans.__file__).parents[1]
    summary = hashlib.sha256()
    for package in ("core_gans", "egan"):
        for path in sorted((root / package).rglob("*.py")):
            summary.update(path.relative_to(root).as_posix().encode())
            summary.update(path.read_bytes())
    return summary.hexdigest()[:12]
