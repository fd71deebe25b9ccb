"""Reading and changing the outputs of layers: ``record`` and ``intervene``, for any ``nn.Module``.

Both are context managers over named submodules; leaving the block restores the network, even after an error.
They act on the module itself: threads that share one must take turns.
The shape is that of baukit's ``Trace``; but here an edit that never ran is an error, because a
silent one falsifies an experiment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from core_gans.foundation.names import unknown_name

Edit = Callable[[Tensor], Tensor]  # a layer's output (N, C, H, W) -> what it is to be instead, of the same shape


class Recording(Mapping[str, Tensor]):
    """Layer name -> output of the latest forward, after any edits. Attached to the graph where there is one."""

    def __init__(self, layers: Sequence[str]) -> None:
        self._layers = tuple(layers)
        self._seen: dict[str, Tensor] = {}

    def __getitem__(self, layer: str) -> Tensor:
        if layer in self._layers and layer not in self._seen:
            raise KeyError(f"layer {layer!r} has not run yet: call the model inside the block first")
        if layer not in self._layers:
            raise KeyError(str(unknown_name("recorded layer", layer, self._layers)))
        return self._seen[layer]

    def __iter__(self) -> Iterator[str]:
        return iter(self._seen)

    def __len__(self) -> int:
        return len(self._seen)

    def _keep(self, layer: str, output: object) -> None:
        self._seen[layer] = _tensor(layer, output)


@contextmanager
def record(model: nn.Module, layers: Sequence[str]) -> Iterator[Recording]:
    """Yield a mapping from each of ``layers`` to its output in the latest forward.

    What is recorded is what the rest of the network sees: the output after every :func:`intervene`, whether that
    block was entered before this one or after it.

    Raises:
        ValueError: ``model`` has no such layer (its neighbours are listed), or ``layers`` is a bare string.
        TypeError: a recorded layer's output is no tensor.
    """
    modules = _modules(model, layers)
    recording = Recording(layers)
    with ExitStack() as leaving:
        for layer, module in modules.items():
            leaving.enter_context(_last_in_line(module, layer, recording))
        yield recording


@contextmanager
def intervene(model: nn.Module, edits: Mapping[str, Edit]) -> Iterator[None]:
    """Replace the outputs of the named layers by ``edit(output)`` while the block runs.

    Blocks nest: edits of one layer are made in the order in which their blocks were entered.

    Raises:
        ValueError: ``model`` has no such layer (its neighbours are listed), or an edit changed the shape.
        RuntimeError: on leaving, an edit never ran (unless another error is already under way).
    """
    modules = _modules(model, tuple(edits))
    ran: set[str] = set()

    def hook_of(layer: str, edit: Edit) -> Callable[[nn.Module, Any, Any], Tensor]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> Tensor:
            before = _tensor(layer, output)
            after = edit(before)
            if after.shape != before.shape:
                raise ValueError(
                    f"the edit of layer {layer!r} returned the shape {tuple(after.shape)}, expected that of the "
                    f"layer's output, {tuple(before.shape)}"
                )
            ran.add(layer)
            return after

        return hook

    with ExitStack() as leaving:
        for layer, module in modules.items():
            handle = module.register_forward_hook(hook_of(layer, edits[layer]))
            leaving.callback(handle.remove)
        yield
    if silent := [layer for layer in edits if layer not in ran]:
        raise RuntimeError(
            f"the edit of {', '.join(repr(layer) for layer in silent)} never ran: the model was not called inside the "
            "block, or its forward does not pass through that layer"
        )


def layers(model: nn.Module, example_input: Tensor) -> dict[str, tuple[int, ...]]:
    """Every named layer that puts out a tensor for ``example_input``, with the shape of that output, batch included.

    ``example_input`` is a batch of latents, (N, ...). The model runs once, in eval mode and without gradients; its mode
    is restored. Raises ValueError for TorchScript.
    """
    shapes: dict[str, tuple[int, ...]] = {}
    _refuse_torchscript(model)

    def hook_of(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if isinstance(output, Tensor):
                shapes[name] = tuple(output.shape)

        return hook

    with ExitStack() as leaving, at_rest(model):
        for name, module in model.named_modules():
            if name:
                leaving.callback(module.register_forward_hook(hook_of(name)).remove)
        model(example_input)
    return shapes


@contextmanager
def at_rest(model: nn.Module) -> Iterator[None]:
    """The model in eval mode and without gradients; on leaving, every submodule's own mode is restored."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


@contextmanager
def _last_in_line(module: nn.Module, layer: str, recording: Recording) -> Iterator[None]:
    """Record the output of ``module`` after all its other hooks, also those that are registered later.

    Hooks run in the order of their registration, so the recorder joins the queue anew before every forward.
    """
    place: list[RemovableHandle] = []

    def leave_line() -> None:
        while place:
            place.pop().remove()

    def join_line(_module: nn.Module, _inputs: Any) -> None:
        leave_line()
        place.append(module.register_forward_hook(lambda _module, _inputs, output: recording._keep(layer, output)))

    handle = module.register_forward_pre_hook(join_line)
    try:
        yield
    finally:
        handle.remove()
        leave_line()


def _modules(model: nn.Module, names: Sequence[str]) -> dict[str, nn.Module]:
    if isinstance(names, str):
        raise ValueError(f"expected a list of layers, got the string {names!r}: write [{names!r}]")
    _refuse_torchscript(model)
    known = {name: module for name, module in model.named_modules() if name}
    for name in names:
        if name not in known:
            raise unknown_name("layer", name, known, list_all=True)
    return {name: known[name] for name in names}


def _refuse_torchscript(model: nn.Module) -> None:
    if isinstance(model, torch.jit.ScriptModule):
        raise ValueError("TorchScript takes no hooks: open its file with dissect.generators.open_torchscript")


def _tensor(layer: str, output: object) -> Tensor:
    if not isinstance(output, Tensor):
        raise TypeError(
            f"layer {layer!r} puts out a {type(output).__name__}, expected a tensor: choose a layer inside it"
        )
    return output
