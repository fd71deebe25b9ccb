"""Measure: which units of a layer agree with which concepts (Bau et al. 2019, section 3.1)."""

from dissect.measure.dissecting import compare_layers, dissect
from dissect.measure.dissection import Criterion, Dissection, Match
from dissect.measure.presets import PRESETS, preset
from dissect.measure.remarks import remarks
from dissect.measure.settings import DissectionSettings

__all__ = [
    "PRESETS",
    "Criterion",
    "Dissection",
    "DissectionSettings",
    "Match",
    "compare_layers",
    "dissect",
    "preset",
    "remarks",
]
