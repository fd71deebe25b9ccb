"""``python -m benchmarks.robustness``: who does well where nobody knows the setting? Wang et al. 2019, section IV.

24 configurations of digits at 16 pixels, each level of each setting as often as the others and in an order by chance;
every contender plays each of them once, for the same seconds of one core. Solved is what was fixed before: all ten
classes and a Frechet distance under ``BOUND``. Finished runs are kept in a folder, one file each, so that the
experiment can be had in parts; contenders of one configuration are played one after the other.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import tyro
from rich.console import Console

from benchmarks.islands import headed, lined
from benchmarks.timing import chosen, heading
from core_gans.comparison import contenders as plain_contenders
from core_gans.data import Batches, Examples, load
from core_gans.foundation.errors import DivergedError
from core_gans.foundation.whole_files import write_whole
from core_gans.game import NoiseGame
from core_gans.metrics import Judge
from core_gans.runs.averaging import Average
from core_gans.runs.watchers import WatchedState, Watcher
from core_gans.session import Options as Session
from core_gans.training import run
from core_gans.variants import make
from egan.experiments.contenders import evolved
from egan.experiments.pairing import bootstrap_interval
from egan.islands.archipelago import Archipelago
from egan.islands.engines import Serial
from egan.islands.run import IslandsRun
from egan.islands.settings import Islands
from egan.options import Evolution

LEVELS: dict[str, tuple[Any, ...]] = {
    "family": ("mlp", "dcgan"),
    "normalisation": ("none", "batch"),
    "generator_normalisation": ("none", "batch"),
    "rate": (2.5e-4, 1e-3, 4e-3),  # the recipe's, and a quarter and four times of it
    "beta1": (0.0, 0.5),
    "batch": (16, 64),
    "discriminator_steps": (1, 2),
}
COUNT = 24
WIDTH, SIZE, AVERAGE = 16, 16, 0.99
CLASSES, BOUND = 10, 30.0
WORDS = {
    "minimax": "minimax",
    "heuristic": "heuristic",
    "least_squares": "least_squares",
    "egan": "egan",
    "egan at random": "egan,selection=random",
    "egan first order": "egan,offspring=first_order",
}
WGAN_GP, SEARCH = "wgan_gp", "search"
CONTENDERS = (*WORDS, WGAN_GP, SEARCH)
USUAL = ("heuristic", "least_squares", "wgan_gp", "egan", "egan at random", "search")
FRECHET, COVERED = "frechet[digits-cnn]", "classes_covered"


@dataclass(frozen=True)
class Options:
    """Let contenders play settings that nobody chose."""

    names: tyro.conf.Positional[tuple[str, ...]] = USUAL
    """Of minimax, heuristic, least_squares, wgan_gp, egan, "egan at random", "egan first order" and search."""
    out: Path = Path("robustness")
    """Where finished runs are kept."""
    budget: float = 8.0
    """Seconds of one core for each run."""
    count: int = COUNT
    """Configurations that are played, the first of the 24."""
    levels: bool = False
    """Tell also how many are solved at each level of each setting."""
    seconds: float = math.inf
    """No run is begun after so many."""


class Playable(Protocol):
    """Who plays: a fresh state, and a round of it."""

    def start(self, batches: Batches, rng: torch.Generator, rounds: int) -> Any:
        """A fresh state."""

    def play(self, state: Any, rounds: int | None) -> None:
        """One round."""


@dataclass(frozen=True)
class Search:
    """Population based training within one core: four islands apart, whose rates and objectives are genes."""

    fields: dict[str, Any]
    examples: Examples
    batch: int

    def start(self, batches: Batches, rng: torch.Generator, rounds: int) -> Archipelago:
        """Founders of the four."""
        game = make("dcgan", **self.fields)
        assert isinstance(game, NoiseGame)
        options = Session(batch=self.batch, seed=batches.seed, threads=1, average=AVERAGE)
        islands = Islands(islands=4, topology="alone", migrate_every=10, explore=("rate", "mutations"))
        alone = Evolution(mutations=("heuristic",), evaluation_size=None)
        state = IslandsRun(game, options, self.examples, Console(quiet=True), alone, islands).start()
        state.engine = Serial(state.setup)
        return state

    def play(self, state: Archipelago, rounds: int | None) -> None:
        """All islands up to their next rest."""
        state.play(rounds)


def configurations() -> list[dict[str, Any]]:
    """Each level of each setting equally often, in an order by chance of its own."""
    found: list[dict[str, Any]] = [{} for _ in range(COUNT)]
    for number, (name, levels) in enumerate(LEVELS.items()):
        order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(number))
        for place, each in zip(order.tolist(), levels * (COUNT // len(levels)), strict=True):
            found[place][name] = each
    return found


@dataclass(frozen=True)
class Field:
    """One configuration, with the data and the judge."""

    number: int
    settings: dict[str, Any]
    examples: Examples
    judge: Judge

    @cached_property
    def fields(self) -> dict[str, Any]:
        """Those of the game."""
        own = {name: value for name, value in self.settings.items() if name != "batch"}
        return {**own, "shape": self.examples.shape, "width": WIDTH, "beta2": 0.99}

    def contender(self, name: str) -> Playable:
        """Who is called so. The penalty of wgan_gp forbids batch statistics: instances' take their place."""
        fields = self.fields
        if name == SEARCH:
            return Search(fields, self.examples, self.settings["batch"])
        if name == WGAN_GP:
            allowed = "instance" if fields["normalisation"] == "batch" else "none"
            (found,) = plain_contenders([WGAN_GP], self.examples.shape)
            return replace(found, fields={**found.fields, **fields, "normalisation": allowed})
        words = [f"{each}={value}" for each, value in fields.items() if each != "shape"]
        return evolved([WORDS[name]], self.examples.shape, "dcgan", words)[0]

    def played(self, name: str, budget: float) -> dict[str, Any]:
        """The scores after ``budget`` seconds of one core's time; an infinite distance of who diverged."""
        contender, spent = self.contender(name), 0.0
        batches = Batches(self.examples, self.settings["batch"], self.number)
        state = contender.start(batches, torch.Generator().manual_seed(self.number), 1)

        def play() -> None:
            nonlocal spent
            begin = time.process_time()
            contender.play(state, None)
            spent += time.process_time() - begin

        watchers: list[Watcher] = [_Until(lambda: spent >= budget)]
        watchers += [] if name == SEARCH else [Average(decay=AVERAGE)]  # islands average by themselves
        try:
            run(state, play, None, math.inf, watchers)
            rng = torch.Generator().manual_seed(self.number + 1_000_003)
            scores = self.judge(lambda many: state.game.sample(state.sampling_nets(), many, rng))
        except (DivergedError, ValueError) as error:  # a judge refuses samples that are not finite
            return {"rounds": state.round, "seconds": spent, COVERED: 0, FRECHET: None, "why": str(error)[:200]}
        return {"rounds": state.round, "seconds": spent, COVERED: scores[COVERED], FRECHET: scores[FRECHET]}


