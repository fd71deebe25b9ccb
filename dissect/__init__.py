"""Dissection: which units of a generator draw which things, and what happens without them."""

from dissect.dissecting import compare_layers, dissect
from dissect.dissection import Criterion, Dissection, Match
from dissect.edits import ablate, compose, insert, scale
from dissect.hooks import Edit, Recording, intervene, layers, record
from dissect.segmenter import Segmenter
from dissect.values import InsertionValues, insertion_values

__all__ = [
    "Criterion",
    "Dissection",
    "Edit",
    "InsertionValues",
    "Match",
    "Recording",
    "Segmenter",
    "ablate",
    "compare_layers",
    "compose",
    "dissect",
    "insert",
    "insertion_values",
    "intervene",
    "layers",
    "record",
    "scale",
]
