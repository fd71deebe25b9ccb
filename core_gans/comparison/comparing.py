"""A comparison from beginning to end: calibrate, play, judge, and write the results."""

from __future__ import annotations

import copy
import shlex
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from core_gans.comparison.folder import NAME, Folder, kept_once_begun, open_folder, read_comparison, write_json
from core_gans.comparison.plan import QUICK, ComparisonPlan
from core_gans.comparison.playing import CALIBRATION
from core_gans.comparison.summary import Outcome, summarise, unequal_budgets
from core_gans.comparison.tables import as_markdown, as_rich, short
from core_gans.comparison.workers import Team, Workers, workers
from core_gans.data import Examples
from core_gans.foundation.memory import require_memory
from core_gans.foundation.pixels import write_png
from core_gans.foundation.whole_files import write_whole
from core_gans.metrics import Judge
from core_gans.metrics.choosing import known_features
from core_gans.runs.playable import require_batch

PROCESS = 300 * 2**20  # bytes of a worker that has loaded torch
Scores = list[dict[str, float]]  # one mapping a seed


def compare(
    plan: ComparisonPlan,
    out: Path,
    *,
    processes: int = 1,
    examples: Examples | None = None,
    console: Console | None = None,
) -> Outcome:
    """Play what ``out`` lacks of ``plan``, and write comparison.json, comparison.md, curves.png and samples.png there.

    ``examples`` are the plan's data where they are loaded already. Runs go over ``processes`` processes (1: this
    one). LabError when ``out`` holds a comparison with other settings.
    """
    console = console or Console(markup=False)
    examples = examples if examples is not None else plan.source.load()
    folder, real, of_looks = played(plan, out, examples, processes, console)
    outcome = summarise(finished_runs(folder), real, [contender.label for contender in plan.contenders], of_looks)
    _write(folder, outcome, examples)
    console.print(as_rich(outcome), soft_wrap=True)
    if told := unequal_budgets(outcome.rows):
        console.print(told, highlight=False, soft_wrap=True)
    for name in ("comparison.md", NAME, "curves.png", "samples.png"):
        console.print(str(out / name), highlight=False, soft_wrap=True)
    return outcome


