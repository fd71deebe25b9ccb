"""Dissection: which units of a generator draw which things, and what happens without them."""

from dissect.causal import CausalEffect, Change, causal_effect
from dissect.choosing import Pigment, choose_units, pigment
from dissect.dissecting import compare_layers, dissect
from dissect.dissection import Criterion, Dissection, Match
from dissect.edits import ablate, compose, fill, insert, scale, shift
from dissect.hooks import Edit, Recording, intervene, layers, record
from dissect.painting import ClassChange, Easel, Painting, Stroke, paint
from dissect.segmenter import Segmenter
from dissect.values import InsertionValues, insertion_values

__all__ = [
    "CausalEffect",
    "Change",
    "ClassChange",
    "Criterion",
    "Dissection",
    "Easel",
    "Edit",
    "InsertionValues",
    "Match",
    "Painting",
    "Pigment",
    "Recording",
    "Segmenter",
    "Stroke",
    "ablate",
    "causal_effect",
    "choose_units",
    "compare_layers",
    "compose",
    "dissect",
    "fill",
    "insert",
    "insertion_values",
    "intervene",
    "layers",
    "paint",
    "pigment",
    "record",
    "scale",
    "shift",
]
