"""Dissection: which units of a generator draw which things, and what happens without them."""

from dissect.alpha import Alpha, optimise_alpha
from dissect.causal import CausalEffect, Change, causal_effect
from dissect.choosing import Pigment, choose_units, pigment
from dissect.context import Contexts, insertion_by_context
from dissect.dissecting import compare_layers, dissect
from dissect.dissection import Criterion, Dissection, Match
from dissect.dose import Dose, dose_response
from dissect.edits import ablate, compose, fill, insert, scale, shift
from dissect.hooks import Edit, Recording, intervene, layers, record
from dissect.painting import ClassChange, Easel, Painting, Stroke, paint
from dissect.presets import PRESETS
from dissect.segmenter import Segmenter
from dissect.values import InsertionValues, insertion_values

__all__ = [
    "PRESETS",
    "Alpha",
    "CausalEffect",
    "Change",
    "ClassChange",
    "Contexts",
    "Criterion",
    "Dissection",
    "Dose",
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
    "dose_response",
    "fill",
    "insert",
    "insertion_by_context",
    "insertion_values",
    "intervene",
    "layers",
    "optimise_alpha",
    "paint",
    "pigment",
    "record",
    "scale",
    "shift",
]
