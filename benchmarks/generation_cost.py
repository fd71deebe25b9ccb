"""``python -m benchmarks.generation_cost [table] [mutations] [memory]``: what a generation of E-GAN costs.

The unit is a lean round of DCGAN, written by hand: one batch of fakes serves both players, the discriminator learns
from one backward pass, and Adam is fused. Generation and round are timed in turn, in one run, on the same networks;
medians of the pairs' ratios are printed. On one thread (OMP_NUM_THREADS=1) the processor's own seconds are counted, so
that other work on the machine matters less; on several, the clock's.
"""

from __future__ import annotations

import os
import resource
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from benchmarks.__main__ import noise
from benchmarks.parts import run_parts
from core_gans import make
from core_gans.compute import Compute
from core_gans.data import Batches
from core_gans.game import NoiseGame
from core_gans.training import start as begin
from egan.evolution import generation, make_toolbox
from egan.mutations import KNOWN
from egan.population import start
from egan.returning import play_or_return
from egan.scheme import Scheme

PAIRS = int(os.environ.get("PAIRS", "9"))
PAPER = ("minimax", "heuristic", "least_squares")
FIVE = (*PAPER, "least_squares_logits", "wasserstein")
Work = Callable[[], object]


@dataclass(frozen=True)
class Setting:
    """Networks and batch sizes of a comparison."""

    name: str
    width: int = 64
    normalisation: str = "batch"
    colours: int = 1
    batch: int = 64
    evaluation: int = 64
    steps: int = 1

    def game(self) -> NoiseGame:
        game = make(
            "dcgan",
            shape=(self.colours, 32, 32),
            width=self.width,
            normalisation=self.normalisation,
            discriminator_steps=self.steps,
        )
        assert isinstance(game, NoiseGame)
        return game


SETTINGS = (
    Setting("64 features"),
    Setting("64 features, no batch norm in D", normalisation="none"),
    Setting("128 features", width=128),
    Setting("128 features, no batch norm in D", width=128, normalisation="none"),
    Setting("CIFAR: 64 features, b 64, e 256, k 3", colours=3, evaluation=256, steps=3),
    Setting("CIFAR: 64 features, b 32, e 256, k 3", colours=3, batch=32, evaluation=256, steps=3),
)


def main() -> None:
    """Run the parts named on the command line, or all of them."""
    run_parts(
        {"table": table, "mutations": by_mutations, "memory": memory}, f", channels_last, medians of {PAIRS} pairs"
    )


def table() -> None:
    """Every setting, in float32 and in bfloat16."""
    print("| three mutations, one parent | round, ms | generation, ms | in rounds | reference, in rounds |")
    print("|---|---|---|---|---|")
    for setting in SETTINGS:
        works = (evolution(setting, False), evolution(setting, False, fast=False))
        plain, fast, reference = in_turn(lean(setting, False), *works)
        row(setting.name + ", fp32", plain, fast, reference)
        works = (evolution(setting, True), evolution(setting, True, fast=False))
        plain, half, fast, reference = in_turn(lean(setting, False), lean(setting, True), *works)
        row(setting.name + ", bf16 against fp32 rounds", plain, fast, reference)
        row(setting.name + ", bf16 against bf16 rounds", half, fast, reference)


def by_mutations() -> None:
    """The cost of each further mutation, at 64 features in float32."""
    setting = SETTINGS[0]
    works = [evolution(setting, False, FIVE[:count]) for count in range(1, 6)]
    plain, *generations = in_turn(lean(setting, False), *works)
    ratios = [ratio(generation, plain) for generation in generations]
    print("| mutations, 64 features, fp32 | 1 | 2 | 3 | 4 | 5 | slope |\n|---|---|---|---|---|---|---|")
    slope = statistics.linear_regression(range(1, 6), ratios).slope
    print("| generation, in rounds | " + " | ".join(f"{each:.2f}" for each in ratios) + f" | {slope:.2f} |")


