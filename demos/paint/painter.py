"""The painter: a generator, its dissection and a segmenter behind one brush.

Bau et al. 2019, "Semantic Photo Manipulation with a Generative Image Prior" (GANPaint). Knows nothing of any
interface: scenes are seeds, pictures of one's own are digests, masks are tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock, RLock
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from core_gans import shipped
from core_gans.models import load_model
from demos.json_models import LARGEST_SEED
from demos.paint.examples import Examples
from demos.paint.own_pictures import OwnPicture, OwnPictures
from demos.paint.sketch import By
from dissect import ClassChange, Dissection, EditSession, Painting, Segmenter, Stroke, UnitSet, choose_units
from dissect.cause.attribution import attribution
from dissect.cause.choosing import PAINTING_SHARE, Ranking, with_values
from dissect.fingerprint import fingerprint
from dissect.from_layer import is_chain
from dissect.generators import default_layers
from dissect.hooks import layers as layers_of
from dissect.painting import BrushStroke, Mode
from dissect.segmenters.doubts import unsure_share
from dissect.segmenters.protocol import DifferentiableSegmenter
from dissect.segmenters.unet import UNetSegmenter
from dissect.segmenters.wholes import WHOLES, labels_of

SCENES_KEPT = 128  # pictures whose first look is remembered
OWN_KEPT = 4  # pictures of one's own that are ready to be painted on: each with a copy of the generator
UNIT_SETS_KEPT = 256
FIRST_CONCEPT = "tree"  # what is chosen when Paint opens, as session.js has it
FIRST_SEEDS = 24  # scenes among which the one to begin with is chosen
SEEN = 0.01  # share of the picture: a thing that covers less is hard to hit with a brush
GREY = (128, 128, 128)
DIGITS = 64  # of a digest
PAINTABLE = 0.04  # agreement beyond chance that some unit must have with a concept to offer it
CAUSE_SCENES = 72  # the first; causes are measured on those of them that show most of the thing
CAUSE_IMAGES = 24
RANKED: dict[By, Ranking] = {"agreement": "score", "iou": "iou", "example": "score"}
FINEST, COARSEST = 1 / 32, 1 / 8  # of the picture's side: the side of a cell of those layers that examples come from
CELLS = 2, 8  # pixels: the same, in small pictures


Subject = int | str
"""What is painted on: the seed of a scene, or the digest of a picture of one's own."""


class LockedSession(NamedTuple):
    """A session of edits with its picture, and the lock that whoever paints on it holds."""

    edit_session: EditSession
    lock: AbstractContextManager[bool]


