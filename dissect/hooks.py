"""Reading and changing the outputs of layers: ``record`` and ``intervene``, for any ``nn.Module``.

Both are context managers over named submodules; leaving the block restores the network, even after an error.
A layer is named by an address (``dissect.addressing``): a module, and what of it. Hooks act on the module itself:
threads that share one must take turns.
The shape is that of baukit's ``Trace``; but here an edit that never ran is an error, because a
silent one falsifies an experiment.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from core_gans.foundation.names import unknown_name
from dissect.addressing.addresses import Address, read_address, tensors_inside
from dissect.addressing.calls import Outputs, Steps, batch_size
from dissect.addressing.editing import Editing, begin_call, end_call
from dissect.addressing.layouts import Layout, in_doubt, is_channels_last

Edit = Callable[[Tensor], Tensor]  # a layer's output (N, C, H, W) -> what it is to be instead, of the same shape


class Recording(Mapping[str, Tensor]):
    """Layer -> what it put out in the latest forward, after any edits. Attached to the graph where there is one.

    A layer is an address (``dissect.addressing``): a module's name, or one with a path, a run and a layout. With a
    layout, the value is maps (N, C, H, W).
    """

    def __init__(self, model: nn.Module, addresses: Mapping[str, Address], modules: Mapping[str, nn.Module]) -> None:
        copied = any(getattr(module, "inplace", False) is True for module in model.modules())
        self._outputs = {name: Outputs(address, copied) for name, address in addresses.items()}
        self._modules = modules
        self._examples: list[int | None] = []  # of the calls of the model that are under way

    def __getitem__(self, layer: str) -> Tensor:
        if layer not in self._outputs:
            raise KeyError(str(unknown_name("recorded layer", layer, tuple(self._outputs))))
        outputs = self._outputs[layer]
        return outputs.address.maps(outputs.value())

    def __iter__(self) -> Iterator[str]:
        return (layer for layer, outputs in self._outputs.items() if outputs.has_run)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def doubt(self, layer: str) -> str | None:
        """Why what ``layer`` put out should not be read as maps (N, C, H, W), in a line; None where it may."""
        address = self._outputs[layer].address
        return None if address.layout else in_doubt(layer, self._modules[layer], self[layer])

    def _begin(self, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._examples.append(batch_size(inputs, named))
        for outputs in self._outputs.values():
            outputs.begin(self._examples[-1])

    def _end(self) -> None:
        self._examples.pop()
        for outputs in self._outputs.values():
            outputs.end()

    def _keep(self, layer: str, inputs: Any, output: Any) -> None:
        outputs = self._outputs[layer]
        found = outputs.address.tensor(inputs if outputs.address.inputs else output)
        outputs.add(found, self._examples[-1] if self._examples else None)


@contextmanager
def record(model: nn.Module, layers: Sequence[str]) -> Iterator[Recording]:
    """Yield a mapping from each of ``layers`` to its output in the latest forward.

    What is recorded is what the rest of the network sees: the output after every :func:`intervene`, whether that
    block was entered before this one or after it. What a layer puts out in pieces of the batch is joined.

    Raises:
        ValueError: ``model`` has no such layer (its neighbours are listed), or ``layers`` is a bare string; and when
            it is read, a layer that runs several times in a call while no run is chosen, one that is changed in place
            by what follows, or a layout that does not fit.
        TypeError: a recorded layer's output is no tensor.
    """
    modules, addresses = _found(model, layers)
    recording = Recording(model, addresses, modules)
    with ExitStack() as leaving:
        leaving.enter_context(_around_calls(model, recording._begin, recording._end))
        for layer, module in modules.items():
            leaving.enter_context(_last_in_line(module, layer, recording))
        yield recording


@contextmanager
def intervene(model: nn.Module, edits: Mapping[str, Edit]) -> Iterator[None]:
    """Replace the outputs of the named layers by ``edit(output)`` while the block runs.

    Blocks nest: edits of one layer are made in the order in which their blocks were entered. A layer is an address, as
    in :func:`record`: with a layout the edit sees maps (N, C, H, W), with ``@2`` it acts in the second run alone.

    Raises:
        ValueError: ``model`` has no such layer (its neighbours are listed), an edit changed the shape, a layer runs
            several times in a call while no run is chosen, or it looks as if its channels came last and no layout is
            named.
        RuntimeError: on leaving, an edit never ran (unless another error is already under way).
    """
    modules, addresses = _found(model, tuple(edits))
    editing = {layer: Editing(addresses[layer], edits[layer], modules[layer]) for layer in edits}
    with ExitStack() as leaving:
        for each in editing.values():
            leaving.enter_context(each.attach())
        leaving.enter_context(_around_calls(model, partial(begin_call, model, editing), partial(end_call, editing)))
        yield
    if silent := [layer for layer in edits if not editing[layer].ran]:
        raise RuntimeError(
            f"the edit of {', '.join(repr(layer) for layer in silent)} never ran: the model was not called inside the "
            "block, or its forward does not pass through that layer"
        )


def layers(model: nn.Module, example_input: Tensor) -> dict[str, tuple[int, ...]]:
    """Every layer that puts out tensors for ``example_input``, with the shape of that output, batch included.

    ``example_input`` is a batch of latents, (N, ...). The model runs once, in eval mode and without gradients; its mode
    is restored. Names are addresses: ``name[0]`` for a tensor in a tuple, ``name@last`` where a layer runs several
    times; and beside a layer that looks as if its channels came last, or that puts out tokens of a square grid, the
    same with its layout, ``name~nhwc`` and ``name~tokens``, with the shape of its maps. Raises ValueError for
    TorchScript.
    """
    _refuse_closed(model)
    seen: dict[str, Tensor] = {}
    steps: dict[str, Steps] = {}
    modules = {name: module for name, module in model.named_modules() if name}
    here = get_ident()

    def hook_of(name: str) -> Callable[[nn.Module, Any, Any], None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if get_ident() != here:  # another thread draws with the same network: not a second run of ours
                return
            for path, tensor in tensors_inside(output).items():
                place = name + path
                if place not in steps:
                    steps[place] = Steps()
                    steps[place].begin(len(example_input))
                steps[place].ran(len(tensor) if tensor.ndim else 1)
                seen[place] = tensor

        return hook

    with ExitStack() as leaving, at_rest(model):
        for name, module in modules.items():
            leaving.callback(module.register_forward_hook(hook_of(name)).remove)
        model(example_input)
    shapes: dict[str, tuple[int, ...]] = {}
    for place, tensor in seen.items():
        name = f"{place}@last" if steps[place].complete > 1 else place
        pieces = steps[place].complete == 1 and len(tensor) < len(example_input)
        shapes[name] = (len(example_input), *tensor.shape[1:]) if pieces else tuple(tensor.shape)
        for layout in _layouts(modules[read_address(place, modules).module], tensor):
            shapes[f"{name}~{layout.kind}"] = (shapes[name][0], *layout.to_maps(tensor).shape[1:])
    return shapes


def _layouts(module: nn.Module, values: Tensor) -> list[Layout]:
    """The layouts, other than maps (N, C, H, W), that ``values`` of ``module`` seem to have."""
    if is_channels_last(module, values):
        return [Layout("nhwc")]
    if values.ndim == 3 and not isinstance(module, nn.Conv1d):
        tokens = Layout("tokens")
        try:
            tokens.to_maps(values)
        except ValueError:
            return []
        return [tokens]
    return []


@contextmanager
def at_rest(model: nn.Module) -> Iterator[None]:
    """The model in eval mode and without gradients; on leaving, every submodule's own mode is restored."""
    modes = [(module, module.training) for module in model.modules()]
    if any(training for _, training in modes):
        model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in modes:
            if module.training != training:  # to set it takes long: an edit of one picture would notice
                module.training = training


