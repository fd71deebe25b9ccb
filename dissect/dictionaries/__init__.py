"""Dictionaries of units: mixtures of a layer's units that fire alone, found by NMF or by a sparse autoencoder.

They are attached to a generator as a layer of their own, whose features are measured, ablated, painted with and walked
along as units are.
"""

from dissect.dictionaries.attaching import attach, attached
from dissect.dictionaries.dictionary import (
    Dictionary,
    JumpDictionary,
    NonnegativeDictionary,
    SparseDictionary,
    load_dictionary,
)
from dissect.dictionaries.fitting import cells_of, fit_jumping, fit_nonnegative, fit_sparse

__all__ = [
    "Dictionary",
    "JumpDictionary",
    "NonnegativeDictionary",
    "SparseDictionary",
    "attach",
    "attached",
    "cells_of",
    "fit_jumping",
    "fit_nonnegative",
    "fit_sparse",
    "load_dictionary",
]
