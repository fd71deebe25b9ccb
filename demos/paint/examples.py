"""Painting by example in the app: the bank of a painter's generator, and what is made of it for a stroke.

An example is named by the seed of its picture, so that a page, a saved session or a script can name it, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from core_gans.foundation.errors import LabError
from demos.paint.sketch import Mark, MarkExample
from dissect.painting import BrushStroke, Donor, Fill, Transplant
from dissect.painting.bank import Bank
from dissect.painting.examples import Example, additions, removals
from dissect.painting.growing import places

if TYPE_CHECKING:
    from demos.paint.painter import Painter, Subject

FIRST_SEED = 1_000_000  # of the examples: beyond the scenes that people open
COUNT = 400  # examples
DONORS_KEPT = 256
OFFERED = 6  # examples for one stroke


class Examples:
    """The examples of one painter. The bank is made when it is first needed, and kept in a file if one is given."""

    def __init__(self, painter: Painter, kept: Path | None = None) -> None:
        self.painter, self.kept = painter, kept
        self._bank: Bank | None = None
        self._making = Lock()
        self._donor = lru_cache(maxsize=DONORS_KEPT)(self._make_donor)

    def offers(
        self, subject: Subject, made: Sequence[BrushStroke], mark: Mark, mask: Tensor
    ) -> tuple[tuple[MarkExample, Example], ...]:
        """The best few examples for ``mark`` on what is painted on, after the strokes ``made``; the best first.

        Raises:
            ValueError: nothing to erase, or the thing cannot grow there; one line.
        """
        painter, bank = self.painter, self.bank()
        concepts = painter.parts(mark.concept)

        def donors(layers: Sequence[str], numbers: Sequence[int]) -> list[Donor]:
            with painter.whole:
                return bank.donors(painter.generator, layers, numbers)

        scene = painter.scene(subject)
        ways = additions if mark.mode == "add" else removals
        with scene.lock:
            found = ways(
                scene.edit_session, bank, concepts, mask, donors, strokes=made, strength=min(mark.strength, 1.0)
            )
        return tuple((_named(each), each) for each in found[:OFFERED])

    def stroke(self, mark: Mark, mask: Tensor) -> BrushStroke:
        """The stroke of a ``mark`` that names its example. ValueError for layers or moves that do not fit."""
        example = mark.example
        assert example is not None
        assert mark.mode != "amplify"
        concepts, strength = self.painter.parts(mark.concept), min(mark.strength, 1.0)
        if example.seed is None:
            return Fill(concepts, example.layers, mask, strength)
        donor = self._donor(example.seed, example.layers)
        return Transplant(mark.mode, concepts, donor, mask, example.moved, strength)

    def random_donor(self, layers: tuple[str, ...], rng: torch.Generator) -> Donor:
        """Any picture of the bank as the donor of ``layers``."""
        return self._donor(FIRST_SEED + int(torch.randint(COUNT, (), generator=rng)), layers)

    def places(self, subject: Subject, concept: str) -> Tensor:
        """How often the thing stands at each cell of what is painted on: see ``dissect.painting.growing``."""
        return places(self.bank(), self.painter.parts(concept), self.painter.edit_session(subject).classes_before)

    def bank(self) -> Bank:
        """The bank, read from its file or made."""
        with self._making:
            if self._bank is None:
                self._bank = self._read() or self._make()
            return self._bank

    def _read(self) -> Bank | None:
        if self.kept is None or not self.kept.is_file():
            return None
        try:
            bank = Bank.load(self.kept)
            bank.check(self.painter.generator, self.painter.labels)
        except (LabError, ValueError):
            return None  # damaged, or of an earlier state of the model: it is made anew
        return bank

    def _make(self) -> Bank:
        painter = self.painter
        seeds = range(FIRST_SEED, FIRST_SEED + COUNT)
        latents = torch.cat([painter.latent(torch.Generator().manual_seed(seed)) for seed in seeds])
        with painter.whole:
            bank = Bank.make(painter.generator, latents, painter.segmenter)
        if self.kept is not None:
            # Where nothing can be written the bank lasts as long as the app, and painting goes on.
            with suppress(OSError):
                self.kept.parent.mkdir(parents=True, exist_ok=True)
                bank.save(self.kept, overwrite=True)
        return bank

    def _make_donor(self, seed: int, layers: tuple[str, ...]) -> Donor:
        scene = self.painter.scene(seed)
        with scene.lock:
            return scene.edit_session.donor(layers)


def _named(example: Example) -> MarkExample:
    stroke = example.stroke
    if isinstance(stroke, Fill):
        return MarkExample(seed=None, layers=stroke.layers)
    assert example.number is not None
    return MarkExample(seed=FIRST_SEED + example.number, moved=stroke.moved, layers=tuple(stroke.donor.features))
