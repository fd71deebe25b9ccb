"""The outcome as a table: Markdown for a page, the same columns for the console."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from core_gans.comparison.plan import QUICK, ComparisonPlan
from core_gans.comparison.summary import Outcome, Row, Spread, lower_is_better, unequal_budgets
from core_gans.data import Examples
from core_gans.foundation.html import filled
from core_gans.foundation.markdown import table


def as_rich(outcome: Outcome) -> Table:
    """For the console: mean ± standard deviation, best first, and real examples below."""
    head, *lines = _cells(outcome)
    shown = Table()
    for title in head:  # names of metrics break between their words, brackets are no markup
        words = Text(title.replace("_", " ").replace("[", " ["))
        shown.add_column(words, justify="left" if title == head[0] else "right", overflow="fold", vertical="bottom")
    for place, line in enumerate(lines):
        shown.add_row(*(Text(cell.replace(" ± ", "\n± ")) for cell in line), end_section=place == len(lines) - 2)
    return shown


def as_markdown(outcome: Outcome, plan: ComparisonPlan, environment: dict[str, Any], examples: Examples) -> str:
    """The page comparison.md: on what it ran, the table, and what the numbers mean."""
    head, *lines = _cells(outcome)
    seeds = f"seeds {', '.join(map(str, range(plan.seeds)))}"
    return filled(
        "core_gans.comparison",
        "comparison.md.j2",
        outcome=outcome,
        plan=plan,
        quick=QUICK,
        circumstances=circumstances(plan, seeds, environment, examples),
        table=table(head, lines, numbers=True),
        by=" and then ".join(f"`{metric}`" for metric in outcome.main),
        trouble=trouble(outcome.rows, "round"),
        command=shlex.join(["core-gans", *environment["command"][1:]]),
    )


def circumstances(plan: ComparisonPlan, seeds: str, environment: dict[str, Any], examples: Examples) -> str:
    """On what it ran, in a line; ``seeds`` are those in words."""
    packages = environment["packages"]
    return (
        f"{len(examples):,} examples of shape {examples.shape}; {plan.seconds:g} seconds of one core for each run; "
        f"batches of {plan.batch}; {seeds}. {environment['started']}, {environment['system']}, "
        f"{environment['processor']}, {environment['cores']} cores, Python {environment['python']}, "
        f"torch {packages['torch']}, gan-lab {packages['gan-lab']}."
    )


def short(facts: dict[str, Any]) -> str:
    """One line about a finished run."""
    name = f"{facts['contender']}, seed {facts['seed']}"
    if facts["diverged"]:
        return f"{name}: diverged at round {facts['diverged']['round']}"
    scores = ", ".join(f"{metric} {number(value)}" for metric, value in facts["scores"].items())
    return f"{name}: {facts['rounds']:,} rounds in {facts['seconds']:.1f} s, {scores}"


def number(value: float, like: float | None = None) -> str:
    """Three digits or so, or as many decimals as the number ``like`` would have."""
    size = abs(value if like is None else like)
    if size == 0:
        return "0"
    decimals = next((decimals for decimals, least in enumerate((100, 10, 0.2, 0.02)) if size >= least), 4)
    return f"{value:,.{decimals}f}"


def spread(given: Spread) -> str:
    """``mean ± deviation``, or what there is of it."""
    if given.mean is None:
        return "-"
    if given.deviation is None:
        return number(given.mean)
    larger = max(abs(given.mean), given.deviation)
    return f"{number(given.mean, larger)} ± {number(given.deviation, larger)}"


def _cells(outcome: Outcome) -> list[list[str]]:
    arrows = [f"{metric} {'↓' if lower_is_better(metric) else '↑'}" for metric in outcome.metrics]
    lines = [["variant", *arrows, "rounds", "rounds/s"]]
    for row in outcome.rows:
        scores = [spread(row.scores[metric]) for metric in outcome.metrics]
        lines.append([_name(row), *scores, spread(row.rounds), spread(row.speed)])
    lines.append(["real", *(spread(outcome.of_real[metric]) for metric in outcome.metrics), "", ""])
    return lines


def _name(row: Row) -> str:
    if not row.diverged:
        return row.label
    if len(row.diverged) == len(row.runs):
        return f"{row.label} (diverged at round {', '.join(f'{round:,}' for _, round in row.diverged)})"
    return f"{row.label} ({len(row.diverged)} of {len(row.runs)} diverged)"


def trouble(rows: Sequence[Row], unit: str) -> str:
    """Runs that did not come to their last ``unit``, and unequal budgets: a list and a line below; "" without any."""
    lines = []
    for row in rows:
        name = f"- {row.label}, seed"
        lines += [f"{name} {seed}: diverged at {unit} {number:,}" for seed, number in row.diverged]
        lines += [f"{name} {seed}: stopped before its last {unit}, being slow" for seed in row.stopped_early]
    if told := unequal_budgets(rows):
        lines.append(f"- {told}")
    return "".join(f"{line}\n" for line in [*lines, ""] if lines)
