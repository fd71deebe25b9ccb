"""What experiments are made on: data, the game that is evolved, and the contenders when nobody names others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from core_gans.comparison.plan import FULL, Source
from core_gans.data import KNOWN
from core_gans.data.points import GRID, RING
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from core_gans.recipes import recipe_fields
from egan.settings import GAMMA_ON_POINTS, UNPENALISED

Name = Literal["ring", "grid", "digits", "mnist", "cifar"]  # of a preset; the words of the command line
ALONE = ("minimax", "heuristic", "least_squares")
CHANCE = "egan,selection=random"


@dataclass(frozen=True)
class ExperimentPreset:
    """``data`` is a name that ``data.load`` knows, or a file in the folder that GANLAB_DATA names."""

    data: str
    game: str
    contenders: tuple[str, ...]
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the game in which all contenders differ from a comparison's settings."""
    usual: Mapping[str, Any] = field(default_factory=dict)
    """Numbers of the evolution in which it differs from the command ``evolve``."""
    features: str | None = None
    """What images are seen through; None for what suits the data."""
    judged: int = FULL
    """Samples of the judgement at the end."""
    kept: int = 8
    """Samples of each look that are kept."""

    @property
    def source(self) -> Source:
        """LabError when the data are not there."""
        return Source(self.data if self.data in KNOWN else str(_file(self.data)))


_IMAGES = ("egan", CHANCE, *ALONE, "lottery")
_POINTS = (
    "egan",
    CHANCE,
    "egan,common_latents=true,evaluation_size=1024",
    "egan,fitness=frechet,common_latents=true,evaluation_size=1024",
    *ALONE,
)
# A mode is covered by 20 of 10,000 points.
_OF_POINTS: dict[str, Any] = {
    "contenders": _POINTS,
    "usual": {"gamma": GAMMA_ON_POINTS},
    "judged": 10_000,
    "kept": 600,
}

# As the experiments were made, with batch statistics and without a penalty.
_GREY = {**recipe_fields("dcgan", "grey"), "normalisation": "batch", **UNPENALISED}
PRESETS: dict[str, ExperimentPreset] = {
    RING.name: ExperimentPreset(RING.name, "gan", fields=RING.fields, **_OF_POINTS),
    GRID.name: ExperimentPreset(GRID.name, "gan", fields=GRID.fields, **_OF_POINTS),
    "digits": ExperimentPreset("digits", "dcgan", _IMAGES, _GREY),
    "mnist": ExperimentPreset("mnist_28.npz", "dcgan", _IMAGES, _GREY, features="mnist-cnn"),
    "cifar": ExperimentPreset(
        "cifar10_jpeg_60k.npz", "dcgan", _IMAGES, recipe_fields("dcgan", "colour"), features="cifar-resnet20"
    ),
}
assert PRESETS.keys() == set(get_args(Name))


def preset(name: str) -> ExperimentPreset:
    """The preset called ``name``; a ValueError lists the nearest names."""
    return PRESETS[require_known("preset of an experiment", name, PRESETS)]


def _file(name: str) -> Path:
    folder = os.environ.get("GANLAB_DATA")
    if not folder or not (Path(folder) / name).is_file():
        raise LabError(f"{name} is not shipped: set GANLAB_DATA to a folder that holds it.")
    return Path(folder) / name
