"""TorchScript opened again: its graph played node by node, so that its layers can be recorded and edited.

PyTorch refuses hooks on a loaded ScriptModule. Here each of its modules becomes a plain ``nn.Module`` of the same name
that plays the same graph; calls between modules go through ``nn.Module.__call__``, where hooks live. Modules whose
graph holds what is not played here (loops, calls of other functions than PyTorch's) stay closed: they run as they are,
and their insides have no names.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_PLAYED: Mapping[str, Callable[..., Any]] = {
    "prim::ListConstruct": lambda *items: list(items),
    "prim::TupleConstruct": lambda *items: items,
    "prim::NumToTensor": torch.tensor,
    "aten::Int": int,
    "aten::Float": float,
    "aten::Bool": bool,
}
_UNPACKED = ("prim::ListUnpack", "prim::TupleUnpack")


class Scripted(nn.Module):
    """A module of a TorchScript file. Its parameters and buffers are the file's own."""

    def __init__(self, script: torch.jit.ScriptModule) -> None:
        super().__init__()
        self._script = (script,)  # in a tuple, so that it is no submodule: it takes no hooks
        inside = [(name, part) for name, part in script.named_children() if isinstance(part, torch.jit.ScriptModule)]
        self.open = not inside or _can_be_played(script.graph)
        self._played = bool(inside) and self.open
        for name, parameter in script.named_parameters(recurse=False):
            self.register_parameter(name, nn.Parameter(parameter.detach(), requires_grad=parameter.requires_grad))
        for name, buffer in script.named_buffers(recurse=False):
            self.register_buffer(name, buffer)
        for name, part in inside if self._played else ():
            self.add_module(name, Scripted(part))

    def forward(self, *inputs: Any) -> Any:
        """What the ScriptModule gives."""
        (script,) = self._script
        if not self._played:
            return script(*inputs)
        graph: Any = script.graph
        names = [value.debugName() for value in graph.inputs()]
        if len(inputs) + 1 != len(names):
            raise ValueError(f"this TorchScript takes {len(names) - 1} inputs, got {len(inputs)}")
        known: dict[str, Any] = dict(zip(names, (self, *inputs), strict=True))
        _play(graph.nodes(), known)
        results = [known[value.debugName()] for value in graph.outputs()]
        return results[0] if len(results) == 1 else tuple(results)

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Within the block the ScriptModule runs as it is, without its layers."""
        played, self._played = self._played, False
        try:
            yield
        finally:
            self._played = played

    def train(self, mode: bool = True) -> Scripted:
        """Put the ScriptModule into the mode, too."""
        self._script[0].train(mode)
        super().train(mode)
        return self


def open_torchscript(path: str | Path) -> Scripted:
    """The generator in a TorchScript file, in eval mode.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no TorchScript.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no TorchScript file at {path}")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*torch.jit.*deprecated", category=DeprecationWarning)
        try:
            script = torch.jit.load(str(path), map_location="cpu")
        except RuntimeError as error:
            raise ValueError(
                f"{path} is no TorchScript: expected what torch.jit.save wrote; weights alone go with the code that "
                "takes them, --generator module:name --weights FILE, or with a list of its layers"
            ) from error
    return Scripted(script).eval()


def closed_modules(network: Scripted) -> list[str]:
    """The names of the modules whose insides cannot be looked into; the whole is called 'the generator'."""
    return [
        name or "the generator"
        for name, module in network.named_modules()
        if isinstance(module, Scripted) and not module.open
    ]


def plays_alike(network: Scripted, latents: Tensor) -> bool:
    """Whether ``network`` gives the images of the ScriptModule it was opened from, noise being equal."""
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        before = torch.get_rng_state()
        played = network(latents)
        torch.set_rng_state(before)
        with network.closed():
            scripted = network(latents)
    return bool(torch.allclose(played, scripted, atol=1e-5))


def _can_be_played(block: Any) -> bool:
    return all(_is_played(node) for node in block.nodes())


def _is_played(node: Any) -> bool:
    kind = node.kind()
    if kind == "prim::If":
        return all(_can_be_played(block) for block in node.blocks())
    if kind == "prim::CallMethod":
        return bool(node.s("name") == "forward")
    if kind == "prim::CallFunction":
        return _function(node) is not None
    if kind in ("prim::Constant", "prim::GetAttr") or kind in _PLAYED or kind in _UNPACKED:
        return True
    space, _, name = kind.partition("::")
    return space == "aten" and _is_operator(name)


def _is_operator(name: str) -> bool:
    try:
        getattr(torch.ops.aten, name)
    except AttributeError:
        return False
    return True


def _function(node: Any) -> Callable[..., Any] | None:
    """The function of ``torch.nn.functional`` that the node calls."""
    constant = next(iter(node.inputs())).node()
    found = F.__dict__.get(constant.s("name")) if constant.kind() == "prim::Constant" else None
    return found if callable(found) else None


def _play(nodes: Iterable[Any], known: dict[str, Any]) -> None:
    """Add the values that ``nodes`` put out to the ``known`` ones."""
    for node in nodes:
        outputs = [value.debugName() for value in node.outputs()]
        found = _played(node, known)
        known.update(
            zip(outputs, (found,) if len(outputs) == 1 and node.kind() not in _UNPACKED else found, strict=True)
        )


def _played(node: Any, known: dict[str, Any]) -> Any:
    kind = node.kind()
    if kind == "prim::Constant":
        return None if node.output().type().kind() == "FunctionType" else node.output().toIValue()
    inputs = [known[value.debugName()] for value in node.inputs()]
    if kind == "prim::GetAttr":
        return getattr(inputs[0], node.s("name"))
    if kind == "prim::CallMethod":
        return inputs[0](*inputs[1:])
    if kind == "prim::CallFunction":
        function = _function(node)
        assert function is not None
        return function(*inputs[1:])
    if kind == "prim::If":
        then, otherwise = node.blocks()
        block = then if inputs[0] else otherwise
        _play(block.nodes(), known)
        found = [known[value.debugName()] for value in block.outputs()]
        return found[0] if len(found) == 1 else found
    if kind in _UNPACKED:
        return inputs[0]
    if kind in _PLAYED:
        return _PLAYED[kind](*inputs)
    schema = torch._C.parse_schema(node.schema())
    named = {each.name: value for each, value in zip(schema.arguments, inputs, strict=True) if each.kwarg_only}
    return getattr(torch.ops.aten, kind.removeprefix("aten::"))(*inputs[: len(inputs) - len(named)], **named)
