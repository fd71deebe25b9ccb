"""``python -m benchmarks.few_images``: what changes of images are worth with 200 pictures, by pictures held out.

The first 200 horses of a real data set (in an order by chance) are learned from, all others are the judge's: kernel
distance, 1,000 samples of the weight average, seen through pca-pixels. Contenders differ in ``augment`` alone and take
the same number of rounds. Runs are kept in a folder and go on where they were stopped: the table can be had in parts.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
import tyro

from benchmarks.applications.row import real_file
from benchmarks.timing import chosen, heading
from core_gans import make, train
from core_gans.data import Batches, Examples, as_float, load
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sheets import picture
from core_gans.game import NoiseGame
from core_gans.metrics import Judge
from core_gans.runs import checkpoints
from core_gans.runs.averaging import Average
from core_gans.runs.folder import numbered
from core_gans.runs.watchers import Checkpoint
from core_gans.session import restore_watchers
from core_gans.training import TrainingState, start

HORSES = "horse_human_64.npz"
CONTENDERS: dict[str, dict[str, Any]] = {
    "none": {},
    "DiffAugment": {"augment": ("colour", "translation", "cutout")},
    "ADA": {"augment": ("mirror", "turn", "translation", "zoom", "colour"), "augment_target": 0.6},
}
METRICS = ("kernel", "precision", "recall")
SAMPLES = 1_000  # that are judged


@dataclass(frozen=True)
class Options:
    """Train on few pictures with and without changes of them."""

    names: tyro.conf.Positional[tuple[str, ...]] = ("none", "DiffAugment")
    """Which contenders: none, DiffAugment, ADA."""
    out: Path = Path("few-images")
    """Where runs are kept."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Of the networks, the latents and the order of the pictures."""
    pictures: int = 200
    """To learn from."""
    rounds: int = 2_000
    """Of each run."""
    every: int = 500
    """Rounds between judgements."""
    size: int = 32
    """Side of the pictures in pixels."""
    batch: int = 32
    """Pictures a step."""
    variant: str = "dcgan"
    """Which game."""
    fields: tyro.conf.Suppress[dict[str, Any]] = field(default_factory=lambda: {"width": 16, "upsampling": "resize"})
    """Its fields, beside those of the contender."""


def main(args: Sequence[str] | None = None) -> None:
    """Play what is not played yet, and print the table."""
    asked = tyro.cli(Options, prog="python -m benchmarks.few_images", args=args)
    names = chosen(asked.names, list(CONTENDERS), "contender")
    few, others = horses(asked)
    judge = Judge(others, SAMPLES, metrics=METRICS)
    runs = {(name, seed): played(name, seed, asked, few, judge) for seed in asked.seeds for name in names}
    found = {name: {seed: runs[name, seed] for seed in asked.seeds} for name in names}
    known = Judge(others, len(few), metrics=METRICS)(lambda count: as_float(few.images[:count]))
    print("\n".join(table(found, known, asked, len(others))))


def horses(asked: Options) -> tuple[Examples, Examples]:
    """The pictures to learn from, and those to judge by."""
    parts = [load(f"{real_file(HORSES)}:{part}_horses", size=asked.size).images for part in ("train", "test")]
    every = torch.cat(parts)
    every = every[torch.randperm(len(every), generator=torch.Generator().manual_seed(0))]
    few = Examples(f"{asked.pictures} horses", every[: asked.pictures])
    return few, Examples("other horses", every[asked.pictures :])


def played(name: str, seed: int, asked: Options, few: Examples, judge: Judge) -> dict[str, Any]:
    """The numbers of one run by round, and its seconds of processor time; from its folder as far as they are there."""
    folder = asked.out / f"{name}-{seed}"
    results = folder / "results.json"
    done: dict[str, Any] = json.loads(results.read_text()) if results.exists() else {"seconds": 0.0, "numbers": {}}
    if str(asked.rounds) in done["numbers"]:
        return done
    game = make(asked.variant, shape=few.shape, **asked.fields, **CONTENDERS[name])
    assert isinstance(game, NoiseGame)
    state = start(game, Batches(few, asked.batch, seed), torch.Generator().manual_seed(seed))
    average = Average(decay=0.995)
    saving = Checkpoint(folder, {}, every=asked.every, seconds=1e9, keep=1)
    if saved := numbered(folder, "safetensors"):
        content = checkpoints.load(saved[-1])
        state.load_state_dict(content["state"])
        restore_watchers([average], content["watchers"])
    while state.round < asked.rounds:
        begun = time.process_time()
        upto = min(asked.rounds, (state.round // asked.every + 1) * asked.every)
        train(game, state.batches, upto, rng=state.rng, state=state, watchers=[average, saving], progress=False)
        done["seconds"] += time.process_time() - begun
        done["numbers"][str(state.round)] = judged(state, game, judge)
        write_png(folder / f"samples-{state.round}.png", picture(sampled(state, game, 64)))
        results.write_text(json.dumps(done, indent=1))
        print(name, seed, state.round, done["numbers"][str(state.round)], f"{done['seconds']:.0f} s", flush=True)
    return done


def judged(state: TrainingState, game: NoiseGame, judge: Judge) -> dict[str, float]:
    """The judge's numbers by name of the weight average."""
    rng = torch.Generator().manual_seed(1_000)
    numbers = judge(lambda count: game.sample(state.sampling_nets(), count, rng))
    return {metric.partition("[")[0]: value for metric, value in numbers.items()}


def sampled(state: TrainingState, game: NoiseGame, count: int) -> torch.Tensor:
    """Samples of the weight average, always of the same latents."""
    return game.sample(state.sampling_nets(), count, torch.Generator().manual_seed(1))


def table(
    found: Mapping[str, Mapping[int, dict[str, Any]]], known: Mapping[str, float], asked: Options, held_out: int
) -> list[str]:
    """Lines in Markdown: one a contender, with the mean over the seeds, the least and the most."""
    lines = [
        f"{heading()}; {asked.variant} {asked.fields}, batch {asked.batch}, {asked.rounds} rounds, {asked.size} px; "
        f"{asked.pictures} pictures, {held_out} held out; seeds {', '.join(map(str, asked.seeds))}",
        "",
        "| changes | kernel distance, mean (least to most) | precision | recall | processor seconds a run |",
        "|---|---|---|---|---|",
    ]
    for name, runs in found.items():
        last = [run["numbers"][str(asked.rounds)] for run in runs.values()]
        distances = [each["kernel"] for each in last]
        spread = f"{statistics.mean(distances):.3g} ({min(distances):.3g} to {max(distances):.3g})"
        others = [f"{statistics.mean(each[metric] for each in last):.2f}" for metric in METRICS[1:]]
        seconds = statistics.mean(run["seconds"] for run in runs.values())
        lines.append(f"| {name} | {spread} | {' | '.join(others)} | {seconds:.0f} |")
    of_known = {metric.partition("[")[0]: value for metric, value in known.items()}
    rest = " | ".join(f"{of_known[metric]:.2f}" for metric in METRICS[1:])
    return [*lines, f"| the {asked.pictures} pictures themselves | {of_known['kernel']:.3g} | {rest} | |"]


if __name__ == "__main__":
    main()
