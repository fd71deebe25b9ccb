"""``python -m benchmarks.sequences words``: does an adversary help a writer of words, at equal updates?

Each seed begins with one training by likelihood. From there the writer goes on twice, for as many updates: by
likelihood alone, and against its judge. Every figure is kept in the folder ``--out`` as soon as it is there, and every
training saves its state, so that a second call goes on where the first one stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
import tyro

from core_gans.data import Batches
from core_gans.data.texts.toy_language import drawn
from core_gans.foundation.intervals import Interval
from core_gans.foundation.whole_files import write_whole
from core_gans.games.texts import SentenceTranslation, TextGame
from core_gans.runs import checkpoints
from core_gans.texts import TextLesson, read_texts
from core_gans.texts.judging import held_pairs, judge_of
from core_gans.texts.scores import bleu, bleu_difference, bleu_interval, chrf, exact_match
from core_gans.training import TrainingState, start, train
from core_gans.variants import make, variant

PIECE = 50  # rounds between two savings
TESTED = 1_000  # sources, held out or drawn for the judgement
ARMS = ("likelihood", "adversary")


@dataclass(frozen=True)
class Part:
    """One comparison: a game on some texts, how long, how often."""

    game: str
    data: str
    fields: dict[str, Any]
    rounds: int
    """Further updates of each arm, after those of ``pretrain``."""
    seeds: int
    batch: int = 32
    count: int | None = None
    """Of what is drawn."""
    better: Callable[[float, float], bool] = float.__gt__
    """Whether the adversary's first number is better than that of likelihood alone."""


PARTS = {
    "toy_language": Part(
        "nmt",
        "toy_language",
        {
            "width": 64,
            "embedding": 32,
            "channels": 16,
            "rate": 3e-3,
            "discriminator_rate": 3e-3,
            "pretrain": 200,
            "lead": 100,
        },
        rounds=200,
        seeds=5,
        count=250,
    ),
    "oracle": Part(
        "seqgan",
        "oracle",
        {"pretrain": 300, "lead": 100, "rollouts": 4, "filters": 16, "windows": (1, 2, 3, 4)},
        rounds=100,
        seeds=3,
        batch=64,
        count=2_000,
        better=float.__lt__,
    ),
    "small_oracle": Part(
        "seqgan",
        "small_oracle",
        {"pretrain": 500, "lead": 150, "discriminator_steps": 5, "rollouts": 4, "windows": (1, 2, 3, 4)}
        | {"embedding": 16, "width": 16, "discriminator_rate": 2e-3},
        rounds=60,
        seeds=3,
        batch=64,
        count=5_500,
        better=float.__lt__,
    ),
    "tatoeba": Part(
        "nmt",
        "tatoeba",
        {"width": 64, "embedding": 64, "channels": 16, "rate": 4e-3, "pretrain": 500, "lead": 50}
        | {"longest": 7, "least_often": 3},
        rounds=100,
        seeds=1,
        batch=64,
    ),
}


@dataclass(frozen=True)
class Options:
    """Measure translation and sentences."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """toy_language, oracle, small_oracle, tatoeba; default: all."""
    out: Path = Path("words")
    """Where figures and states are kept."""
    seeds: int | None = None
    """Trainings of each, from ``first_seed`` on; default: as many as the table has."""
    first_seed: int = 0
    """Settings are chosen with others than those that are told of."""
    set: tuple[str, ...] = ()
    """field=value in place of the table's, as JSON, to choose settings with."""


def main(words: Sequence[str]) -> None:
    """Measure what is missing, and print the table."""
    options = tyro.cli(Options, prog="python -m benchmarks.sequences words", args=words)
    for name in options.names:
        if name not in PARTS:
            raise SystemExit(f"no part is called {name!r}: choose from {', '.join(PARTS)}.")
    torch.set_num_threads(1)
    options.out.mkdir(parents=True, exist_ok=True)
    changed = {name: json.loads(value) for name, _, value in (each.partition("=") for each in options.set)}
    for name in options.names or PARTS:
        part = replace(PARTS[name], fields=PARTS[name].fields | changed)
        seeds = range(options.first_seed, options.first_seed + (options.seeds or part.seeds))
        rows = [_row(name, part, seed, options.out) for seed in seeds]
        print("\n".join(table(name, part, rows)), flush=True)


