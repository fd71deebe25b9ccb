"""The Paint tab: a scene, a palette of concepts, a brush, and what it changed."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, get_args

import gradio as gr

from core_gans.errors import LabError
from demos.canvas import BrushCanvas, brush_mask, content
from demos.changes import as_html, rows_of, told
from demos.painter import LARGEST_SEED, SEEN, Painter, Touch
from dissect.painting import Mode

MOST_TOUCHES = 40  # on one scene; each costs time at every repainting
NEW_SEEDS = 10_000  # new scenes have numbers that people can tell each other
STRONGEST = 3.0
MODES = [("Erase", "erase"), ("Add", "add"), ("Amplify", "amplify")]
FIRST_CONCEPT = "tree"
INTRODUCTION = """
<h2>Paint with what the network knows</h2>
<p>No photo is edited here. A generator dreams up the scene; some of its inner <b>units</b> draw trees, others doors.
Choose a thing and paint: only its units change, only under your brush, and the network redraws the picture to fit.</p>
"""


@dataclass(frozen=True)
class Sketch:
    """A scene and the touches made on it: a session's whole state."""

    seed: int
    touches: tuple[Touch, ...] = ()
    undone: tuple[Touch, ...] = ()  # the latest last


class Desk:
    """What the tab's controls do: from one sketch to the next, and to what is shown of it."""

    def __init__(self, painter: Painter) -> None:
        self.painter = painter
        colours = painter.segmenter.colours or ((128, 128, 128),) * len(painter.labels)
        self.colours = {label: f"rgb{colour}" for label, colour in zip(painter.labels, colours, strict=True)}
        self.first = Sketch(painter.rich_seed())
        self._numbers = count(1)

    def stroke(
        self, sketch: Sketch, points: Any, radius: Any, concept: str, mode: str, strength: float, share: float
    ) -> Sketch:
        """One more touch along ``points``. ValueError when something is not as the tab sends it."""
        if len(sketch.touches) >= MOST_TOUCHES:
            raise ValueError(f"this scene has {MOST_TOUCHES} touches, and no more fit: undo some, or start over")
        if mode not in get_args(Mode):
            raise ValueError(f"expected a mode out of {', '.join(get_args(Mode))}, got {mode!r}")
        mask = brush_mask(points, radius, self.painter.side)
        touch = Touch(mode, concept, mask, *self._amounts(strength, share))  # type: ignore[arg-type]  # checked above
        return Sketch(sketch.seed, (*sketch.touches, touch))

    def retuned(self, sketch: Sketch, strength: float, share: float) -> Sketch:
        """The last touch, made anew with another strength and another share of the units."""
        if not sketch.touches:
            return sketch
        strength, units = self._amounts(strength, share)
        last = replace(sketch.touches[-1], strength=strength, units=units)
        return replace(sketch, touches=(*sketch.touches[:-1], last))

    def undo(self, sketch: Sketch) -> Sketch:
        if not sketch.touches:
            return sketch
        return replace(sketch, touches=sketch.touches[:-1], undone=(*sketch.undone, sketch.touches[-1]))

    def redo(self, sketch: Sketch) -> Sketch:
        if not sketch.undone:
            return sketch
        return replace(sketch, touches=(*sketch.touches, sketch.undone[-1]), undone=sketch.undone[:-1])

    def over(self, sketch: Sketch) -> Sketch:
        return Sketch(sketch.seed)

    def scene(self, seed: float | None) -> Sketch:
        """An untouched scene. ValueError for a number that is no seed."""
        if seed is None or not math.isfinite(seed) or seed != int(seed) or not 0 <= seed <= LARGEST_SEED:
            raise ValueError(f"expected a whole scene number from 0 to {LARGEST_SEED}, got {seed}")
        return Sketch(int(seed))

    def new_scene(self) -> Sketch:
        return Sketch(secrets.randbelow(NEW_SEEDS))

    def show(self, sketch: Sketch) -> tuple[Sketch, dict[str, Any], str, str, float]:
        """The sketch, and what canvas, sentence, table and scene number make of it."""
        painting = self.painter.paint(sketch.seed, sketch.touches)
        table = as_html(rows_of(painting, sketch.touches), self.colours)
        sentence = told(painting, sketch.touches) if sketch.touches else self._hint(sketch.seed)
        return sketch, content(painting, next(self._numbers)), f"<p>{sentence}</p>", table, sketch.seed

    def _hint(self, seed: int) -> str:
        shares = self.painter.shares(seed)
        there = [label for label in self.painter.concepts if shares[label] >= SEEN]
        return f"In this scene the segmenter sees {', '.join(there) or 'nothing that the palette has'}."

    def _amounts(self, strength: float, share: float) -> tuple[float, int]:
        if not (0 <= strength <= STRONGEST and 0 < share <= 1):
            raise ValueError(
                f"expected a strength from 0 to {STRONGEST:g} and a share of the units above 0 and up to 1, "
                f"got {strength} and {share}"
            )
        return strength, max(1, round(share * self.painter.dissection.count))


