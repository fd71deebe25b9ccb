"""The Paint tab: a scene, a palette of concepts, a brush, and what it changed."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import gradio as gr

from core_gans.errors import LabError
from demos.page import Page
from demos.paint.canvas import brush_canvas, brush_mask, content
from demos.paint.changes import as_html, rows_of, told
from demos.paint.painter import LARGEST_SEED, SEEN, STRONGEST, Painter, Touch, touch
from demos.work import LISTENER

MOST_TOUCHES = 40  # on one scene; each costs time at every repainting
NEW_SEEDS = 10_000  # new scenes have numbers that people can tell each other
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
        self.colours = {label: f"rgb{colour}" for label, colour in zip(painter.labels, painter.colours, strict=True)}
        self.first = Sketch(painter.rich_seed())
        self._numbers = count(1)

    def stroke(
        self, sketch: Sketch, points: Any, radius: Any, concept: str, mode: str, strength: float, share: float
    ) -> Sketch:
        """One more touch along ``points``. ValueError when something is not as the tab sends it."""
        if len(sketch.touches) >= MOST_TOUCHES:
            raise ValueError(f"this scene has {MOST_TOUCHES} touches, and no more fit: undo some, or start over")
        mask = brush_mask(points, radius, self.painter.side)
        return Sketch(sketch.seed, (*sketch.touches, touch(mode, concept, mask, strength, self._units(share))))

    def retuned(self, sketch: Sketch, strength: float, share: float) -> Sketch:
        """The last touch, made anew with another strength and another share of the units."""
        if not sketch.touches:
            return sketch
        last = sketch.touches[-1]
        again = touch(last.mode, last.concept, last.mask, strength, self._units(share))
        return replace(sketch, touches=(*sketch.touches[:-1], again))

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

    def scene(self, sketch: Sketch, seed: Any) -> Sketch:
        """The untouched scene of ``seed``; the sketch as it is when that is its scene. ValueError for no seed."""
        if not isinstance(seed, int | float) or not 0 <= seed <= LARGEST_SEED or seed != int(seed):
            raise ValueError(f"expected a whole scene number from 0 to {LARGEST_SEED}, got {seed}")
        return sketch if seed == sketch.seed else Sketch(int(seed))

    def new_scene(self, sketch: Sketch) -> Sketch:
        del sketch
        return Sketch(secrets.randbelow(NEW_SEEDS))

    def show(self, sketch: Sketch) -> tuple[Sketch, dict[str, Any], str, str, float]:
        """The sketch, and what canvas, sentence, table and scene number make of it."""
        painting = self.painter.paint(sketch.seed, sketch.touches)
        value = content(painting, next(self._numbers))
        table = as_html(rows_of(painting, sketch.touches), self.colours)
        pair = _side_by_side(value["before"], value["after"])
        sentence = told(painting, sketch.touches) if sketch.touches else self._hint(sketch.seed)
        return sketch, value, f"<p>{sentence}</p>", pair + table, sketch.seed

    def _hint(self, seed: int) -> str:
        shares = self.painter.shares(seed)
        there = [label for label in self.painter.concepts if shares[label] >= SEEN]
        return f"In this scene the segmenter sees {', '.join(there) or 'nothing that the palette has'}."

    def _units(self, share: Any) -> int:
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
            raise ValueError(f"expected a share of the units above 0 and up to 1, got {share!r}")
        return max(1, round(share * self.painter.dissection.count))


def _side_by_side(before: str, after: str) -> str:
    """Two pictures, given as data URLs."""
    figures = (
        f'<figure><img src="{source}" alt="The scene {time}"><figcaption>{time}</figcaption></figure>'
        for source, time in ((before, "before"), (after, "after"))
    )
    return f'<div class="pair">{"".join(figures)}</div>'


def _dots(desk: Desk, concepts: Sequence[str]) -> str:
    """The palette's dots in the colours of its concepts."""
    rules = (
        f"#palette label:nth-of-type({place})::before {{ background: {desk.colours[concept]} }}"
        for place, concept in enumerate(concepts, start=1)
    )
    return f"<style>{' '.join(rules)}</style>"


def paint_tab(page: Page) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    painter = page.lab.painters.of()
    desk = Desk(painter)
    _, canvas_value, sentence, table, seed = desk.show(desk.first)
    state = gr.State(desk.first)
    gr.HTML(INTRODUCTION + _dots(desk, painter.concepts), elem_classes="introduction")
    with gr.Row(elem_classes="studio painting"):
        with gr.Column(elem_classes="tools", scale=3, min_width=250):
            with gr.Row(elem_classes="scene-choice"):
                number = gr.Number(seed, label="Scene", precision=0, minimum=0, maximum=LARGEST_SEED,
                                   min_width=90, elem_id="seed")  # fmt: skip
                new = gr.Button("New scene", variant="primary", elem_id="new-scene")
            first = FIRST_CONCEPT if FIRST_CONCEPT in painter.concepts else painter.concepts[0]
            concept = gr.Radio(list(painter.concepts), value=first, label="What", elem_id="palette")
            mode = gr.Radio(MODES, value="erase", label="How", elem_id="mode")
            strength = gr.Slider(0, STRONGEST, 1.0, step=0.05, label="Strength", elem_id="strength",
                                 info="Also changes the last stroke. Above 1 only for add and amplify.")  # fmt: skip
            share = gr.Slider(0.02, 1.0, 0.5, step=0.02, label="Share of the layer's units", elem_id="share",
                              info="The best ones for the thing come first.")  # fmt: skip
        with gr.Column(elem_classes="board", scale=5, min_width=320):
            colours = [desk.colours[label] for label in painter.labels]
            canvas = brush_canvas(canvas_value, painter.labels, colours, elem_id="canvas")
            said = gr.HTML(sentence, elem_id="said")
            with gr.Row(elem_classes="actions"):
                undo = gr.Button("Undo", size="sm")
                redo = gr.Button("Redo", size="sm")
                over = gr.Button("Start over", size="sm")
        with gr.Column(elem_classes="findings", scale=4, min_width=280):
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

    def on_stroke(event: gr.EventData, sketch: Sketch, *chosen: Any) -> Any:
        sent = event._data or {}
        step = answer(lambda sketch: desk.stroke(sketch, sent.get("points"), sent.get("radius"), *chosen))
        return step(sketch)

    private: dict[str, Any] = {
        "outputs": shown,
        "show_progress": "hidden",
        **LISTENER,
    }
    canvas.stroke(on_stroke, [state, concept, mode, strength, share], **private)
    for slider in (strength, share):
        slider.release(answer(desk.retuned), [state, strength, share], **private)
    undo.click(answer(desk.undo), [state], **private)
    redo.click(answer(desk.redo), [state], **private)
    over.click(answer(desk.over), [state], **private)
    new.click(answer(desk.new_scene), [state], **private)
    gr.on([number.submit, number.blur], answer(desk.scene), [state, number], **private)