class Painter:
    """Paints on the scenes of one generator. Safe to share between threads: a scene is painted by one at a time."""

    def __init__(
        self,
        generator: nn.Module,
        latent: Callable[[torch.Generator], Tensor],
        dissection: Dissection,
        segmenter: Segmenter,
        colours: Sequence[Sequence[int]] | None = None,
        examples_at: Path | None = None,
        pictures: OwnPictures | None = None,
    ) -> None:
        """``latent`` draws the latent (1, ...) of one picture; ``colours`` has an RGB for each of the labels.

        ``examples_at`` is the file that keeps the examples; ``pictures`` are those of people's own, by default none.

        Raises:
            ValueError: the dissection was made with other labels than the segmenter's, or the pictures are not square.
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
        self.wholes = {name: parts for name, parts in WHOLES.items() if set(parts) <= set(self.labels)}
        self.by_cause = isinstance(segmenter, DifferentiableSegmenter)
        """Whether units can be chosen by cause."""
        self.whole = RLock()  # of what runs the generator as a whole; who holds it by a scene may take it again
        self.layers = self._layers_to_edit()
        self.examples = Examples(self, examples_at)
        self.pictures = OwnPictures() if pictures is None else pictures
        self._scene = lru_cache(maxsize=SCENES_KEPT)(self._make_scene)
        self._own_scene = lru_cache(maxsize=OWN_KEPT)(self._make_own_scene)
        self._unit_set = lru_cache(maxsize=UNIT_SETS_KEPT)(self._make_unit_set)
        self._causes = lru_cache(maxsize=len(self.labels))(self._measure_causes)
        height, width = self.edit_session(0).before.shape[-2:]
        if height != width:
            raise ValueError(f"painting needs square pictures, and this generator draws {width}x{height} pixels")
        self.side = int(width)  # of the picture, in pixels

    @classmethod
    def shipped(cls) -> Painter:
        """The scenes generator that comes with the lab. LabError when a file of it is missing or damaged."""
        model = load_model(shipped.path("scenes-generator"))
        segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
        dissection = Dissection.load(shipped.path("scenes-dissection"))
        return cls(model.net, lambda rng: model.game.latents(1, rng), dissection, segmenter, segmenter.colours)

    @cached_property
    def digest(self) -> str:
        """Which generator it is: see ``dissect.fingerprint``."""
        return fingerprint(self.generator)

    def edit_session(self, subject: Subject) -> EditSession:
        """The untouched scene of a seed, or a picture of one's own as the generator draws it.

        It edits the dissected layer and those that examples are taken from. ValueError for a seed out of range,
        ForgottenError for a picture that is not kept.
        """
        return self.scene(subject).edit_session

    def scene(self, subject: Subject) -> LockedSession:
        """The same, with the lock that whoever runs it must hold."""
        if isinstance(subject, str) and len(subject) == DIGITS:
            return self._own_scene(self.pictures.of(self, subject))
        if not isinstance(subject, int) or not 0 <= subject <= LARGEST_SEED:
            raise ValueError(f"expected a whole scene number from 0 to {LARGEST_SEED}, got {subject!r}")
        with self.whole:
            return self._scene(subject)

    def stroke(
        self,
        mode: Mode,
        concept: str,
        mask: Tensor,
        strength: float = 1.0,
        units: int | None = None,
        by: By = "agreement",
    ) -> Stroke:
        """A stroke under ``mask`` (H, W) with the units of ``concept``: see ``dissect.Stroke`` and :meth:`unit_set`.

        Raises:
            ValueError: an unknown concept or mode, or a mask or strength that is none.
        """
        return Stroke(mode, {self.dissection.layer: self.unit_set(concept, units, by)}, mask, strength)

    def paint(self, subject: Subject, strokes: Sequence[BrushStroke], *, keep_outside: bool = True) -> Painting:
        """A scene, or a picture of one's own as the generator draws it, with ``strokes`` made in their order.

        ``keep_outside`` leaves every pixel that no brush covers as it was, to the bit. Raises as ``edit_session``.
        """
        scene = self.scene(subject)
        if not strokes:
            return _untouched(scene.edit_session)
        with scene.lock:
            return scene.edit_session.paint(strokes, keep_outside=keep_outside)

    def unit_set(self, concept: str, units: int | None = None, by: By = "agreement") -> UnitSet:
        """The units that stand for ``concept``, ``units`` of them or, by default, half of the layer's.

        ``by`` chooses them: by "agreement" beyond chance, by plain "iou", or by "cause", which is measured at the
        first asking and takes some seconds.

        Raises:
            ValueError: a concept that is not there or has no such units, or a ``by`` that is not possible here.
        """
        if concept in self.wholes:
            raise ValueError(
                f"no units stand for a whole {concept}: paint it by example, or its {', '.join(self.wholes[concept])}"
            )
        self.parts(concept)
        return self._unit_set(concept, units, by)

    def parts(self, concept: str) -> tuple[str, ...]:
        """The labels that make up ``concept``: itself, or the parts of a whole. ValueError for an unknown name."""
        return labels_of(concept, self.labels)

    def unit_set_of(self, units: Sequence[int], concept: str) -> UnitSet:
        """``units`` as a set of units of ``concept``, with what they are inside of it and outside.

        ValueError for a concept that the dissection's images show nowhere, or everywhere.
        """
        return with_values(self.dissection, units, concept)

    def shares(self, subject: Subject) -> dict[str, float]:
        """The share of the untouched picture, in [0, 1], that each label covers."""
        classes = self.edit_session(subject).classes_before
        counts = torch.bincount(classes[classes >= 0], minlength=len(self.labels)) / classes.numel()
        return dict(zip(self.labels, counts.tolist(), strict=True))

    def rich_seed(self) -> int:
        """Of the brighter half of the first seeds, one whose scene shows most of the concepts, and clearly.

        Of those with at most one concept less than any other the segmenter is surest of this one: where it is in doubt,
        things are drawn half or twice. The thing that Paint begins with is there, if it is in any.
        """
        bright = sorted(range(FIRST_SEEDS), key=lambda seed: -float(self.edit_session(seed).before.mean()))
        shown = {
            seed: {label: share for label, share in self.shares(seed).items() if self._offers(label, share)}
            for seed in bright[: FIRST_SEEDS // 2]
        }
        most = max(len(found) for found in shown.values())

        def clear(seed: int) -> tuple[bool, float, int, float]:
            found, scene, sure = shown[seed], self.edit_session(seed).before[None], self.segmenter
            doubt = unsure_share(sure, scene) if isinstance(sure, DifferentiableSegmenter) else 0.0
            return FIRST_CONCEPT in found, -doubt, len(found), min(found.values(), default=0.0)

        return max((seed for seed, found in shown.items() if len(found) >= most - 1), key=clear)

    def _offers(self, label: str, share: float) -> bool:
        return label in self.concepts and share >= SEEN

    def _layers_to_edit(self) -> tuple[str, ...]:
        """The dissected layer, and one for each size of map that examples are worth taking from; the coarsest first."""
        example = self.latent(torch.Generator().manual_seed(0))
        with self.whole:
            shapes = {name: shape for name, shape in layers_of(self.generator, example).items() if len(shape) == 4}
            offered = [self.dissection.layer, *default_layers(self.generator, example)]
        side = max(shape[-2] for shape in shapes.values())
        by_size = {shapes[layer][-2]: layer for layer in reversed(offered)}
        smallest, largest = max(CELLS[0], side * FINEST), max(CELLS[1], side * COARSEST)
        fitting = {
            layer for cells, layer in by_size.items() if side % cells == 0 and smallest <= side // cells <= largest
        }
        return tuple(sorted(fitting | {self.dissection.layer}, key=lambda layer: shapes[layer][-2]))

    def _make_scene(self, seed: int) -> LockedSession:
        latent = self.latent(torch.Generator().manual_seed(seed))
        # What follows a link of a chain belongs to its scene alone; the rests of other generators share all of them.
        lock = Lock() if is_chain(self.generator, self.layers) else self.whole
        return LockedSession(EditSession(self.generator, self.layers, latent, self.segmenter), lock)

    def _make_own_scene(self, own: OwnPicture) -> LockedSession:
        found = own.found
        with self.whole:
            drawing = found.applied_to(self.generator)
        return LockedSession(EditSession(drawing, self.layers, found.latent, self.segmenter), Lock())

    def _make_unit_set(self, concept: str, count: int | None, by: By) -> UnitSet:
        count = max(1, round(PAINTING_SHARE * self.dissection.count)) if count is None else count
        ranking: Ranking = self._causes(concept) if by == "cause" else RANKED[by]
        units = choose_units(self.dissection, concept, min(count, self.dissection.count), by=ranking)
        if not units:
            layer = self.dissection.layer
            raise ValueError(f"no unit of layer {layer!r} stands for {concept!r}: try another layer or concept")
        return self.unit_set_of(units, concept)

    def _measure_causes(self, concept: str) -> np.ndarray:
        if not self.by_cause:
            raise ValueError("this segmenter only names classes; choose the units by agreement or by IoU")
        seeds = sorted(range(CAUSE_SCENES), key=lambda seed: -self.shares(seed)[concept])[:CAUSE_IMAGES]
        latents = torch.cat([self.latent(torch.Generator().manual_seed(seed)) for seed in seeds])
        with self.whole:
            return attribution(self.generator, self.dissection.layer, concept, latents, self.segmenter)


def _untouched(edit_session: EditSession) -> Painting:
    classes = edit_session.classes_before
    labels = edit_session.segmenter.labels
    counts = torch.bincount(classes[classes >= 0], minlength=len(labels)).tolist()
    table = tuple(ClassChange(label, count, count, 0, 0) for label, count in zip(labels, counts, strict=True))
    return Painting(edit_session.before, edit_session.before, classes, classes, torch.zeros(classes.shape), table)
