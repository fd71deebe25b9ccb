"""Few labels: what else there is to learn from, unlabelled digits and generated ones, beside the labels alone."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.applications.digits import known, split
from benchmarks.applications.row import Row, trained
from core_gans import Batches, make
from core_gans.data import Examples, as_float, few_labels
from core_gans.game import NoiseGame
from core_gans.training import start
from core_gans.variants.semi_supervised import ClassifyingDiscriminator, classifying

EACH = 5  # labels of a class
BATCH = 64
STEPS = 800  # of a classifier, with generated digits and without
GENERATED = 2000


def few_labelled(seed: int, seconds: float) -> Row:
    """A classifier that also learns from digits without a label and from generated ones, beside the labels alone."""
    learnt, held_out = split()
    few = few_labels(learnt, EACH, torch.Generator().manual_seed(seed))
    return Row(_accuracy(_semi_supervised(few, seed, seconds), held_out), _accuracy(_alone(few, seed), held_out))


def augmented(seed: int, seconds: float) -> Row:
    """A classifier of 50 labelled digits, with drawings of a conditional GAN of the same 50, and without them.

    Beside it: the GAN learned from all digits, their classes guessed by a semi-supervised classifier of the same 50.
    """
    learnt, held_out = split()
    few = few_labels(learnt, EACH, torch.Generator().manual_seed(seed), balanced=False)
    there = known(few) >= 0
    fifty = replace(few, images=few.images[there], labels=known(few)[there])
    alone = _accuracy(_alone(fifty, seed), held_out)
    same = _accuracy(_alone(fifty, seed, _drawn(fifty, seed, seconds)), held_out)
    teacher = _semi_supervised(few_labels(learnt, EACH, torch.Generator().manual_seed(seed)), seed, seconds)
    guessed = torch.where(there, known(few), _said(teacher, few.images))
    more = _accuracy(_alone(fifty, seed, _drawn(replace(few, labels=guessed), seed, seconds)), held_out)
    others = {"gain": same - alone, "classes guessed": more, "gain with them": more - alone}
    return Row(same, alone, others)


def _semi_supervised(few: Examples, seed: int, seconds: float) -> ClassifyingDiscriminator:
    state, _ = trained(_game(few), few, seed, seconds)
    return classifying(state.nets)


def _game(few: Examples) -> NoiseGame:
    game = make("semi_supervised", shape=few.shape, width=16, latent=32, rate=3e-4, normalisation="batch")
    assert isinstance(game, NoiseGame)
    return game


def _alone(few: Examples, seed: int, drawn: Examples | None = None) -> ClassifyingDiscriminator:
    """The same network taught by the labels alone; where there are ``drawn`` examples, they are half of every batch."""
    rng = torch.Generator().manual_seed(seed)
    network = classifying(start(_game(few), Batches(few, BATCH, seed), rng).nets)
    there = known(few) >= 0
    sets = [replace(few, images=few.images[there], labels=known(few)[there]), *([] if drawn is None else [drawn])]
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-4)
    network.train()
    for _ in range(STEPS):
        chosen = [torch.randint(len(each), (BATCH // len(sets),), generator=rng) for each in sets]
        images = torch.cat([as_float(each.images[rows]) for each, rows in zip(sets, chosen, strict=True)])
        labels = torch.cat([known(each)[rows] for each, rows in zip(sets, chosen, strict=True)])
        optimizer.zero_grad()
        F.cross_entropy(network.logits(images), labels).backward()
        optimizer.step()
    return network


def _drawn(data: Examples, seed: int, seconds: float) -> Examples:
    """Digits of every class by a conditional GAN that learned from ``data``."""
    game = make("cgan", shape=data.shape, width=16, latent=32, rate=1e-3)
    assert isinstance(game, NoiseGame)
    _, averages = trained(game, data, seed, seconds)
    asked = torch.arange(GENERATED) % len(data.classes)
    images = game.sample(averages, GENERATED, torch.Generator().manual_seed(seed), asked)
    return replace(data, images=images, labels=asked)


@torch.no_grad()
def _said(network: ClassifyingDiscriminator, images: Tensor) -> Tensor:
    return network.eval().logits(as_float(images)).argmax(dim=1)


def _accuracy(network: ClassifyingDiscriminator, data: Examples) -> float:
    return float((_said(network, data.images) == known(data)).float().mean())
