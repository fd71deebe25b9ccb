"""The first images of the sample: which layers can be dissected, and the levels of their units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dissect.hooks import record
from dissect.measure.dissection import Rule
from dissect.measure.levels import Levels, spread
from dissect.measure.quantiles import Sketch, unit_sketch
from dissect.sampling import Progress, generate, maps

FIRST_LOOK = 256  # images that place the levels of a rule
EVEN = 30  # levels beside the quantiles
STEADY = 1e-3  # of the range of images, 2: what two computations of the same image may differ by


@dataclass(frozen=True)
class Placed:
    """The levels of the units of a layer, and activations ``low`` (U,) with which each is surely off."""

    levels: Levels
    low: Tensor


def place(
    generator: nn.Module,
    layers: Sequence[str],
    latents: Iterable[Tensor],
    rule: Rule | float,
    progress: Progress | None = None,
) -> tuple[dict[str, Placed], dict[str, str]]:
    """The levels of each layer by ``rule``, from batches of ``latents`` (N, ...), and why others cannot be dissected.

    A number as ``rule`` is the share of activations above the level.

    Raises ValueError for a layer that ``generator`` does not have, or images that are not (N, C, H, W).
    """
    done = 0
    samples: dict[str, Sketch] = {}
    units: dict[str, Tensor] = {}  # True of those with a finite number
    unfit: dict[str, str] = {}
    with record(generator, layers) as seen:
        for batch in latents:
            generate(generator, batch)
            for layer in layers:
                if layer in unfit:
                    continue
                try:
                    found = maps(seen, layer)
                except ValueError as error:
                    unfit[layer] = str(error)
                    continue
                finite = torch.isfinite(found)
                samples.setdefault(layer, unit_sketch(found.shape[1])).add_maps(_filled(found, finite))
                units[layer] = units.get(layer, finite.new_zeros(found.shape[1])) | finite.any(dim=3).any(2).any(0)
            done += len(batch)
            if progress is not None:
                progress(done)
    for layer, some in units.items():
        if not bool(some.any()):
            unfit[layer] = f"layer {layer!r} puts out NaN or infinite numbers only: the generator is broken"
    placed = {layer: Placed(_levels(sample, rule), sample.low) for layer, sample in samples.items()}
    return {layer: found for layer, found in placed.items() if layer not in unfit}, unfit


def is_steady(generator: nn.Module, latents: Tensor) -> bool:
    """Whether the generator gives the same images twice at equal ``latents`` (N, ...). ValueError as ``generate``."""
    once, again = generate(generator, latents), generate(generator, latents)
    return torch.allclose(once, again, rtol=0, atol=STEADY, equal_nan=True)


def _levels(sample: Sketch, rule: Rule | float) -> Levels:
    return Levels.place(sample, spread(), EVEN) if isinstance(rule, str) else Levels.single(sample, rule)


def _filled(features: Tensor, finite: Tensor) -> Tensor:
    """Features (N, U, h, w) in which the lowest finite number of each map stands for those that are not; or else 0."""
    if bool(finite.all()):
        return features
    lowest = torch.where(finite, features, torch.inf).amin(dim=(2, 3), keepdim=True)
    return torch.where(finite, features, torch.where(torch.isfinite(lowest), lowest, 0.0))
