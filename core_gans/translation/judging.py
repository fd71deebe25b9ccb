"""How good a translation is: against held-out truths where there are some, and beside what no translation would score.

Never by the game's own discriminator, nor by its cycle, which an image left as it is closes perfectly.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

import torch
from torch import Tensor

from core_gans.data import Examples, as_float
from core_gans.data.domains import Domains
from core_gans.data.pairs import Pairs
from core_gans.game import Nets, TranslationGame
from core_gans.metrics import Judge
from core_gans.metrics.choosing import classifier_for
from core_gans.metrics.features import Classifier
from core_gans.translation.lessons import Lesson

Verdict = Callable[[Nets], dict[str, float]]

FEWEST = 3  # held-out images with labels, of which a distance is measured: what the pixels' components are fitted on


def judge_of(game: TranslationGame, lesson: Lesson, device: torch.device) -> Verdict:
    """From the players to named numbers, measured on the held-out part of ``lesson``.

    - pairs: ``l1``, the mean absolute error in [0, 2], beside ``l1[untouched]`` of the sources as they are (where they
      have the targets' channels) and ``l1[mean]`` of the mean target
    - domains under a known map: the same, beside the map's own values
    - other domains: the distance of translated sources to real targets, beside that of the sources as they are
    - labels: that distance for images moved to every domain in turn; of the digits, also the share whose class is the
      one asked for
    """
    held = lesson.held
    if isinstance(held, Pairs):
        assert isinstance(lesson.learned, Pairs | Domains)
        return _of_pairs(game, held, as_float(lesson.learned.target).mean(0), device)
    if isinstance(held, Domains):
        return _of_domains(game, held, lesson, device)
    return _of_labels(game, held, device)


def _of_pairs(game: TranslationGame, held: Pairs, mean: Tensor, device: torch.device) -> Verdict:
    source, target = as_float(held.source), as_float(held.target)
    beside = {"l1[mean]": _error(mean, target)}
    if source.shape == target.shape:
        beside["l1[untouched]"] = _error(source, target)

    def verdict(nets: Nets) -> dict[str, float]:
        return {"l1": _error(game.translate(nets, source.to(device)).cpu(), target), **beside}

    return verdict


def _of_domains(game: TranslationGame, held: Domains, lesson: Lesson, device: torch.device) -> Verdict:
    learned = lesson.learned
    assert isinstance(learned, Domains)
    source = as_float(held.source)
    if len(source) < 2:
        return lambda nets: {}
    judge = Judge(Examples(held.name, torch.cat((learned.target, held.target))), count=len(source))
    beside: dict[str, float] = {}
    if source.shape[1] == held.target.shape[1]:
        beside = {f"{name}[untouched]": value for name, value in judge(_in_turn(source)).items()}

    def verdict(nets: Nets) -> dict[str, float]:
        return {**judge(_in_turn(game.translate(nets, source.to(device)).cpu())), **beside}

    return verdict


def _of_labels(game: TranslationGame, held: Examples, device: torch.device) -> Verdict:
    images = as_float(held.images)
    if len(images) < FEWEST:
        return lambda nets: {}
    judge, classifier = Judge(held, count=len(images)), classifier_for(held, None)
    asked = torch.arange(len(images)) % len(game.targets)

    def verdict(nets: Nets) -> dict[str, float]:
        moved = torch.empty_like(images)
        for target in range(len(game.targets)):
            chosen = asked == target
            if chosen.any():
                moved[chosen] = game.translate(nets, images[chosen].to(device), target).cpu()
        found = judge(_in_turn(moved))
        if classifier is not None:
            found["asked_class_share"] = _agreement(classifier, moved, asked)
        return found

    return verdict


@torch.no_grad()
def _agreement(classifier: Classifier, images: Tensor, asked: Tensor) -> float:
    logits = classifier.logits(classifier(images))
    return (logits.argmax(1) == asked).float().mean().item()


def _in_turn(images: Tensor) -> Callable[[int], Tensor]:
    """A sampler that hands out ``images`` one batch after the other."""
    rest = iter(images)
    return lambda count: torch.stack(list(islice(rest, count)))


def _error(one: Tensor, other: Tensor) -> float:
    return (one - other).abs().mean().item()
