"""A dictionary as a layer of a generator: its features are recorded and edited there as units are.

What the dictionary does not explain is kept, so that the generator draws what it drew: an edit of the features changes
the layer by what the change of its codes makes, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from dissect.addressing.addresses import Address, read_address
from dissect.dictionaries.dictionary import Dictionary


class WithFeatures(nn.Module):
    """A layer with a place, ``features``, at which its features are maps (N, K, h, w) to record and to edit."""

    def __init__(self, layer: nn.Module, address: Address, dictionary: Dictionary) -> None:
        super().__init__()
        self.layer, self.dictionary = layer, dictionary
        self.features = nn.Identity()
        self._address = address

    def forward(self, *inputs: Any, **named: Any) -> Any:
        """What the layer puts out, changed by what is done to its features."""
        value = self.layer(*inputs, **named)
        before = self._address.tensor(value)
        maps = self._address.maps(before)
        codes = self.dictionary.encode(maps)
        edited: Tensor = self.features(codes)
        if edited is codes:
            return value
        changed = maps + self.dictionary.decode(edited - codes).to(maps)
        return self._address.replaced(value, self._address.values(changed, before))


def attach(generator: nn.Module, dictionary: Dictionary) -> str:
    """Put the features of ``dictionary`` behind its layer in ``generator``, and return the name of their layer.

    The layer may be an address with a path and a layout (``block[0]~tokens``). In a layer that runs several times the
    features run as often: name the run behind what is returned, ``...features@last``.

    Raises:
        ValueError: no such layer, a run or an input named before ``features``, or features there already.
    """
    address = free_place(generator, dictionary.layer)
    module = generator.get_submodule(address.module)
    parameter = next(generator.parameters(), None)
    if parameter is not None:
        dictionary = dictionary.to(parameter.device)
    parent, _, child = address.module.rpartition(".")
    features = WithFeatures(module, address, dictionary.train(module.training))
    features.training = features.features.training = module.training  # and the layer's own parts stay as they are
    setattr(generator.get_submodule(parent), child, features)
    return f"{address.module}.features"


def free_place(generator: nn.Module, layer: str) -> Address:
    """The address of ``layer``, behind which features can be put. ValueError as :func:`attach`."""
    address = read_address(layer, {name: each for name, each in generator.named_modules() if name})
    if address.inputs or address.step is not None:
        raise ValueError(
            f"features stand behind what a layer puts out, in each of its runs: fit them to {address.module}, and name "
            f"a run behind them, as in {address.module}.features@last"
        )
    if isinstance(generator.get_submodule(address.module), WithFeatures):
        raise ValueError(f"layer {address.module!r} has features already: take them off, or open the generator anew")
    return address


@contextmanager
def attached(generator: nn.Module, dictionary: Dictionary) -> Iterator[str]:
    """The name of the layer of features, while the block runs; then the generator is what it was. As :func:`attach`."""
    name = attach(generator, dictionary).removesuffix(".features")
    parent, _, child = name.rpartition(".")
    holder = generator.get_submodule(parent)
    wrapper = generator.get_submodule(name)
    assert isinstance(wrapper, WithFeatures)
    try:
        yield f"{name}.features"
    finally:
        setattr(holder, child, wrapper.layer)
