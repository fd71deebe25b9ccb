"""How a variant is explained to a student, and a row of f-GAN's tables: what told.toml and divergences.toml say."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Told:
    """What the code of a variant does not say of itself. Formulas are in the notation of ``mathml``, a line each."""

    title: str
    idea: str
    discriminator: Sequence[str]
    generator: Sequence[str]
    further: str = ""
    """What else is trained, or needs a word; empty where there is nothing."""


@dataclass(frozen=True)
class Row:
    """``f`` of the ratio u = p/q, the activation ``g`` of a score s, and ``optimum``, T* = f'(u)."""

    title: str
    f: str
    g: str
    optimum: str


def _read(name: str) -> dict[str, dict[str, Any]]:
    return tomllib.loads(files("demos.variants").joinpath(name).read_text(encoding="utf-8"))


TOLD = {name: Told(**fields) for name, fields in _read("told.toml").items()}
ROWS = {name: Row(**fields) for name, fields in _read("divergences.toml").items()}
