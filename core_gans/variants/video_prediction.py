"""Video prediction: the next frame from those before, drawn sharp. Mathieu, Couprie & LeCun 2016, "Deep multi-scale
video prediction beyond mean square error".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, HeldOutGame, Kind, Nets, Turn
from core_gans.losses.frames import gradient_difference, lp
from core_gans.losses.objectives import heuristic
from core_gans.metrics.prediction import predicted_well, tried
from core_gans.networks.scales import GENERATORS, FrameDiscriminators, NextFrame, halved, sides
from core_gans.optimizers import Adam

SHOWN = 6  # held-out clips on a sheet
AT_ONCE = 64  # clips predicted together


@dataclass(frozen=True)
class VideoPrediction(HeldOutGame):
    """A generator and a discriminator at each of four scales; the loss is that of equation 7 with the paper's weights.

    Adam takes the place of the paper's SGD, the discriminators halve their maps after the first layer and end in one
    linear layer, and the width is an eighth of the paper's, so that minutes on a processor show something. The twin of
    the paper's table, which learns from the squared error alone: ``--adversarial 0 --gradient 0 --power 2``.
    """

    name: ClassVar[str] = "video_prediction"
    paper: ClassVar[str] = "Mathieu et al. 2016"
    takes: ClassVar[tuple[Kind, ...]] = ("clips",)
    usual_data: ClassVar[str] = "moving_digits"

    shape: tuple[int, ...] = (1, 8, 32, 32)
    """One clip (C, T, H, W). Taken from the data by the commands."""
    given: int = 4
    """Frames from which the next one is predicted."""
    scales: int = 4
    """Sizes at which a frame is drawn, each twice the one before."""
    width: int = 16
    """Channels where the paper has 128; all others in proportion."""
    from_last: bool = True
    """Draw what changes from the last given frame; the paper draws the next frame from nothing."""
    adversarial: float = 0.05
    """Weight of the discriminators' answers (lambda_adv); 0 for no discriminators."""
    error: float = 1.0
    """Weight of the error of pixels (lambda_lp)."""
    gradient: float = 1.0
    """Weight of the difference of gradients (lambda_gdl)."""
    power: int = 2
    """Of the error of pixels (p): 1 or 2. The best constant answer of 1 is the median: on digits over black, black."""
    alpha: int = 1
    """Power of the difference of gradients: 1 or 2."""
    rate: float = 5e-4
    """Learning rate of the generator."""
    discriminator_rate: float = 1e-4
    """Learning rate of the discriminators."""
    beta1: float = 0.5
    """Adam's first decay."""

    def __post_init__(self) -> None:
        for name in ("adversarial", "error", "gradient"):
            if not getattr(self, name) >= 0:
                raise LabError(f"expected {name} of at least 0, got {getattr(self, name)}.")
        if not 1 <= self.scales <= len(GENERATORS) or self.given < 1 or self.width < 1:
            raise LabError(
                f"expected 1 to {len(GENERATORS)} scales and at least one frame given and a width of 1, got "
                f"{self.scales}, {self.given} and {self.width}."
            )
        if {self.power, self.alpha} - {1, 2}:
            raise LabError(f"expected a power and an alpha of 1 or 2, got {self.power} and {self.alpha}.")
        if not (self.rate > 0 and self.discriminator_rate > 0):
            raise LabError(f"expected learning rates above 0, got {self.rate} and {self.discriminator_rate}.")
        if len(self.shape) != 4 or self.shape[1] <= self.given:
            raise LabError(
                f"{self.name} learns from clips (C, T, H, W) of more frames than the {self.given} that are given, and "
                f"the data are of shape {tuple(self.shape)}: ask for more --frames, or fewer --given."
            )
        sides(self.shape, self.scales)  # refuses what cannot be halved

    def players(self) -> dict[str, nn.Module]:
        colours = self.shape[0]
        return {
            "generator": NextFrame(colours, self.given, self.scales, self.width, self.from_last),
            "discriminator": FrameDiscriminators(colours, self.given, self.shape, self.scales, self.width),
        }

    def turns(self) -> tuple[Turn, ...]:
        generator = Turn(("generator",), self.generator_loss, Adam(self.rate, self.beta1))
        if not self.adversarial:
            return (generator,)
        return (Turn(("discriminator",), self.discriminator_loss, Adam(self.discriminator_rate, self.beta1)), generator)

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """The cross entropy of real and drawn next frames, the sum of all scales (equation 1)."""
        given, true = self.window(batch.real, rng)
        with torch.no_grad():
            drawn = self._at_scales(nets, given)
        real = nets["discriminator"](self._seen(given, halved(true, self.scales)))
        fake = nets["discriminator"](self._seen(given, drawn))
        each = [heuristic.discriminator(ours, theirs) for ours, theirs in zip(real, fake, strict=True)]
        return {"discriminator": torch.stack(each).sum()}

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """The weighted terms of equation 7, each the sum of all scales."""
        given, true = self.window(batch.real, rng)
        drawn, wanted = self._at_scales(nets, given), halved(true, self.scales)
        pairs = list(zip(drawn, wanted, strict=True))
        terms = {"error": self.error * torch.stack([lp(ours, theirs, self.power) for ours, theirs in pairs]).sum()}
        if self.gradient:
            differ = [gradient_difference(ours, theirs, self.alpha) for ours, theirs in pairs]
            terms["gradient"] = self.gradient * torch.stack(differ).sum()
        if self.adversarial:
            scores = nets["discriminator"](self._seen(given, drawn))
            terms["generator"] = self.adversarial * torch.stack([heuristic.generator(each) for each in scores]).sum()
        return terms

    def window(self, clips: Tensor, rng: torch.Generator) -> tuple[Tensor, Tensor]:
        """Given frames (N, given C, H, W) and the next one (N, C, H, W), from a place in the clips by chance."""
        places = clips.shape[2] - self.given
        start = int(torch.randint(places, (), generator=rng, device=rng.device))
        return stacked(clips[:, :, start : start + self.given]), clips[:, :, start + self.given]

    @torch.no_grad()
    def predict(self, nets: Nets, clips: Tensor, frames: int = 1) -> Tensor:
        """The ``frames`` that follow clips (N, C, at least ``given``, H, W): (N, C, frames, H, W) in [-1, 1].

        Each frame is drawn from the last ``given`` ones, drawn ones among them. LabError for clips of other shapes.
        """
        if clips.dim() != 5 or clips.shape[1] != self.shape[0] or clips.shape[2] < self.given or frames < 1:
            raise LabError(
                f"expected clips (N, {self.shape[0]}, at least {self.given}, H, W) and at least one frame to predict, "
                f"got {tuple(clips.shape)} and {frames}."
            )
        sides(clips.shape, self.scales)
        generator = nets["generator"]
        was_training = generator.training
        generator.eval()
        try:
            parts = [self._continued(generator, part, frames) for part in clips.split(AT_ONCE)]
        finally:
            generator.train(was_training)
        return torch.cat(parts)

    def _continued(self, generator: nn.Module, clips: Tensor, frames: int) -> Tensor:
        for _ in range(frames):
            following = generator(stacked(clips[:, :, -self.given :])).float()
            clips = torch.cat((clips, following.unsqueeze(2)), dim=2)
        return clips[:, :, -frames:]

    def measure(self, nets: Nets, held: Batch, rng: torch.Generator) -> dict[str, float]:
        """PSNR, SSIM and sharpness of the first predicted frame, beside those of copying and of extrapolating."""
        del rng
        given, true = held.real[:, :, : self.given], held.real[:, :, self.given]
        drawn = {"": self.predict(nets, given)[:, :, 0], **tried(given)}
        return {
            name + (f"[{who}]" if who else ""): value
            for who, frames in drawn.items()
            for name, value in predicted_well(frames, true, given).items()
        }

    def show(self, nets: Nets, held: Batch, rng: torch.Generator) -> Tensor:
        """Some held-out clips, and below each its given frames with what is predicted to follow."""
        del rng
        clips = held.real[:SHOWN]
        given = clips[:, :, : self.given]
        continued = torch.cat((given, self.predict(nets, given, clips.shape[2] - self.given)), dim=2)
        pairs = torch.stack((clips, continued), dim=1).flatten(0, 1)
        return pairs if pairs.shape[1] == 3 else pairs[:, :1].expand(-1, 3, -1, -1, -1)

    def _at_scales(self, nets: Nets, given: Tensor) -> list[Tensor]:
        generator = nets["generator"]
        assert isinstance(generator, NextFrame)
        return generator.at_scales(given)

    def _seen(self, given: Tensor, frames: list[Tensor]) -> list[Tensor]:
        """What the judge of each scale sees: the given frames with the next one behind them."""
        return [torch.cat(pair, dim=1) for pair in zip(halved(given, self.scales), frames, strict=True)]


def stacked(clips: Tensor) -> Tensor:
    """Clips (N, C, T, H, W) as pictures (N, T C, H, W), the frames behind each other."""
    return clips.transpose(1, 2).flatten(1, 2)
