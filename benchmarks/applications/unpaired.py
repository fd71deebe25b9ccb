"""Translation without pairs: CycleGAN under maps that are known, StarGAN from digit to digit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch
from torch import Tensor
from torch.utils.data import Dataset

from benchmarks.applications.digits import known, split
from benchmarks.applications.paired import SEED, beside_the_source, in_threes
from benchmarks.applications.row import A_DAY, Budget, Row
from core_gans import Batches
from core_gans.data import as_float, scenes
from core_gans.data.domains import Domains
from core_gans.data.known_maps import mapped_domains
from core_gans.data.pairs import Pairs
from core_gans.game import Nets, TranslationGame
from core_gans.metrics.digits_classifier import load_digits_classifier
from core_gans.runs.averaging import Average
from core_gans.training import train
from core_gans.variants import CycleGAN, StarGAN

SIDE = 32
SCENES = 2000  # one in ten is held out
SHOWN = 8  # digits, each beside what became of it


@dataclass(frozen=True)
class UnderAMap:
    """``measure(seed, seconds)`` of CycleGAN between halves of the scenes, of which one is under a map."""

    map: Literal["day-to-night", "summer-to-winter"]

    def __call__(self, seed: int, seconds: float) -> Row:
        learned, held, drawn = self.answers(seed, seconds)
        return replace(beside_the_source(learned, held, drawn), looks=(("", in_threes(held, drawn)),))

    def answers(self, seed: int, seconds: float) -> tuple[Domains, Pairs, Tensor]:
        """The domains, the held-out images with their truth, and what the game makes of them."""
        learned, held = mapped_domains(self.map, scenes.examples(scenes.draw_many(SCENES, SIDE, SEED)))
        # A map of single pixels needs their places, not their surroundings, and leaves most of an image. Targets would
        # not stay what they are under it, and instance normalisation would take out how bright an image is.
        game = CycleGAN(
            shape=learned.shape,
            width=12,
            blocks=1,
            halvings=0,
            patch_layers=2,
            normalisation="none",
            residual=True,
            identity=0.0,
            cycle=5.0,
            rate=5e-4,
        )
        return learned, held, game.translate(_learned(game, learned, 4, seed, seconds), as_float(held.source))


def digit_to_digit(seed: int, seconds: float) -> Row:
    """How often a held-out digit becomes the one asked for, as the digits classifier sees it."""
    images, asked, moved, held = moved_digits(seed, seconds)
    classifier = load_digits_classifier()
    said = classifier.logits(classifier(moved)).argmax(dim=1)
    pairs = torch.stack((images[:SHOWN], moved[:SHOWN]), dim=1).flatten(0, 1)
    right, untouched = ((each == asked).float().mean().item() for each in (said, held))
    return Row(right, untouched, looks=(("", pairs),))


def moved_digits(seed: int, seconds: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Held-out digits (N, 1, H, W), the classes (N,) asked for, what became of them, and the classes that they are."""
    learned, held_out = split()
    game = StarGAN(
        shape=learned.shape,
        domains=learned.classes,
        width=16,
        blocks=1,
        halvings=1,
        normalisation="batch",
        discriminator_steps=2,
        rate=1e-3,
    )
    nets = _learned(game, learned, 16, seed, seconds)
    images = as_float(held_out.images)
    asked = torch.arange(len(images)) % len(learned.classes)
    moved = torch.empty_like(images)
    for target in range(len(learned.classes)):
        chosen = asked == target
        moved[chosen] = game.translate(nets, images[chosen], target)
    return images, asked, moved, known(held_out)


def _learned(game: TranslationGame, data: Dataset, batch: int, seed: int, seconds: float) -> Nets:
    """The players after ``seconds`` of processor time, the translators averaged."""
    watchers = [Average(decay=0.995), Budget(seconds)]
    rng = torch.Generator().manual_seed(seed)
    state = train(game, Batches(data, batch, seed), None, rng=rng, watchers=watchers, seconds=A_DAY)
    return state.sampling_nets()
