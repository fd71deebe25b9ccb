"""The two calls that programs may make: ``/scene`` and ``/paint``. Everything else is for the page's own script."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demos.job_queue import LISTENER
from demos.lab import Lab
from demos.model_store import SHIPPED
from demos.page import told
from demos.paint.calls import PaintCalls
from demos.paint.canvas import image_url
from demos.paint.sketch import Sketch

PUBLIC: dict[str, Any] = {**LISTENER, "api_visibility": "public"}


def endpoints(lab: Lab) -> None:
    """Add the calls to the page; call it inside ``gr.Blocks``."""
    calls = PaintCalls(lab)

    def scene(seed: int) -> dict[str, Any]:
        """The scene of a seed: ``picture``, a PNG as data URL, and the ``shares`` of the classes in it."""
        with told():
            sketch = Sketch.read({"model": SHIPPED, "seed": seed})
            return lab.work.do(_scene, lab, sketch)

    def paint(
        seed: int,
        concept: str,
        mode: str,
        points: list[list[float]],
        radius: float,
        strength: float = 1.0,
        by: str = "example",
    ) -> dict[str, Any]:
        """One stroke on the scene of a seed: the ``picture`` as a PNG data URL, and the pixels of each class.

        ``mode`` is erase, add or amplify; ``points`` [x, y] and ``radius`` are in shares of the picture's side; ``by``
        is example (another picture, or what surrounds the thing), or how units are chosen: agreement, iou or cause.
        """
        with told():
            marked = {"mode": mode, "concept": concept, "points": points, "radius": radius, "by": by}
            stroke = {**marked, "strength": strength}
            sketch = Sketch.read({"model": SHIPPED, "seed": seed, "strokes": [stroke]})
            return lab.work.do(_paint, calls, sketch)

    gr.api(scene, api_name="scene", **PUBLIC)
    gr.api(paint, api_name="paint", **PUBLIC)


def _scene(lab: Lab, sketch: Sketch) -> dict[str, Any]:
    painter = lab.painters.of(sketch.model)
    return {"picture": image_url(painter.edit_session(sketch.seed).before), "shares": painter.shares(sketch.seed)}


def _paint(calls: PaintCalls, sketch: Sketch) -> dict[str, Any]:
    painting = calls.painted(sketch)
    pixels = {line.concept: {"before": line.before, "after": line.after} for line in painting.table}
    return {"picture": image_url(painting.after), "pixels": pixels}
