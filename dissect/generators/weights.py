"""Weights from a file into a module: safetensors, or what ``torch.save`` wrote of a state dict. Nothing is executed."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

COUNTER = "num_batches_tracked"  # of batch norms: no image depends on it, and old files lack it
NAMED = 4  # names in an error, at most
WRAPPED = ("module.", "_orig_mod.")  # what DataParallel and torch.compile put before every name


def load_weights(net: nn.Module, path: str | Path) -> None:
    """Load the weights at ``path`` into ``net``, all of them and nothing else.

    In a file with several state dicts the one that fits best is taken; prefixes of DataParallel and of compilation are
    left out. Half precision becomes the precision of ``net``.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no file of weights, or its names or shapes are not those of ``net``; it says which.
    """
    expected = dict(net.state_dict())
    found = max(_state_dicts(path), key=lambda weights: len(expected.keys() & weights.keys()))
    missing = [name for name in expected if name not in found and not name.endswith(COUNTER)]
    surplus = [name for name in found if name not in expected and not name.endswith(COUNTER)]
    wrong = [
        f"{name} of shape {_shape(found[name])} where the generator's is {_shape(expected[name])}"
        for name in expected
        if name in found and found[name].shape != expected[name].shape
    ]
    faults = [
        *([f"it lacks {_few(missing)}"] if missing else []),
        *([f"it has {_few(surplus)}, which the generator has not"] if surplus else []),
        *([f"it has {_few(wrong)}"] if wrong else []),
    ]
    if faults:
        raise ValueError(f"the weights in {path} do not fit the generator: {'; '.join(faults)}")
    net.load_state_dict({name: found.get(name, value) for name, value in expected.items()})


def read_weights(path: str | Path) -> object:
    """What the file holds: a dict of tensors, or a dict of such dicts. Raises as ``load_weights`` does."""
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file of weights at {path}")
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except SafetensorError as error:
            raise ValueError(f"{path} is no whole safetensors file: {error}") from error
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{path} holds more than weights, or is damaged, and is not opened: save the state dict alone, "
            "torch.save(generator.state_dict(), ...), or write safetensors"
        ) from error
    except (RuntimeError, EOFError) as error:
        raise ValueError(
            f"{path} is no file of weights: expected safetensors, or a state dict by torch.save"
        ) from error


def _state_dicts(path: str | Path) -> list[dict[str, Tensor]]:
    found = [_bare(weights) for weights in _dicts_of_tensors(read_weights(path))]
    if not found:
        raise ValueError(f"there are no weights in {path}: expected names with tensors")
    return found


def _dicts_of_tensors(content: object) -> Iterator[dict[str, Tensor]]:
    if isinstance(content, Mapping):
        if tensors := {str(name): value for name, value in content.items() if isinstance(value, Tensor)}:
            yield tensors
        for value in content.values():
            yield from _dicts_of_tensors(value)


def _bare(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    for prefix in WRAPPED:
        if all(name.startswith(prefix) for name in weights):
            weights = {name.removeprefix(prefix): value for name, value in weights.items()}
    return weights


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "one number"
