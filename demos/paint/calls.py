"""What the page of the Paint tab asks for: each question comes as a JSON object, each answer goes as one.

A page keeps its own session and sends it along, so nothing is remembered here but pictures that may be asked for
again.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from torch import nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import png_url
from demos.lab import Lab
from demos.paint.brush import brush_mask
from demos.paint.canvas import class_bytes, image_url, thumbnail_url
from demos.paint.changes import Step, rows_of, summary_of
from demos.paint.control import TRIALS, random_shares
from demos.paint.explain import Removal, features_of, firing, label_at, without
from demos.paint.own_calls import shown, told_of
from demos.paint.painter import SEEN, Painter
from demos.paint.palette import Crop, crops
from demos.paint.script import packed, script_of
from demos.paint.sketch import (
    MOST_STROKES,
    Mark,
    MarkExample,
    ModelRequest,
    PlaceRequest,
    PlacesRequest,
    RemovalRequest,
    RenderRequest,
    SceneRequest,
    Sketch,
    StripRequest,
)
from dissect.painting import BrushStroke, Painting, class_changes
from dissect.painting.examples import groups
from dissect.report.sheets import heat

RENDERS_KEPT = 512
VIEWS_KEPT = 8
HEAT = 96  # pixels on a side of a unit's map
NOT_DISSECTED = (
    "This model has not been dissected yet, so it is not known which of its units draw what. Do that first: "
    "it takes a minute or two."
)
NOTHING_FOUND = (
    "No unit of this model agrees with anything that the segmenter knows, so there is nothing to paint with. Another "
    "layer may know more: choose one in the tab Dissect."
)

Answer = dict[str, Any]


class FirstView(NamedTuple):
    """What is seen at the first look at a generator, whatever its layer."""

    crops: dict[str, Crop]
    seed: int  # of the scene to begin with


class PaintCalls:
    """Answers for all pages of one lab. Raises ValueError or LabError, with one line, for what cannot be answered."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self._views: dict[nn.Module, FirstView] = {}
        self._painted = lru_cache(maxsize=RENDERS_KEPT)(_painting)
        self._controlled = lru_cache(maxsize=RENDERS_KEPT)(_control)
        self._offers = lru_cache(maxsize=RENDERS_KEPT)(_offers)

    def model(self, asked: ModelRequest) -> Answer:
        """The palette, the layers and the first scene of a model."""
        key = asked.model
        layers = self.lab.painters.layers(key)
        if not layers:
            entry = self.lab.store.entry(key)
            self.lab.store.model(key)  # what is damaged is told first: it could not be dissected either
            pictures = f"{entry.title} makes {entry.kind}: to paint, choose one that generates pictures from latents."
            return {
                "closed": NOT_DISSECTED if entry.kind == "images" else pictures,
                "dissectable": entry.kind == "images",
            }
        known = {name: painter for name in layers if (painter := self.lab.painters.of(key, name)).concepts}
        if not known:
            return {"closed": f"{NOTHING_FOUND} Dissected: {', '.join(layers)}.", "dissectable": True}
        painter = known[asked.layer] if asked.layer in known else next(iter(known.values()))
        order = [name for name, _ in painter.generator.named_modules()]
        return {"model": key, "layers": sorted(known, key=order.index), **_description(painter, self._view(painter))}

    def scene(self, sketch: Sketch) -> Answer:
        """The untouched scene of a seed, or a picture of one's own."""
        painter = self._painter(sketch)
        edit_session = painter.edit_session(sketch.subject)
        shares = painter.shares(sketch.subject)
        there = [label for label in painter.concepts if shares[label] >= SEEN]
        where = "scene" if sketch.picture is None else "picture"
        return {
            "picture": image_url(shown(painter, sketch.subject, painter.paint(sketch.subject, []))),
            "own": told_of(painter, sketch.subject),
            "classes": class_bytes(edit_session.classes_before),
            "said": f"In this {where} the segmenter sees {', '.join(there) or 'nothing that the palette has'}.",
        }

    def render(self, asked: RenderRequest) -> Answer:
        """The scene with the strokes of a sketch that are switched on, and what one of them, or all, changed."""
        painter = self._painter(asked)
        sketch, offers = self.resolved(painter, asked.painted)
        painting, strokes = self._painted(painter, sketch), sketch.strokes
        if asked.stroke is not None and asked.stroke >= len(strokes):
            raise ValueError(f"expected a stroke out of the {len(strokes)} that are on, got {asked.stroke}")
        answer: Answer = {
            "picture": image_url(shown(painter, asked.subject, painting)),
            "classes": class_bytes(painting.classes_after),
            "rows": [],
            "said": "",
            "examples": [{"stroke": number, "offers": found} for number, found in offers],
        }
        if strokes:
            judged = range(len(strokes)) if asked.stroke is None else [asked.stroke]
            steps = [self._step(painter, sketch, number) for number in judged]
            table = painting.table if asked.stroke is None else steps[0].table
            rows = rows_of(table, painting.classes_after.numel(), steps)
            answer["rows"] = [
                {"label": row.label, "before": row.before, "after": row.after, "verdict": row.verdict} for row in rows
            ]
            answer["said"] = summary_of(steps[-1])
        return answer

    def control(self, sketch: Sketch) -> Answer:
        """The same strokes with random units: the shares of the classes, in the mean over a few sets."""
        painter = self._painter(sketch)
        return self._controlled(painter, self.resolved(painter, sketch.painted)[0])

    def strip(self, asked: StripRequest) -> Answer:
        """The pictures of some scenes, by their numbers."""
        painter = self.lab.painters.of(asked.model, asked.layer)
        return {"pictures": {str(seed): thumbnail_url(painter.edit_session(seed).before) for seed in asked.seeds}}

    def explain(self, asked: PlaceRequest) -> Answer:
        """The units that fire most at the point (x, y) of a sketch's picture."""
        painter = self._painter(asked)
        strokes = self._strokes(asked, painter)
        found = firing(painter, features_of(painter, asked.subject, strokes), asked.x, asked.y)
        label = label_at(painter, painter.paint(asked.subject, strokes).after, asked.x, asked.y)
        heats = [heat(each.activation, HEAT, HEAT) for each in found]
        units = [
            {
                "unit": each.match.unit,
                "concept": each.match.concept,
                "matched": each.match.matched,
                "fires": each.strength,
                "heat": png_url(picture),
            }
            for each, picture in zip(found, heats, strict=True)
        ]
        how = "These units fire most, beyond their levels:" if units else "No unit of this layer is beyond its level."
        return {"said": f"The segmenter sees {label} here. {how}", "units": units}

    def test(self, asked: RemovalRequest) -> Answer:
        """What becomes of a place of a sketch's picture without some units."""
        painter = self._painter(asked)
        units = sorted(set(asked.units))
        if units[-1] >= painter.dissection.count:
            raise ValueError(f"expected units from 0 to {painter.dissection.count - 1}, got {units[-1]}")
        strokes = self._strokes(asked, painter)
        removal = without(painter, asked.subject, strokes, units, asked.x, asked.y, asked.radius)
        return {
            "before": image_url(removal.before),
            "after": image_url(removal.after),
            "random": image_url(removal.random),
            "said": _verdict(removal, len(units)),
        }

    def script(self, sketch: Sketch) -> Answer:
        """The program that paints the sketch again; of a picture of one's own with all that it needs, packed."""
        painter = self._painter(sketch)
        here = self.lab.painters.dissected_here(sketch.model, painter.dissection.layer)
        path = self.lab.store.path_of(sketch.model)
        text = script_of(self.resolved(painter, sketch.painted)[0], painter, path, here)
        if sketch.picture is None:
            return {"name": f"scene-{sketch.seed}.py", "text": text}
        return {"name": "my-picture.zip", "zip": packed(text, painter.pictures.of(painter, sketch.picture))}

    def places(self, asked: PlacesRequest) -> Answer:
        """Where a thing can be added to a scene: rows of shares in [0, 1], from the top left."""
        painter = self._painter(asked)
        return {"shares": [[round(share, 3) for share in row] for row in self._places(painter, asked)]}

    def painted(self, asked: Sketch) -> Painting:
        """The painting of a sketch, its examples found."""
        painter = self._painter(asked)
        return self._painted(painter, self.resolved(painter, asked.painted)[0])

    def _places(self, painter: Painter, asked: PlacesRequest) -> list[list[float]]:
        shares: list[list[float]] = painter.examples.places(asked.subject, asked.concept).tolist()
        return shares

    def _strokes(self, asked: Sketch, painter: Painter) -> list[BrushStroke]:
        return strokes_of(self.resolved(painter, asked.painted)[0], painter)

    def resolved(self, painter: Painter, sketch: Sketch) -> tuple[Sketch, list[tuple[int, list[Answer]]]]:
        """``sketch`` with an example for each stroke that needs one, and what else is offered for those strokes."""
        offers = []
        for number, mark in enumerate(sketch.strokes):
            if mark.by_example and mark.example is None:
                found = self._offers(painter, sketch.first(number + 1))
                sketch = sketch.by(number, found[0][0])
                offers.append((number, [{**each.model_dump(), "reached": round(share, 3)} for each, share in found]))
        return sketch, offers

    def _step(self, painter: Painter, sketch: Sketch, number: int) -> Step:
        """What the stroke ``number`` changed in the picture before it."""
        stroke = sketch.strokes[number]
        before, after = (self._painted(painter, sketch.first(count)) for count in (number, number + 1))
        under = brush_mask(stroke.points, stroke.radius, stroke.soft, painter.side) > 0
        table = class_changes(painter.labels, before.classes_after, after.classes_after, under)
        return Step(stroke, table, painter.parts(stroke.concept))

    def _view(self, painter: Painter) -> FirstView:
        view = self._views.get(painter.generator)
        if view is None:
            view = FirstView(crops(painter), painter.rich_seed())
            # The latest few: a run that trains on is another generator each time.
            self._views = {**dict(list(self._views.items())[1 - VIEWS_KEPT :]), painter.generator: view}
        return view

    def _painter(self, asked: SceneRequest) -> Painter:
        return self.lab.painters.of(asked.model, asked.layer)


