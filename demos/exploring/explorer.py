"""An opened generator to explore: samples by their numbers, ways between them, sums of them, directions from them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import lru_cache
from threading import Lock

import torch
from torch import Tensor

from core_gans.foundation.pixels import Pictures
from core_gans.game import NoiseGame, generate
from core_gans.games.adversarial import AdversarialGame
from core_gans.models import Model
from core_gans.sampling import truncated
from core_gans.variants import TextToImage
from demos.exploring.finding import LOOKED_AT, Method, directions, reach
from demos.exploring.inside import Inside
from demos.exploring.makeup import Makeup
from demos.exploring.requests import Moves, Sample
from dissect.directions import LatentDirection

STRIP = 16  # samples of a strip
STEPS = 48  # frames of a way between two samples
NEIGHBOURS = 8  # samples near a sum
NEAR = 0.25  # of the noise added there; Radford et al. 2016, figure 7
KEPT = 64  # answers remembered


class Explorer:
    """Samples are numbers, latents rows. Safe to share between threads; nothing depends on what was asked before."""

    def __init__(self, model: Model[NoiseGame]) -> None:
        self.game = model.game
        self._net = copy.deepcopy(model.net)  # others reach into the network that they share
        self._finding = Lock()
        self._found: dict[Method, tuple[LatentDirection, ...]] = {}
        several = self.game.latents(LOOKED_AT, torch.Generator().manual_seed(0))
        self.latent_shape = several.shape[1:]
        self._several = several.flatten(1)
        self.makeup = Makeup.of(self.game, self._several.shape[1])
        self.reach = reach(self._several, self.makeup)
        self.shape = tuple(self.draw_latent(self._several[:1]).shape[1:])
        self.strip = lru_cache(maxsize=KEPT)(self._strip)
        self.way = lru_cache(maxsize=KEPT)(self._way)
        self.ends = lru_cache(maxsize=KEPT)(self._ends)
        bounded = isinstance(self.game, AdversarialGame) and self.game.prior == "uniform"
        self.inside = Inside(self._net, self.makeup, several[:1], self.shape, bounded=bounded)

    @property
    def makes_points(self) -> bool:
        return len(self.shape) == 1

    def as_latent(self, numbers: Sequence[float]) -> Tensor:
        """The latent (1, size) of as many numbers. ValueError for another number of them."""
        if len(numbers) != self.makeup.size:
            raise ValueError(f"expected the {self.makeup.size} numbers of a latent of this model, got {len(numbers)}.")
        return torch.tensor([numbers])

    def latent(self, sample: Sample) -> Tensor:
        """The latent (1, size) of a sample, and of what is asked for in it.

        ValueError for a class, codes, words or a truncation that the model does not take.
        """
        rng = torch.Generator().manual_seed(sample.seed)
        drawn = self.game.latents(1, rng)
        if sample.truncation is not None:
            drawn = truncated(self.game, drawn, sample.truncation, rng)
        drawn = drawn.flatten(1)
        tokens = None
        if sample.text is not None:
            if not isinstance(self.game, TextToImage):
                raise ValueError("this model takes no text.")
            tokens = self.game.tokens([sample.text])
        return self.makeup.asked(drawn, sample.label, None if sample.codes is None else list(sample.codes), tokens)

    def draw(self, sample: Sample, moves: Moves | None = None) -> Tensor:
        """The example (1, ...) of a sample, moved along directions of one method where ``moves`` are given.

        ValueError for a step that goes further than ``reach``, for more steps than there are directions, and for
        ranges of layers that are not there.
        """
        latent = self.latent(sample)
        if moves is None:
            return self.draw_latent(latent)
        found = self.directions(moves.method)
        if len(moves.steps) > len(found):
            raise ValueError(f"expected at most {len(found)} steps, one a direction, got {len(moves.steps)}.")
        for step in moves.steps:
            if abs(step) > self.reach:
                raise ValueError(f"expected steps from -{self.reach:g} to {self.reach:g}, got {step:g}.")
        parts = []
        for step, direction, ranged in zip(moves.steps, found, _ranges_of(moves), strict=False):
            if ranged is None:
                latent = direction.moved(latent, step)
            elif step:
                parts.append((step * direction.vector, ranged))
        return self.inside.moved(latent, parts) if parts else self.draw_latent(latent)

    def draw_latent(self, latents: Tensor) -> Tensor:
        """The examples (N, ...) of latents (N, size)."""
        return generate(self._net, latents.view(-1, *self.latent_shape))

    def classes(self, sample: Sample) -> Tensor:
        """The same noise as each of the classes: (K, ...). ValueError where the model takes none."""
        if not self.makeup.classes:
            raise ValueError("this model takes no class.")
        each = [self.makeup.asked(self.latent(sample), label) for label in range(self.makeup.classes)]
        return self.draw_latent(torch.cat(each))

    def way_maps(self, begin: int, end: int, round_the_shell: bool, truncation: float | None, layer: str) -> Pictures:
        """The maps of ``layer`` at each frame of a way, (``STEPS``, H, W, 3). ValueError as ``Inside.maps``."""
        return self.inside.maps(self._path(begin, end, round_the_shell, truncation), layer)

    def direction_maps(self, sample: Sample, method: Method, place: int, layer: str) -> Pictures:
        """The same from the lower to the upper end of one direction. ValueError for one that is not there, too."""
        found = self.directions(method)
        if place >= len(found):
            raise ValueError(f"expected the place of one of {len(found)} directions, got {place}.")
        latent, steps = self.latent(sample), torch.linspace(-self.reach, self.reach, STEPS).tolist()
        return self.inside.maps(torch.cat([found[place].moved(latent, step) for step in steps]), layer)

    def lengths(self, begin: int, end: int, round_the_shell: bool, truncation: float | None = None) -> list[float]:
        """The length of the noise at each frame of a way."""
        return self._noise_lengths(self._path(begin, end, round_the_shell, truncation)).tolist()

    def usual_lengths(self) -> tuple[float, float]:
        """Between which two lengths 98 of 100 latents lie."""
        low, high = self._noise_lengths(self._several).quantile(torch.tensor([0.01, 0.99])).tolist()
        return low, high

    def sum(
        self, plus: Sequence[int], minus: Sequence[int], and_plus: Sequence[int], truncation: float | None = None
    ) -> Tensor:
        """The mean of each group of samples, and plus - minus + and_plus of the means, with neighbours of that.

        (4 + ``NEIGHBOURS``, ...): three means, the sum, and the sum with a little noise, uniform in +-``NEAR``.
        """
        groups = [self._latents(group, truncation) for group in (plus, minus, and_plus)]
        means = [group.mean(dim=0, keepdim=True) for group in groups]
        if self.makeup.words:  # words have no mean: a group's caption is its first sample's
            for mean, group in zip(means, groups, strict=True):
                mean[:, self.makeup.noise :] = group[:1, self.makeup.noise :]
        total = self.makeup.sum(*means)
        rng = torch.Generator().manual_seed(0)
        near = total.repeat(NEIGHBOURS, 1)
        near[:, : self.makeup.noise] += NEAR * (2 * torch.rand(NEIGHBOURS, self.makeup.noise, generator=rng) - 1)
        return self.draw_latent(torch.cat((*means, total, near)))

    def directions(self, method: Method) -> tuple[LatentDirection, ...]:
        """The directions found by ``method``, found once. ValueError where nothing can be read off the network."""
        with self._finding:
            if method not in self._found:
                # In a copy again: layers are watched there, while samples are drawn here.
                self._found[method] = directions(copy.deepcopy(self._net), self.makeup, self._several, method)
            return self._found[method]

    def cloud(self, count: int) -> Tensor:
        """``count`` samples drawn together, (count, ...): always the same ones."""
        return self.draw_latent(self.game.latents(count, torch.Generator().manual_seed(1)).flatten(1))

    def _strip(self, first: int, truncation: float | None = None) -> Tensor:
        return self.draw_latent(self._latents(range(first, first + STRIP), truncation))

    def _way(self, begin: int, end: int, round_the_shell: bool, truncation: float | None = None) -> Tensor:
        """The frames (``STEPS``, ...) from one sample to another."""
        return self.draw_latent(self._path(begin, end, round_the_shell, truncation))

    def _path(self, begin: int, end: int, round_the_shell: bool, truncation: float | None) -> Tensor:
        ends = self._latents((begin, end), truncation)
        return self.makeup.path(ends[:1], ends[1:], STEPS, round_the_shell=round_the_shell)

    def _latents(self, seeds: Sequence[int], truncation: float | None) -> Tensor:
        """The latents (N, size) of samples by their numbers."""
        return torch.cat([self.latent(Sample(seed, truncation=truncation)) for seed in seeds])

    def _noise_lengths(self, latents: Tensor) -> Tensor:
        return latents[:, : self.makeup.noise].norm(dim=1)

    def _ends(self, sample: Sample, method: Method, ranges: tuple[tuple[int, int] | None, ...] = ()) -> Tensor:
        """The sample at both ends of each direction: (2 times their number, ...), each one's lower end first."""
        found = self.directions(method)
        if not any(ranges):
            latent = self.latent(sample)
            moved = [each.moved(latent, side * self.reach) for each in found for side in (-1, 1)]
            return self.draw_latent(torch.cat(moved))
        ends = [((0.0,) * place, side * self.reach) for place in range(len(found)) for side in (-1, 1)]
        return torch.cat([self.draw(sample, Moves(method, (*before, end), ranges)) for before, end in ends])


def _ranges_of(moves: Moves) -> tuple[tuple[int, int] | None, ...]:
    return moves.ranges + (None,) * (len(moves.steps) - len(moves.ranges))
