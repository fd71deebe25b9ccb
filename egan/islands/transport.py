"""States of islands on their way between processes: tensors as numpy arrays, which Ray hands on without copies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


def packed(state: Any) -> Any:
    """``state``, nested mappings, lists and tuples, with a copy of each tensor as an array of the same bits."""
    return _mapped(state, Tensor, lambda tensor: np.array(tensor.detach().cpu().numpy()))


def owned(state: Any) -> Any:
    """The same with a copy of each array: those that Ray returns lie in its object store and cannot be written."""
    return _mapped(state, np.ndarray, np.array)


def unpacked(state: Any) -> Any:
    """The same with each array as a tensor of its own."""
    return _mapped(state, np.ndarray, lambda array: torch.from_numpy(np.array(array)))


def size_of(state: Any) -> int:
    """Bytes of all arrays in ``state``."""
    found = [0]

    def count(array: np.ndarray) -> np.ndarray:
        found[0] += array.nbytes
        return array

    _mapped(state, np.ndarray, count)
    return found[0]


def _mapped(value: Any, kind: type, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, kind):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _mapped(each, kind, change) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_mapped(each, kind, change) for each in value)
    return value