def strokes_of(sketch: Sketch, painter: Painter) -> list[BrushStroke]:
    """The strokes of ``sketch`` that are switched on, with their units and examples looked up."""

    def stroke_of(mark: Mark) -> BrushStroke:
        mask = brush_mask(mark.points, mark.radius, mark.soft, painter.side)
        if mark.by_example and mark.example is not None:
            return painter.examples.stroke(mark, mask)
        return painter.stroke(mark.mode, mark.concept, mask, mark.strength, mark.units, mark.by)

    return [stroke_of(mark) for mark in sketch.painted.strokes]


def _verdict(removal: Removal, units: int) -> str:
    """What a removal shows, in words."""
    label, kept = removal.label, removal.share_after / max(removal.share, 1e-9)
    removed = "this unit" if units == 1 else f"these {units} units"
    sentence = (
        f"Of the ring, {removal.share:.0%} was {label}. Without {removed} it is {removal.share_after:.0%}; without "
        f"as many random ones {removal.share_random:.0%}, a mean over {TRIALS} draws. "
    )
    if kept > 0.7:
        return sentence + "They fire here, but the place does not depend on them: other units draw it, too."
    if removal.share_random - removal.share_after < 0.3 * removal.share:
        return sentence + "Random units do nearly as much, so this does not show a cause."
    return sentence + f"They cause the {label} here."


