"""``python -m benchmarks.scaling [generation] [state] [workers] [islands]``: what evolution costs as it grows.

``generation``: the processor's seconds against parents, children, mutations, batch and the side of images, each with
the exponent that fits. ``state``: bytes of an island. ``workers``: the simulation against two real processes, whose
legs sleep for as long as they should compute, so that a busy machine does not matter; states travel for real.
``islands``: simulated evolutions of up to a thousand islands, with the constants that were measured.
"""

from __future__ import annotations

import heapq
import pickle
import random
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from math import log
from multiprocessing import get_context

import torch
import tyro

from benchmarks.generation_cost import PAPER
from benchmarks.islands import begun, headed, lined
from benchmarks.timing import Work, chosen, heading, in_turn
from core_gans.compute import Compute
from core_gans.data import Batches, Examples
from core_gans.variants import make
from egan.evolution import generation, make_toolbox
from egan.islands.settings import Islands
from egan.islands.transport import size_of
from egan.mutations import KNOWN
from egan.population import start
from egan.returning import play_or_return
from egan.scheme import Scheme


@dataclass(frozen=True)
class Options:
    """Measure and simulate how evolution scales."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which tables; default: all."""
    pairs: int = 3
    """Turns that are timed."""
    width: int = 16
    """Of the networks."""
    batch: int = 16
    """Images a step, where the batch is not what changes."""
    generation: float = 0.36
    """Seconds of one generation of one island, for the simulation; ``benchmarks.islands migration`` measures it."""
    megabytes: float = 44.2
    """Of a state; measured by the same."""
    every: int = 50
    """Generations between migrations (K)."""
    network: float = 125.0
    """Megabytes a second that pass the keeper of the states: 125 is 1 Gbit/s."""
    spread: float = 0.05
    """Standard deviation of a leg's seconds, of their mean."""
    seconds: float = 2.0
    """Mean of a sleeping leg."""
    legs: int = 12
    """Sleeping legs."""


@dataclass(frozen=True)
class Constants:
    """What a simulation takes, in seconds."""

    leg: float  # of one island between two migrations, the mean
    spread: float  # standard deviation, of the mean
    send: float  # a state from the keeper to a worker, or back: the keeper does nothing else meanwhile
    choose: float = 0.0  # of the keeper, an island, at a migration


def simulated(islands: int, workers: int, constants: Constants, chance: random.Random) -> tuple[float, float]:
    """Seconds from one migration to the next, and the keeper's share of them.

    The keeper hands legs out in order, as workers become free, and takes states back as they come; it does one thing
    at a time. Then it judges and decides.
    """
    now = busy = 0.0
    free, waiting, running = workers, islands, []  # running: a heap of the moments at which legs end
    while waiting or running:
        if free and waiting:
            now, busy = now + constants.send, busy + constants.send
            free, waiting = free - 1, waiting - 1
            heapq.heappush(running, now + max(0.0, chance.gauss(1, constants.spread)) * constants.leg)
        else:
            now, busy = max(now, heapq.heappop(running)) + constants.send, busy + constants.send
            free += 1
    end = now + islands * constants.choose
    return end, (busy + islands * constants.choose) / end


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """The slope of the logarithms."""
    return statistics.linear_regression([log(size) for size in sizes], [log(each) for each in seconds]).slope


def of_generation(asked: Options) -> None:
    """Seconds of a generation, one number changed at a time."""
    headed("a generation, one number changed at a time", "what changes", "values", "milliseconds", "grows as")
    base = {"side": 32, "batch": asked.batch, "parents": 1, "children": 1, "mutations": 3}
    few = (1, 2, 4)
    tried = {"parents": few, "children": few, "mutations": (1, 3, 5), "batch": (8, 16, 32), "side": (16, 32, 64)}
    for name, values in tried.items():
        works = [played(asked.width, **{**base, name: value}) for value in values]
        seconds = [statistics.median(each) for each in in_turn(works, asked.pairs, before=1)]
        power = f"{name}^{exponent(values, seconds):.2f}"
        lined(name, ", ".join(map(str, values)), ", ".join(f"{1e3 * each:.0f}" for each in seconds), power)


