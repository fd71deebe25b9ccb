"""A generator taught by a discriminator that sees things: Sauer et al. 2021, with a segmenter's features.

    core-gans train dissect.projected:Projected --from scenes-generator --data scenes --size 64 ...

A discriminator that learns from pixels alone is soon right of every sample by a texture, and says no more of trees and
houses. A frozen network that has learned to name things shows it those.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, goodfellow
from core_gans.networks import Architecture, Family
from core_gans.networks.architecture import Normalisation
from dissect.projected.discriminator import ThroughSegmenter
from dissect.segmenters.named import SEGMENTERS
from dissect.segmenters.unet import UNetSegmenter


@dataclass(frozen=True)
class Projected(AdversarialGame):
    """The logistic game of any generator of square colour images, whose discriminator looks through a segmenter.

    ``r1`` is by the segmenter's features (``ThroughSegmenter.slope``). Fields of other discriminators (normalisation,
    discriminator channels, head, minibatch discrimination, further penalties, changes of images) are of no use here.
    """

    name: ClassVar[str] = "dissect.projected:Projected"
    paper: ClassVar[str] = "Sauer et al. 2021"

    shape: tuple[int, ...] = (3, 64, 64)
    """One picture (3, H, H). Taken from the data by the commands."""
    segmenter: str = "scenes-segmenter"
    """Through which segmenter: a name, or a file of ``dissect train-segmenter``."""
    seen: int = 64
    """Pixels a side at which it sees larger pictures: those of the pictures that it learned from."""
    normalisation: Normalisation = "none"
    discriminator_rate: float = 5e-4
    beta1: float = 0.0
    beta2: float = 0.99
    r1: float = 0.2
    penalty_every: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.shape) != 3 or self.shape[0] != 3 or self.shape[1] != self.shape[2]:
            raise LabError(
                f"the segmenter sees square pictures in colour, and the data are of shape {self.shape}: choose such "
                "ones, as --data scenes, or another game."
            )
        if not _is_file(self.segmenter):
            require_known("segmenter", self.segmenter, SEGMENTERS)
        if self.augment:
            raise LabError("this discriminator sees pictures as they are: leave out --augment.")

    @property
    def objective(self) -> Objective:
        return goodfellow("heuristic")

    def to_open(self, player: str) -> Projected:
        """For a generator, with the segmenter that is always there: its own may be a file of another machine."""
        return replace(self, segmenter=type(self).segmenter) if player == "generator" else self

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        through = opened(self.segmenter)
        return {
            "generator": kind.generator(architecture),
            "discriminator": ThroughSegmenter(through.net, self.shape[-1], self.seen),
        }

    def objective_term(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        assert isinstance(discriminator, ThroughSegmenter)
        discriminator.count(real)
        return super().objective_term(discriminator, real, fake)

    def squared_slope(self, discriminator: nn.Module, examples: Tensor) -> Tensor:
        """By the features that the looks see, not by pixels through the segmenter."""
        assert isinstance(discriminator, ThroughSegmenter)
        return discriminator.slope(examples)


def opened(name: str) -> UNetSegmenter:
    """The U-Net of that name, or in that file. LabError where it is none, FileNotFoundError where there is no file."""
    if _is_file(name) and not Path(name).exists():
        raise FileNotFoundError(
            f"the game's field segmenter names {name}, and there is no such file: put it back, or name it where it is "
            "now (--segmenter; of a run, resume --set segmenter=FILE)."
        )
    with torch.device("cpu"):  # with its numbers, also where players are built without theirs
        found = UNetSegmenter.load(name) if _is_file(name) else SEGMENTERS[name].make()
    if not isinstance(found, UNetSegmenter):
        raise LabError(f"{name} is no network with features to look through: choose scenes-segmenter, or a file.")
    return found


def _is_file(name: str) -> bool:
    return Path(name).suffix == ".safetensors"
