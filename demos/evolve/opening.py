"""Evolutions that are in the folder of runs: which can be continued, and what can be seen of one before it goes on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from core_gans.data import KNOWN
from core_gans.foundation.errors import LabError
from core_gans.game import generate
from core_gans.runs import checkpoints
from core_gans.runs import folder as runs
from core_gans.runs.folder import Run, numbered
from core_gans.runs.watchers import fixed_latents
from core_gans.session import told_of_fallen_rates
from demos.evolve.beside import beside
from demos.evolve.evolving import Evolving
from demos.evolve.judgements import Judgements
from demos.evolve.requests import RunSummary
from demos.evolve.snapshot_watcher import SEED
from demos.evolve.snapshots import CURVE_POINTS, EvolutionSnapshot, SampleView, latest_family
from demos.model_store import Entry, ModelStore
from egan.curves import curves
from egan.past import history_from, logbook_from


def continuable(store: ModelStore) -> list[tuple[str, str]]:
    """The evolutions in the folder of runs, the newest first: their titles and their keys."""
    found = []
    for entry in store.entries():
        folder = store.runs_folder / entry.key
        if (run_summary := _plan_of(folder)) is not None:
            reached = numbered(folder / "checkpoints", "safetensors")[-1].stem.removeprefix("round-").lstrip("0") or "0"
            found.append((f"{run_summary.title} · generation {reached} · {entry.key}", entry.key))
    return found


def opened(store: ModelStore, key: Any) -> Evolving:
    """The run called ``key``, at rest, with what can be seen of its newest checkpoint.

    LabError or ValueError with one line when it is no evolution or cannot be read.
    """
    entry = store.entry(key, "images", "points")
    folder = store.runs_folder / entry.key
    try:
        config = runs.read_config(folder)
        run_summary = RunSummary.of_run(config)
        content = checkpoints.load(Run(folder, config).latest_checkpoint())
    except (LabError, OSError) as error:
        raise LabError(store.told(error)) from error
    return Evolving(folder, _snapshot(store, entry, folder, run_summary, content["state"]), mine=False)


def _snapshot(
    store: ModelStore, entry: Entry, folder: Path, run_summary: RunSummary, state: dict[str, Any]
) -> EvolutionSnapshot:
    model = store.model(entry.key)
    game = model.game
    options = runs.read_config(folder)["options"]
    known = KNOWN.get(run_summary.data)
    points = known.load(count=options["count"], seed=options["seed"]) if known and known.points else None
    view = SampleView(points)
    judged, found = Judgements(folder).read(), beside(folder)
    on_islands = f"On {len(found['islands'])} islands: go on with `egan resume`." if found["islands"] else ""
    snapshot = EvolutionSnapshot(
        run_summary,
        phase="stopped",
        generation=state["round"],
        seconds=state["seconds"],
        planned=state["seconds"],
        judged=judged,
        after=judged[-1].numbers if judged else {},
        folder=folder,
        note=on_islands or told_of_fallen_rates(game, state["round"] + 1),
        **found,
        **view.shown(generate(model.net, fixed_latents(game, view.count, SEED))),
    )
    if found["islands"]:  # each has a past of its own
        return snapshot
    logbook, history = logbook_from(state), history_from(state)
    living = {parent["record"]["number"] for parent in state["parents"]}
    return replace(
        snapshot,
        curves_shown=curves(logbook, most=CURVE_POINTS) if len(logbook) > 1 else None,
        wins=Counter(logbook.select("winner")),
        tree=latest_family(history, [record for record in history if record.number in living]),
    )


def _plan_of(folder: Path) -> RunSummary | None:
    try:
        return RunSummary.of_run(runs.read_config(folder))
    except (OSError, TypeError, ValueError):
        return None
