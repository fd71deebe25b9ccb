"""An edit at an address: in which runs of its layer it acts, and in which layout it sees them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from dissect.addressing.addresses import Address
from dissect.addressing.calls import Steps, batch_size, several_runs
from dissect.addressing.layouts import in_doubt


class Editing:
    """An edit at an address: which of the runs of its layer it acts in."""

    def __init__(self, address: Address, edit: Callable[[Tensor], Tensor], module: nn.Module) -> None:
        self.address, self._edit, self._module = address, edit, module
        self.steps = Steps()
        self.last: int | None = None  # the number of the last run, once it is known
        self.counting = False
        self.ran = False

    def attach(self) -> RemovableHandle:
        """Let it act from now on, until the handle is removed."""
        if self.address.inputs:
            return self._module.register_forward_pre_hook(
                lambda _module, inputs, named: self._changed((inputs, named)), with_kwargs=True
            )
        return self._module.register_forward_hook(lambda _module, _inputs, output: self._changed(output))

    def begin_again(self) -> None:
        """A call is over. It may have been the one that counts, inside of another that now goes on."""
        if self.counting:
            self.last = self.steps.complete
        self.steps.begin(self.steps.examples)

    def _acts(self, step: int) -> bool:
        if self.counting:
            return False
        if self.address.step == "last":
            return step == self.last
        return self.address.step in (None, "all", step)

    def _changed(self, value: Any) -> Any:
        address = self.address
        before = address.tensor(value)
        step = self.steps.current
        if address.step is None and step > 1 and self.steps.examples is not None:
            raise several_runs(address, step)
        self.steps.ran(len(before) if before.ndim else 1)
        if not self._acts(step):
            return value
        if address.layout is None and (doubt := in_doubt(address.text, self._module, before)):
            raise ValueError(doubt)
        seen = address.maps(before)
        after = self._edit(seen)
        if after.shape != seen.shape:
            raise ValueError(
                f"the edit of layer {address.text!r} returned the shape {tuple(after.shape)}, expected that of the "
                f"layer's output, {tuple(seen.shape)}"
            )
        self.ran = True
        # A copy: what follows may work in place, and what the edit gave may be kept by others, or be a leaf.
        return address.replaced(value, address.values(after, before).clone())


def begin_call(
    model: nn.Module, editing: Mapping[str, Editing], inputs: tuple[Any, ...], named: dict[str, Any]
) -> None:
    """Begin a call. Which run of a layer is its last is found by a call before it, in which nothing is edited here."""
    everyone = list(editing.values())
    waiting = [each for each in everyone if each.address.step == "last" and each.last is None]
    examples = batch_size(inputs, named)
    for each in everyone:
        each.steps.begin(examples)
    if not waiting or waiting[0].counting:
        return
    for each in everyone:
        each.counting = True
    try:
        with torch.no_grad(), torch.random.fork_rng():
            model(*inputs, **named)
    finally:
        for each in everyone:
            each.counting = False


def end_call(editing: Mapping[str, Editing]) -> None:
    """A call is over, also one that ended in an error."""
    for each in editing.values():
        each.begin_again()
