"""Dose and response: how much of a concept goes with how many of its units, and with how much of each.

After Bau et al. 2019, GAN Dissection, figure 9 (more units remove more), with the strength of the ablation as a second
dose, and random units of the same number beside both.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from core_gans.foundation.intervals import Change
from core_gans.foundation.names import require_known
from dissect.cause.collateral import tally_outside
from dissect.cause.intervals import ratio, ratio_change, spread, without_nan
from dissect.edits import scale
from dissect.hooks import at_rest, intervene
from dissect.sampling import Latents, Progress, batches, generate, segment
from dissect.segmenters.protocol import Segmenter

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)


@dataclass(frozen=True, eq=False)
class Curve:
    """Responses to ``D`` doses; each :class:`Change` has one number a dose, (D,)."""

    doses: tuple[float, ...]  # numbers of units, or strengths
    removed: Change  # the part of the concept's pixels that are gone, net: 1 all; negative where some were added
    disturbed: Change  # the part of all other pixels that show another class than before, from 0 to 1
    random_removed: Change  # of random sets of as many other units; the interval spans the sets
    random_disturbed: Change


@dataclass(frozen=True, eq=False)
class Dose:
    """What ablating the units that stand for ``concept`` does, by their number and by the strength."""

    layer: str
    concept: str
    ranked: tuple[int, ...]  # the layer's units, the one that stands most for the concept first
    images: int
    counts: Curve  # all at strength 1
    chosen: int  # how many of the units ``strengths`` was measured with
    strengths: Curve

    def to_dict(self) -> dict[str, object]:
        """Everything as plain lists, numbers and strings, for JSON; NaN becomes None."""
        return asdict(self) | {"counts": _plain(self.counts), "strengths": _plain(self.strengths)}


def dose_response(
    generator: nn.Module,
    layer: str,
    ranked: Sequence[int],
    concept: str,
    latents: Latents,
    segmenter: Segmenter,
    *,
    counts: Sequence[int] | None = None,
    strengths: Sequence[float] = STRENGTHS,
    chosen: int | None = None,
    random_trials: int = 3,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Dose:
    """Measure how the pixels of ``concept`` answer to the number of ablated units and to the ablation's strength.

    Strength ``s`` multiplies units by 1 - s: 0 leaves every image as it is, to the bit, 1 removes the units, and more
    changes their sign.

    Args:
        latents: the sample, (N, ...), or batches of it.
        ranked: the units of the layer, all that may be ablated, in the order in which they are.
        counts: numbers of units; by default 1, 2, 4 and so on, up to half of those ranked.
        chosen: how many of the units the strengths are tried with; by default the count nearest to 4% of those ranked.
        random_trials: how many random orders of the other units serve as the control of each dose.
        rng: draws the random orders and the bootstrap. On the CPU.
        progress: called with the number of images done so far.

    Raises:
        ValueError: no such layer, unit or concept; counts beyond the ranking; or none of the images shows the concept.
    """
    ranked = [int(unit) for unit in ranked]
    require_known("concept", concept, segmenter.labels)
    if len(ranked) < 2 or len(set(ranked)) != len(ranked):
        raise ValueError(f"expected a ranking of at least 2 units, each once, got {len(ranked)}")
    counts = list(counts) if counts is not None else doubled(len(ranked) // 2)
    if not counts or not strengths or random_trials < 1:
        raise ValueError("expected at least one count, one strength and one random trial")
    if chosen is None:
        chosen = min(counts, key=lambda count: abs(count - 0.04 * len(ranked)))
    if wrong := [count for count in (*counts, chosen) if not 1 <= count < len(ranked)]:
        raise ValueError(f"the numbers of units run from 1 to {len(ranked) - 1} of {len(ranked)} here, got {wrong[0]}")
    orders = [ranked, *(_shuffled(ranked, rng) for _ in range(random_trials))]
    doses = [(count, 1.0) for count in counts] + [(chosen, strength) for strength in strengths]
    column, classes = segmenter.labels.index(concept), len(segmenter.labels)
    seen: list[Tensor] = []  # per batch: (1 + random_trials, doses, 4, N)
    with at_rest(generator):
        for batch in batches(latents, batch_size, progress):
            before = segment(segmenter, generate(generator, batch))
            rows = []
            for number, order in enumerate(orders):
                row = []
                for count, strength in doses:
                    # The control leaves out the units that are tested, where there are enough others.
                    units = order[:count] if number == 0 else _as_many(order, ranked[:count])
                    with intervene(generator, {layer: scale(units, 1 - strength)}):
                        after = segment(segmenter, generate(generator, batch))
                    row.append(_responses(tally_outside(before, after, column, classes), after == column, column))
                rows.append(torch.stack(row))
            seen.append(torch.stack(rows))
    counted = torch.cat(seen, dim=3).cpu()
    images = counted.shape[3]
    if not counted[0, 0, 1].sum() > 0:
        raise ValueError(f"none of the {images} images shows {concept!r}: choose another concept, or more images")
    split = len(counts)
    return Dose(
        layer,
        concept,
        tuple(ranked),
        images,
        _curve([float(count) for count in counts], counted[:, :split], rng),
        chosen,
        _curve([float(strength) for strength in strengths], counted[:, split:], rng),
    )


def doubled(most: int) -> list[int]:
    """1, 2, 4, 8 and so on, and ``most`` itself, which is at least 1."""
    return [*(2**k for k in range(most.bit_length()) if 2**k < most), most]


def _shuffled(ranked: Sequence[int], rng: torch.Generator) -> list[int]:
    return [ranked[place] for place in torch.randperm(len(ranked), generator=rng).tolist()]


def _as_many(order: Sequence[int], tested: Sequence[int]) -> list[int]:
    """The first of ``order`` that are not ``tested``, as many as these or all there are."""
    free = set(order) - set(tested)
    return [unit for unit in order if unit in free][: len(tested)]


def _responses(counts: Tensor, shown: Tensor, column: int) -> Tensor:
    """Of each image (4, N): the concept's pixels gone, those before, other pixels that changed, and others before."""
    before, outside, _, moved, _ = counts  # each (N, K)
    gone = before[:, column] - shown.sum((1, 2))
    return torch.stack([gone, before[:, column], moved.sum(1), outside.sum(1)])


def _curve(doses: Sequence[float], counted: Tensor, rng: torch.Generator) -> Curve:
    """From ``counted`` (1 + random_trials, D, 4, N)."""
    gone, there, moved, others = counted.transpose(1, 2).transpose(2, 3).unbind(1)  # each (1 + random_trials, N, D)
    return Curve(
        tuple(doses),
        ratio_change(gone[0], there[0], rng),
        ratio_change(moved[0], others[0], rng),
        spread(ratio(gone[1:].sum(1), there[1:].sum(1))),
        spread(ratio(moved[1:].sum(1), others[1:].sum(1))),
    )


def _plain(curve: Curve) -> dict[str, object]:
    changes = {name: value for name, value in vars(curve).items() if isinstance(value, Change)}
    bounds = {
        name: {part: without_nan(bound) for part, bound in vars(value).items()} for name, value in changes.items()
    }
    return {"doses": list(curve.doses), **bounds}