def memory() -> None:
    """The peak memory of a fresh process that plays generations, at 64 features."""
    print("| peak memory of the process, 64 features | GB |\n|---|---|")
    for name, code in {
        "imports alone": "",
        "fp32": "g.played(g.SETTINGS[0], False)",
        "bf16": "g.played(g.SETTINGS[0], True)",
        "fp32, reference": "g.played(g.SETTINGS[0], False, fast=False)",
    }.items():
        work = f"import benchmarks.generation_cost as g\n{code}\nprint(g.peak())"
        # A process begins with its parent's peak, so the shell, which is small, stands between.
        command = f"{shlex.quote(sys.executable)} -c {shlex.quote(work)}; exit"
        done = subprocess.run(["/bin/sh", "-c", command], check=True, capture_output=True, text=True)
        print(f"| {name} | {float(done.stdout):.2f} |", flush=True)


def played(setting: Setting, bf16: bool, fast: bool = True) -> None:
    """Twelve generations."""
    work = evolution(setting, bf16, fast=fast)
    for _ in range(12):
        work()


def peak() -> float:
    """The largest resident size of this process so far, in GB; Linux counts it in kB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def lean(setting: Setting, bf16: bool) -> Work:
    """A round of DCGAN with nothing around it: k steps of the discriminator, one of the generator on the last fakes."""
    compute, rng = Compute("cpu", bf16, channels_last=True), torch.Generator().manual_seed(0)
    game = setting.game()
    batches = Batches(noise(setting.colours, 32), setting.batch)
    nets = begin(game, batches, rng, compute).nets
    generator, discriminator = nets["generator"], nets["discriminator"]
    ours = torch.optim.Adam(generator.parameters(), 2e-4, (0.5, 0.999), fused=True)
    theirs = torch.optim.Adam(discriminator.parameters(), 2e-4, (0.5, 0.999), fused=True)

    def play() -> None:
        discriminator.requires_grad_(True)
        for step in range(setting.steps):
            last = step == setting.steps - 1
            with compute.autocast():
                with torch.set_grad_enabled(last):
                    fakes = generator(game.latents(setting.batch, rng))
                real, fake = discriminator(next(batches).real), discriminator(fakes.detach())
                loss = F.softplus(-real.float()).mean() + F.softplus(fake.float()).mean()
            theirs.zero_grad(set_to_none=True)
            loss.backward()
            theirs.step()
        discriminator.requires_grad_(False)
        with compute.autocast():
            loss = F.softplus(-discriminator(fakes).float()).mean()
        ours.zero_grad(set_to_none=True)
        loss.backward()
        ours.step()

    return play


def evolution(setting: Setting, bf16: bool, mutations: tuple[str, ...] = PAPER, fast: bool = True) -> Work:
    """A generation as ``evolve`` plays it, by the fast engine or by the reference."""
    compute, rng = Compute("cpu", bf16, channels_last=True), torch.Generator().manual_seed(0)
    scheme = Scheme(
        mutations=tuple(KNOWN[name] for name in mutations),
        evaluation_size=setting.evaluation,
        common_latents=True,
        recycle=True,
        engine="fast" if fast else "reference",
    )
    batches = Batches(noise(setting.colours, 32), setting.batch)
    population = start(setting.game(), batches, rng, 1, compute)
    toolbox = make_toolbox(population, scheme)

    def play() -> None:
        play_or_return(population, lambda: generation(population, scheme, toolbox))
        population.round += 1

    return play


def clock() -> float:
    """Seconds of this process on one thread, of the wall on several."""
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def in_turn(*works: Work) -> list[list[float]]:
    """Seconds of each work in each turn; two turns before do not count."""
    seconds: list[list[float]] = [[] for _ in works]
    for turn in range(PAIRS + 2):
        for work, spent in zip(works, seconds, strict=True):
            begun = clock()
            work()
            if turn >= 2:
                spent.append(clock() - begun)
    return seconds


def ratio(ones: list[float], others: list[float]) -> float:
    """The median of the pairs' ratios."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def row(name: str, plain: list[float], fast: list[float], reference: list[float]) -> None:
    """One line of the table."""
    ms = [1000 * statistics.median(each) for each in (plain, fast)]
    print(
        f"| {name} | {ms[0]:.0f} | {ms[1]:.0f} | {ratio(fast, plain):.2f} | {ratio(reference, plain):.2f} |", flush=True
    )


if __name__ == "__main__":
    main()