def table(name: str, part: Part, rows: Sequence[dict[str, Any]]) -> list[str]:
    """The figures of all seeds as Markdown: mean and range of each number, and in how many seeds the adversary wins."""
    measures = list(rows[0]["pretrained"])
    lines = [f"\n{name} ({part.game}), {len(rows)} seeds, processor seconds a seed "
             f"{fmean(row['seconds'] for row in rows):.0f}", "", "| measure | pretrained | likelihood | adversary |",
             "|---|---|---|---|"]  # fmt: skip
    for measure in measures:
        cells = [_range([row[arm][measure] for row in rows]) for arm in ("pretrained", *ARMS)]
        lines.append(f"| {measure} | {' | '.join(cells)} |")
    wins = sum(part.better(row["adversary"][measures[0]], row["likelihood"][measures[0]]) for row in rows)
    lines.append(f"\nThe adversary is better in {measures[0]} in {wins} of {len(rows)} seeds.")
    for row in rows:
        lines += [f"{what}: {Interval(*row['intervals'][what]):.1f}" for what in row.get("intervals", {})]
    return lines


def _range(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{fmean(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def _row(name: str, part: Part, seed: int, out: Path) -> dict[str, Any]:
    """The figures of one seed: read, or measured and kept."""
    place = out / f"{name}-{seed}.json"
    if place.is_file():
        found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        return found
    kind = variant(part.game)
    assert issubclass(kind, TextGame)
    reading = {name: part.fields[name] for name in ("longest", "level") if name in part.fields}
    least = part.fields.get("least_often", 1)
    lesson = read_texts(kind.learns_from, part.data, least=least, count=part.count, seed=seed, **reading)
    game = make(part.game, **lesson.fields(part.fields))
    assert isinstance(game, TextGame)
    tested = _tested(game, lesson, seed) if isinstance(game, SentenceTranslation) else ([], [])
    seconds = 0.0
    row: dict[str, Any] = {}
    written: dict[str, list[str]] = {}
    whole = game.pretrain + part.rounds
    for arm, playing, rounds in (
        ("pretrained", game, game.pretrain),
        ("likelihood", replace(game, likelihood_share=1.0), whole),
        ("adversary", game, whole),
    ):
        begin = None if arm == "pretrained" else out / f"{name}-{seed}-pretrained.safetensors"
        state, spent = _played(playing, lesson, part, seed, rounds, out / f"{name}-{seed}-{arm}.safetensors", begin)
        seconds += spent
        if isinstance(playing, SentenceTranslation):
            written[arm] = playing.translate(state.nets, tested[0])
            row[arm] = {
                "exact_match": exact_match(written[arm], tested[1]),
                "bleu": bleu(written[arm], tested[1]),
                "chrf": chrf(written[arm], tested[1]),
            }
        else:
            row[arm] = judge_of(playing, lesson, seed=seed + 2)(state.nets)
        print(f"{name}, seed {seed}, {arm}: {row[arm]}", flush=True)
    row["seconds"] = seconds
    if written:
        row |= _compared(*tested, written, seed)
    write_whole(place, json.dumps(row, indent=1))
    return row


def _tested(game: SentenceTranslation, lesson: TextLesson, seed: int) -> tuple[list[str], list[list[str]]]:
    """Sources with their right translations: fresh ones where any translation is known, else those held out."""
    truth = lesson.source.translated
    if truth is None:
        return held_pairs(lesson, TESTED)
    sentences = [each.english for each in drawn(TESTED, torch.Generator().manual_seed(seed + 10_000))]
    fitting = [each for each in sentences if len(game.sources.numbers(each)) < game.source_length]
    return fitting, [[truth(each) or ""] for each in fitting]


def _compared(
    sources: list[str], references: list[list[str]], written: dict[str, list[str]], seed: int
) -> dict[str, Any]:
    rng = torch.Generator().manual_seed(seed)
    intervals = {f"BLEU, {arm}": tuple(bleu_interval(written[arm], references, rng)) for arm in written}
    both = written["adversary"], written["likelihood"]
    intervals["BLEU, adversary less likelihood"] = tuple(bleu_difference(*both, references, rng))
    shown = zip(sources[:8], written["likelihood"], written["adversary"], references, strict=False)
    return {"intervals": intervals, "sentences": [list(each) for each in shown]}


def _played(
    game: TextGame, lesson: TextLesson, part: Part, seed: int, rounds: int, place: Path, begin: Path | None
) -> tuple[TrainingState, float]:
    """The state after ``rounds``, and the processor seconds that were spent on it, also in calls before this one."""
    rng = torch.Generator().manual_seed(seed)
    state = start(game, Batches(lesson.learned, part.batch, seed), rng)
    spent = 0.0
    if place.is_file():
        saved = checkpoints.load(place)
        state.load_state_dict(saved["state"])
        spent = float(saved["spent"])
    elif begin is not None:
        state.load_state_dict(checkpoints.load(begin)["state"])
    while state.round < rounds:
        before = time.process_time()
        train(game, state.batches, min(rounds, state.round + PIECE), rng=state.rng, state=state, progress=False)
        spent += time.process_time() - before
        checkpoints.save(place, {"state": state.state_dict(), "spent": spent}, overwrite=True)
        print(f"  {place.stem}: round {state.round}, {spent:.0f} s, {state.terms}", flush=True)
    return state, spent
