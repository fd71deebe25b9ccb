"""``python -m benchmarks.generation_cost [table] [mutations] [memory]``: what a generation of E-GAN costs.

The unit is a lean round of DCGAN, written by hand: one batch of fakes serves both players, the discriminator learns
from one backward pass, and Adam is fused. Generation and round are timed in turn, in one run, on the same networks;
medians of the pairs' ratios are printed. On one thread (OMP_NUM_THREADS=1) the processor's own seconds are counted, so
that other work on the machine matters less; on several, the clock's.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
import tyro

from benchmarks.__main__ import noise
from benchmarks.timing import Work, chosen, heading, in_turn, peak, peak_of
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

PAPER = ("minimax", "heuristic", "least_squares")
FIVE = (*PAPER, "least_squares_logits", "wasserstein")


@dataclass(frozen=True)
class Setting:
    """Networks and batch sizes of a comparison."""

    name: str
    width: int
    batch: int
    evaluation: int
    normalisation: str = "batch"
    colours: int = 1
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


@dataclass(frozen=True)
class Options:
    """Hold a generation of E-GAN against lean rounds of DCGAN."""

    parts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Of table, mutations and memory; default: all."""
    pairs: int = 9
    """Turns that are timed."""
    width: int = 64
    """Of the narrow networks; the wide ones are twice as wide."""
    batch: int = 64
    """Images a step, and children's fakes to judge; with the paper's three steps, four times as many to judge."""
    generations: int = 12
    """Whose memory is measured."""
    alone: str = ""
    """Play one row of the memory table in this process and print its peak."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the parts named on the command line, or all of them."""
    asked = tyro.cli(Options, prog="python -m benchmarks.generation_cost", args=args)
    if asked.alone:
        PLAYED[asked.alone](asked)
        print(peak())
        return
    names = chosen(asked.parts, list(PARTS), "part")
    print(f"{heading()}, channels_last, medians of {asked.pairs} pairs\n")
    for name in names:
        PARTS[name](asked)
        print(flush=True)


def settings(asked: Options) -> tuple[Setting, ...]:
    """Every setting of the table."""
    width, batch, none = asked.width, asked.batch, "no batch norm in D"
    plain = Setting(f"{width} features", width, batch=batch, evaluation=batch)
    wide = replace(plain, name=f"{2 * width} features", width=2 * width)
    paper = replace(plain, colours=3, evaluation=4 * batch, steps=3)
    return (
        plain,
        replace(plain, name=f"{plain.name}, {none}", normalisation="none"),
        wide,
        replace(wide, name=f"{wide.name}, {none}", normalisation="none"),
        *(
            replace(paper, name=f"CIFAR: {width} features, b {size}, e {4 * batch}, k 3", batch=size)
            for size in (batch, batch // 2)
        ),
    )


def table(asked: Options) -> None:
    """Every setting, in float32 and in bfloat16."""
    print("| three mutations, one parent | round, ms | generation, ms | in rounds | reference, in rounds |")
    print("|---|---|---|---|---|")
    for setting in settings(asked):
        works = [lean(setting, False), evolution(setting, False), evolution(setting, False, fast=False)]
        plain, fast, reference = in_turn(works, asked.pairs)
        row(setting.name + ", fp32", plain, fast, reference)
        halves = [lean(setting, True), evolution(setting, True), evolution(setting, True, fast=False)]
        plain, half, fast, reference = in_turn([lean(setting, False), *halves], asked.pairs)
        row(setting.name + ", bf16 against fp32 rounds", plain, fast, reference)
        row(setting.name + ", bf16 against bf16 rounds", half, fast, reference)


def by_mutations(asked: Options) -> None:
    """The cost of each further mutation, in the first setting, in float32."""
    setting = settings(asked)[0]
    works = [evolution(setting, False, FIVE[:count]) for count in range(1, 6)]
    plain, *generations = in_turn([lean(setting, False), *works], asked.pairs)
    ratios = [ratio(generation, plain) for generation in generations]
    print(f"| mutations, {setting.name}, fp32 | 1 | 2 | 3 | 4 | 5 | slope |\n|---|---|---|---|---|---|---|")
    slope = statistics.linear_regression(range(1, 6), ratios).slope
    print("| generation, in rounds | " + " | ".join(f"{each:.2f}" for each in ratios) + f" | {slope:.2f} |")


def memory(asked: Options) -> None:
    """The peak memory of a fresh process that plays generations, in the first setting."""
    print(f"| peak memory of the process, {asked.width} features | GB |\n|---|---|")
    for name in PLAYED:
        sizes = ["--width", str(asked.width), "--batch", str(asked.batch), "--generations", str(asked.generations)]
        gigabytes, _ = peak_of("benchmarks.generation_cost", ["--alone", name, *sizes])
        print(f"| {name} | {gigabytes:.2f} |", flush=True)


def played(asked: Options, bf16: bool, fast: bool = True) -> None:
    """Generations in the first setting."""
    work = evolution(settings(asked)[0], bf16, fast=fast)
    for _ in range(asked.generations):
        work()


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


def evolution(
    setting: Setting, bf16: bool, mutations: tuple[str, ...] = PAPER, fast: bool = True, **numbers: Any
) -> Work:
    """A generation as ``evolve`` plays it, by the fast engine or by the reference; ``numbers`` are the scheme's."""
    compute, rng = Compute("cpu", bf16, channels_last=True), torch.Generator().manual_seed(0)
    scheme = Scheme(
        mutations=tuple(KNOWN[name] for name in mutations),
        evaluation_size=setting.evaluation,
        common_latents=True,
        recycle=True,
        engine="fast" if fast else "reference",
        **numbers,
    )
    batches = Batches(noise(setting.colours, 32), setting.batch)
    population = start(setting.game(), batches, rng, 1, compute)
    toolbox = make_toolbox(population, scheme)

    def play() -> None:
        play_or_return(population, lambda: generation(population, scheme, toolbox))
        population.round += 1

    return play


def ratio(ones: list[float], others: list[float]) -> float:
    """The median of the pairs' ratios."""
    return statistics.median(one / other for one, other in zip(ones, others, strict=True))


def row(name: str, plain: list[float], fast: list[float], reference: list[float]) -> None:
    """One line of the table."""
    ms = [1000 * statistics.median(each) for each in (plain, fast)]
    print(
        f"| {name} | {ms[0]:.0f} | {ms[1]:.0f} | {ratio(fast, plain):.2f} | {ratio(reference, plain):.2f} |", flush=True
    )


PARTS: dict[str, Callable[[Options], None]] = {"table": table, "mutations": by_mutations, "memory": memory}
PLAYED: dict[str, Callable[[Options], None]] = {
    "imports alone": lambda asked: None,
    "fp32": partial(played, bf16=False),
    "bf16": partial(played, bf16=True),
    "fp32, reference": partial(played, bf16=False, fast=False),
}


if __name__ == "__main__":
    main()
