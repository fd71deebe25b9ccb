"""Driving: the road ahead dreamt in code space, frame after frame, as one steers. Santana & Hotz 2016.

"Learning a Driving Simulator", sections 3 and 4; where the paper is silent, the numbers of its published code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, HeldOutGame, Kind, Nets, Turn
from core_gans.losses.objectives import heuristic
from core_gans.metrics.drives import drive_figures, psnr
from core_gans.networks.world import Cell, Critic, World
from core_gans.optimizers import Adam

SHOWN = 6  # held-out drives on a sheet
AT_ONCE = 256  # frames encoded or decoded together


@dataclass(frozen=True)
class Driving(HeldOutGame):
    """An autoencoder of frames that a discriminator's features judge, and a transition from code and action to code.

    The first rounds teach both; after ``autoencoder_rounds`` the encoder, the decoder and the discriminator stay as
    they are, and the transition alone goes on. What differs from the paper: the networks and codes are smaller, groups
    are normalised and not batches, encoder and decoder learn from one loss, which has errors of pixels in it, too, and
    the transition has gates; each can be set back but for the groups and the common loss.
    """

    name: ClassVar[str] = "driving"
    paper: ClassVar[str] = "Santana & Hotz 2016"
    takes: ClassVar[tuple[Kind, ...]] = ("clips",)
    usual_data: ClassVar[str] = "road"

    shape: tuple[int, ...] = (3, 16, 32, 64)
    """One clip, (C, T, H, W). Taken from the data by the commands."""
    width: int = 16
    """Channels of the first layer of encoder and discriminator; 64 in the paper."""
    code: int = 64
    """Numbers in the code of a frame; 2048 in the paper, 512 in its code."""
    memory: int = 256
    """Numbers that the transition remembers."""
    cell: Cell = "gru"
    """The transition's: with gates, or without (rnn), as in the paper."""
    taught: int = 5
    """Frames whose true codes the transition sees, before it goes on from its own."""
    frames: int = 32
    """Frames of a batch that the autoencoder learns from, drawn from all its clips; 64 in the paper's code."""
    autoencoder_rounds: int = 0
    """Rounds in which the autoencoder learns; 0 for all. In the paper it is finished before the transition begins."""
    likeness: float = 1.0
    """Weight of half the squared error of the discriminator's features (1 for the encoder, 1e-6 for the decoder in the
    paper's code)."""
    pixels: float = 10.0
    """Weight of the squared error of pixels; 0 in the paper."""
    realism: float = 0.02
    """Weight of the discriminator's verdict for the decoder; 1 in the paper's code."""
    normality: float = 1e-3
    """Weight of the divergence of codes from N(0, 1), per number; 1 in the paper's code."""
    rate: float = 5e-4
    """Learning rate of the autoencoder; 2e-4 in the paper's code."""
    discriminator_rate: float = 2e-4
    """Learning rate of the discriminator."""
    transition_rate: float = 8e-4
    """Learning rate of the transition, as in the paper's code."""
    beta1: float = 0.5
    """Adam's first decay."""
    beta2: float = 0.999
    """Adam's second decay."""

    def __post_init__(self) -> None:
        if len(self.shape) != 4 or self.shape[1] <= self.taught:
            raise LabError(
                f"driving learns from clips (C, T, H, W) of more than {self.taught} frames, and the data is of shape "
                f"{tuple(self.shape)}: choose --data road, with --frames 16."
            )
        for name in ("width", "code", "memory", "taught", "frames"):
            if getattr(self, name) < 1:
                raise LabError(f"expected {name} of at least 1, got {getattr(self, name)}.")
        for name in ("autoencoder_rounds", "likeness", "pixels", "realism", "normality"):
            if not getattr(self, name) >= 0:
                raise LabError(f"expected {name} of at least 0, got {getattr(self, name)}.")
        for name in ("rate", "discriminator_rate", "transition_rate"):
            if not getattr(self, name) > 0:
                raise LabError(f"expected a {name} above 0, got {getattr(self, name)}.")

    @property
    def picture(self) -> tuple[int, int, int]:
        """The shape of one frame, (C, H, W)."""
        channels, _, height, width = self.shape
        return channels, height, width

    def players(self) -> dict[str, nn.Module]:
        return {
            "generator": World(self.picture, self.width, self.code, self.memory, 1, self.cell),
            "discriminator": Critic(self.picture, self.width),
        }

    def turns(self) -> tuple[Turn, ...]:
        return (
            Turn(("discriminator",), self.discriminator_loss, self._adam(self.discriminator_rate), when=self._seeing),
            Turn(("generator",), self.autoencoder_loss, self._adam(self.rate), when=self._seeing),
            Turn(("generator",), self.transition_loss, self._adam(self.transition_rate), after=_count),
        )

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """Real frames against those decoded from their codes, and from codes out of N(0, 1)."""
        world, critic = _world(nets), _critic(nets)
        real = self._frames(batch, rng)
        with torch.no_grad():
            codes = _drawn(*world.distribution(real), rng)
            fake = world.decode(torch.cat((codes, torch.randn(codes.shape, generator=rng, device=rng.device))))
        scores, (decoded, invented) = critic(real), critic(fake).chunk(2)
        return {
            "discriminator": heuristic.discriminator(scores, decoded) + F.softplus(invented).mean(),
        }

    def autoencoder_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """What the features and the pixels miss, how real the decoded frames look, and how normal their codes are."""
        world, critic = _world(nets), _critic(nets)
        real = self._frames(batch, rng)
        mean, log_deviation = world.distribution(real)
        decoded = world.decode(_drawn(mean, log_deviation, rng))
        terms = {"pixels": self.pixels * F.mse_loss(decoded, real)}
        if self.likeness or self.realism:
            found = critic.features(decoded)
            with torch.no_grad():
                wanted = critic.features(real)
            terms["likeness"] = self.likeness * F.mse_loss(found, wanted) / 2
            terms["realism"] = self.realism * heuristic.generator(critic.scores(found))
        divergence = (log_deviation.mul(2).exp() + mean.square() - 1) / 2 - log_deviation
        return {**terms, "normality": self.normality * divergence.mean()}

    def transition_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """The squared error of the codes that follow: after ``taught`` true ones, the transition's own lead on."""
        del rng
        world = _world(nets)
        with torch.no_grad():
            codes = encoded(world, batch.real)
        dreamt = world.dream(codes[:, : self.taught], self.actions(batch)[:, :-1])
        return {"transition": F.mse_loss(dreamt, codes[:, 1:])}

    def actions(self, batch: Batch) -> Tensor:
        """The actions (N, T, 1) of ``batch``; LabError where it has none."""
        if batch.other is None:
            raise LabError("driving learns from clips with the steering of each frame: choose --data road.")
        return batch.other

    def measure(self, nets: Nets, held: Batch, rng: torch.Generator) -> dict[str, float]:
        """PSNR of decoded and of dreamt frames, and how far they are off in the lane, beside the last code's frame.

        The lane position (m) is read off the pictures by geometry, of the true frames, too. ``steering`` is the
        correlation over all drives of the true and the dreamt sideways motion in the frames without truth.
        """
        del rng
        answer = self.dreamt(nets, held)
        return {
            "psnr[decoded]": psnr(answer.decoded, held.real),
            **drive_figures(held.real[:, :, self.taught - 1 :], answer.free, answer.last),
        }

    def show(self, nets: Nets, held: Batch, rng: torch.Generator) -> Tensor:
        """Some held-out drives (N, 3, T, 2 H, W): the true frames above, and below them what was dreamt of them."""
        del rng
        few = Batch(held.real[:SHOWN], other=self.actions(held)[:SHOWN])
        return torch.cat((few.real, torch.cat((few.real[:, :, : self.taught], self.dreamt(nets, few).free), 2)), dim=3)

    @torch.no_grad()
    def dreamt(self, nets: Nets, batch: Batch) -> Dream:
        """What becomes of the drives of ``batch`` when all but the first ``taught`` frames are dreamt, by the actions
        alone.
        """
        world = _world(nets)
        codes = encoded(world, batch.real)
        free = world.dream(codes[:, : self.taught], self.actions(batch)[:, :-1])[:, self.taught - 1 :]
        return Dream(decoded(world, codes), decoded(world, free), decoded(world, codes[:, self.taught - 1, None]))

    def _frames(self, batch: Batch, rng: torch.Generator) -> Tensor:
        """``frames`` frames (F, C, H, W) by chance, out of all clips of ``batch``."""
        every = batch.real.transpose(1, 2).flatten(0, 1)
        return every[torch.randint(len(every), (self.frames,), generator=rng, device=rng.device)]

    def _adam(self, rate: float) -> Adam:
        return Adam(rate, self.beta1, self.beta2)

    def _seeing(self, nets: Nets) -> bool:
        """Whether the autoencoder still learns."""
        return not self.autoencoder_rounds or int(_world(nets).rounds) < self.autoencoder_rounds


