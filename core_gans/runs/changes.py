"""The settings with which a run is resumed: those it was made with, except what a person asks to change.

config.json says what was asked for, and every checkpoint repeats it with a digest of the data. Where the two differ, a
run would silently go on as another experiment, so that is refused; a wanted change is named, and written into the
``history`` of config.json.
"""

from __future__ import annotations

import copy
import dataclasses
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from core_gans.data.room import touched
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name

SECTIONS = ("options", "fields", "evolution", "islands")
AT_ONCE = 2**22  # bytes that are copied together: data may be larger than memory
FREE = frozenset(  # decide no number
    f"options.{name}" for name in ("device", "threads", "keep", "checkpoint_every")
) | {"islands.workers", "islands.address"}


def differing(saved: Mapping[str, Any], config: Mapping[str, Any]) -> list[str]:
    """Settings in which a checkpoint's content and a config.json differ, each as ``section.name: saved -> now``.

    What a checkpoint of an older version does not hold is not compared.
    """
    return [f"{place}: {before} -> {now}" for place, (before, now) in differences(saved, config).items()]


def differences(saved: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The same by ``section.name``: what the checkpoint and what config.json has."""
    found = {}
    for section in SECTIONS:
        before, now = saved.get(section), config.get(section)
        if not isinstance(before, Mapping) or not isinstance(now, Mapping):
            continue
        for name in before:
            place = f"{section}.{name}"
            if place not in FREE and json.dumps(before[name]) != json.dumps(now.get(name)):
                found[place] = (before[name], now.get(name))
    return found


def changed(config: Mapping[str, Any], changes: Mapping[str, Any], round: int) -> dict[str, Any]:
    """``config`` with ``changes`` (names, or section.name), which happen at ``round`` and stand in its history.

    LabError or ValueError for a name that is none, or that two sections have.
    """
    new = copy.deepcopy(dict(config))
    said = {}
    for name, value in changes.items():
        section, place = _place(new, name)
        said[f"{section}.{place}"] = [new[section][place], value]
        new[section][place] = list(value) if isinstance(value, tuple) else value
    new["history"] = [*new.get("history", []), {"round": round, "at": time.strftime("%Y-%m-%d %H:%M:%S"), **said}]
    return new


def undone(config: Mapping[str, Any], round: int) -> Iterator[dict[str, Any]]:
    """``config`` without the last change, the last two and so on, as far as they happened at ``round`` or later: what a
    checkpoint of that round may have been made with. One changing mapping; compare it before the next.

    A setting that is not what its last change made it was edited: nothing is undone from there on.
    """
    old = copy.deepcopy(dict(config))
    for entry in reversed(old.get("history") or []):
        if not isinstance(begun := entry.get("round"), int) or begun < round:
            return
        for place, values in entry.items():
            section, _, name = place.partition(".")
            if isinstance(old.get(section), dict) and isinstance(values, list) and len(values) == 2:
                if old[section].get(name) != values[1]:
                    return
                old[section][name] = values[0]
        yield old


def told_of_settings_since(
    saved: Mapping[str, Any], config: Mapping[str, Any], asked: Mapping[str, Any] = MappingProxyType({})
) -> str:
    """What to know before a run goes on from a checkpoint with other settings than it was made with, those that were
    ``asked`` for by name apart; empty where there are none.
    """
    since = [
        f"{place}: {before} -> {now}"
        for place, (before, now) in differences(saved, config).items()
        if place not in asked and place.partition(".")[2] not in asked
    ]
    return f"settings were changed after that checkpoint and hold from here on ({'; '.join(since)})" if since else ""


def told_of_changes(config: Mapping[str, Any]) -> str:
    """What to know before a run is repeated that was resumed with changes that decide numbers; empty for others."""
    places = {place: None for entry in config.get("history") or [] for place in entry if "." in place}
    if not (deciding := [place for place in places if place not in FREE]):
        return ""
    return (
        f"note: {', '.join(deciding)} changed while that run was played; here the last settings hold from round 0 on, "
        "so the weights will be others."
    )


def _place(config: Mapping[str, Any], name: str) -> tuple[str, str]:
    section, dot, rest = name.partition(".")
    if dot and isinstance(config.get(section), dict) and rest in config[section]:
        return section, rest
    homes = [each for each in SECTIONS if isinstance(config.get(each), dict) and name in config[each]]
    if not homes:
        raise unknown_name("setting of this run", name, [key for each in SECTIONS for key in config.get(each, {})])
    if len(homes) > 1:
        raise LabError(f"{name} stands in {' and in '.join(homes)}: say {homes[0]}.{name} or {homes[1]}.{name}.")
    return homes[0], name


def digest(data: Any) -> str:
    """A SHA-256 of all tensors, words and numbers in ``data``: examples, or what a translation learns from."""
    summary = hashlib.sha256()
    for part in _parts(data):
        summary.update(part)
    return summary.hexdigest()


def _parts(value: Any) -> Iterator[bytes]:
    if isinstance(value, Tensor):
        yield f"{value.dtype} {tuple(value.shape)}".encode()
        each = max(1, AT_ONCE * len(value) // max(1, value.nbytes)) if value.dim() else 1
        for part in value.detach().split(each) if value.dim() else (value.detach(),):
            yield part.cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
            touched(part.nbytes)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            if field.name not in ("name", "notes"):  # a path may have moved, and be told of in other words
                yield field.name.encode()
                yield from _parts(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key in value:
            yield str(key).encode()
            yield from _parts(value[key])
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _parts(item)
    else:
        yield repr(value).encode()
