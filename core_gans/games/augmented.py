"""What a game's discriminator sees of images: changed by chance, so that it cannot learn few of them by heart."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from core_gans.losses.objectives import Objective
from core_gans.networks import Architecture, Family
from core_gans.networks.augmentation import Augmentation, augmentation_in, augmented
from core_gans.techniques.image_changes import CHANGES, ChangeName


@dataclass(frozen=True)
class Augmented(Architecture):
    """Fields of the changes that every image undergoes before the discriminator sees it, real or generated."""

    augment: tuple[ChangeName, ...] = ()
    """Changes of every image before the discriminator sees it, real or generated: colour, translation, cutout (all
    three are DiffAugment's; Zhao et al. 2020), mirror, turn (by quarters), zoom; none by default. For few images."""
    augment_probability: float = 1.0
    """How probable each change is for each image; 1 is DiffAugment's."""
    augment_target: float = 0.0
    """Above 0, the probability is found while training, from 0 on, so that E sign D(x) of real images is this (r_t of
    ADA; Karras et al. 2020, section 3.1, has 0.6); 0 for a probability that stays."""
    augment_images: int = 50_000
    """Real images in which that probability rises from 0 to 1 at most. The paper has 500,000, in days on GPUs; a run
    of minutes would end before it rose."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in self.augment:
            require_known("change of images", name, CHANGES)
        if not 0 <= self.augment_probability <= 1:
            raise LabError(f"expected augment_probability in [0, 1], got {self.augment_probability}.")
        if not 0 <= self.augment_target < 1 or self.augment_images < 1:
            raise LabError(
                "expected augment_target in [0, 1) and augment_images of at least 1, got "
                f"{self.augment_target} and {self.augment_images}."
            )
        if self.augment_target and not self.augment:
            raise LabError("augment_target looks for the probability of changes, and there are none: give --augment.")
        if self.augment and len(self.shape) != 3:
            raise LabError(
                f"--augment changes images, and the data is of shape {self.shape}: choose images, or no --augment."
            )
        if "turn" in self.augment and self.shape[1] != self.shape[2]:
            raise LabError("--augment turn needs squares: leave turn out, or choose --resize pad or crop.")

    def augmenting(self, kind: Family) -> Family:
        """``kind`` with discriminators that see changed images, where changes are asked for."""
        if not self.augment:
            return kind

        def discriminator(architecture: Architecture) -> nn.Module:
            plain = kind.discriminator(architecture)  # the first to be made, with the weights of a game without changes
            layer = Augmentation(
                self.augment, self.shape[0], self.augment_probability, self.augment_target, self.augment_images
            )
            return augmented(plain, layer)

        return dataclasses.replace(kind, discriminator=discriminator)

    def require_adaptable(self, objective: Objective) -> None:
        """LabError where the probability is to follow scores whose sign says nothing."""
        if self.augment_target and not decides_at_zero(objective):
            raise LabError(
                f"augment_target follows how often real images score above 0, and {objective.name} has no such "
                "boundary: choose dcgan, hinge or gan, or a fixed --augment-probability."
            )

    def note_real_scores(self, discriminator: nn.Module, scores: Tensor) -> None:
        """Let the probability know the scores of real images, where it follows them."""
        if self.augment_target and (layer := augmentation_in(discriminator)) is not None:
            layer.note(scores.detach())

    def adapt_augmentation(self, discriminator: nn.Module) -> None:
        """Let the probability follow, after a discriminator step."""
        if self.augment_target and (layer := augmentation_in(discriminator)) is not None:
            layer.adapt()


def decides_at_zero(objective: Objective) -> bool:
    """Whether a discriminator of this objective takes scores above 0 for real.

    Its loss then is the same for real scores r and generated ones f as for -f and -r, and another where all are moved.
    """
    real, fake = torch.randn(2, 32, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    loss = objective.discriminator
    symmetric = torch.allclose(loss(real, fake), loss(-fake, -real))
    return symmetric and not torch.allclose(loss(real, fake), loss(real + 1, fake + 1))