@contextmanager
def _around_calls(
    model: nn.Module, begin: Callable[[tuple[Any, ...], dict[str, Any]], None], end: Callable[[], None]
) -> Iterator[None]:
    """Call ``begin`` with the arguments of each call of ``model``, and ``end`` behind it, also after an error."""
    before = model.register_forward_pre_hook(lambda _model, inputs, named: begin(inputs, named), with_kwargs=True)
    after = model.register_forward_hook(lambda _model, _inputs, _output: end(), always_call=True)
    try:
        yield
    finally:
        before.remove()
        after.remove()


@contextmanager
def _last_in_line(module: nn.Module, layer: str, recording: Recording) -> Iterator[None]:
    """Record ``layer`` after all other hooks of ``module``, also those that are registered later.

    Hooks run in the order of their registration, so the recorder joins the queue anew before every forward.
    """
    place: list[RemovableHandle] = []

    def leave_line() -> None:
        while place:
            place.pop().remove()

    def keep(_module: nn.Module, inputs: Any, named: Any, output: Any) -> None:
        recording._keep(layer, (inputs, named), output)

    def join_line(_module: nn.Module, _inputs: Any) -> None:
        leave_line()
        place.append(module.register_forward_hook(keep, with_kwargs=True))

    handle = module.register_forward_pre_hook(join_line)
    try:
        yield
    finally:
        handle.remove()
        leave_line()


def _found(model: nn.Module, names: Sequence[str]) -> tuple[dict[str, nn.Module], dict[str, Address]]:
    if isinstance(names, str):
        raise ValueError(f"expected a list of layers, got the string {names!r}: write [{names!r}]")
    _refuse_closed(model)
    known = {name: module for name, module in model.named_modules() if name}
    addresses = {name: read_address(name, known) for name in names}
    return {name: known[address.module] for name, address in addresses.items()}, addresses


def _refuse_closed(model: nn.Module) -> None:
    if isinstance(model, torch.jit.ScriptModule):
        raise ValueError("TorchScript takes no hooks: open its file with dissect.generators.open_torchscript")
    compiled = (module for module in model.modules() if module._compiled_call_impl or "_orig_mod" in module._modules)
    if (found := next(compiled, None)) is not None:
        raise ValueError(
            f"{type(found).__name__} is compiled, and what was compiled passes hooks by: give the module "
            "that went into torch.compile (it is ._orig_mod), and compile it afterwards"
        )
