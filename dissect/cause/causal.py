"""What a set of units causes: how the area of every class changes when they are removed, and when they are inserted.

Bau et al. 2019, GAN Dissection, section 3.2: the average causal effect of units U on class c is
E[s_c | U inserted] - E[s_c | U ablated], where s_c is the share of pixels the segmenter sees as c. Beside it stands the
control: random sets of as many other units. In a narrow layer those remove much of a small class, too, and without
them the effect says little.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn

from core_gans.foundation.intervals import Change
from core_gans.foundation.names import unknown_name
from dissect.cause.collateral import Collateral, collateral, tally_outside
from dissect.cause.intervals import Shares, mean_change, ratio, ratio_change, spread, without_nan
from dissect.cause.random_units import random_units
from dissect.cause.regions import under
from dissect.edits import ablate, insert
from dissect.hooks import Edit, at_rest, intervene
from dissect.measure.values import HIGH
from dissect.sampling import Latents, Progress, batches, generate, segment, sights
from dissect.segmenters.protocol import Segmenter


@dataclass(frozen=True, eq=False)
class CausalEffect:
    """What ``units`` of ``layer`` do to each of ``K`` classes.

    Changes are differences of a class's share of the pixels looked at: of whole images, or of the squares where the
    units were set. Intervals of the units' own changes come from a bootstrap over images; those of the random sets
    span the sets, from the 2.5th to the 97.5th percentile. ``relative`` is a ratio of sums, and so is its bootstrap.
    """

    layer: str
    labels: tuple[str, ...]
    units: tuple[int, ...]
    images: int
    random_trials: int
    patch: int | None  # cells of the layer on a side of the square where units were set; None: everywhere
    before: Shares  # (K,) mean share in the untouched images
    ablation: Change  # ablated - untouched
    insertion: Change  # inserted - untouched
    ace: Change  # inserted - ablated, the average causal effect
    random_ablation: Change
    random_insertion: Change
    random_ace: Change
    relative: Change  # ablation over the class's own pixels: -1 is all of it gone, NaN a class that is not there
    random_relative: Change
    collateral: Collateral | None = None  # where the units were said to stand for a concept

    def removed(self, concept: str) -> float:
        """The part of the concept's pixels that ablation takes away: 1 all, 0 none, negative where it adds some.

        NaN where the untouched images have none of it.
        """
        return -float(self.relative.mean[self.labels.index(concept)])

    def to_dict(self) -> dict[str, object]:
        """Everything as plain lists, numbers and strings, for JSON; NaN becomes None."""
        return {name: _plain(value) for name, value in asdict(self).items()}


def causal_effect(
    generator: nn.Module,
    layer: str,
    units: Sequence[int],
    latents: Latents,
    segmenter: Segmenter,
    *,
    value: float | Sequence[float] | Tensor | None = None,
    random_trials: int = 8,
    patch: int | None = None,
    concept: str | None = None,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> CausalEffect:
    """Measure what removing and inserting ``units`` of ``layer`` does to every class of ``segmenter``.

    Args:
        latents: the sample, (N, ...), or batches of it.
        value: what units are inserted at: one number, or one for each unit *of the layer*, (U,), because the random
            sets are inserted, too. By default each unit's 99th percentile in the first batch.
        random_trials: how many random sets of as many other units serve as the control.
        patch: set the units in a square of so many cells at a random place in each image, and look at the pixels under
            it alone, as the paper does with 1; None sets them everywhere.
        concept: what the units stand for: adds the collateral of their ablation, net of what stood behind.
        rng: draws the random sets, the places, and the bootstrap. On the CPU.
        progress: called with the number of images done so far.

    Raises:
        ValueError: no such layer, unit, concept or latents, or a ``value`` or ``patch`` that does not fit the layer.
    """
    units = [int(unit) for unit in units]
    if not units:
        raise ValueError("expected at least one unit to test, got none")
    if random_trials < 1:
        raise ValueError(f"expected at least 1 random trial for the control, got {random_trials}")
    if concept is not None and concept not in segmenter.labels:
        raise unknown_name("concept", concept, segmenter.labels)
    count = len(segmenter.labels)
    seen: list[Tensor] = []  # per batch: (1 + random_trials, 3, N, K)
    outside: list[Tensor] = []  # per batch: (1 + random_trials, 5, N, K)
    sets: list[list[int]] = []
    values: Tensor | None = None
    with at_rest(generator):
        for batch in batches(latents, batch_size, progress):
            sight = next(sights(generator, [layer], [batch], segmenter))
            features = sight.features[layer]
            if values is None:
                values = _values(value, features)
                sets = [units, *(random_units(units, features.shape[1], rng) for _ in range(random_trials))]
            mask = _mask(features, patch, rng)
            before = _shares(sight.classes, count, mask)
            measured, counted = [], []
            for chosen in sets:
                ablated = _edited(generator, layer, ablate(chosen, mask), batch, segmenter)
                inserted = _edited(generator, layer, insert(chosen, values[chosen], mask), batch, segmenter)
                after = [before, *(_shares(classes, count, mask) for classes in (ablated, inserted))]
                measured.append(torch.stack(after))
                if concept is not None:
                    counted.append(tally_outside(sight.classes, ablated, segmenter.labels.index(concept), count))
            seen.append(torch.stack(measured))
            if counted:
                outside.append(torch.stack(counted))
    shares = torch.cat(seen, dim=2).cpu()
    untouched, ablated, inserted = shares.unbind(1)  # each (1 + random_trials, N, K)
    changes = (ablated - untouched, inserted - untouched, inserted - ablated)
    own = [mean_change(change[0], rng) for change in changes]
    random = [spread(change[1:].mean(1)) for change in changes]
    return CausalEffect(
        layer,
        tuple(segmenter.labels),
        tuple(units),
        untouched.shape[1],
        random_trials,
        patch,
        untouched[0].mean(0).numpy(),
        ablation=own[0],
        insertion=own[1],
        ace=own[2],
        random_ablation=random[0],
        random_insertion=random[1],
        random_ace=random[2],
        relative=ratio_change(changes[0][0], untouched[0], rng),
        random_relative=spread(ratio(changes[0].sum(1), untouched.sum(1))[1:]),
        collateral=None if concept is None else collateral(concept, torch.cat(outside, dim=2).cpu(), rng),
    )


def _edited(generator: nn.Module, layer: str, edit: Edit, latents: Tensor, segmenter: Segmenter) -> Tensor:
    with intervene(generator, {layer: edit}):
        return segment(segmenter, generate(generator, latents))


def _values(value: float | Sequence[float] | Tensor | None, features: Tensor) -> Tensor:
    count = features.shape[1]
    if value is None:
        ordered = features.transpose(0, 1).flatten(1).sort(dim=1).values
        return ordered[:, int(HIGH * (ordered.shape[1] - 1))]
    values = torch.as_tensor(value, dtype=features.dtype, device=features.device)
    if values.shape not in ((), (count,)):
        raise ValueError(
            f"expected one value or {count}, one for each unit of the layer, got the shape {tuple(values.shape)}"
        )
    return values.expand(count)


def _mask(features: Tensor, patch: int | None, rng: torch.Generator) -> Tensor:
    """Where the units are set: (N, 1, h, w), ones everywhere or in a square at a random place in each image."""
    count, _, height, width = features.shape
    if patch is None:
        return torch.ones(count, 1, height, width, device=features.device)
    if not 1 <= patch <= min(height, width):
        raise ValueError(f"a patch has 1 to {min(height, width)} cells on a side in this layer, got {patch}")
    corner = torch.rand(count, 2, generator=rng) * torch.tensor((height - patch + 1, width - patch + 1))
    top, left = corner.long().view(count, 2, 1, 1, 1).unbind(1)
    rows, columns = torch.arange(height).view(1, 1, -1, 1) - top, torch.arange(width).view(1, 1, 1, -1) - left
    return ((rows >= 0) & (rows < patch) & (columns >= 0) & (columns < patch)).float().to(features.device)


def _shares(classes: Tensor, count: int, mask: Tensor) -> Tensor:
    """The share (N, count) of the pixels under ``mask`` that shows each class, float64."""
    square = under(mask, (classes.shape[1], classes.shape[2])).double()
    there = torch.stack([((classes == k) * square).sum((1, 2)) for k in range(count)], dim=1)
    return there / square.sum((1, 2))[:, None]


def _plain(value: object) -> object:
    if isinstance(value, np.ndarray):
        return without_nan(value)
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return list(value) if isinstance(value, tuple) else value
