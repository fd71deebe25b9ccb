"""A discriminator taken apart: the trunk that finds features, and the head that makes a score of them.

Games in which other heads stand on the same trunk are Odena et al. 2017 (AC-GAN), Chen et al. 2016 (InfoGAN) and
Salimans et al. 2016.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError

HIDDEN = 128  # units between the trunk and what is recognised, as in InfoGAN
SLOPE = 0.2


class Trunked(nn.Module):
    """Examples to scores (N,) by ``head(trunk(examples))``."""

    def __init__(self, discriminator: nn.Module) -> None:
        super().__init__()
        self.trunk, self.head = split(discriminator)

    def forward(self, examples: Tensor) -> Tensor:
        return self.judged(self.trunk(examples))

    def judged(self, maps: Tensor) -> Tensor:
        """The scores (N,) of what the trunk found."""
        scores: Tensor = self.head(maps)
        return scores


def split(discriminator: nn.Module) -> tuple[nn.Sequential, nn.Sequential]:
    """The layers before the one called ``score``, and those from it on; a LabError where there is none."""
    children = list(discriminator.named_children())
    for place, (name, child) in enumerate(children):
        before, after = children[:place], children[place + 1 :]
        if name == "score":
            return _sequence(before), _sequence([(name, child), *after])
        if any(inner == "score" for inner, _ in child.named_children()):
            trunk, head = split(child)
            return _sequence([*before, (name, trunk)]), _sequence([(name, head), *after])
    raise LabError(
        "expected a discriminator with a layer called score, on whose features another head can stand: "
        "choose --family dcgan, mlp or maxout."
    )


def recogniser(discriminator: Trunked, shape: tuple[int, ...], outputs: int) -> nn.Module:
    """A head of its own: what the trunk finds in an example of ``shape`` to (N, outputs)."""
    with torch.no_grad():
        was_training = discriminator.training
        features = discriminator.eval().trunk(torch.zeros(1, *shape)).numel()
        discriminator.train(was_training)
    return nn.Sequential(
        OrderedDict(
            flatten=nn.Flatten(),
            hidden=nn.Linear(features, HIDDEN),
            rectifier=nn.LeakyReLU(SLOPE),
            recognised=nn.Linear(HIDDEN, outputs),
        )
    )


def _sequence(layers: list[tuple[str, nn.Module]]) -> nn.Sequential:
    return nn.Sequential(OrderedDict(layers))
