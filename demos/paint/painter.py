"""The painter: a generator, its dissection and a segmenter behind one brush.

Bau et al. 2019, "Semantic Photo Manipulation with a Generative Image Prior" (GANPaint). Knows nothing of any
interface: scenes are seeds, masks are tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import cast, get_args

import torch
from torch import Tensor, nn

from core_gans import shipped
from core_gans.errors import unknown_name
from core_gans.models import load_model
from dissect import ClassChange, Dissection, Easel, Painting, Pigment, Segmenter, Stroke, pigment
from dissect.painting import Mode
from dissect.unet import UNetSegmenter

LARGEST_SEED = 2**31 - 1
SCENES_KEPT = 64  # pictures whose first look is remembered
FIRST_SEEDS = 24  # scenes among which the one to begin with is chosen
SEEN = 0.01  # share of the picture: a thing that covers less is hard to hit with a brush
GREY = (128, 128, 128)
STRONGEST = 3.0  # further out, units have values that they never take by themselves
PAINTABLE = 0.04  # agreement beyond chance that some unit must have with a concept to offer it


@dataclass(frozen=True, eq=False)
class Touch:
    """One touch of the brush: what it does to which concept, where, how strongly, and with how many units."""

    mode: Mode
    concept: str
    mask: Tensor  # (H, W) float in [0, 1] at any resolution
    strength: float = 1.0  # at least 0; see ``dissect.Stroke``
    units: int | None = None  # None leaves the number to the dissection


def touch(mode: str, concept: str, mask: Tensor, strength: float = 1.0, units: int | None = None) -> Touch:
    """A touch from values that may come from anywhere.

    Raises:
        ValueError: an unknown mode, or a strength that is no number from 0 to ``STRONGEST``.
    """
    if mode not in get_args(Mode):
        raise ValueError(f"expected a mode out of {', '.join(get_args(Mode))}, got {mode!r}")
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 <= strength <= STRONGEST:
        raise ValueError(f"expected a strength from 0 to {STRONGEST:g}, got {strength!r}")
    return Touch(cast(Mode, mode), concept, mask, strength, units)


class Painter:
    """Paints on the scenes of one generator. Safe to share between threads: one picture is made at a time."""

    def __init__(
        self,
        generator: nn.Module,
        latent: Callable[[torch.Generator], Tensor],
        dissection: Dissection,
        segmenter: Segmenter,
        colours: Sequence[Sequence[int]] | None = None,
    ) -> None:
        """``latent`` draws the latent (1, ...) of one picture; ``colours`` has an RGB for each of the labels.

        Raises:
            ValueError: the dissection was made with other labels than the segmenter's.
        """
        if dissection.labels != tuple(segmenter.labels):
            raise ValueError(
                f"the dissection knows {', '.join(dissection.labels)}, but the segmenter "
                f"{', '.join(segmenter.labels)}: use the segmenter that the dissection was made with"
            )
        self.generator, self.latent, self.dissection, self.segmenter = generator, latent, dissection, segmenter
        self.labels = dissection.labels
        self.colours = tuple(tuple(colour) for colour in colours or [GREY] * len(self.labels))
        self.concepts = tuple(
            label for label, score in zip(self.labels, dissection.score.max(axis=0), strict=True) if score >= PAINTABLE
        )
        self._lock = Lock()
        self._easel = lru_cache(maxsize=SCENES_KEPT)(self._make_easel)
        self._pigment = lru_cache(maxsize=SCENES_KEPT)(self._make_pigment)
        self.side = int(self.easel(0).before.shape[-1])  # of the picture, in pixels

    @classmethod
    def shipped(cls) -> Painter:
        """The scenes generator that comes with the lab. LabError when a file of it is missing or damaged."""
        model = load_model(shipped.path("scenes-generator"))
        segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
        dissection = Dissection.load(shipped.path("scenes-dissection"))
        return cls(model.net, lambda rng: model.game.latents(1, rng), dissection, segmenter, segmenter.colours)

    def easel(self, seed: int) -> Easel:
        """The untouched scene of ``seed``, ready to be painted on. ValueError for a seed out of range."""
        if not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED:
            raise ValueError(f"expected a whole scene number from 0 to {LARGEST_SEED}, got {seed!r}")
        with self._lock:
            return self._easel(seed)

    def paint(self, seed: int, touches: Sequence[Touch], *, keep_outside: bool = True) -> Painting:
        """The scene of ``seed`` with ``touches`` made in their order; without any, the scene as it is.

        ``keep_outside`` leaves every pixel that no brush covers as it was, to the bit.

        Raises:
            ValueError: a seed out of range, an unknown concept or mode, or a mask or strength that is none.
        """
        easel = self.easel(seed)
        if not touches:
            return _untouched(easel)
        strokes = [
            Stroke(touch.mode, self.pigment(touch.concept, touch.units), touch.mask, touch.strength)
            for touch in touches
        ]
        with self._lock:
            return easel.paint(strokes, keep_outside=keep_outside)

    def pigment(self, concept: str, units: int | None = None) -> Pigment:
        """The units that stand for ``concept``. ValueError for a concept that is not there or has no units."""
        if concept not in self.labels:
            raise unknown_name("concept", str(concept), self.labels)
        return self._pigment(concept, units)

    def shares(self, seed: int) -> dict[str, float]:
        """The share of the picture, in [0, 1], that each label covers in the scene of ``seed``."""
        classes = self.easel(seed).classes_before
        counts = torch.bincount(classes[classes >= 0], minlength=len(self.labels)) / classes.numel()
        return dict(zip(self.labels, counts.tolist(), strict=True))

    def rich_seed(self) -> int:
        """Of the brighter half of the first seeds, the one whose scene shows most of the concepts clearly."""

        def told(seed: int) -> tuple[int, float]:
            found = [share for label, share in self.shares(seed).items() if label in self.concepts and share >= SEEN]
            return len(found), sorted(found)[0] if found else 0.0

        bright = sorted(range(FIRST_SEEDS), key=lambda seed: -float(self.easel(seed).before.mean()))
        return max(bright[: FIRST_SEEDS // 2], key=told)

    def _make_easel(self, seed: int) -> Easel:
        latent = self.latent(torch.Generator().manual_seed(seed))
        return Easel(self.generator, self.dissection.layer, latent, self.segmenter)

    def _make_pigment(self, concept: str, units: int | None) -> Pigment:
        return pigment(self.dissection, concept, units)


def _untouched(easel: Easel) -> Painting:
    classes = easel.classes_before
    labels = easel.segmenter.labels
    counts = torch.bincount(classes[classes >= 0], minlength=len(labels)).tolist()
    table = tuple(ClassChange(label, count, count, 0, 0) for label, count in zip(labels, counts, strict=True))
    return Painting(easel.before, easel.before, classes, classes, torch.zeros(classes.shape), table)
