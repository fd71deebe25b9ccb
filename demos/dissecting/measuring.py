"""A dissection asked for from a page: checked, measured so that it can go on after a stop, and put into the store.

What is in the store already is not lost: an older dissection of the same layer moves into the folder ``older`` there.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core_gans import shipped
from core_gans.foundation.names import require_known
from core_gans.foundation.sealed import read_sealed
from demos.dissecting.dissectable_model import DissectableModel
from demos.dissecting.jobs import ProgressReporter
from demos.dissecting.segmenter_choice import segmenter_choice
from dissect import Dissection, dissect
from dissect.measure.resume_file import fingerprint
from dissect.segmenters.named import SEGMENTERS, seeing

FEWEST, MOST, USUAL, STEP = 100, 4000, 500, 100  # images
BATCH = 16  # images between two signs of progress
OLDER = "older"
SEED = 0


@dataclass(frozen=True)
class Question:
    """Which layer, seen by whom, over how many images."""

    layer: str
    segmenter_choice: str
    images: int
    seed: int = SEED


def question(dissectable: DissectableModel, layer: Any, segmenter_name: Any, images: Any) -> Question:
    """A question from values that may come from anywhere. ValueError says what is wrong with them."""
    require_known("layer of this model", layer, dissectable.layers)
    fitting = seeing(dissectable.shape)
    require_known("segmenter for these pictures", segmenter_name, fitting)
    if isinstance(images, bool) or not isinstance(images, int | float) or not FEWEST <= images <= MOST:
        raise ValueError(f"expected {FEWEST} to {MOST} images, got {repr(images)[:40]}")
    return Question(layer, segmenter_name, int(images))


def measure(dissectable: DissectableModel, asked: Question, place: Path, reporter: ProgressReporter) -> Dissection:
    """Dissect, and put the result at ``place``. Raises as ``dissect.dissect`` does, and Cancelled.

    The counts are kept beside ``place`` while they grow, so that the same question goes on where it was stopped.
    """
    net, seen_by = dissectable.twin(), segmenter_choice(asked.segmenter_choice)
    place.parent.mkdir(parents=True, exist_ok=True)
    keep = counts_at(dissectable, asked, place)
    if not kept(dissectable, asked, place):
        keep.unlink(missing_ok=True)  # nothing that could be gone on with: damaged, perhaps
    found = dissect(
        net,
        asked.layer,
        dissectable.sample(asked.images, asked.seed),
        seen_by.segmenter,
        batch_size=BATCH,
        keep=keep,
        provenance={
            "generator": f"{key}-generator" if (key := dissectable.key) in shipped.SCENES else key,
            "segmenter": asked.segmenter_choice,
            "seed": str(asked.seed),
            "date": time.strftime("%Y-%m-%d"),
        },
        progress=reporter.stage(f"Dissecting {asked.layer}", asked.images),
    )
    shelve(found, place)
    for counts in place.parent.glob(f"{place.stem}.*.counts"):
        counts.unlink(missing_ok=True)
    return found


def counts_at(dissectable: DissectableModel, asked: Question, place: Path) -> Path:
    """The file for the counts of this very question, of this very state of the generator."""
    facts = (fingerprint(dissectable.net), asked.segmenter_choice, asked.images, asked.seed)
    digest = hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
    return place.with_name(f"{place.stem}.{digest}.counts")


def kept(dissectable: DissectableModel, asked: Question, place: Path) -> int:
    """How many images an interrupted dissection of this question has counted already; 0 where there is none."""
    try:
        _, facts = read_sealed(counts_at(dissectable, asked, place))
    except (FileNotFoundError, ValueError):
        return 0
    return int(facts["facts"]["done"])


def shelve(found: Dissection, place: Path) -> None:
    """Save ``found`` at ``place``; what is there moves to ``older/NAME-1``, or the next free number."""
    if place.exists():
        older = place.parent / OLDER
        older.mkdir(exist_ok=True)
        number = 1
        while (older / f"{place.stem}-{number}{place.suffix}").exists():
            number += 1
        place.replace(older / f"{place.stem}-{number}{place.suffix}")
    found.save(place)


def seen_by(dissection: Dissection) -> str | None:
    """The name of the segmenter that a dissection was made with; None where it is not one of ours."""
    name = dissection.provenance.get("segmenter", "")
    return name if name in SEGMENTERS else None


def seed_of(dissection: Dissection) -> int | None:
    """The seed of the sample's latents; None where it is not known, so that its pictures cannot be drawn again."""
    text = dissection.provenance.get("seed", "")
    return int(text) if text.isdecimal() else None
