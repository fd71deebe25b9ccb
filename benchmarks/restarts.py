"""``python -m benchmarks.restarts``: does migration pay beyond restarts?

The same number of islands on a ring, between which generators migrate, and alone, of which the best is picked: equal
generations, the same founders, the same examples held out, by which the best island is chosen. What the chosen one
draws is judged by the modes that are known. The first islands of eight alone are those of a run on fewer. Runs are kept
in a folder, one file each, and go on where they were stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import tyro

from benchmarks.islands import begun, headed, lined, played
from benchmarks.timing import chosen, heading
from core_gans.data import load
from core_gans.foundation.whole_files import write_whole
from core_gans.metrics import Judge
from core_gans.metrics.judge import Sampler
from core_gans.training import fresh_players
from egan.experiments.pairing import LEAST_SEEDS, paired
from egan.islands.archipelago import Archipelago
from egan.islands.engines import engine
from egan.islands.settings import Islands
from egan.islands.transport import unpacked
from egan.settings import Offspring

MODES, QUALITY = "modes_covered", "high_quality_share"
Topology = Literal["ring", "alone"]
Found = dict[tuple[Topology, int, int], dict[str, Any]]  # by topology, islands and seed


@dataclass(frozen=True)
class Options:
    """Hold islands on a ring against as many independent ones."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Of the tables seeds and against; default: both."""
    out: Path = Path("restarts")
    """Where finished runs are kept."""
    data: Literal["ring", "grid"] = "ring"
    """What is learned."""
    islands: tuple[int, ...] = (8, 4, 2)
    """On a ring; alone are as many as the first says."""
    seeds: int = 10
    """Runs of each."""
    offspring: Offspring = "each"
    """Children of a generation: by each mutation, or by one (bandit, first_order), in half the time."""
    rounds: int = 400
    """Generations of an island; the learning rates fall over them."""
    seconds: float = float("inf")
    """No run is begun after so many."""


def main(args: Sequence[str] | None = None) -> None:
    """Play what is not played yet, and print the tables."""
    asked = tyro.cli(Options, prog="python -m benchmarks.restarts", args=args)
    torch.set_num_threads(1)
    asked.out.mkdir(parents=True, exist_ok=True)
    begin, found = time.monotonic(), {}
    for key in wanted(asked):
        name = "{}-{}-{}-seed{}".format(asked.data, *key)
        path = asked.out / f"{name}-{asked.rounds}-{asked.offspring}.json"
        if not path.exists():
            if time.monotonic() - begin >= asked.seconds:
                continue
            write_whole(path, json.dumps(judged(asked, *key)))
        found[key] = json.loads(path.read_text())
    print(f"{heading()}; {asked.data}, {asked.rounds} generations of each island, offspring {asked.offspring}")
    for name in chosen(asked.names, list(TABLES), "table"):
        TABLES[name](asked, found)


def wanted(asked: Options) -> Iterator[tuple[Topology, int, int]]:
    """All runs of the tables asked for, the most islands first, both ways of a seed one after the other."""
    most, *fewer = asked.islands
    against = "against" in (asked.names or TABLES)
    for seed in range(asked.seeds):
        yield "ring", most, seed
        if against:
            yield "alone", most, seed
    for count in fewer:
        for seed in range(asked.seeds):
            yield "ring", count, seed


def judged(asked: Options, topology: Topology, count: int, seed: int) -> dict[str, Any]:
    """A run: each island's distance to the examples held out, and what its generator draws by the known modes."""
    begin = time.process_time()
    state = begun(asked.data, Islands(islands=count, topology=topology), asked.rounds, seed, asked.offspring)
    with engine(state.setup, state.settings, print) as by:
        played(state, by, asked.rounds)
    spent = time.process_time() - begin
    judge = Judge(load(asked.data), count=10_000)
    scores = [judge(drawing(state, island, seed)) for island in range(count)]
    measures = {name: [each[name] for each in scores] for name in (MODES, QUALITY)}
    return {"distances": state.chosen.distances, "seconds": spent, **measures}


def drawing(state: Archipelago, island: int, seed: int) -> Sampler:
    """What an island draws: from n to n samples (n, 2), others with each call."""
    generator = fresh_players(state.game, torch.Generator().manual_seed(0))["generator"]
    generator.load_state_dict(unpacked(state.islands[island].drawn_by()))
    rng = torch.Generator().manual_seed(seed + 2)
    return lambda many: state.game.sample({"generator": generator}, many, rng)


def best_of(run: dict[str, Any], count: int) -> int:
    """The number of the nearest of its first ``count`` islands."""
    return min(range(count), key=run["distances"].__getitem__)


def by_seed(asked: Options, found: Found) -> None:
    """What each run on the most islands draws from."""
    most = asked.islands[0]
    headed(f"{most} islands on a ring", "seed", "modes", "high quality", "best island, distance", "processor")
    for seed in range(asked.seeds):
        if run := found.get(("ring", most, seed)):
            best, far = best_of(run, most), run["distances"]
            told = f"{best + 1}, {far[best]:.2g} of up to {max(far):.2g}"
            lined(str(seed), f"{run[MODES][best]:.0f}", f"{run[QUALITY][best]:.2f}", told, f"{run['seconds']:.0f} s")


def against(asked: Options, found: Found) -> None:
    """The chosen island's numbers on a ring and among as many alone, and their differences seed by seed."""
    most = asked.islands[0]
    title = "the best island: on a ring, among as many alone, and the difference with its 95% interval"
    headed(title, "islands", "seeds", "modes, ring", "alone", "high quality, ring", "alone", "difference", "interval")
    for count in sorted({1, *asked.islands}):
        if count == 1:
            runs = [(run, run) for seed in range(asked.seeds) if (run := found.get(("alone", most, seed)))]
        else:
            keys = [(("ring", count, seed), ("alone", most, seed)) for seed in range(asked.seeds)]
            runs = [(found[ours], found[others]) for ours, others in keys if ours in found and others in found]
        if not runs:
            continue
        numbers = {
            name: [[run[name][best_of(run, count)] for run in side] for side in zip(*runs, strict=True)]
            for name in (MODES, QUALITY)
        }
        means = [f"{sum(side) / len(side):.2f}" for name in (MODES, QUALITY) for side in numbers[name]]
        told = paired(*numbers[QUALITY], torch.Generator().manual_seed(0))
        interval = "-" if told.low is None else f"{told.low:+.3f} to {told.high:+.3f}"
        if count == 1:  # one island is on no ring
            means, told_difference, interval = ["", means[1], "", means[3]], "", ""
        else:
            told_difference = f"{told.difference:+.3f}"
        lined(str(count), str(len(runs)), *means, told_difference, interval)
    print(f"\nIntervals from {LEAST_SEEDS} seeds on, by bootstrap.")


TABLES = {"seeds": by_seed, "against": against}


if __name__ == "__main__":
    main()
