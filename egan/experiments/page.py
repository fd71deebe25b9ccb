"""The findings as tables: Markdown for a page, the same for the console."""

from __future__ import annotations

import shlex
from typing import Any

from rich.table import Table
from rich.text import Text

from core_gans.comparison.plan import ComparisonPlan
from core_gans.comparison.summary import Row, Spread, lower_is_better
from core_gans.comparison.tables import circumstances, number, spread, trouble
from core_gans.data import Examples
from core_gans.foundation.html import filled
from core_gans.foundation.markdown import table
from egan.experiments.findings import PATH_LENGTH, QUALITY, Findings, Test
from egan.experiments.pairing import LEAST_SEEDS

PICTURES = {
    "curves.png": "Scores over processor time and over generations: mean over the seeds, and one standard error.",
    "winners.png": "Which mutation's child survives: share of the generations, mean over the seeds.",
    "forming.png": "How the samples come about: first seed of each contender, time to the right.",
    "paths.png": "What lies between latents: straight paths, first seed of each contender.",
    "samples.png": "What each contender draws in the end.",
}


def as_rich(found: Findings, seeds: int) -> list[Table]:
    """The scores without the speed, and the tests of what decides the order without the raw p-values."""
    head, *lines = [line[:-2] for line in _scores(found, seeds)]
    scores = _rich(head, lines)
    head, *lines = [[*line[:4], *line[6:]] for line in _tests(found, found.outcome.main)]
    return [scores, _rich(head, lines)] if lines else [scores]


def as_markdown(found: Findings, plan: ComparisonPlan, environment: dict[str, Any], examples: Examples) -> str:
    """The page experiment.md."""
    scores, tests = _scores(found, plan.seeds), _tests(found, [*found.outcome.metrics, PATH_LENGTH])
    return filled(
        "egan.experiments",
        "experiment.md.j2",
        found=found,
        plan=plan,
        examples=examples,
        circumstances=circumstances(plan, f"{plan.seeds} seeds", environment, examples),
        scores=table(scores[0], scores[1:], numbers=True),
        tests=table(tests[0], tests[1:], numbers=True),
        path_length=PATH_LENGTH,
        least_seeds=LEAST_SEEDS,
        quality=f"{QUALITY:.0%}",
        least=number(min(1.0, 2 / 2**plan.seeds)),
        trouble=trouble(found.outcome.rows, "generation"),
        pictures=PICTURES,
        command=shlex.join(["egan", *environment["command"][1:]]),
    )


def _scores(found: Findings, seeds: int) -> list[list[str]]:
    outcome = found.outcome
    arrows = [f"{metric} {'↓' if lower_is_better(metric) else '↑'}" for metric in outcome.metrics]
    solved = ["solved"] if found.solved else []
    lines = [["contender", *solved, *arrows, PATH_LENGTH, "generations", "seconds", "a second"]]
    for row in outcome.rows:
        scores = [spread(row.scores[metric]) for metric in outcome.metrics]
        of = [f"{found.solved[row.label]} of {seeds}"] if found.solved else []
        seconds = spread(Spread.of([run["seconds"] for run in row.runs if not run["diverged"]]))
        lines.append(
            [
                _name(row),
                *of,
                *scores,
                spread(found.smoothness[row.label]),
                spread(row.rounds),
                seconds,
                spread(row.speed),
            ]
        )
    real = [spread(outcome.of_real[metric]) for metric in outcome.metrics]
    return [*lines, ["real", *([""] * len(solved)), *real, "", "", "", ""]]


def _tests(found: Findings, metrics: Any) -> list[list[str]]:
    lines = [["metric", "contender", "difference", "95% interval", "Wilcoxon p", "signs p", "after Holm", "better?"]]
    for test in found.tests:
        if test.metric in metrics:
            result = test.result
            like, interval = abs(result.difference), "-"
            if result.low is not None and result.high is not None:
                like = max(like, abs(result.low), abs(result.high))
                interval = f"{number(result.low, like)} to {number(result.high, like)}"
            numbers = (number(p) for p in (result.wilcoxon, result.permutation, test.adjusted))
            lines.append([test.metric, test.label, number(result.difference, like), interval, *numbers, verdict(test)])
    return lines


def verdict(test: Test) -> str:
    """yes or no where the difference survives Holm at 5%; nothing where it does not, or where no side is better."""
    if test.adjusted > 0.05 or test.metric == PATH_LENGTH:
        return ""
    return "yes" if (test.result.difference < 0) == lower_is_better(test.metric) else "no"


def _name(row: Row) -> str:
    return f"{row.label} ({len(row.diverged)} of {len(row.runs)} diverged)" if row.diverged else row.label


def _rich(head: list[str], lines: list[list[str]]) -> Table:
    shown = Table()
    for title in head:
        words = Text(title.replace("_", " ").replace("[", " ["))
        left = title in ("contender", "metric", "better?")
        least = 17 if title == "contender" else None
        shown.add_column(
            words, justify="left" if left else "right", overflow="fold", vertical="bottom", min_width=least
        )
    names = [place for place, title in enumerate(head) if title in ("contender", "metric")]
    for line in lines:  # long names break between their words
        cells = [cell.replace(" ± ", "\n± ") for cell in line]
        for place in names:
            cells[place] = (
                line[place].replace(" ", "\n") if head[place] == "contender" else line[place].replace("_", " ")
            )
        shown.add_row(*map(Text, cells))
    return shown
