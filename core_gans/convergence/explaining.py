"""The same judgement afterwards, from the log of a run."""

from __future__ import annotations

import math
from itertools import groupby
from pathlib import Path
from statistics import fmean
from typing import Any

from core_gans.convergence.advice import advice
from core_gans.convergence.judgement import judge_curves
from core_gans.convergence.reading import Reading, reading_of
from core_gans.convergence.verdict import Verdict
from core_gans.convergence.watching import PREFIX
from core_gans.foundation.errors import LabError
from core_gans.game import Game, HeldOutGame, NoiseGame
from core_gans.games.texts import TextGame
from core_gans.losses.objectives import heuristic
from core_gans.metrics.measures import measure_of
from core_gans.runs.folder import read_config
from core_gans.runs.log_lines import read_lines
from core_gans.trusted_code import require_trusted
from core_gans.variants import SEQUENCES, from_saved

POINTS = 40  # measurements that a log of losses is gathered into
OBSERVED = ("k", "convergence")
COUNTED = ("round", "seconds", "images_seen")  # in every line of the log, of no player


def explain_run(folder: Path) -> list[str]:
    """Sentences on the run in ``folder``: its course, the verdict on its end, what to try, what the judge saw.

    Where the watcher looked on, its measurements are judged; otherwise the losses, from which collapse cannot be
    seen. Raises LabError for a folder without a run or without a log.
    """
    config = read_config(folder)
    lines, of_log = _read(folder / "metrics.jsonl")
    kind = SEQUENCES.get(config["variant"], Game)  # by its name: nothing of the user's is imported
    if issubclass(kind, HeldOutGame):
        return [*of_log, *_answering(lines)]
    if issubclass(kind, TextGame):
        return [*of_log, *_writing(lines)]
    reading, told = _reading(folder, config)
    told += of_log
    measured = [line for line in lines if PREFIX + "state" in line]
    if measured:
        verdict = judge_curves(reading, [_entry(line) for line in measured])
        sentences = [*_course(measured), *_last_words(measured[-1], verdict)]
    else:
        verdict = judge_curves(reading, _from_losses(lines, reading))
        sentences = [
            f"{verdict.state}: {verdict.sentence}",
            "Read from the losses of training alone, which cannot show collapse.",
        ]
    return [*told, *sentences, *advice(folder, config, lines[-1], verdict), *_judged(lines)]


def _answering(lines: list[dict[str, Any]]) -> list[str]:
    """First and last of each loss and of each number of the judge, of a game whose losses say how good its answers are.

    A line of the log is one of losses if it has the names of the first one.
    """
    losses = [line for line in lines if line.keys() == lines[0].keys()]
    judged = [line for line in lines if line.keys() != lines[0].keys()]
    found = []
    for what, kept in (("loss", losses), ("judge", judged)):
        for name in [name for name in (kept[0] if kept else {}) if name not in COUNTED]:
            values = [(line["round"], line[name]) for line in kept if isinstance(line.get(name), int | float)]
            if values:
                found.append(f"{what}: {name} {_from_to(values)}")
    if not judged:
        found.append("The judge has not been asked during the run: train with --judge-every, or ask `core-gans judge`.")
    return found


def _writing(lines: list[dict[str, Any]]) -> list[str]:
    """First and last of each number in the log of a game of texts, and how they are read."""
    found = []
    for name in dict.fromkeys(name for line in lines for name in line if name not in COUNTED):
        values = [(line["round"], line[name]) for line in lines if isinstance(line.get(name), int | float)]
        if values:
            found.append(f"{name} {_from_to(values)}")
    found.append("likelihood is of the training texts, a sum of each: it falls also while they are learned by heart.")
    found.append("policy and reward are by the game's own discriminator: only the judge says whether texts get better.")
    return found


def _from_to(values: list[tuple[int, float]]) -> str:
    """First and last of ``values``, each with its round, or the only one."""
    told = [f"{value:.3g} at round {round:,}" for round, value in values]
    return told[0] if len(told) == 1 else f"{told[0]}, {told[-1]}"


def _reading(folder: Path, config: dict[str, Any]) -> tuple[Reading, list[str]]:
    """How the run's curves are to be read, and what is to be said of that. Nothing of the user's is imported."""
    try:
        require_trusted(folder, config["variant"])
    except LabError:
        name = config["variant"]
        return reading_of(heuristic), [f"{name} is not imported: its curves are read as the heuristic objective's."]
    game = from_saved(config["variant"], config["fields"])
    if not isinstance(game, NoiseGame):
        raise LabError(f"{game.name} has no objective of scores, so its curves have no reading.")
    return reading_of(game.objective), []


def _read(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """The log's lines, and what is to be said of damaged ones."""
    if not path.is_file():
        raise LabError(f"{path.parent} holds no metrics.jsonl: nothing has been logged yet.")
    _, lines, damaged = read_lines(path)
    if not lines:
        raise LabError(f"{path} is empty: nothing has been logged yet.")
    numbers = ", ".join(map(str, damaged))
    return lines, [f"{path.name} is damaged in line {numbers}, which is left out."] if damaged else []


def _entry(line: dict[str, Any]) -> dict[str, float]:
    numbers = {name.removeprefix(PREFIX): value for name, value in line.items() if name.startswith(PREFIX)}
    return {"round": float(line["round"]), **{name: v for name, v in numbers.items() if isinstance(v, int | float)}}


def _course(measured: list[dict[str, Any]]) -> list[str]:
    """One line a stretch of rounds with the same verdict."""
    stretches = [list(lines) for _, lines in groupby(measured, key=lambda line: line[PREFIX + "state"])]
    if len(stretches) == 1:
        return []
    return [
        f"rounds {stretch[0]['round']:,} to {stretch[-1]['round']:,}: {stretch[0][PREFIX + 'state']}"
        for stretch in stretches
    ]


def _last_words(line: dict[str, Any], verdict: Verdict) -> list[str]:
    if line[PREFIX + "state"] == "broken":  # where it broke is in the sentence alone
        return [f"broken: {line[PREFIX + 'sentence']}"]
    return [f"{verdict.state}: {verdict.sentence}"]


def _from_losses(lines: list[dict[str, Any]], reading: Reading) -> list[dict[str, float]]:
    """Means of neighbouring lines: losses of single batches are noisy."""
    found = []
    for line in lines:
        loss = line.get("discriminator")
        if isinstance(loss, int | float):
            observed = {name: line[name] for name in OBSERVED if name in line}
            found.append({"round": line["round"], **reading.numbers(loss), **observed})
    if found and not all(math.isfinite(value) for value in found[-1].values()):
        return found[-1:]
    size = max(1, math.ceil(len(found) / POINTS))
    chunks = [found[start : start + size] for start in range(0, len(found), size)]
    return [{name: fmean(entry[name] for entry in chunk) for name in chunk[0]} for chunk in chunks]


def _judged(lines: list[dict[str, Any]]) -> list[str]:
    """First and last of each number of the judge."""
    names = sorted({name for line in lines for name in line if measure_of(name)})
    sentences = []
    for name in names:
        values = [(line["round"], line[name]) for line in lines if name in line]
        (first, before), (last, after) = values[0], values[-1]
        sentences.append(f"judge: {name} {before:.3g} at round {first:,}, {after:.3g} at round {last:,}")
    return sentences
