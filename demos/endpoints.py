"""The two calls that programs may make: ``/scene`` and ``/paint``. All else on the page is its own business."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import gradio as gr

from core_gans.errors import LabError
from demos.canvas import brush_mask, png
from demos.painter import Painter, touch


def endpoints(painter: Painter) -> None:
    """Add the calls to the page; call it inside ``gr.Blocks``."""

    def scene(seed: int) -> dict[str, Any]:
        """The scene of a seed: ``picture``, a PNG as data URL, and the ``shares`` of the classes in it."""
        with _told():
            return {"picture": png(painter.easel(seed).before), "shares": painter.shares(seed)}

    def paint(
        seed: int, concept: str, mode: str, points: list[list[float]], radius: float, strength: float = 1.0
    ) -> dict[str, Any]:
        """One stroke on the scene of a seed: the ``picture`` as a PNG data URL, and the pixels of each class.

        ``mode`` is erase, add or amplify; ``points`` [x, y] and ``radius`` are in shares of the picture's side.
        """
        with _told():
            stroke = touch(mode, concept, brush_mask(points, radius, painter.side), strength)
            painting = painter.paint(seed, [stroke])
            pixels = {line.concept: {"before": line.before, "after": line.after} for line in painting.table}
            return {"picture": png(painting.after), "pixels": pixels}

    gr.api(scene, api_name="scene", concurrency_id="painter")
    gr.api(paint, api_name="paint", concurrency_id="painter")


@contextmanager
def _told() -> Iterator[None]:
    """Tell the caller what was wrong with the call."""
    try:
        yield
    except (ValueError, TypeError, LabError) as error:
        raise gr.Error(str(error), print_exception=False) from error
