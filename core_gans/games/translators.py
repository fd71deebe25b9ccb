"""What the games of translation have in common: two players, their optimisers, and how an image is translated."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.parsing import require_choices
from core_gans.game import Batch, Nets, TranslationGame, Turn
from core_gans.networks.unet import noise
from core_gans.optimizers import Adam, Optimizer, Schedule

AT_ONCE = 64  # images translated together


@dataclass(frozen=True)
class Translator(TranslationGame):
    """A generator of images from images against a discriminator, each with one turn in a round, both by Adam."""

    width: int = 64
    """Channels of the generator's and the discriminator's first layer. Where width or batch are not given, a few timed
    rounds choose them: the largest of 16, 32 and 64 (batches of 4, 8, 16 or 64) of which the run's time holds 1,000
    rounds on this machine."""
    discriminator_steps: int = 1
    """Discriminator steps in a round."""
    rate: float = 2e-4
    """Learning rate of both players."""
    beta1: float = 0.5
    """Adam's first decay."""
    beta2: float = 0.999
    """Adam's second decay."""
    fall_rounds: int = 0
    """Rounds over which the learning rates fall; 0 for rates that stay, -1 for the rounds of the whole run."""
    fall_to: float = 0.0
    """The share of the learning rates that is left in the end."""
    fall_power: float = 1.0
    """How they fall, as (1 - t / rounds)^power: 1 is a line."""

    def __post_init__(self) -> None:
        require_choices(self)
        if len(self.shape) != 3:
            raise LabError(f"{self.name} translates images (C, H, W), and the data is of shape {tuple(self.shape)}.")
        for name in ("width", "discriminator_steps"):
            if getattr(self, name) < 1:
                raise LabError(f"expected {name} of at least 1, got {getattr(self, name)}.")
        if not self.rate > 0:
            raise LabError(f"expected a learning rate above 0, got {self.rate}.")
        if self.fall_rounds > 0:
            self.schedule()  # refuses a fall that is none

    def require_weights(self, *names: str) -> None:
        """LabError unless the fields ``names`` are at least 0."""
        for name in names:
            if not getattr(self, name) >= 0:
                raise LabError(f"expected {name} of at least 0, got {getattr(self, name)}.")

    @property
    def colours(self) -> int:
        """Channels of an image to translate."""
        return self.shape[0]

    def schedule(self) -> Schedule:
        """How the learning rates fall; a LabError while it is not known over how many rounds."""
        if self.fall_rounds < 0:
            raise LabError("a learning rate that falls over the whole run needs its length in rounds: give --rounds.")
        return Schedule(self.fall_rounds, self.fall_to, self.fall_power)

    def optimizer(self) -> Optimizer:
        """Adam, a fresh one for each player."""
        return Adam(self.rate, self.beta1, self.beta2, schedule=self.schedule())

    def turns(self) -> tuple[Turn, ...]:
        return (
            Turn(("discriminator",), self.discriminator_loss, self.optimizer(), times=self.discriminator_steps),
            Turn(("generator",), self.generator_loss, self.optimizer()),
        )

    @abstractmethod
    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """The terms that the discriminator minimises."""

    @abstractmethod
    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """The terms that the generator minimises."""

    @abstractmethod
    def answer(self, generator: nn.Module, images: Tensor, target: int) -> Tensor:
        """The generator's own answer to ``images`` for ``targets[target]``."""

    @torch.no_grad()
    def translate(self, nets: Nets, images: Tensor, target: int = 0, rng: torch.Generator | None = None) -> Tensor:
        if not 0 <= target < len(self.targets):
            raise LabError(f"expected a domain from 0 to {len(self.targets) - 1}, got {target}.")
        if images.dim() != 4:
            raise LabError(f"expected images (N, C, H, W), got shape {tuple(images.shape)}.")
        generator = nets["generator"]
        was_training = generator.training
        generator.eval()
        try:
            with noise(generator, rng):
                parts = [self.answer(generator, part, target).float() for part in images.split(AT_ONCE)]
        finally:
            generator.train(was_training)
        return torch.cat(parts)

    def require_colours(self, images: Tensor, colours: int) -> None:
        """LabError unless ``images`` (N, C, H, W) have that many channels."""
        if images.shape[1] != colours:
            raise LabError(f"expected images of {colours} channels to translate, got {images.shape[1]}.")

    def sources(self, batch: Batch) -> Tensor:
        """The images of ``batch`` that are to be translated; LabError where there are none."""
        if batch.other is None:
            raise LabError(f"{self.name} learns from sources and targets: give it Pairs or Domains.")
        return batch.other
