"""The pages of the commands: every flag with its default, from the commands' own help texts.

Of ``core-gans train`` the flags of dcgan stand first; the other variants have those that dcgan has not, and those
whose defaults differ.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterable, Mapping
from typing import Any

import core_gans.__main__
import core_gans.commands
import dissect.__main__
import dissect.commands
import egan.__main__
import egan.commands
from core_gans.commands.clashes import as_kind, without_clashes
from core_gans.commands.flags import Flag, flags_in, help_text
from core_gans.commands.train import Train, train
from core_gans.commands.train_help import grouped
from core_gans.session import Options
from core_gans.variants import SEQUENCES, TRANSLATIONS, VARIANTS
from demos.__main__ import COMMANDS as OF_THE_APP
from egan.commands.evolve import Evolve
from egan.islands.settings import Islands
from egan.options import Evolution

PROGRAMS = {
    "core-gans": (core_gans.__main__, core_gans.commands.COMMANDS),
    "egan": (egan.__main__, egan.commands.COMMANDS),
    "dissect": (dissect.__main__, dissect.commands.COMMANDS),
}
FIRST = "dcgan"


def command_pages() -> dict[str, str]:
    """A page for each program, by its place in the site."""
    os.environ["COLUMNS"] = "400"  # of the help texts: a row for each flag
    pages = {}
    for program, (main, commands) in PROGRAMS.items():
        parts = [f"# The commands of {program}", f"```text\n{(main.__doc__ or '').strip()}\n```"]
        for name, place in commands.items():
            module, _, called = place.partition(":")
            parts += [
                f"## {program} {name}",
                *_command(f"{program} {name}", getattr(importlib.import_module(module), called)),
            ]
        pages[f"reference/{program}.md"] = "\n\n".join(parts) + "\n"
    app = ["# The commands of gan-lab"]
    for name, kind in OF_THE_APP.items():
        app += [f"## gan-lab {name}", *_command(f"gan-lab {name}", kind)]
    return pages | {"reference/gan-lab.md": "\n\n".join(app) + "\n"}


def _command(called: str, found: Any) -> list[str]:
    if found is train:
        return _training(called)
    if not isinstance(found, type):
        kind = VARIANTS[FIRST]
        flags = without_clashes(kind, Evolve, Options, Evolution, Islands)
        of = flags_in(help_text(Evolve[flags], called, default=Evolve(game=as_kind(flags, kind()))))
        rows, parts = [flag for group in of.values() for flag in group], {"evolution": Evolution, "islands": Islands}
        return ["Evolve the generators of a variant; the flags of dcgan.", *_tables(grouped(kind, rows, parts))]
    return [(found.__doc__ or "").strip(), *_tables(flags_in(help_text(found, called)))]


def _training(called: str) -> list[str]:
    kinds = {**VARIANTS, **TRANSLATIONS, **SEQUENCES}
    first = _of_variant(called, kinds[FIRST])
    parts = [
        f"Train a variant in a new run folder. These are the flags of `{called} {FIRST}`, with the variant's defaults "
        "(`--preset variant`); a recipe for the data stands in their place where there is one.",
        *_tables(grouped(kinds[FIRST], first)),
    ]
    known = {flag.names: flag for flag in first}
    for name, kind in kinds.items():
        if name != FIRST:
            own = [flag for flag in _of_variant(called, kind) if known.get(flag.names) != flag]
            parts += [f"### {called} {name}", f"{kind.paper}. Beside what dcgan has:", _table(own)]
    return parts


def _of_variant(called: str, kind: Any) -> list[Flag]:
    flags = without_clashes(kind, Train, Options)
    text = help_text(Train[flags], called, default=Train(game=as_kind(flags, kind())))
    return [flag for group in flags_in(text).values() for flag in group]


def _tables(groups: Mapping[str, Iterable[Flag]]) -> list[str]:
    return [part for title, flags in groups.items() for part in (f"**{title}**", _table(flags))]


def _table(flags: Iterable[Flag]) -> str:
    rows = [["flag", "takes", "what it is", "default"], ["---"] * 4]
    for flag in flags:
        called, takes = (", ".join(flag.names), flag.takes) if flag.names else (flag.takes, "")
        default = "must be given" if flag.default is None else _code(flag.default)
        rows.append([_code(called), _code(takes), _text(flag.about), default])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text.strip("' ") else ""


def _text(text: str) -> str:
    for sign in "\\|<*_[":
        text = text.replace(sign, f"\\{sign}")
    return text