@dataclass(frozen=True)
class Dream:
    """Clips (N, C, T, H, W) in [-1, 1]."""

    decoded: Tensor
    """Every frame, decoded from its own code."""
    free: Tensor
    """The frames that were dreamt without truth."""
    last: Tensor
    """The last frame that was seen, decoded: what a dream without motion would be."""


def encoded(world: World, clips: Tensor) -> Tensor:
    """The codes (N, T, D) of all frames of ``clips`` (N, C, T, H, W)."""
    codes = [world.encode(part) for part in clips.transpose(1, 2).flatten(0, 1).split(AT_ONCE)]
    return torch.cat(codes).view(len(clips), clips.shape[2], -1)


def decoded(world: World, codes: Tensor) -> Tensor:
    """The clips (N, C, T, H, W) of ``codes`` (N, T, D)."""
    frames = torch.cat([world.decode(part) for part in codes.flatten(0, 1).split(AT_ONCE)])
    return frames.view(*codes.shape[:2], *frames.shape[1:]).transpose(1, 2)


def _drawn(mean: Tensor, log_deviation: Tensor, rng: torch.Generator) -> Tensor:
    """Codes from their distribution."""
    return mean + log_deviation.exp() * torch.randn(mean.shape, generator=rng, device=rng.device)


def _count(nets: Nets) -> None:
    _world(nets).rounds += 1


def _world(nets: Nets) -> World:
    return cast(World, nets["generator"])


def _critic(nets: Nets) -> Critic:
    return cast(Critic, nets["discriminator"])
