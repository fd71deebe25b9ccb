"""The canvas in the browser: what is sent to it, and what its brush sends back.

Pictures travel at their own size and are enlarged there. A stroke of the brush travels as the line it followed, in
shares of the picture's side, and becomes a mask here: finely drawn, then brought down by area, so that a pixel that
the brush covers by half is edited by half.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import cv2
import gradio as gr
import numpy as np
import torch
from torch import Tensor

from core_gans.images import to_bytes
from dissect import Painting

MOST_POINTS = 2_000  # of one stroke's line
FINE = 8  # the mask is first drawn this many times larger
NO_CLASS = 255  # in the bytes of a class map
SKELETON = """
<div class="easel">
  <div class="easel-frame">
    <canvas width="768" height="768" aria-label="The scene. Paint on it with the pointer."></canvas>
    <span class="easel-badge" hidden>original</span>
  </div>
  <div class="easel-bar">
    <label class="easel-size">
      Brush <input type="range" min="1" max="14" step="0.5" value="5" aria-label="Size of the brush">
    </label>
    <output class="easel-seen" aria-live="off"></output>
    <button type="button" class="easel-before" title="Hold to see the scene as it was">Original</button>
    <button type="button" class="easel-classes" aria-pressed="false" title="What the segmenter sees">Classes</button>
  </div>
</div>
"""


def brush_canvas(value: dict[str, Any], labels: Sequence[str], colours: Sequence[str], elem_id: str) -> gr.HTML:
    """A picture to paint on. Its event ``stroke`` brings ``points``, ``[[x, y], ...]``, and ``radius``.

    ``value`` comes from :func:`content`; ``colours`` are CSS colours, one for each of ``labels``.
    """
    return gr.HTML(
        value,
        html_template=SKELETON,
        js_on_load=files("demos.paint").joinpath("canvas.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id=elem_id,
        labels=list(labels),
        colours=list(colours),
    )


def content(painting: Painting, number: int) -> dict[str, Any]:
    """What the canvas shows of ``painting``. ``number`` tells it that this is an answer, even to nothing new."""
    return {
        "before": png(painting.before),
        "after": png(painting.after),
        "classesBefore": _class_bytes(painting.classes_before),
        "classesAfter": _class_bytes(painting.classes_after),
        "number": number,
    }


def png(image: Tensor) -> str:
    """``image`` (C, H, W) in [-1, 1] as the data URL of a PNG of the same size."""
    return data_url(to_bytes(image[None])[0])


def data_url(picture: np.ndarray) -> str:
    """``picture`` (H, W, 3), RGB bytes, as the data URL of a PNG."""
    done, code = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    assert done
    return "data:image/png;base64," + base64.b64encode(code.tobytes()).decode()


def brush_mask(points: Any, radius: Any, side: int) -> Tensor:
    """The mask (side, side), float in [0, 1], of a stroke: where a disc of ``radius`` passes along ``points``.

    ``points`` are (x, y) from the top left and ``radius`` is a length, all in shares of the side. They come from the
    browser, so anything may come.

    Raises:
        ValueError: they are not finite numbers, too many points or none, or a radius that is not in (0, 1].
    """
    line = _numbers(points)
    if line is None or line.ndim != 2 or line.shape[1] != 2 or not 1 <= len(line) <= MOST_POINTS:
        raise ValueError(f"expected 1 to {MOST_POINTS} points [x, y] of a stroke, in shares of the picture's side")
    size = _numbers(radius)
    if size is None or size.ndim or not 0 < size <= 1:
        raise ValueError("expected the brush's radius as a share of the picture's side, above 0 and at most 1")
    fine = np.zeros((side * FINE, side * FINE), np.float32)
    places = np.rint(np.clip(line, -1, 2) * side * FINE - 0.5).astype(np.int32)  # pixel centres lie at halves
    thickness = max(1, round(2 * float(size) * side * FINE))
    cv2.polylines(fine, [places[:, None]], False, 1.0, thickness)
    if len(places) == 1:
        cv2.circle(fine, places[0].tolist(), thickness // 2, 1.0, -1)
    return torch.from_numpy(np.clip(cv2.resize(fine, (side, side), interpolation=cv2.INTER_AREA), 0, 1))


def _numbers(given: Any) -> np.ndarray | None:
    """``given`` as finite float64 numbers, or None where it is something else."""
    if not isinstance(given, int | float | list):
        return None
    try:
        found = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if np.isfinite(found).all() else None


def _class_bytes(classes: Tensor) -> str:
    numbers = torch.where(classes < 0, NO_CLASS, classes).to(torch.uint8)
    return base64.b64encode(numbers.cpu().numpy().tobytes()).decode()
