"""``python -m benchmarks.startup``: seconds to the help text of each command, and to the app listening and its page.

Each is a fresh process. PYTHONPATH chooses the code that is measured.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import tyro

from benchmarks.app_load import served
from benchmarks.timing import chosen

COMMANDS = {"core-gans": "core_gans", "egan": "egan", "dissect": "dissect", "gan-lab": "demos"}
APP, PAGE = "app", "page"


@dataclass(frozen=True)
class Options:
    """Measure how long it takes until something is there."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Commands whose help texts are asked for; app, until it listens; page, until that is there; default: all."""
    repeats: int = 3
    """Of each; the median counts."""


def main(args: Sequence[str] | None = None) -> None:
    """Print the table in Markdown."""
    asked = tyro.cli(Options, prog="python -m benchmarks.startup", args=args)
    names = chosen(asked.names, [*COMMANDS, APP, PAGE], "command")
    print("| to | s | s of processor time |\n|---|--:|--:|")
    for name in names:
        told, work = APPS.get(name) or (f"`{name} --help`", partial(_help, COMMANDS[name]))
        measured = [_measured(work) for _ in range(asked.repeats)]
        seconds, worked = (statistics.median(each) for each in zip(*measured, strict=True))
        print(f"| {told} | {seconds:.2f} | {worked:.2f} |", flush=True)


def _measured(work: Callable[[], float]) -> tuple[float, float]:
    """The seconds that ``work`` returns, and those of processor time of the process that it waited for."""
    before = os.times()
    seconds = work()
    after = os.times()
    return seconds, after.children_user + after.children_system - before.children_user - before.children_system


def _help(package: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", package, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _listening() -> float:
    """Until the app says where it is; then it is ended."""
    begun = time.perf_counter()
    with served():
        return time.perf_counter() - begun


def _showing() -> float:
    """Until its page is there: a program that asks for the page waits for it."""
    begun = time.perf_counter()
    with served() as (address, _), urllib.request.urlopen(address) as page:
        page.read()
        return time.perf_counter() - begun


APPS = {APP: ("the app listening", _listening), PAGE: ("the page of the app", _showing)}


if __name__ == "__main__":
    main()
