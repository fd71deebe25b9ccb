"""The weight average: a watcher keeps a shadow of a player, as progressive GANs do. Karras et al. 2018, section 6."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.runs.fitting import fitting
from core_gans.runs.watchers import WatchedState, Watcher


class Average(Watcher):
    """Keeps ``shadow <- decay shadow + (1 - decay) player`` after each round; samples are drawn from the shadow.

    The decay rises to ``decay`` as (1 + round) / (10 + round), so that the first rounds are soon forgotten. With
    ``rises`` above 0, its half-life rises to that of ``decay`` over so many rounds instead, along a cosine, as in R3GAN
    (Huang et al. 2024).
    """

    name = "average"

    def __init__(self, player: str = "generator", decay: float = 0.999, rises: int = 0) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"expected a decay in [0, 1), got {decay}.")
        if rises < 0:
            raise ValueError(f"expected 0 or more rounds over which the average's half-life rises, got {rises}.")
        self.player, self.decay, self.rises = player, decay, rises
        self.shadow: nn.Module | None = None
        self._saved: dict[str, Tensor] | None = None

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        del rounds, seconds
        self.attach(state)

    def attach(self, state: WatchedState) -> None:
        """Draw the samples of ``state`` from the shadow: a restored one, or a copy of the player."""
        if self.shadow is None:
            self.shadow = copy.deepcopy(state.nets[self.player]).requires_grad_(False)
            if self._saved is not None:
                with fitting("the weight average of the checkpoint"):
                    self.shadow.load_state_dict(self._saved)
        state.averages[self.player] = self.shadow

    @torch.no_grad()
    def after_round(self, state: WatchedState) -> None:
        assert self.shadow is not None
        decay = self.decay_at(state.round)
        for ours, theirs in zip(_tensors(self.shadow), _tensors(state.nets[self.player]), strict=True):
            if ours.is_floating_point():
                ours.lerp_(theirs, 1 - decay)
            else:
                ours.copy_(theirs)

    def decay_at(self, round: int) -> float:
        """The decay after ``round`` rounds."""
        if not self.rises:
            return min(self.decay, (1 + round) / (10 + round))
        risen = (1 - math.cos(math.pi * min(1.0, round / self.rises))) / 2
        return self.decay ** (1 / risen) if risen > 0 else 0.0

    def state_dict(self) -> dict[str, Any]:
        return {} if self.shadow is None else dict(self.shadow.state_dict())

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._saved = state


@torch.no_grad()
def recalibrate(generator: nn.Module, latents: Tensor, batch_size: int = 250) -> None:
    """Set the statistics of batch normalisation to those over ``latents`` (N, ...), exactly as an average over batches.

    An average of weights has met no batch of its own; its running statistics are an average of other networks'.
    """
    layers = [module for module in generator.modules() if isinstance(module, nn.BatchNorm2d | nn.BatchNorm1d)]
    momenta = [layer.momentum for layer in layers]
    was_training = generator.training
    generator.train()
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a cumulative average
    try:
        for part in latents.split(batch_size):
            generator(part)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        generator.train(was_training)


def _tensors(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *network.buffers()]
