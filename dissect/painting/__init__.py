"""Painting on a picture of a generator: strokes, the session that makes them, and examples to paint from."""

from dissect.painting.session import ClassChange, EditSession, Painting, class_changes, paint
from dissect.painting.strokes import BrushStroke, Canvas, Donor, Fill, Mode, Stroke, Transplant

__all__ = [
    "BrushStroke",
    "Canvas",
    "ClassChange",
    "Donor",
    "EditSession",
    "Fill",
    "Mode",
    "Painting",
    "Stroke",
    "Transplant",
    "class_changes",
    "paint",
]
