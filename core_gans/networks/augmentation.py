"""A discriminator's first layer that changes what it sees, real or generated, by chance and in training only.

The same policy for both kinds and in both players' turns: Zhao et al. 2020, figure 4. The probability may be fixed, or
be found while training: Karras et al. 2020, section 3.1. Chance and probability are buffers, so a resumed run goes on
with the very same changes.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from core_gans.networks.autoencoder import EnergyAutoencoder
from core_gans.networks.chance import Chancy
from core_gans.techniques.image_changes import ChangeName, changed

EVERY = 4  # discriminator steps between two changes of the probability, as in the paper


class Augmentation(Chancy):
    """Images (N, C + K, H, W) with the ``changes`` of their first ``colours`` channels C; what is behind them stays.

    ``target`` above 0 lets the probability begin at 0 and follow how often real examples score above 0 (``note`` and
    ``adapt``), by at most 1 in ``images`` of them.
    """

    probability: Tensor
    signs: Tensor
    looked_at: Tensor
    steps: Tensor

    def __init__(
        self, changes: tuple[ChangeName, ...], colours: int, probability: float, target: float = 0.0, images: int = 1
    ) -> None:
        super().__init__()
        self.changes, self.colours, self.target, self.images = changes, colours, target, images
        self.register_buffer("probability", torch.tensor(0.0 if target else probability))
        for name in ("signs", "looked_at", "steps"):
            self.register_buffer(name, torch.zeros((), dtype=torch.int64))

    def forward(self, examples: Tensor) -> Tensor:
        if not self.training or not self.changes:
            return examples
        images, rest = examples[:, : self.colours], examples[:, self.colours :]
        drawn = changed(images, self.changes, self.probability, self.next_chance(examples.device))
        return torch.cat((drawn, rest), dim=1) if rest.shape[1] else drawn

    @torch.no_grad()
    def note(self, scores: Tensor) -> None:
        """Remember the signs of real examples' scores (N,), of which the probability is found."""
        self.signs += scores.sign().sum().long()
        self.looked_at += len(scores)

    @torch.no_grad()
    def adapt(self) -> None:
        """After a discriminator step: every fourth time, p rises where r_t = E sign D(x) is above the target, or falls.

        By as much as takes ``images`` real examples from 0 to 1. Section 3.1 of the paper.
        """
        self.steps += 1
        if not self.target or int(self.steps) % EVERY or not int(self.looked_at):
            return
        excess = self.signs / self.looked_at - self.target
        self.probability.add_(excess.sign() * self.looked_at / self.images).clamp_(0, 1)
        self.signs.zero_()
        self.looked_at.zero_()

    def extra_repr(self) -> str:
        return f"changes={', '.join(self.changes)}, target={self.target}"


def augmented(discriminator: nn.Module, augmentation: Augmentation) -> nn.Module:
    """``discriminator`` with ``augmentation`` as its first layer; an autoencoder reconstructs what was changed."""
    if isinstance(discriminator, EnergyAutoencoder):
        discriminator.augment = augmentation
        return discriminator
    named = list(discriminator.named_children()) if isinstance(discriminator, nn.Sequential) else []
    return nn.Sequential(OrderedDict([("augment", augmentation), *(named or [("net", discriminator)])]))


def augmentation_in(discriminator: nn.Module) -> Augmentation | None:
    """The layer that ``augmented`` put there; None where there is none."""
    return next((module for module in discriminator.modules() if isinstance(module, Augmentation)), None)