def _offers(painter: Painter, sketch: Sketch) -> tuple[tuple[MarkExample, float], ...]:
    """The examples for the last stroke of ``sketch``, the best first, and the share that each reaches."""
    *made, mark = sketch.strokes
    mask = brush_mask(mark.points, mark.radius, mark.soft, painter.side)
    strokes = strokes_of(sketch.first(len(made)), painter)
    return tuple((named, each.reached) for named, each in painter.examples.offers(sketch.subject, strokes, mark, mask))


def _painting(painter: Painter, sketch: Sketch) -> Painting:
    return painter.paint(sketch.subject, strokes_of(sketch, painter))


def _control(painter: Painter, sketch: Sketch) -> Answer:
    if not sketch.strokes:
        raise LabError("paint something first: then random units can do the same.")
    return {"after": random_shares(painter, sketch.subject, strokes_of(sketch, painter)), "trials": TRIALS}


def _description(painter: Painter, view: FirstView) -> Answer:
    seen = view.crops
    dissection = painter.dissection
    return {
        "layer": dissection.layer,
        "units": dissection.count,
        "side": painter.side,
        "mostStrokes": MOST_STROKES,
        "labels": list(painter.labels),
        "colours": ["rgb({}, {}, {})".format(*colour) for colour in painter.colours],
        "concepts": [
            {"name": name, "thumb": thumbnail_url(seen[name].picture) if name in seen else None}
            for name in (*painter.concepts, *painter.wholes)
        ],
        "wholes": {name: list(parts) for name, parts in painter.wholes.items()},
        "byCause": painter.by_cause,
        "fill": list(groups(painter.edit_session(0))[0][0]),
        "seed": view.seed,
    }