class _Until(Watcher):
    def __init__(self, over: Any) -> None:
        self.over = over

    def after_round(self, state: WatchedState) -> None:
        state.stop = self.over()


def main(args: Sequence[str] | None = None) -> None:
    """Play what is not played yet, and print the tables."""
    asked = tyro.cli(Options, prog="python -m benchmarks.robustness", args=args)
    names = chosen(asked.names, CONTENDERS, "contender")
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    examples = load("digits", size=SIZE)
    judge, begin = Judge(examples, count=1_000), time.monotonic()
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for number, settings in enumerate(configurations()[: asked.count]):
        field = Field(number, settings, examples, judge)
        for name in names:
            path = asked.out / f"{number:02d}-{name.replace(' ', '_')}-{asked.budget:g}s.json"
            if not path.exists() and time.monotonic() - begin < asked.seconds:
                write_whole(path, json.dumps({**settings, **field.played(name, asked.budget)}))
            if path.exists():
                found.setdefault(number, {})[name] = json.loads(path.read_text())
    whole = [runs for runs in found.values() if runs.keys() == set(names)]
    print(f"{heading()}; {len(whole)} configurations that all have played, {asked.budget:g} s each")
    if whole:
        told(whole, names)
    if whole and asked.levels:
        by_level(whole, names)


def distance(result: dict[str, Any]) -> float:
    """The Frechet distance; infinite where there is none."""
    return math.inf if result[FRECHET] is None else result[FRECHET]


def solved(result: dict[str, Any]) -> bool:
    """Whether it did what was fixed before."""
    return result[COVERED] >= CLASSES and distance(result) < BOUND


def told(whole: Sequence[dict[str, dict[str, Any]]], names: Sequence[str]) -> None:
    """Share solved, the middle and the worst case, and the mean rank, each contender a line."""
    distances = np.array([[distance(runs[name]) for name in names] for runs in whole])
    ranks = np.array([[1 + (row < each).sum() + ((row == each).sum() - 1) / 2 for each in row] for row in distances])
    title = f"solved: {CLASSES} classes and {FRECHET} under {BOUND:g}"
    headed(
        title, "contender", "solved", "95% interval", "median distance", "worst", "mean rank", "95% interval", "rounds"
    )
    for place, name in enumerate(names):
        each = np.array([solved(runs[name]) for runs in whole], dtype=float)
        share, rank = _interval(each, ".0%"), _interval(ranks[:, place], ".2f")
        rounds = f"{np.median([runs[name]['rounds'] for runs in whole]):,.0f}"
        middle = f"{np.median(distances[:, place]):.1f}"
        counts = f"{each.sum():.0f} of {len(whole)}"
        lined(
            name,
            counts,
            share,
            middle,
            f"{distances[:, place].max():.0f}",
            f"{ranks[:, place].mean():.2f}",
            rank,
            rounds,
        )


def by_level(whole: Sequence[dict[str, dict[str, Any]]], names: Sequence[str]) -> None:
    """How many of the runs at each level are solved."""
    headed("solved, by the level of each setting", "setting", *names)
    for name, levels in LEVELS.items():
        for level in levels:
            runs = [each for each in whole if each[names[0]][name] == level]
            cells = (f"{sum(solved(each[who]) for each in runs)} of {len(runs)}" for who in names)
            lined(f"{name} {level}", *cells)


def _interval(values: np.ndarray, form: str) -> str:
    low, high = bootstrap_interval(values, torch.Generator().manual_seed(0))
    return f"{low:{form}} to {high:{form}}"


if __name__ == "__main__":
    main()
