"""The report's page: one HTML file that stands alone, with its pictures, style and script inside it."""

from __future__ import annotations

from functools import partial
from importlib.resources import files
from math import isfinite

import numpy as np
import numpy.typing as npt
from markupsafe import Markup

from core_gans.foundation.counting import how_many
from core_gans.foundation.html import filled
from core_gans.foundation.pixels import Picture
from dissect.measure.dissection import Match
from dissect.measure.remarks import remarks
from dissect.report import charts, concepts, curves, dialog, example, layers
from dissect.report.contents import THUMB, THUMBED_UNITS, THUMBS, TILE, Contents
from dissect.report.faults import WORDS, faults
from dissect.report.markup import percent, photo, pixels, swatch
from dissect.report.sheets import enlarge

FIRST = 6  # pictures beside the title
STYLES = ("page.css", "figures.css", "charts.css", "tables.css", "dialog.css")
SCRIPTS = ("units.js", "dialog.js")
SECTIONS = (  # anchor, name, template
    ("how", "How to read it", "example.html.j2"),
    ("pictures", "The pictures", "pictures.html.j2"),
    ("concepts", "The concepts", "concepts.html.j2"),
    ("causes", "Cause and effect", "causes.html.j2"),
    ("layers", "The layers", "layers.html.j2"),
    ("all", "All units", "units.html.j2"),
    ("limits", "What it cannot say", "limits.html.j2"),
    ("provenance", "Provenance", "provenance.html.j2"),
)


def render(contents: Contents, quality: int) -> str:
    """The page as HTML, its pictures compressed to WebP of ``quality`` (1 to 100)."""
    dissection, wrong = contents.dissection, faults(contents.dissection)
    found = concepts.units_by_concept(dissection)
    criterion = {"IoU": dissection.criterion.iou, "IQR": dissection.criterion.iqr, "score": dissection.criterion.score}
    pictured = dissection.count <= THUMBED_UNITS
    stacks = layers.stacks(contents)
    there = {concept for stack in stacks for concept, _, _ in stack.parts}
    empty = {"causes": not contents.stories, "layers": len(stacks) < 2}

    def segmented(classes: npt.NDArray[np.int64]) -> Picture:
        return np.asarray(contents.colours_of_classes()[classes], dtype=np.uint8)

    def classes_in(image: int) -> list[int]:
        return [int(index) for index in np.unique(contents.gallery.classes[image]) if index >= 0]

    labels_there = sorted({index for image in contents.samples for index in classes_in(image)})
    return filled(
        "dissect.report",
        "page.html.j2",
        contents=contents,
        dissection=dissection,
        sections=[section for section in SECTIONS if not empty.get(section[0])],
        styles=styles(),
        scripts=Markup("").join(map(_beside, SCRIPTS)),
        facts=_facts(contents, found, wrong),
        first=_first(contents),
        steps=example.steps(contents),
        level_words=example.level_words(dissection),
        samples=[
            (
                image,
                enlarge(contents.gallery.pictures[image], TILE),
                segmented(contents.gallery.classes[image]),
                [dissection.labels[index] for index in classes_in(image)],
            )
            for image in contents.samples
        ],
        labels_there=[dissection.labels[index] for index in labels_there],
        found=found,
        bars=concepts.bars(contents, found),
        silent=dissection.count - sum(map(len, found.values())),
        stacks=stacks,
        concepts_of_layers=[concept for concept in dissection.labels if concept in there],
        units_of=layers.units_of,
        bounds=[f"{name} above {bound:g}" for name, bound in criterion.items() if bound],
        pictured=pictured,
        matches=[dissection.best(unit) for unit in range(dissection.count)],
        faults=wrong,
        fault_words=WORDS,
        curves_drawn=curves.drawn(dissection),
        curve=lambda match: curves.chart(dissection, match, contents.colour(match.concept)),
        curve_words=curves.words(dissection),
        thumbs=lambda match: contents.tiles(match, THUMB, THUMBS),
        next_best=partial(dialog.next_best, contents),
        sheet_tiles=partial(dialog.sheet_tiles, contents),
        kept_pictures=dialog.kept_pictures(contents, quality) if pictured else {},
        remarks=remarks,
        segmented=segmented,
        photo=lambda picture, alt: photo(picture, quality, alt),
        pixels=pixels,
        swatch=swatch,
        enlarge=enlarge,
        how_many=how_many,
        percent=percent,
        finite=isfinite,
        units_chart=charts.units_chart,
        quality_chart=charts.quality_chart,
        effects_chart=charts.effects_chart,
        shares_chart=charts.shares_chart,
        stacks_chart=charts.stacks_chart,
    )


def styles(*more: str) -> Markup:
    """The style of the lab's pages, as CSS, with that of the files ``more``, which lie beside it."""
    return Markup("").join(map(_beside, (*STYLES, *more)))


def _facts(contents: Contents, found: dict[str, list[int]], wrong: dict[int, str]) -> list[tuple[str, str]]:
    dissection = contents.dissection
    facts = [
        ("units in the layer", f"{dissection.count}"),
        ("match a concept", f"{sum(map(len, found.values()))}"),
        ("concepts have a unit", f"{len(found)} of {len(dissection.labels)}"),
        ("images looked at", f"{dissection.images:,}"),
    ]
    return [*facts, ("cannot be judged", f"{len(wrong)}")] if wrong else facts


def _first(contents: Contents) -> list[tuple[Match, Picture]]:
    """A taste of what follows: the best units of some concepts, each in the picture where it is strongest."""
    best = [contents.dissection.best(units[0]) for units in contents.plan.values()]
    shown = sorted(best, key=lambda match: -match.score)[:FIRST]
    return [(match, tile) for match in shown for tile in contents.tiles(match, count=1)]


def _beside(name: str) -> Markup:
    return Markup((files("dissect.report") / name).read_text(encoding="utf-8"))
