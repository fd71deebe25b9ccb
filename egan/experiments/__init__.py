"""Experiments: does selection help? Evolution against each of its mutations alone and against chance, at equal cost.

``command`` is ``python -m egan experiment``; ``experiment`` is the same from Python.
"""

from egan.experiments.contenders import Evolved, evolved
from egan.experiments.experimenting import experiment
from egan.experiments.pairing import Paired, paired
from egan.experiments.smoothness import path_length

__all__ = ["Evolved", "Paired", "evolved", "experiment", "paired", "path_length"]
