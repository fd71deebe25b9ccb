"""The findings as tables: Markdown for a page, the same for the console."""

from __future__ import annotations

import shlex
from typing import Any

from rich.table import Table
from rich.text import Text

from core_gans.comparison.plan import ComparisonPlan
from core_gans.comparison.summary import Row, Spread, lower_is_better
from core_gans.comparison.tables import number, spread
from core_gans.data import Examples
from egan.experiments.findings import PATH_LENGTH, QUALITY, Findings, Test

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
    packages = environment["packages"]
    least = 2 / 2**plan.seeds
    return "\n".join(
        [
            f"# Does selection help? {examples.name}",
            "",
            f"{len(examples):,} examples of shape {examples.shape}; {plan.seconds:g} seconds of one core for each run; "
            f"batches of {plan.batch}; {plan.seeds} seeds. {environment['started']}, {environment['system']}, "
            f"{environment['processor']}, {environment['cores']} cores, Python {environment['python']}, "
            f"torch {packages['torch']}, gan-lab {packages['gan-lab']}.",
            "",
            *_markdown(_scores(found, plan.seeds)),
            "",
            f"Mean ± standard deviation over the seeds. Judged on {plan.full:,} samples of the weight average of the "
            f"generator (decay {plan.average:g}), never by a discriminator; `real` is what real examples score. Every "
            "contender has the same seconds of processor time for its rounds, so a cheaper one plays more of them; "
            "judging is free. A mutation alone is the plain GAN with that objective, and the lottery draws an "
            "objective by chance in each round: nothing is copied or judged there. "
            f"`{PATH_LENGTH}` is the mean of |G(z(t + e)) - G(z(t))|² / e² on straight paths between latents: low is "
            "smooth, and a collapsed generator is smoothest."
            + (f" Solved: all modes and at least {QUALITY:.0%} of high quality." if found.solved else ""),
            "",
            f"## Against {found.against}, seed by seed",
            "",
            *_markdown(_tests(found, [*found.outcome.metrics, PATH_LENGTH])),
            "",
            "Mean difference with its 95% bootstrap interval (a little narrow for few seeds), and two-sided p of "
            "Wilcoxon's signed-rank test and of random signs on the mean, both exact for few seeds; the last column is "
            "the latter after Holm, among the tests of a metric. "
            f"With {plan.seeds} seeds no p can be below {number(min(1.0, least))}. Only runs that came to their end "
            "are compared.",
            "",
            *_trouble(found),
            *(line for name, note in PICTURES.items() for line in (f"![{name[:-4]}]({name})", "", note, "")),
            f"    {shlex.join(['egan', *environment['command'][1:]])}",
            "",
        ]
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
            like = max(abs(result.difference), abs(result.low), abs(result.high))
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


def _trouble(found: Findings) -> list[str]:
    lines = [
        f"- {row.label}, seed {seed}: diverged in generation {round:,}"
        for row in found.outcome.rows
        for seed, round in row.diverged
    ]
    lines += [
        f"- {row.label}, seed {seed}: stopped before its last generation, being slow"
        for row in found.outcome.rows
        for seed in row.stopped_early
    ]
    return [*lines, ""] if lines else []


def _rich(head: list[str], lines: list[list[str]]) -> Table:
    table = Table()
    for title in head:
        words = Text(title.replace("_", " ").replace("[", " ["))
        left = title in ("contender", "metric", "better?")
        least = 17 if title == "contender" else None
        table.add_column(
            words, justify="left" if left else "right", overflow="fold", vertical="bottom", min_width=least
        )
    names = [place for place, title in enumerate(head) if title in ("contender", "metric")]
    for line in lines:  # long names break between their words
        cells = [cell.replace(" ± ", "\n± ") for cell in line]
        for place in names:
            cells[place] = (
                line[place].replace(" ", "\n") if head[place] == "contender" else line[place].replace("_", " ")
            )
        table.add_row(*map(Text, cells))
    return table


def _markdown(cells: list[list[str]]) -> list[str]:
    head, *lines = cells
    return [_line(head), _line([":--", *["--:"] * (len(head) - 1)]), *map(_line, lines)]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
