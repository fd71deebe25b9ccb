"""``python -m benchmarks.islands [workers] [migration]``: processes, and the cost of a migration.

``workers``: the clock's seconds of one process and of two for the same islands, in turn; of use on a quiet machine
alone, so its load stands beside them. ``migration``: the processor's seconds of a run on eight islands, and of what
passes between them: states that rest, travel and wake, and who goes where.
"""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import tyro
from rich.console import Console

from benchmarks.timing import chosen, heading
from core_gans.data import KNOWN, load
from core_gans.foundation.markdown import table
from core_gans.game import NoiseGame
from core_gans.recipes import points_fields
from core_gans.session import Options, over_the_run
from core_gans.training import run
from core_gans.variants import make
from egan.islands.archipelago import Archipelago
from egan.islands.engines import Engine, engine
from egan.islands.island import Leg, Played, Setup, play
from egan.islands.migration import arrivals
from egan.islands.run import IslandsRun
from egan.islands.settings import Islands
from egan.islands.transport import size_of
from egan.options import Evolution
from egan.settings import GAMMA_ON_POINTS, Offspring


def headed(title: str, *heads: str) -> None:
    """The beginning of a table in Markdown."""
    print(f"\n{title}\n\n{table(heads, [])}", flush=True)


def lined(*cells: str) -> None:
    """A line of it."""
    print(f"| {' | '.join(cells)} |", flush=True)


ALIKE = 2  # of the eight islands, which all cost the same, that are played for the cost of a migration
K = 50  # generations between migrations, as the command begins


@dataclass(frozen=True)
class Asked:
    """Measure islands on this machine."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which tables; default: all."""
    data: tuple[str, ...] = ("ring", "digits")
    """On which data."""


def begun(data: str, islands: Islands, rounds: int, seed: int = 0, offspring: Offspring = "each") -> Archipelago:
    """Founders on ``data`` with the settings that the commands begin with."""
    examples = load(data, count=20_000) if KNOWN[data].points else load(data)
    fields = points_fields("gan", KNOWN[data].fields) if KNOWN[data].points else {}
    name = "gan" if KNOWN[data].points else "dcgan"
    game = make(name, **over_the_run({**fields, "shape": examples.shape}, rounds))
    assert isinstance(game, NoiseGame)
    options = Options(data=data, seed=seed, threads=1, samples_every=10**6)
    evolution = Evolution(gamma=GAMMA_ON_POINTS if KNOWN[data].points else 0.01, offspring=offspring)
    return IslandsRun(game, options, examples, Console(quiet=True), evolution, islands).start()


def played(state: Archipelago, by: Engine, rounds: int) -> float:
    """The clock's seconds until ``rounds`` generations."""
    state.engine, before = by, time.perf_counter()
    run(state, lambda: state.play(rounds), rounds, None, [])
    return time.perf_counter() - before


def workers(asked: Asked) -> None:
    """One process and two, the same four islands."""
    headed("two processes against one, four islands", "data", "generations", "1", "2", "times", "load")
    for data in asked.data:
        rounds = 400 if KNOWN[data].points else 8
        islands = Islands(islands=4, migrate_every=50)
        seconds: dict[int, list[float]] = {1: [], 2: []}
        for count in (1, 2, 1, 2):
            state = begun(data, islands, rounds + 1)
            with engine(state.setup, replace(islands, workers=count), print) as by:
                played(state, by, 1)  # the processes are there by then
                seconds[count].append(played(state, by, rounds + 1))
        one, two = min(seconds[1]), min(seconds[2])
        lined(data, str(rounds), f"{one:.1f} s", f"{two:.1f} s", f"{one / two:.2f}", f"{os.getloadavg()[0]:.1f}")


class Timed:
    """Plays here, and adds up the processor's seconds of playing, and of what a pool would do beside it."""

    def __init__(self, setup: Setup) -> None:
        self.setup, self.generations, self.around, self.bytes, self.rests = setup, 0.0, 0.0, 0, 0

    def play(self, legs: Sequence[Leg]) -> list[Played]:
        answers = []
        self.rests += 1
        for leg in legs:
            begin = time.process_time()
            travelled = pickle.loads(pickle.dumps(leg, protocol=5))
            there = time.process_time()
            empty = play(self.setup, replace(travelled, generations=0))
            rested = time.process_time()
            answer = play(self.setup, travelled)
            done = time.process_time()
            answers.append(pickle.loads(pickle.dumps(answer, protocol=5)))
            back = time.process_time()
            del empty
            still = rested - there  # waking and resting, which ``answer`` has inside it, too
            self.around += (there - begin) + still + (back - done)
            self.generations += done - rested - still
            self.bytes += size_of(answer.state)
        return answers


def migration(asked: Asked) -> None:
    """What eight islands spend on generations, and between them."""
    headed("a migration of eight islands", "data", "generation", "migration", f"share, K = {K}", "bytes an island")
    for data in asked.data:
        rounds, every = (20, 5) if KNOWN[data].points else (2, 1)
        state = begun(data, Islands(islands=8, migrate_every=every), rounds)
        state.islands = state.islands[:ALIKE]
        by = Timed(state.setup)
        played(state, by, rounds)
        before = time.process_time()
        arrivals([island.state for island in state.islands], state.settings)
        decided = time.process_time() - before
        passed = by.around / by.rests * 8 / ALIKE + decided
        generation = by.generations / rounds * 8 / ALIKE
        share = passed / (passed + K * generation)
        size = by.bytes / by.rests / ALIKE
        lined(data, f"{generation * 1e3:.0f} ms", f"{passed * 1e3:.0f} ms", f"{share:.2%}", f"{size:,.0f}")


TABLES = {"workers": workers, "migration": migration}


def main(args: Sequence[str] | None = None) -> None:
    """Measure, and print the tables in Markdown."""
    torch.set_num_threads(1)
    asked = tyro.cli(Asked, args=args, description=__doc__)
    print(heading(), flush=True)
    for name in chosen(asked.names, list(TABLES), "table"):
        TABLES[name](asked)


if __name__ == "__main__":
    main()