def paint_tab(painter: Painter) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    desk = Desk(painter)
    _, canvas_value, sentence, table, seed = desk.show(desk.first)
    state = gr.State(desk.first)
    gr.HTML(INTRODUCTION, elem_classes="introduction")
    with gr.Row(elem_classes="studio"):
        with gr.Column(elem_classes="tools", scale=3, min_width=250):
            first = FIRST_CONCEPT if FIRST_CONCEPT in painter.concepts else painter.concepts[0]
            concept = gr.Radio(list(painter.concepts), value=first, label="What", elem_id="palette")
            mode = gr.Radio(MODES, value="erase", label="How", elem_id="mode")
            strength = gr.Slider(0, STRONGEST, 1.0, step=0.05, label="Strength", elem_id="strength",
                                 info="Also changes the last stroke. Above 1 only for add and amplify.")  # fmt: skip
            share = gr.Slider(0.02, 1.0, 0.5, step=0.02, label="Share of the layer's units", elem_id="share",
                              info="The best ones for the thing come first.")  # fmt: skip
        with gr.Column(elem_classes="board", scale=5, min_width=320):
            colours = [desk.colours[label] for label in painter.labels]
            canvas = BrushCanvas(canvas_value, painter.labels, colours, elem_id="canvas")
            said = gr.HTML(sentence, elem_id="said")
            with gr.Row(elem_classes="actions"):
                undo = gr.Button("Undo", size="sm")
                redo = gr.Button("Redo", size="sm")
                over = gr.Button("Start over", size="sm")
        with gr.Column(elem_classes="findings", scale=4, min_width=280):
            with gr.Row(elem_classes="scene-choice"):
                number = gr.Number(seed, label="Scene", precision=0, minimum=0, maximum=LARGEST_SEED, elem_id="seed")
                new = gr.Button("New scene", variant="primary", elem_id="new-scene")
            changes = gr.HTML(table, elem_id="changes")

    shown = [state, canvas, said, changes, number]

    def answer(step: Any) -> Any:
        """``step`` with its mistakes told to the person; the sketch then stays as it was."""

        def listener(sketch: Sketch, *inputs: Any) -> Any:
            try:
                return desk.show(step(sketch, *inputs))
            except (ValueError, LabError) as error:
                gr.Warning(str(error))
                return desk.show(sketch)

        return listener

    def on_stroke(sketch: Sketch, *chosen: Any, event: gr.EventData) -> Any:
        sent = event._data or {}
        step = answer(lambda sketch: desk.stroke(sketch, sent.get("points"), sent.get("radius"), *chosen))
        return step(sketch)

    private: dict[str, Any] = {
        "outputs": shown,
        "show_progress": "hidden",
        "api_visibility": "private",
        "concurrency_id": "painter",
    }
    canvas.stroke(on_stroke, [state, concept, mode, strength, share], **private)
    for slider in (strength, share):
        slider.release(answer(desk.retuned), [state, strength, share], **private)
    undo.click(answer(desk.undo), [state], **private)
    redo.click(answer(desk.redo), [state], **private)
    over.click(answer(desk.over), [state], **private)
    new.click(answer(lambda _: desk.new_scene()), [state], **private)
    number.submit(answer(lambda _, wanted: desk.scene(wanted)), [state, number], **private)