@contextmanager
def interruptible(out: Path, console: Console) -> Iterator[None]:
    """Let Ctrl-C end what plays into ``out`` with a line that says how to go on, and the exit status 130."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        told = f"stopped; continue with the same command and --out {shlex.quote(str(out))}"
        console.print(told, highlight=False, soft_wrap=True)
        raise SystemExit(130) from interrupt


def played(
    plan: ComparisonPlan,
    out: Path,
    examples: Examples,
    processes: int,
    console: Console,
    name: str = NAME,
    team: Team = workers,
) -> tuple[Folder, Scores, Scores]:
    """The folder ``out`` with all runs of ``plan``, described in the file ``name``, and what real examples score: as
    many as at the end, and as many as in a look on the way.

    Runs go over ``processes`` of the ``team``. LabError when ``out`` holds one with other settings, and for batches
    that memory does not hold.
    """
    require_batch(plan.batch, examples.shape)
    if team is workers:
        held = min(processes, len(plan.contenders) * plan.seeds) * PROCESS
        require_memory(held, f"{processes:,} processes", "--workers")
    folder = open_folder(out, plan, name)
    begun = time.process_time()
    with kept_once_begun(folder):
        real, of_looks = _of_real(plan, examples)
        _play_missing(folder, examples, processes, team, console, (time.process_time() - begun) / plan.seeds)
    return folder, real, of_looks


def _play_missing(
    folder: Folder, examples: Examples, processes: int, team: Team, console: Console, judging: float
) -> None:
    """Play the runs of the plan that the folder lacks over ``processes`` of the team; each is written as it ends.

    ``judging`` is how many seconds it takes to judge a run in the end, for the estimate alone.
    """
    plan = folder.plan
    everything = [(number, seed) for seed in range(plan.seeds) for number in range(len(plan.contenders))]
    missing = [key for key in everything if folder.run(*key) is None]
    if len(missing) < len(everything):
        console.print(f"{len(everything) - len(missing)} of {len(everything)} runs are finished already and kept")
    if not missing:
        return
    processes = min(processes, len(missing))
    calibrated = {number for number, _ in missing if folder.rounds(number) is None}
    seconds = (len(missing) * (plan.seconds + judging) + len(calibrated) * min(CALIBRATION, plan.seconds)) / processes
    console.print(
        f"{len(missing)} runs of {plan.seconds:g} seconds of one core each, {processes} at a time: "
        f"about {max(1, round(seconds / 60))} min with calibration and judging; continue with the same command and "
        f"--out {folder.path}",
        soft_wrap=True,
        highlight=False,
    )
    with team(processes, plan, examples) as pool, _progress(console) as bar:
        _calibrate(folder, pool, {number for number, _ in missing}, bar)
        task = bar.add_task("playing", total=len(missing))
        jobs = [(number, seed, folder.rounds(number) or 1) for number, seed in missing]
        waiting = iter(jobs)
        for job in islice(waiting, processes):
            _tell_begun(folder, job, bar.console)
        for key, played in pool.play(jobs):
            folder.write_run(*key, played)
            for job in islice(waiting, 1):
                _tell_begun(folder, job, bar.console)
            bar.console.print(short(played.facts), highlight=False, soft_wrap=True)
            bar.advance(task)


def _tell_begun(folder: Folder, job: tuple[int, int, int], console: Console) -> None:
    number, seed, rounds = job
    label = folder.plan.contenders[number].label
    console.print(f"begun: {label}, seed {seed}, {rounds:,} rounds", highlight=False, soft_wrap=True)


def _calibrate(folder: Folder, pool: Workers, numbers: set[int], bar: Progress) -> None:
    """Measure each of those contenders; of several of equal cost, each gets the mean of what was measured."""
    costs = [contender.cost for contender in folder.plan.contenders]
    known = {cost: rounds for number, cost in enumerate(costs) if (rounds := folder.rounds(number)) is not None}
    missing = sorted(number for number in numbers if folder.rounds(number) is None)
    wanted = [number for number in missing if costs[number] not in known]
    task = bar.add_task("calibrating", total=len(wanted), visible=bool(wanted))
    measured: dict[str, list[int]] = {}
    for number, rounds in pool.calibrate(wanted):
        measured.setdefault(costs[number], []).append(rounds)
        bar.advance(task)
    known |= {cost: round(statistics.fmean(found)) for cost, found in measured.items()}
    for number in missing:
        folder.write_rounds(number, known[costs[number]])
    bar.remove_task(task)


def _progress(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("passed,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=console,
        refresh_per_second=2,
    )


def _of_real(plan: ComparisonPlan, examples: Examples) -> tuple[Scores, Scores]:
    """What real examples score, once for each seed, at the end and in a look: no contender should hope for more."""
    judge = Judge(examples, count=plan.full, classifier=plan.features or known_features(examples))
    quick = copy.copy(judge)  # distances of fewer samples are larger
    quick.count = QUICK
    at_end, in_a_look = (
        [each.of_real(torch.Generator().manual_seed(seed)) for seed in range(plan.seeds)] for each in (judge, quick)
    )
    return at_end, in_a_look


def finished_runs(folder: Folder) -> list[dict[str, Any]]:
    """The facts of all runs that stand, contender by contender."""
    plan = folder.plan
    found = [folder.run(number, seed) for number in range(len(plan.contenders)) for seed in range(plan.seeds)]
    return [facts for facts in found if facts is not None]


def _write(folder: Folder, outcome: Outcome, examples: Examples) -> None:
    from core_gans.comparison.curves import curves_picture  # matplotlib, which only pictures need
    from core_gans.comparison.samples import samples_picture

    begun = read_comparison(folder.path)
    write_json(folder.path / NAME, {**begun, "outcome": outcome.as_json()})
    write_whole(folder.path / "comparison.md", as_markdown(outcome, folder.plan, begun["environment"], examples))
    write_png(folder.path / "curves.png", curves_picture(outcome, folder.plan.source.data))
    labels = [contender.label for contender in folder.plan.contenders]
    drawn = {
        row.label: [folder.samples(labels.index(row.label), seed) for seed in range(folder.plan.seeds)]
        for row in outcome.rows
    }
    write_png(folder.path / "samples.png", samples_picture(drawn, examples))
