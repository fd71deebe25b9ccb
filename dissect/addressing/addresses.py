"""Where in a network: the name of a module, and what of it.

``block3`` is what the module puts out. ``block3:in`` is what it takes. ``block3[0]``, ``block3.sample`` and mixtures
reach into tuples, mappings and dataclasses. ``block3@2`` is its second run within one call of the network, ``@last``
its last, ``@all`` the mean of all of them. ``block3~nhwc`` names the layout (see ``layouts``), and what it means
is read and edited as maps (N, C, H, W). All together: ``block3:in[0]@2~nhwc``.
"""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from torch import Tensor, nn

from core_gans.foundation.names import unknown_name
from dissect.addressing.layouts import Layout, read_layout

_STEP = re.compile(r"[1-9]\d*|all|last")
_PATH = re.compile(r"(\.[^\W\d]\w*|\[-?\w+\])*")
_PART = re.compile(r"\.(?P<name>\w+)|\[(?P<key>-?\w+)\]")
DEEP = 2  # how far tensors are looked for inside of what a layer puts out

Step = int | Literal["all", "last"]


@dataclass(frozen=True)
class Address:
    """One place in a network, as read from ``text``."""

    text: str
    module: str
    inputs: bool = False
    """What the module takes, not what it puts out."""
    path: tuple[int | str, ...] = ()
    """Into what is no tensor: positions, keys or attributes."""
    step: Step | None = None
    """Which run within one call of the network, from 1; None where it runs but once."""
    layout: Layout | None = None

    def tensor(self, value: Any) -> Tensor:
        """The tensor at the path in ``value``. TypeError where there is none."""
        found = value
        for part in self._way:
            try:
                found = _inside(found, part)
            except (KeyError, IndexError, AttributeError, TypeError):
                raise TypeError(
                    f"layer {self.text!r}: there is no {part!r} in the {type(found).__name__} that "
                    f"{self.module!r} {'takes' if self.inputs else 'puts out'}; {self._choices(value)}"
                ) from None
        if not isinstance(found, Tensor):
            raise TypeError(
                f"layer {self.text!r} {'takes' if self.inputs else 'puts out'} a {type(found).__name__}, expected a "
                f"tensor: {self._choices(value)}"
            )
        return found

    def replaced(self, value: Any, tensor: Tensor) -> Any:
        """``value`` with ``tensor`` in the place of the one at the path; what was there is left as it was."""
        return _replaced(value, self._way, tensor)

    @property
    def _way(self) -> tuple[int | str, ...]:
        """The path in what a hook is given: of inputs, the positional ones (0) and those with names (1)."""
        if not self.inputs:
            return self.path
        first = self.path[0] if self.path else 0
        return (0 if isinstance(first, int) else 1, first, *self.path[1:])

    def _choices(self, value: Any) -> str:
        """What could be named instead."""
        if self.inputs:
            positional, named = value
            paths = [path for path in tensors_inside(positional) if path] + [f".{name}" for name in named]
        else:
            paths = [path for path in tensors_inside(value) if path]
        name = f"{self.module}:in" if self.inputs else self.module
        return f"choose {' or '.join(name + path for path in paths[:6])}" if paths else "choose a layer inside it"

    def maps(self, tensor: Tensor) -> Tensor:
        """``tensor`` as maps (N, C, H, W) where a layout is named, else as it is. ValueError for another shape."""
        if self.layout is None:
            return tensor
        try:
            return self.layout.to_maps(tensor)
        except ValueError as error:
            raise ValueError(f"layer {self.text!r}: {error}") from None

    def values(self, maps: Tensor, like: Tensor) -> Tensor:
        """What :meth:`maps` made of ``like``, changed to ``maps``, back in the layer's own layout."""
        return maps if self.layout is None else self.layout.to_layer(maps, like)


def read_address(text: str, modules: Mapping[str, nn.Module]) -> Address:
    """The address that ``text`` means in a network with ``modules``.

    ValueError for a module that is not there (its neighbours are listed), a step, a path or a layout that cannot be
    read.
    """
    if text in modules:
        return Address(text, text)
    place, has_layout, layout = text.partition("~")
    place, has_step, step = place.partition("@")
    if has_step and not _STEP.fullmatch(step):
        raise ValueError(f"expected a run after @ in {text!r}: a number from 1, last, or all; got {step!r}")
    head, inputs, path = place.partition(":in")
    if not inputs:
        head = next((name for name in _prefixes(place) if name in modules), "")
        path = place.removeprefix(head)
    if head not in modules or not head or not _PATH.fullmatch(path) or _is_misspelt(head, path, modules):
        raise unknown_name("layer", place, modules, list_all=True)
    return Address(
        text,
        head,
        bool(inputs),
        tuple(_part(found) for found in _PART.finditer(path)),
        (int(step) if step.isdigit() else step) if has_step else None,  # type: ignore[arg-type]
        read_layout(layout) if has_layout else None,
    )


def tensors_inside(value: Any, depth: int = DEEP) -> dict[str, Tensor]:
    """The paths, as in an address, of the tensors in ``value``, with the tensors; "" where it is one itself."""
    if isinstance(value, Tensor):
        return {"": value}
    if depth == 0:
        return {}
    parts: dict[str, Any] = {}
    if isinstance(value, Mapping):
        parts = {f"[{key}]": part for key, part in value.items() if re.fullmatch(r"-?\w+", str(key))}
    elif isinstance(value, tuple) and hasattr(value, "_fields"):
        parts = {f".{name}": getattr(value, name) for name in value._fields}
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        parts = {f"[{place}]": part for place, part in enumerate(value)}
    elif dataclasses.is_dataclass(value):
        parts = {f".{field.name}": getattr(value, field.name) for field in dataclasses.fields(value)}
    return {
        path + more: tensor for path, part in parts.items() for more, tensor in tensors_inside(part, depth - 1).items()
    }


def _is_misspelt(head: str, path: str, modules: Mapping[str, nn.Module]) -> bool:
    """Whether the attribute that ``path`` begins with is rather a child of ``head`` with a wrong letter."""
    children = [name.removeprefix(f"{head}.") for name in modules if name.startswith(f"{head}.")]
    return path.startswith(".") and bool(difflib.get_close_matches(path[1:], children, cutoff=0.8))


def _prefixes(place: str) -> list[str]:
    """``place`` cut at each point and bracket, the longest first."""
    return [place, *(place[: cut.start()] for cut in reversed(list(re.finditer(r"[.\[]", place))))]


def _part(found: re.Match[str]) -> int | str:
    key = found["name"] or found["key"]
    return int(key) if found["key"] and key.lstrip("-").isdigit() else key


def _inside(value: Any, part: int | str) -> Any:
    if isinstance(value, Mapping):
        return value[part] if part in value else value[str(part)]
    return value[part] if isinstance(part, int) else getattr(value, part)


def _replaced(value: Any, path: tuple[int | str, ...], tensor: Tensor) -> Any:
    if not path:
        return tensor
    part, rest = path[0], path[1:]
    inner = _replaced(_inside(value, part), rest, tensor)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        name = part if isinstance(part, str) else list(vars(value))[part]
        return dataclasses.replace(value, **{name: inner})
    if isinstance(value, Mapping):
        return type(value)({**value, (part if part in value else str(part)): inner})  # type: ignore[call-arg]
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        name = part if isinstance(part, str) else value._fields[part]
        return cast(Any, value)._replace(**{name: inner})
    changed = list(value)
    changed[int(part)] = inner
    return type(value)(changed)
