"""What the units of a concept cause: they are removed, and set high, while the generator runs, beside random units.

Bau et al. 2019, GAN Dissection, section 3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from markupsafe import Markup
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.html import filled
from core_gans.foundation.names import require_known
from core_gans.foundation.pixels import Picture, to_bytes
from demos.dissecting.jobs import ProgressReporter
from demos.dissecting.open_dissection import OpenDissection
from demos.glossary import term
from dissect import CausalEffect, ablate, causal_effect, choose_units, intervene
from dissect.cause.random_units import random_units
from dissect.hooks import at_rest
from dissect.report.charts import effects_chart, shares_chart
from dissect.report.contents import css
from dissect.report.gallery import gather
from dissect.report.markup import photo
from dissect.report.sheets import enlarge
from dissect.report.stories import Story, stories
from dissect.sampling import generate

IMAGES = 48
TRIALS = 4  # random sets of units for the control
BATCH = 8
SHARE = 0.1  # of a layer: as many units as the library tests by default
CUT = 100.0  # percent: a rare concept may grow many times over, and would flatten all other bars
TILE = 112  # pixels across a picture
QUALITY = 84


@dataclass(frozen=True, eq=False)
class Cause:
    """What was measured, what the report tells of it, and the same pictures without as many random units."""

    effect: CausalEffect
    story: Story
    random: Sequence[Picture]


@dataclass(frozen=True)
class Asked:
    """Which concept, and how many of the units that agree with it best."""

    concept: str
    count: int


def most_units(current: OpenDissection) -> int:
    """How many units can be tested: at most half of the layer, so that as many others are left for the control."""
    return max(1, current.dissection.count // 2)


def usual_units(current: OpenDissection) -> int:
    """How many units to begin with."""
    return max(1, round(SHARE * current.dissection.count))


def wanted(current: OpenDissection, concept: Any, count: Any) -> Asked:
    """A test from values that may come from anywhere. ValueError says what is wrong with them."""
    concepts = current.concepts()
    require_known("concept that units here agree with", concept, concepts)
    most = most_units(current)
    if isinstance(count, bool) or not isinstance(count, int | float) or not 1 <= count <= most:
        raise ValueError(f"expected 1 to {most} units, got {repr(count)[:40]}")
    return Asked(concept, int(count))


def cause(current: OpenDissection, asked: Asked, reporter: ProgressReporter) -> Cause:
    """Measure it. LabError where the pictures that were dissected cannot be drawn again; Cancelled."""
    found, segmenter = current.dissection, current.watcher().segmenter
    latents = current.latents[:IMAGES]
    units = choose_units(found, asked.concept, asked.count)
    if not units:
        raise LabError(f"no unit of {found.layer} agrees with {asked.concept} beyond chance: try another layer.")
    current.check()
    net, rng = current.dissectable.twin(), torch.Generator().manual_seed(0)
    effect = causal_effect(
        net,
        found.layer,
        units,
        latents,
        segmenter,
        value=torch.from_numpy(np.nan_to_num(found.high).astype(np.float32)),
        random_trials=TRIALS,
        concept=asked.concept,
        batch_size=BATCH,
        rng=rng,
        progress=reporter.stage(f"Taking {asked.concept} units away, and others", len(latents)),
    )
    drawn = reporter.stage("Drawing it", len(latents))
    wanted_pictures: dict[int, set[int]] = {image: set() for image in range(len(latents))}
    gallery = gather(net, found.layer, latents, segmenter, wanted_pictures, batch_size=BATCH, progress=drawn)
    colours = [css(colour) for colour in current.colours]
    (story,) = stories([effect], net, found, latents, segmenter, gallery, colours)
    shown = latents[[pair.image for pair in story.pairs]]
    random = random_units(units, found.count, rng)
    return Cause(effect, story, _without(net, found.layer, random, shown))


def told(cause: Cause) -> Markup:
    """The cause as HTML: a sentence, the pictures with and without the units, the bars."""
    return filled(
        "demos.dissecting",
        "cause.html.j2",
        story=cause.story,
        scenes=list(zip(cause.story.pairs, cause.random, strict=True)),
        cut=CUT,
        photo=lambda picture, alt: photo(enlarge(picture, TILE), QUALITY, alt),
        effects_chart=effects_chart,
        term=term,
        shares_chart=shares_chart,
    )


def _without(net: nn.Module, layer: str, units: list[int], latents: Tensor) -> list[Picture]:
    with at_rest(net), intervene(net, {layer: ablate(units)}):
        return list(to_bytes(generate(net, latents)))
