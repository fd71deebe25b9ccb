"""An evolution summed up in a short table: the judge's numbers, the winning mutations, and where the pictures are."""

from __future__ import annotations

import shlex
from collections import Counter
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from core_gans.metrics.choosing import pixels_told
from core_gans.run_kind import Result
from core_gans.runs.folder import numbered
from egan.islands.archipelago import Archipelago
from egan.islands.watching import island_table
from egan.population import Population
from egan.watching import CHART, FRONT, TREE


def summary_table(result: Result[Population]) -> Table:
    """Three tables in one: the independent judge before and after, how often each mutation won, and the pictures.

    Pictures are named within the run's folder, so that their names fit on a line.
    """
    population = result.state
    whole = Table.grid()
    whole.title = f"{population.round:,} generations in {population.seconds:,.0f} s"
    whole.title_justify = "left"
    whole.add_row(_judged(result))
    winners = Counter(population.logbook.select("winner"))
    if winners:
        won = _table("winning mutation", "share", "generations", numbers=2)
        for name, count in winners.most_common():
            won.add_row(Text(name), f"{count / winners.total():.0%}", f"{count:,}")
        whole.add_row(won)
    pictures = _table("picture", "shows", numbers=0)
    for name, shows in _pictures(result):
        pictures.add_row(name, shows)
    whole.add_row(pictures)
    return whole


def print_result(result: Result[Population], console: Console) -> None:
    """The summary, and how to go on."""
    console.print(summary_table(result))
    print_going_on(result, console)


def print_islands(result: Result[Archipelago], console: Console) -> None:
    """The islands, the judge's numbers before and after, and how to go on."""
    console.print(island_table(result.state))
    console.print(_judged(result))
    print_going_on(result, console)


def print_going_on(result: Result[Any], console: Console) -> None:
    """Where all of a run is, and what continues it."""
    if told := pixels_told(result.after, "these data"):
        console.print(told, highlight=False, soft_wrap=True)
    console.print(f"all of it is in {result.folder}", highlight=False, soft_wrap=True)
    console.print(f"continue with: egan resume {shlex.quote(str(result.folder))}", highlight=False, soft_wrap=True)


def _judged(result: Result[Any]) -> Table:
    judged = _table("judge", "before", "after", numbers=2)
    for name, value in result.after.items():
        judged.add_row(Text(name), _number(result.before.get(name)), _number(value))
    return judged


def _table(*headings: str, numbers: int) -> Table:
    """A table whose last columns, ``numbers`` of them, hold numbers."""
    table = Table(box=box.SIMPLE_HEAD)
    for index, heading in enumerate(headings):
        table.add_column(heading, justify="right" if index >= len(headings) - numbers else "left")
    return table


def _pictures(result: Result[Population]) -> list[tuple[str, str]]:
    """Those that are there."""
    sheets = numbered(result.folder / "samples", "png")
    wanted = [(f"samples/{sheets[-1].name}", "the last samples")] if sheets else []
    wanted += [
        ("training.gif", "how the samples came about"),
        (CHART, "fitness, quality, diversity, winners"),
        (TREE, "who descends from whom"),
        (FRONT, "quality against diversity"),
    ]
    return [(name, shows) for name, shows in wanted if (result.folder / name).is_file()]


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() and abs(value) < 1e6 else f"{value:.4g}"
