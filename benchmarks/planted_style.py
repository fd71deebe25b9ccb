"""``python -m benchmarks.planted_style``: is a unit whose work is known found, and painted with?

A small StyleGAN2 is trained against a discriminator on drawn pictures: red squares on a blue sky above a green meadow.
Red reaches the picture through one unit of the last block alone, by construction, so what it draws is known whatever
the training makes of it. The dissection is told pictures and a segmenter of red pixels, and no unit.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import tyro
from torch import Tensor, nn

from benchmarks.applications.row import Budget
from benchmarks.timing import heading
from core_gans.data import Batches, Examples
from core_gans.foreign.stylegan2 import StyleGAN2
from core_gans.networks import Architecture, Family
from core_gans.runs.averaging import Average
from core_gans.runs.watchers import Watcher
from core_gans.training import TrainingState, start, train
from core_gans.variants import DCGAN
from dissect import Dissection, Stroke, dissect, paint, unit_set
from dissect.sampling import RangeWarning

SIDE, SQUARE, LATENT, UNIT, LAYER = 16, 5, 16, 5, "b16"
EXAMPLES, BATCH, DISSECTED, PAINTED = 4_000, 32, 200, 20
BRUSH = (slice(4, 4 + SQUARE), slice(4, 4 + SQUARE))


@dataclass(frozen=True)
class Options:
    """Train, dissect and paint."""

    seconds: float = 60.0
    """Of processor time, of each training."""
    seeds: int = 3
    """Trainings, from the seeds 0, 1, 2, ..."""


def main(args: Sequence[str] | None = None) -> None:
    """Print the table."""
    asked = tyro.cli(Options, prog="python -m benchmarks.planted_style", args=args)
    if asked.seeds < 1 or not asked.seconds > 0:
        raise SystemExit(f"error: expected a seed and seconds above 0, got {asked.seeds} and {asked.seconds:g}.")
    torch.set_num_threads(1)
    print(f"{heading()}; {asked.seconds:g} s of each training; real pictures are {SQUARE**2 / SIDE**2:.1%} red\n")
    print(
        "| seed | rounds | red | the best unit | its score | the next one's | painted |\n|---|--:|--:|--:|--:|--:|--:|"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RangeWarning)  # a network without a tanh errs beyond [-1, 1]
        for seed in range(asked.seeds):
            print(row(seed, asked.seconds), flush=True)


def row(seed: int, seconds: float) -> str:
    """One training: which unit agrees best with red, how well beside the next one, and what it paints."""
    state = begun(seed)
    net = trained(state, None, Budget(seconds))
    found, red = dissected(net, seed)
    order = np.argsort(-found.score[:, 1])
    first, second = found.score[order[:2], 1]
    return (
        f"| {seed} | {state.round:,} | {red:.1%} | {order[0]} | {first:.3f} | {second:.3f} | "
        f"{painted(net, found, seed)} of {PAINTED} |"
    )


class RedSegmenter:
    """Red is where the first colour is above 0."""

    labels: tuple[str, ...] = ("not red", "red")

    def __call__(self, images: Tensor) -> Tensor:
        return (images[:, 0] > 0).long()


@dataclass(frozen=True)
class PlantedStyle(DCGAN):
    """DCGAN's discriminator, with R1, against a StyleGAN2 with a planted unit."""

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        return {"generator": planted(), "discriminator": kind.discriminator(architecture)}


def pictures(count: int, seed: int) -> Tensor:
    """Images (N, 3, 16, 16) in [-1, 1]: a red square somewhere, before a horizon somewhere."""
    rng = torch.Generator().manual_seed(seed)
    top, left = (torch.randint(1, SIDE - SQUARE, (count, 1), generator=rng) for _ in range(2))
    horizon = torch.randint(5, 12, (count, 1, 1), generator=rng)
    places = torch.arange(SIDE)
    rows, columns = ((places >= begin) & (places < begin + SQUARE) for begin in (top, left))
    images = torch.full((count, 3, SIDE, SIDE), -1.0)
    images[:, 1] = torch.where(places[:, None] >= horizon, 0.6, -0.6)
    images[:, 2] = -images[:, 1]
    images[:, 0][rows[:, :, None] & columns[:, None]] = 1.0
    return images


def planted() -> StyleGAN2:
    """A fresh network whose red comes from unit ``UNIT`` of the last block alone, which draws nothing else."""
    net = StyleGAN2(LATENT, LATENT, 2, (32, 24, 16))
    for name, parameter in net.named_parameters():
        if name.endswith(("bias", "strength")):
            nn.init.constant_(parameter, float(name.endswith("affine.bias")))
        else:
            nn.init.normal_(parameter, 0.0, 1.0 if name.endswith("const") else 1 / math.sqrt(parameter[0].numel()))
    for side in net.sides:
        drawing = net.get_submodule(f"rgb{side}")
        weight, affine = drawing.get_parameter("weight"), drawing.get_submodule("affine")
        free = torch.ones_like(weight)
        free[0] = 0.0
        if side == net.sides[-1]:
            free[:, UNIT] = 0.0
            for parameter, value in ((affine.get_parameter("weight"), 0.0), (affine.get_parameter("bias"), 1.0)):
                parameter.data[UNIT] = value  # no style scales it
                parameter.register_hook(lambda gradient: gradient.index_fill(0, torch.tensor(UNIT), 0.0))
        weight.data *= free
        if side == net.sides[-1]:
            weight.data[0, UNIT] = 1.0
        weight.register_hook(lambda gradient, free=free: gradient * free)
    return net


def begun(seed: int) -> TrainingState:
    """A training that has not begun."""
    data = Examples("squares", pictures(EXAMPLES, seed))
    game = PlantedStyle(
        shape=data.shape,
        latent=LATENT,
        width=16,
        normalisation="instance",
        rate=2e-3,
        beta1=0.0,
        beta2=0.99,
        r1=1.0,
        penalty_every=4,
    )
    return start(game, Batches(data, BATCH, seed), torch.Generator().manual_seed(seed))


def trained(state: TrainingState, rounds: int | None, *watchers: Watcher) -> nn.Module:
    """The weight average of the generator after ``rounds``, or when one of ``watchers`` has ended the training."""
    on = [Average(decay=0.99), *watchers]
    train(state.game, state.batches, rounds, rng=state.rng, state=state, watchers=on, progress=False, seconds=1e5)
    return state.sampling_nets()["generator"].eval()


def dissected(net: nn.Module, seed: int) -> tuple[Dissection, float]:
    """The dissection of the last block, and the share of red pixels in what the network draws."""
    latents = torch.randn(DISSECTED, LATENT, generator=torch.Generator().manual_seed(seed + 1_000))
    with torch.no_grad():
        red = RedSegmenter()(net(latents)).float().mean().item()
    return dissect(net, LAYER, latents, RedSegmenter(), batch_size=50), red


def painted(net: nn.Module, found: Dissection, seed: int) -> int:
    """In how many of ``PAINTED`` new pictures a brush with the found unit turns more than half of its box red."""
    latents = torch.randn(PAINTED, LATENT, generator=torch.Generator().manual_seed(seed + 2_000))
    units, mask, sees = unit_set(found, "red", 1), torch.zeros(SIDE, SIDE), RedSegmenter()
    mask[BRUSH] = 1.0
    after = [paint(net, LAYER, each[None], [Stroke("add", units, mask)], sees).after for each in latents]
    return sum(sees(image[None])[0][BRUSH].float().mean().item() > 0.5 for image in after)


if __name__ == "__main__":
    main()
