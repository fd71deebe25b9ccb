"""Drawn landscapes with exact masks and true captions: OpenCV paints them, so every pixel's class is known."""

from core_gans.data.scenes.captions import Attributes
from core_gans.data.scenes.composition import Scene, draw
from core_gans.data.scenes.sets import SceneSet, contact_sheet, draw_many, examples, read, write
from core_gans.data.scenes.vocabulary import COLOURS, LABELS, Label

__all__ = [
    "COLOURS",
    "LABELS",
    "Attributes",
    "Label",
    "Scene",
    "SceneSet",
    "contact_sheet",
    "draw",
    "draw_many",
    "examples",
    "read",
    "write",
]
