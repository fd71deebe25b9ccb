"""Pix2Pix: translation learned from pairs, with noise as dropout. Isola et al. 2017, "Image-to-Image Translation with
Conditional Adversarial Networks".
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.translators import Translator
from core_gans.losses.objectives import heuristic
from core_gans.networks.patch import patch
from core_gans.networks.residual import Added
from core_gans.networks.unet import Norm, UNet


@dataclass(frozen=True)
class Pix2Pix(Translator):
    """A U-Net against a PatchGAN that sees the source beside its true or its drawn target (equations 1 to 4).

    The discriminator's loss is halved, which slows it down beside the generator (section 3.3).
    """

    name: ClassVar[str] = "pix2pix"
    paper: ClassVar[str] = "Isola et al. 2017"
    usual_data: ClassVar[str] = "colourisation:scenes"
    learns_from: ClassVar[Literal["pairs", "domains", "labels"]] = "pairs"

    drawn: int = 3
    """Channels of a target. Taken from the data by the commands."""
    l1: float = 100.0
    """Weight of the mean absolute error (lambda)."""
    levels: int = 0
    """Halvings in the U-Net; 0 for as many as the sides allow: 64 pixels become one."""
    dropout: float = 0.5
    """Share that the noise drops in the decoder's three innermost blocks."""
    patch_layers: int = 3
    """Strided layers of the discriminator: 1, 2, 3 see patches of 16, 34, 70 pixels."""
    normalisation: Norm = "batch"
    """Of both players: batch, instance or none. At test time the paper normalises by the test batch, so that an answer
    depends on its neighbours; here it never does: batch uses the statistics of training. With the paper's batches of 1
    the paper's is instance normalisation, which ``--preset paper`` has."""
    residual: bool = False
    """The generator draws what is to be added to its source, as when only the detail is missing."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_weights("l1")
        if self.levels < 0 or not 0 <= self.dropout < 1:
            raise LabError(
                f"expected levels of at least 0 and a dropout in [0, 1), got {self.levels} and {self.dropout}."
            )
        if self.residual and self.colours not in (1, self.drawn):
            raise LabError(
                f"expected sources of 1 or {self.drawn} channels to add to, got {self.colours}: choose --no-residual."
            )

    @property
    def targets(self) -> tuple[str, ...]:
        return ("target",)

    def players(self) -> dict[str, nn.Module]:
        common = gcd(*self.shape[1:])
        possible = (common & -common).bit_length() - 1  # times that both sides can be halved
        levels = self.levels or possible
        if not 2 <= levels <= possible:
            raise LabError(
                f"expected 2 to {possible} levels for images of {self.shape[2]}x{self.shape[1]} pixels, got {levels}: "
                "choose --levels, or a --size that can be halved more often."
            )
        side = min(self.shape[1:])
        generator: nn.Module = UNet(
            self.colours, self.drawn, side, levels, self.width, self.dropout, self.normalisation
        )
        if self.residual:
            generator = Added(generator)
        seen = self.colours + self.drawn
        return {
            "generator": generator,
            "discriminator": patch(seen, side, self.width, self.patch_layers, self.normalisation),
        }

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        source = self.sources(batch)
        with torch.no_grad():
            drawn = nets["generator"](source)
        true = nets["discriminator"](torch.cat((source, batch.real), dim=1))
        false = nets["discriminator"](torch.cat((source, drawn), dim=1))
        return {"discriminator": 0.5 * heuristic.discriminator(true, false)}

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        source = self.sources(batch)
        drawn = nets["generator"](source)
        scores = nets["discriminator"](torch.cat((source, drawn), dim=1))
        error = (drawn - batch.real).abs().float().mean()
        return {"generator": heuristic.generator(scores), "l1": self.l1 * error}

    def answer(self, generator: nn.Module, images: Tensor, target: int) -> Tensor:
        self.require_colours(images, self.colours)
        answer: Tensor = generator(images)
        return answer
