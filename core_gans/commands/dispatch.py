"""A command line: the name of a command, then its words. The command's module is imported when it is asked for.

This file imports nothing that takes long, so that ``--help`` answers at once.
"""

from __future__ import annotations

import dataclasses
import importlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn, Protocol

from rich.console import Console
from rich.markup import escape

from core_gans.commands import completion
from core_gans.commands.explained import where_explained
from core_gans.commands.options import parsed
from core_gans.foundation.memory import is_out_of_memory
from core_gans.foundation.names import require_known
from core_gans.trusted_code import take_trusted

SPIN = "1000"  # read when torch loads: threads that spin longer stand still beside a busy neighbour


def spare_neighbours() -> None:
    """Let waiting threads of GNU OpenMP hardly spin, unless a person says otherwise; before torch is loaded."""
    os.environ.setdefault("GOMP_SPINCOUNT", SPIN)


class Command(Protocol):
    """A dataclass whose fields are the command line."""

    def run(self, console: Console) -> None:
        """Do it, and print what came of it on ``console``."""
        ...


def dispatch(program: str, about: str, commands: Mapping[str, str], words: Sequence[str] | None) -> None:
    """Run the command of ``program`` that the first of ``words`` names; print ``about`` without one and for --help.

    ``commands`` maps names to ``module:name`` of a command, see ``read``. Without ``words``, those of this process.
    The name ``completion`` prints what a shell needs to complete all of them.
    Code named behind --trust is trusted.
    Ends with exit code 2 and one line for a mistake.
    """
    spare_neighbours()
    console = Console(markup=False)
    with friendly_errors(console):
        name, *rest = take_trusted(sys.argv[1:] if words is None else words) or ["--help"]
        if name in ("-h", "--help"):
            console.print(about.rstrip(), highlight=False, soft_wrap=True)
            return
        if name == completion.NAME:
            print(completion.completion(program, commands))
            return
        require_known("command", name, commands)
        read(commands[name], f"{program} {name}", rest).run(console)


def read(place: str, program: str, words: list[str]) -> Command:
    """The command that ``words`` make of the dataclass at ``place``; without words, and with fields to give, its help.

    A function at ``place`` reads ``(program, words)`` itself: the fields of its command depend on them.
    """
    module, _, name = place.partition(":")
    found: Any = getattr(importlib.import_module(module), name)
    if not isinstance(found, type):
        return found(program, words)
    needed = any(field.default is field.default_factory is dataclasses.MISSING for field in dataclasses.fields(found))
    command: Command = parsed(found, program, words or (["--help"] if needed else []))
    return command


@contextmanager
def friendly_errors(console: Console) -> Iterator[None]:
    """Print a mistake as one line and end with exit code 2, instead of a traceback; after Ctrl-C with 130."""
    try:
        yield
    except KeyboardInterrupt:
        console.print("stopped.", highlight=False)
        raise SystemExit(130) from None  # as shells count a process that SIGINT has ended
    except (ValueError, OSError) as error:
        _refuse(console, str(error), error)
    except Exception as error:  # of Python, numpy, torch or OpenCV, whose error is of no other kind
        if not is_out_of_memory(error):
            raise
        said = " ".join(str(error).split())[:200] or "no more could be had"
        _refuse(console, f"not enough memory ({said}): lower --batch, --width, --size, --count or --images.", error)


def _refuse(console: Console, why: str, error: Exception) -> NoReturn:
    told = escape(f"{why}{where_explained(why)}")
    console.print(f"[bold red]error:[/] {told}", highlight=False, markup=True, soft_wrap=True)
    raise SystemExit(2) from error
