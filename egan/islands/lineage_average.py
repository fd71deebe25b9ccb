"""The weight average of a lineage: it belongs to the individual, is inherited by its children, and migrates with it.

``core_gans.runs.averaging`` keeps one shadow of whoever leads. Between islands that would average the weights of
generators that have nothing in common.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core_gans.runs.averaging import Average
from egan.individual import Individual

Shadow = dict[str, Tensor]


class LineageAverage:
    """Keeps ``shadow <- decay shadow + (1 - decay) weights`` of every parent, with the decays of ``Average``."""

    def __init__(self, decay: float, rises: int = 0) -> None:
        self.decay = decay
        self.decay_at = Average(decay=decay, rises=rises).decay_at
        self.shadows: dict[int, Shadow] = {}  # by the parent's number

    def begin(self, parents: Sequence[Individual]) -> None:
        """A shadow for each of the ``parents`` that has none: a copy of its weights."""
        for parent in parents:
            if parent.number not in self.shadows:
                self.shadows[parent.number] = copied(parent.generator)

    @torch.no_grad()
    def follow(self, parents: Sequence[Individual], round: int) -> None:
        """Take in the weights of the ``parents`` after ``round`` generations; shadows of others are forgotten."""
        decay = self.decay_at(round)
        heirs = {parent.number: self._heir(parent) for parent in parents}
        asked = Counter(heirs.values())
        before, self.shadows = self.shadows, {}
        for parent in parents:
            heir = heirs[parent.number]
            asked[heir] -= 1
            old = before.get(heir)
            shadow = copied(parent.generator) if old is None else _copies(old) if asked[heir] else old
            for name, weight in parent.generator.state_dict().items():
                if weight.is_floating_point():
                    shadow[name].lerp_(weight, 1 - decay)
                else:
                    shadow[name].copy_(weight)
            self.shadows[parent.number] = shadow

    def _heir(self, parent: Individual) -> int:
        """The number under which its shadow stands: its own when it lived on, else its parent's."""
        return parent.number if parent.number in self.shadows else parent.record.parent


def copied(network: nn.Module) -> Shadow:
    """Copies of the network's weights and statistics, by name."""
    return _copies(network.state_dict())


def _copies(tensors: Shadow) -> Shadow:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}
