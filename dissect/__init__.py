"""Dissection: which units of a generator draw which things, and what happens without them."""

from dissect.cause.alpha import Alpha, optimise_alpha
from dissect.cause.causal import CausalEffect, Change, causal_effect
from dissect.cause.choosing import UnitSet, choose_units, pigment
from dissect.cause.context import Contexts, insertion_by_context
from dissect.cause.dose import Dose, dose_response
from dissect.edits import ablate, compose, fill, insert, scale, shift
from dissect.hooks import Edit, Recording, intervene, layers, record
from dissect.measure.dissecting import compare_layers, dissect
from dissect.measure.dissection import Criterion, Dissection, Match
from dissect.measure.presets import PRESETS
from dissect.measure.values import InsertionValues, insertion_values
from dissect.painting import ClassChange, EditSession, Painting, Stroke, paint
from dissect.segmenters.protocol import Segmenter

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
    "Edit",
    "EditSession",
    "InsertionValues",
    "Match",
    "Painting",
    "Recording",
    "Segmenter",
    "Stroke",
    "UnitSet",
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
