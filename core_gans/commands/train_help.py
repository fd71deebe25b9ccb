"""The help of commands that take a variant: the ten flags that matter first, all of them by what they are about."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from core_gans.commands.flags import Flag, flags_in
from core_gans.game import Game
from core_gans.games.augmented import Augmented
from core_gans.games.learning import Learning
from core_gans.games.penalised import Penalised
from core_gans.networks import Architecture

SHORT, LONG = ("-h", "--help"), "--help-all"
TEN = 10
MATTER = ("data", "size", "seconds", "rounds", "batch", "width", "rate", "preset", "seed", "device", "name", "average")
"""The first ten of these that a variant has."""
ROOMS = {  # the class that declares a field: what its flags are about
    Architecture: "networks",
    Learning: "optimisers",
    Penalised: "penalties",
    Augmented: "changes of images",
}
OPTIONS = {  # what an option of the session is about
    "data": "data size colours count frames batch resize skip_broken",
    "what is written when": "samples_every log_every judge_every explain_every checkpoint_every keep",
    "what computes": "device bf16 fp16 micro_batch channels_last threads",
}


def asked(words: Sequence[str]) -> bool:
    """Whether the words of a command ask for help."""
    return any(word in (*SHORT, LONG) for word in words)


def print_help(
    console: Console,
    program: str,
    kind: type[Game],
    help: str,
    words: Sequence[str],
    *,
    matter: Sequence[str] = MATTER,
    parts: Mapping[str, type] = MappingProxyType({}),
) -> None:
    """Ten flags of ``help``, tyro's help text, or all of them where ``words`` say ``--help-all``; by groups.

    ``matter`` are names, the first ten of which come first; ``parts`` are further groups, by title, and the dataclass
    whose fields they are.
    """
    flags = [flag for group in flags_in(help).values() for flag in group]
    first = [flag for name in matter for flag in flags if flag.field == name][:TEN]
    doc = (kind.__doc__ or "").strip().partition("\n\n")[0]
    console.print(f"usage: {program} [options]", highlight=False, soft_wrap=True)
    console.print(f"\n{kind.name} ({kind.paper}): {' '.join(doc.split())}\n", highlight=False)
    _print(console, "what matters most", first)
    rest = [flag for flag in flags if flag not in first]
    if LONG not in words:
        console.print(
            f"{program} {LONG} shows the other {len(rest)} flags, by groups.", highlight=False, soft_wrap=True
        )
        return
    for title, group in grouped(kind, rest, parts).items():
        _print(console, title, group)


def grouped(
    kind: type[Game], flags: Sequence[Flag], parts: Mapping[str, type] = MappingProxyType({})
) -> dict[str, list[Flag]]:
    """The flags by what they are about, in a fixed order."""
    of_kind = ("networks", "optimisers", "penalties", "changes of images", f"{kind.name} itself")
    found: dict[str, list[Flag]] = {title: [] for title in ("the run", *parts, *OPTIONS, *of_kind)}
    for flag in flags:
        own = bool(flag.names) and flag.names[0].startswith("--game-")
        told = [title for title, part in parts.items() if not own and flag.field in _fields(part)]
        found[told[0] if told else _title(kind, flag)].append(flag)
    return {title: group for title, group in found.items() if group}


def _title(kind: type[Game], flag: Flag) -> str:
    renamed = bool(flag.names) and flag.names[0].startswith("--game-")
    for title, names in OPTIONS.items():
        if flag.field in names.split() and not renamed:
            return title
    if flag.field not in _fields(kind):
        return "the run"
    owners = [each for each in reversed(kind.__mro__) if flag.field in inspect.get_annotations(each)]
    return next((ROOMS[each] for each in owners if each in ROOMS), f"{kind.name} itself")


def _fields(of: type) -> set[str]:
    return {each.name for each in dataclasses.fields(of)}


def _print(console: Console, title: str, flags: Sequence[Flag]) -> None:
    console.print(Text(title, "bold"))
    table = Table.grid(padding=(0, 2))
    table.add_column(max_width=34)
    table.add_column()
    for flag in flags:
        default = "" if flag.default in (None, "", "None", "''") else f" (default: {flag.default})"
        table.add_row(Text(f"{', '.join(flag.names)} {flag.takes}".rstrip()), Text(f"{flag.about}{default}"))
    console.print(Padding(table, (0, 0, 1, 2)))
