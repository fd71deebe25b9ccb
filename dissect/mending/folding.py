"""Folding an edit into a generator: a copy in which some units of a layer always have a given value, or are weaker.

Where the layer ends in a convolution or an affine normalisation, with nothing but elementwise functions after it that
keep the value, the units' weights become zero and their biases the value: the architecture stays what it was.
Elsewhere the layer is wrapped; where it is an address (``block@last``, ``block~tokens``), the generator is. All equal
``intervene`` with ``replaced`` to the bit.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from dissect.edits import Values, insert
from dissect.hooks import Edit, at_rest, intervene
from dissect.sampling import generate

ELEMENTWISE = (nn.ReLU, nn.LeakyReLU, nn.ReLU6, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Hardtanh, nn.Identity)
HOMOGENEOUS = (nn.ReLU, nn.LeakyReLU, nn.Identity)  # f(k x) = k f(x) for k > 0
AFFINE = (nn.Conv2d, nn.ConvTranspose2d, nn.BatchNorm2d, nn.GroupNorm, nn.InstanceNorm2d)


def replaced(units: Sequence[int], values: Values, strength: float = 1.0) -> Edit:
    """``units`` replaced by ``values`` by a ``strength`` a: x (1 - a) + r a. At 1 this is ``insert``.

    A ValueError for a strength outside (0, 1].
    """
    if not 0 < strength <= 1:
        raise ValueError(f"expected a strength above 0 and at most 1, got {strength}")
    return insert(units, values, None if strength == 1 else torch.full((1, 1), strength))


class Mended(nn.Module):
    """A layer some of whose units are replaced; units and values are buffers, so a state dict holds them."""

    units: Tensor
    values: Tensor

    def __init__(self, layer: nn.Module, units: Sequence[int], values: Tensor, strength: float = 1.0) -> None:
        super().__init__()
        self.layer = layer
        self.strength = strength
        self.register_buffer("units", torch.tensor(list(units), dtype=torch.int64))
        self.register_buffer("values", values.float().clone())

    def forward(self, *inputs: Any, **named: Any) -> Tensor:
        """The layer's output (N, C, H, W), edited. ValueError for values that do not fit it."""
        return replaced(self.units.tolist(), self.values, self.strength)(self.layer(*inputs, **named))


class MendedNetwork(nn.Module):
    """A generator some of whose units are replaced at addresses that are no whole layers; it draws as ``net`` does."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.edits: dict[str, Edit] = {}

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What ``net`` draws with all edits. RuntimeError where it does not run an edited layer."""
        with intervene(self.net, self.edits):
            return self.net(*inputs, **named)


def fold(
    generator: nn.Module, layer: str, units: Sequence[int], values: Values, example: Tensor, strength: float = 1.0
) -> nn.Module:
    """A deep copy of ``generator`` in which ``units`` of ``layer`` are ``replaced`` by ``values``, for good.

    ``values`` are one number or one for each of ``units``, (n,); ``example`` are latents (N, ...) on which folded
    weights are compared with ``intervene``: where a single bit differs, the layer is wrapped in ``Mended`` instead. The
    copy's state dict has the names of the original's unless it was wrapped.

    Raises:
        ValueError: no such layer or unit, a unit named twice, ``values`` of another number, a strength out of (0, 1].
    """
    units = [int(unit) for unit in units]
    given = torch.as_tensor(values, dtype=torch.float32)
    edit = replaced(units, given, strength)
    each = given.expand(len(units)).clone()
    if isinstance(generator, MendedNetwork):
        network = copy.deepcopy(generator)
        network.edits[layer] = edit
        return network
    with at_rest(generator), intervene(generator, {layer: edit}):
        wanted = generate(generator, example)
    if layer not in dict(generator.named_modules()):
        network = MendedNetwork(copy.deepcopy(generator))
        network.edits[layer] = edit
        return network
    folded = copy.deepcopy(generator)
    if _in_weights(folded, layer, units, each, strength):
        with at_rest(folded):
            if torch.equal(generate(folded, example), wanted):
                return folded
    wrapped = copy.deepcopy(generator)
    parent, _, child = layer.rpartition(".")
    mended = Mended(wrapped.get_submodule(layer), units, each, strength).to(wanted.device)
    setattr(wrapped.get_submodule(parent), child, mended)
    return wrapped


@torch.no_grad()
def _in_weights(generator: nn.Module, layer: str, units: list[int], values: Tensor, strength: float) -> bool:
    """Set weights and biases in place so that the layer puts out the edit; False where that cannot be done."""
    if strength < 1 and bool(values.any()):
        return False
    for module in reversed(_run_until(generator, layer)):
        if isinstance(module, AFFINE):
            return _weakened(module, units, values, 1 - strength)
        if strength < 1:
            kept = isinstance(module, HOMOGENEOUS)
        else:
            kept = isinstance(module, ELEMENTWISE) and torch.equal(module(values.clone()), values)
        if not kept:
            return False
    return False


def _run_until(generator: nn.Module, layer: str) -> list[nn.Module]:
    """The modules without children that run one after the other up to the end of ``layer``, as far as is known."""
    run = _leaves(generator.get_submodule(layer))
    while layer:
        layer, _, child = layer.rpartition(".")
        parent = generator.get_submodule(layer)
        if type(parent) is not nn.Sequential:
            break
        earlier: list[nn.Module] = []
        for name, module in parent.named_children():
            if name == child:
                break
            earlier += _leaves(module)
        run = earlier + run
    return run


def _leaves(module: nn.Module) -> list[nn.Module]:
    if type(module) is nn.Sequential:
        return [leaf for part in module for leaf in _leaves(part)]
    return [module]


def _weakened(module: nn.Module, units: list[int], values: Tensor, keep: float) -> bool:
    """Multiply the units' weights and biases by ``keep``, add ``values`` to the biases; False where there are none."""
    weight, bias = getattr(module, "weight", None), getattr(module, "bias", None)
    if weight is None or parametrize.is_parametrized(module) or (bias is None and bool(values.any())):
        return False
    if isinstance(module, nn.ConvTranspose2d):
        if module.groups != 1:
            return False
        weight[:, units] *= keep
    else:
        weight[units] *= keep
    if bias is not None:
        bias[units] = bias[units] * keep + values.to(bias)
    return True
