"""Translation learned from pairs: how a lesson is taught, and what an answer is worth beside the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.applications.row import A_DAY, Budget, Row
from core_gans import Batches
from core_gans.data import Examples, as_float, scenes
from core_gans.data.domains import Domains
from core_gans.data.pairs import Pairs
from core_gans.runs.averaging import Average
from core_gans.training import train
from core_gans.variants import Pix2Pix

LEARNED, HELD = 1500, 200  # scenes
SEED = 7  # of the scenes
SHOWN = 3  # of those that were held out
COPIES = 6  # of each photograph, moved, and as many mirrored
LESS_ADVERSARIAL = {"width": 16, "l1": 1000.0, "rate": 1e-3}
"""Ten times the paper's share of L1, and a narrow network that learns faster: for minutes, not for hours."""


@dataclass(frozen=True)
class Paired:
    """``measure(seed, seconds)`` of one lesson in pairs.

    ``data`` gives what is learned from and what is held out; ``judge`` turns these and the answers (N, C, H, W) to the
    held-out sources into a row; ``fields`` are of Pix2Pix.
    """

    data: Callable[[], tuple[Pairs, Pairs]]
    judge: Callable[[Pairs, Pairs, Tensor], Row]
    fields: dict[str, Any] = field(default_factory=dict)
    batch: int = 16

    def __call__(self, seed: int, seconds: float) -> Row:
        learned, held, drawn = self.answers(seed, seconds)
        return replace(self.judge(learned, held, drawn), looks=(("", in_threes(held, drawn)),))

    def answers(self, seed: int, seconds: float) -> tuple[Pairs, Pairs, Tensor]:
        """The lesson's two parts, and what a game that learned for ``seconds`` of processor time draws, averaged."""
        learned, held = self.data()
        game = Pix2Pix(shape=learned.shape, drawn=learned.target.shape[1], **{**LESS_ADVERSARIAL, **self.fields})
        watchers = [Average(decay=0.995), Budget(seconds)]
        rng = torch.Generator().manual_seed(seed)
        state = train(game, Batches(learned, self.batch, seed), None, rng=rng, watchers=watchers, seconds=A_DAY)
        return learned, held, game.translate(state.sampling_nets(), as_float(held.source))


def in_threes(held: Pairs, drawn: Tensor) -> Tensor:
    """Source, answer and truth of the first three that were held out: (9, 3, H, W)."""
    parts = [each[:SHOWN].expand(-1, 3, -1, -1) for each in (as_float(held.source), drawn, as_float(held.target))]
    return torch.stack(parts, dim=1).flatten(0, 1)


def drawn_scenes(size: int) -> Examples:
    """Scenes to learn from, and behind them those to be held out."""
    return scenes.examples(scenes.draw_many(LEARNED + HELD, size, SEED))


def parted(pairs: Pairs) -> tuple[Pairs, Pairs]:
    """The pairs to learn from, and the last ``HELD``."""
    places = torch.arange(len(pairs))
    return pairs.part(places[:-HELD]), pairs.part(places[-HELD:])


def moved_and_mirrored(pairs: Pairs, copies: int | None = None, most: int = 6) -> Pairs:
    """Bytes of ``pairs``, each ``copies`` times, moved by up to ``most`` pixels, and all of these mirrored.

    ``copies`` defaults to ``COPIES``. A few hundred photographs are soon memorised.
    """
    both = torch.cat((pairs.source, pairs.target), dim=1)
    height, width = both.shape[2:]
    wide = F.pad(both.float(), (most, most, most, most), mode="replicate").byte()
    rng = torch.Generator().manual_seed(0)
    views = []
    for _ in range(COPIES if copies is None else copies):
        places = torch.randint(2 * most + 1, (len(both), 2), generator=rng).tolist()
        views += [page[:, y : y + height, x : x + width] for page, (y, x) in zip(wide, places, strict=True)]
    moved = torch.stack(views)
    whole = torch.cat((moved, moved.flip(3)))
    colours = pairs.source.shape[1]
    return Pairs(pairs.name, whole[:, :colours], whole[:, colours:])


def beside_the_mean(learned: Pairs, held: Pairs, drawn: Tensor) -> Row:
    """L1 error of the answers, beside that of the mean of all targets that were learned from."""
    truth = as_float(held.target)
    return Row(error(drawn, truth), error(as_float(learned.target).mean(0), truth))


def beside_the_source(learned: Pairs | Domains, held: Pairs, drawn: Tensor) -> Row:
    """L1 error of the answers, beside that of the sources as they are, and the mean target's."""
    truth, untouched = as_float(held.target), error(as_float(held.source), as_float(held.target))
    found = error(drawn, truth)
    mean = error(as_float(learned.target).mean(0), truth)
    return Row(found, untouched, {"share": found / untouched, "mean image": mean})


def error(one: Tensor, other: Tensor) -> float:
    """The mean absolute error, in [0, 2] for images in [-1, 1]."""
    return (one - other).abs().mean().item()
