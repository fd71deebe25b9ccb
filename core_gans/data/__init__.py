"""Data sets by name or by path; ``known`` has the list."""

from core_gans.data.batches import Batches
from core_gans.data.data_set import DataSet, Progress, ShortRun, Wanted
from core_gans.data.examples import Examples, Kind, as_float
from core_gans.data.few_labels import few_labels
from core_gans.data.frame import Frame, Resize, Size, size_of
from core_gans.data.known import KNOWN, NAMES, data_set, load
from core_gans.data.torch_sets import examples_from

__all__ = [
    "KNOWN",
    "NAMES",
    "Batches",
    "DataSet",
    "Examples",
    "Frame",
    "Kind",
    "Progress",
    "Resize",
    "ShortRun",
    "Size",
    "Wanted",
    "as_float",
    "data_set",
    "examples_from",
    "few_labels",
    "load",
    "size_of",
]
