"""An experiment from beginning to end: play what is missing, test, and write tables and pictures.

The runs are those of ``core_gans.comparison``, ended by the processor time that they used: one file a finished run,
several processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from torch import Tensor

from core_gans.comparison.comparing import finished_runs, played
from core_gans.comparison.folder import Folder, read_comparison, write_json
from core_gans.comparison.plan import ComparisonPlan
from core_gans.comparison.summary import summarise, unequal_budgets
from core_gans.comparison.tables import spread
from core_gans.comparison.workers import Team, workers
from core_gans.data import Examples
from core_gans.foundation.names import require_known
from core_gans.foundation.pixels import write_png
from core_gans.foundation.whole_files import write_whole
from egan.experiments.contenders import Evolved
from egan.experiments.findings import Findings, control, findings
from egan.experiments.keeping import keep
from egan.experiments.page import PICTURES, as_markdown, as_rich
from egan.experiments.presets import ExperimentPreset

NAME = "experiment.json"


def plan_of(
    preset: ExperimentPreset, contenders: Sequence[Evolved], seeds: int, seconds: float, batch: int
) -> ComparisonPlan:
    """The plan of an experiment on ``preset``, with what its pictures need."""
    return ComparisonPlan(
        preset.source,
        tuple(contenders),
        seeds,
        seconds,
        batch,
        features=preset.features,
        full=preset.judged,
        kept=preset.kept,
        keep=keep,
        by_seconds=True,
    )


def experiment(
    plan: ComparisonPlan,
    contenders: Sequence[Evolved],
    out: Path,
    *,
    against: str = "",
    processes: int = 1,
    examples: Examples | None = None,
    console: Console | None = None,
    team: Team = workers,
) -> Findings:
    """Play what ``out`` lacks of ``plan`` with its ``contenders``, and write experiment.json, .md and pictures there.

    Runs go over ``processes`` of the ``team``: processes of this machine, or ``egan.experiments.over_ray.ClusterTeam``.
    Every contender is tested against the one labelled ``against`` (default: the first that selects by chance).
    LabError when ``out`` holds an experiment with other settings.
    """
    console = console or Console(markup=False)
    labels = [each.label for each in contenders]
    against = against or control(contenders)
    require_known("contender", against, labels)
    examples = examples if examples is not None else plan.source.load()
    folder, real, of_looks = played(plan, out, examples, processes, console, NAME, team)
    outcome = summarise(finished_runs(folder), real, labels, of_looks)
    modes = None if len(examples.shape) > 1 else len(examples.classes)
    found = findings(outcome, against, modes)
    _write(folder, found, labels, examples)
    for table in as_rich(found, plan.seeds):
        console.print(table, soft_wrap=True)
    if told := unequal_budgets(outcome.rows):
        console.print(told, highlight=False, soft_wrap=True)
    for name in ("experiment.md", NAME, *PICTURES):
        console.print(str(out / name), highlight=False, soft_wrap=True)
    return found


def _write(folder: Folder, found: Findings, labels: Sequence[str], examples: Examples) -> None:
    from core_gans.comparison.samples import samples_picture  # matplotlib, which only pictures need
    from egan.experiments.curves import mean_curves_picture
    from egan.experiments.strips import forming_picture, paths_picture
    from egan.experiments.winning import winners_picture

    begun = read_comparison(folder.path, NAME)
    write_json(folder.path / NAME, {**begun, "outcome": found.as_json()})
    write_whole(folder.path / "experiment.md", as_markdown(found, folder.plan, begun["environment"], examples))
    first = {label: _first(folder, number) for number, label in enumerate(labels)}
    smoothness = {label: spread(each) for label, each in found.smoothness.items()}
    pages = {
        "curves.png": mean_curves_picture(found.outcome, labels, f"Evolution on {examples.name}"),
        "winners.png": winners_picture(found.outcome.rows, f"Winning mutations on {examples.name}"),
        "forming.png": forming_picture(_each(first, "looks"), examples, f"Samples of {examples.name} as they form"),
        "paths.png": paths_picture(_each(first, "paths"), smoothness, examples, "Between latents"),
        "samples.png": samples_picture(
            {
                row.label: [folder.samples(labels.index(row.label), seed) for seed in range(folder.plan.seeds)]
                for row in found.outcome.rows
            },
            examples,
        ),
    }
    assert pages.keys() == PICTURES.keys()
    for name, page in pages.items():
        write_png(folder.path / name, page)


def _first(folder: Folder, contender: int) -> dict[str, Tensor]:
    """What was kept of the contender's first run that came to its end."""
    kept = (folder.tensors(contender, seed) for seed in range(folder.plan.seeds))
    return next((tensors for tensors in kept if tensors), {})


def _each(first: dict[str, dict[str, Tensor]], name: str) -> dict[str, Tensor | None]:
    return {label: tensors.get(name) for label, tensors in first.items()}