def played(width: int, side: int, batch: int, parents: int, children: int, mutations: int) -> Work:
    """A generation of dcgan on noise."""
    names = (*PAPER, "least_squares_logits", "wasserstein")[:mutations]
    scheme = Scheme(
        mutations=tuple(KNOWN[name] for name in names),
        evaluation_size=batch,
        parents=parents,
        children=children,
        common_latents=True,
    )
    rng = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 256, (4 * batch, 1, side, side), generator=rng).byte()
    game = make("dcgan", shape=(1, side, side), width=width)
    population = start(game, Batches(Examples("noise", noise), batch), rng, parents, Compute())
    toolbox = make_toolbox(population, scheme)

    def play() -> None:
        play_or_return(population, lambda: generation(population, scheme, toolbox))
        population.round += 1

    return play


def of_state(asked: Options) -> None:
    """Bytes of an island at rest before its first generation, and seconds to pack and unpack them."""
    del asked
    headed("an island at rest", "data", "megabytes", "packed and unpacked")
    for data in ("ring", "digits"):
        state = begun(data, Islands(islands=2), 10).islands[0].state
        begin = time.process_time()
        pickle.loads(pickle.dumps(state, protocol=5))
        lined(data, f"{size_of(state) / 1e6:.1f}", f"{1e3 * (time.process_time() - begin):.1f} ms")


def of_workers(asked: Options) -> None:
    """The simulation against processes, whose legs sleep."""
    headed("sleeping legs", "legs", "workers", "real", "simulated", "apart")
    payload = b"0" * int(asked.megabytes * 1e6)
    chance = random.Random(0)
    for workers in (1, 2, 4):
        sleeps = [asked.seconds * max(0.0, chance.gauss(1, asked.spread)) for _ in range(asked.legs)]
        with ProcessPoolExecutor(workers, get_context("fork")) as pool:
            list(pool.map(slept, [0.0] * workers, [b""] * workers))  # the processes are there
            send = statistics.median(_trip(pool, payload) for _ in range(5)) / 2
            begin = time.perf_counter()
            jobs = [pool.submit(slept, each, payload) for each in sleeps]
            for job in jobs:
                job.result()
            real = time.perf_counter() - begin
        constants = Constants(asked.seconds, asked.spread, send)
        told = statistics.mean(simulated(asked.legs, workers, constants, random.Random(seed))[0] for seed in range(50))
        lined(str(asked.legs), str(workers), f"{real:.2f} s", f"{told:.2f} s", f"{told / real - 1:+.0%}")


def _trip(pool: ProcessPoolExecutor, payload: bytes) -> float:
    """Seconds of a state to a worker and back."""
    begin = time.perf_counter()
    pool.submit(slept, 0.0, payload).result()
    return time.perf_counter() - begin


def slept(seconds: float, payload: bytes) -> bytes:
    """The leg of a real worker: the state comes, time passes, the state goes."""
    time.sleep(seconds)
    return payload


def of_islands(asked: Options) -> None:
    """From eight islands to a thousand, each with a worker of its own, and with fewer."""
    title = f"simulated: {asked.generation:g} s a generation, {asked.megabytes:g} MB a state, K = {asked.every}"
    headed(title, "islands", "workers", "a migration period", "of ideal", "keeper busy")
    constants = Constants(asked.generation * asked.every, asked.spread, asked.megabytes / asked.network)
    for islands in (8, 64, 256, 1024):
        for workers in (islands // 8, islands):
            found = [simulated(islands, workers, constants, random.Random(seed)) for seed in range(20)]
            seconds, busy = (statistics.mean(each) for each in zip(*found, strict=True))
            ideal = constants.leg * islands / workers
            lined(f"{islands:,}", f"{workers:,}", f"{seconds:,.0f} s", f"{ideal / seconds:.0%}", f"{busy:.0%}")


TABLES = {"generation": of_generation, "state": of_state, "workers": of_workers, "islands": of_islands}


def main(args: Sequence[str] | None = None) -> None:
    """Measure, simulate, and print the tables in Markdown."""
    torch.set_num_threads(1)
    asked = tyro.cli(Options, prog="python -m benchmarks.scaling", args=args)
    print(heading(), flush=True)
    for name in chosen(asked.names, list(TABLES), "table"):
        TABLES[name](asked)


if __name__ == "__main__":
    main()
