"""Copies of networks and optimisers that share nothing with the original: a child has everything of its own.

``copy.deepcopy`` looks into a dozen empty containers of every module. On small networks that took half of a
generation's time.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.optimizers import Optimizer

CONTAINERS = frozenset({dict, OrderedDict, set, list})
UNCHANGING = frozenset({int, float, str, bool, type(None), torch.Size, torch.dtype, torch.device})


def cloned(network: nn.Module) -> nn.Module:
    """What ``copy.deepcopy(network)`` is; networks with hooks or unusual attributes are left to it."""
    try:
        return _clone(network, {})
    except _UnusualError:
        return copy.deepcopy(network)


def cloned_optimizer(original: torch.optim.Optimizer, kind: Optimizer, network: nn.Module) -> torch.optim.Optimizer:
    """An optimiser of ``network``, a clone of the one that ``original`` moves, at the same point of its way."""
    twin = kind.build(network.parameters())
    for group, other in zip(twin.param_groups, original.param_groups, strict=True):
        group.update({name: value for name, value in other.items() if name != "params"})
        for parameter, before in zip(group["params"], other["params"], strict=True):
            if before in original.state:
                twin.state[parameter] = {name: _own(value) for name, value in original.state[before].items()}
    return twin


class _UnusualError(Exception):
    """An attribute that only ``copy.deepcopy`` knows how to copy."""


def _clone(module: nn.Module, seen: dict[int, Any]) -> nn.Module:
    """The copy; ``seen`` has the copies of what appears in more than one place."""
    twin = module.__class__.__new__(module.__class__)
    seen[id(module)] = twin
    attributes = twin.__dict__
    for name, value in vars(module).items():
        if name == "_modules":
            attributes[name] = {key: _inner(child, seen) for key, child in value.items()}
        elif name in ("_parameters", "_buffers"):
            attributes[name] = {key: _part(each, seen) for key, each in value.items()}
        else:
            attributes[name] = _attribute(value)
    return twin


def _inner(module: nn.Module | None, seen: dict[int, Any]) -> nn.Module | None:
    return seen[id(module)] if id(module) in seen else None if module is None else _clone(module, seen)


def _attribute(value: Any) -> Any:
    kind = type(value)
    if kind in UNCHANGING or (kind is tuple and all(type(part) in UNCHANGING for part in value)):
        return value
    if kind in CONTAINERS and not value:
        return kind()
    raise _UnusualError


def _part(value: Tensor | None, seen: dict[int, Any]) -> Tensor | None:
    if value is None:
        return None
    if id(value) in seen:
        return seen[id(value)]
    copied: Tensor = value.detach().clone()
    if isinstance(value, nn.Parameter):
        copied = nn.Parameter(copied, value.requires_grad)
    seen[id(value)] = copied
    return copied


def _own(value: Any) -> Any:
    return value.clone() if isinstance(value, Tensor) else copy.copy(value)
