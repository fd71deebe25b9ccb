"""Data sets by name or by path; ``known`` has the list."""

from core_gans.data.batches import Batches
from core_gans.data.data_set import DataSet, Progress, ShortRun, Wanted
from core_gans.data.examples import Examples, as_float
from core_gans.data.few_labels import few_labels
from core_gans.data.known import KNOWN, NAMES, data_set, load

__all__ = [
    "KNOWN",
    "NAMES",
    "Batches",
    "DataSet",
    "Examples",
    "Progress",
    "ShortRun",
    "Wanted",
    "as_float",
    "data_set",
    "few_labels",
    "load",
]
