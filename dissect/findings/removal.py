"""What ablating each concept's units removes, and what it harms, all measured on the same images and random sets.

Bau et al. 2019, GAN Dissection, section 4.3 and figure 12: some objects vanish with a few units, others only thin out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core_gans.foundation.intervals import Change, Interval
from core_gans.foundation.names import require_known
from dissect.cause.collateral import Collateral, collateral, tally_outside
from dissect.cause.intervals import ratio_change, spread
from dissect.edits import ablate
from dissect.hooks import at_rest, intervene
from dissect.sampling import Progress, batches, generate, segment, sights
from dissect.segmenters.protocol import Segmenter

TRIALS = 6  # random sets of units, the control
RARE = 0.001  # a class on fewer of all pixels is too rare for its relative change to mean much


@dataclass(frozen=True, eq=False)
class Removal:
    """Ablating ``units`` for ``concept``: changes relative to the pixels before, -1 being all of them gone."""

    concept: str
    labels: tuple[str, ...]
    units: tuple[int, ...]
    share: float  # of all pixels, before
    change: Interval
    random: Interval  # of random sets of as many units of the layer; the interval spans the sets
    collateral: Collateral
    shares: tuple[float, ...]  # (K,) of all pixels, before, of every class

    def worst(self) -> tuple[str, Interval]:
        """The other class that changes most, net of what stood behind, among those that are not rare."""
        net = self.collateral.net
        others = [
            (label, net.of(k))
            for k, (label, share) in enumerate(zip(self.labels, self.shares, strict=True))
            if label != self.concept and share >= RARE
        ]
        return max(others, key=lambda each: abs(each[1].value), default=("nothing", Interval(0.0, 0.0, 0.0)))

    def others(self) -> float:
        """The changes of all other classes, net of what stood behind: their sizes' sum over the pixels these had."""
        rows = zip(self.labels, self.collateral.net.mean.tolist(), self.shares, strict=True)
        there = [(abs(net) * share, share) for label, net, share in rows if label != self.concept and share > 0]
        return sum(moved for moved, _ in there) / sum(share for _, share in there) if there else 0.0

    def to_dict(self) -> dict[str, object]:
        """Everything as plain lists, numbers and strings, for JSON; NaN becomes None."""
        beside = self.collateral
        return {
            "units": list(self.units),
            "share": self.share,
            "change": list(self.change),
            "random": list(self.random),
            "others": self.others(),
            "net": _by_label(self.labels, beside.net),
            "lost": _by_label(self.labels, beside.lost),
            "random_net": _by_label(self.labels, beside.random_net),
            "behind": {k: v if v == v else None for k, v in zip(self.labels, beside.behind.tolist(), strict=True)},
        }


def removals(
    generator: nn.Module,
    layer: str,
    chosen: Mapping[str, Sequence[int]],
    latents: Tensor,
    segmenter: Segmenter,
    *,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> dict[str, Removal]:
    """Ablate each concept's units in turn; concepts that no image shows are left out.

    All the sets of units should have one size: the control is sets of the largest one's, drawn from the whole layer
    and shared by all concepts. ``progress`` is called with the number of images done so far.

    Raises:
        ValueError: no such layer, unit or concept, or no latents.
    """
    labels = tuple(segmenter.labels)
    for concept in chosen:
        require_known("concept", concept, labels)
    if not chosen:
        raise ValueError("expected at least one concept, got none")
    most = max(len(units) for units in chosen.values())
    before: list[Tensor] = []
    after: dict[str | int, list[Tensor]] = {}
    sets: dict[str | int, Sequence[int]] = dict(chosen.items())
    with at_rest(generator):
        for batch in batches(latents, batch_size, progress):
            sight = next(sights(generator, [layer], [batch], segmenter))
            before.append(sight.classes.cpu())
            if not after:
                units = sight.features[layer].shape[1]
                sets |= {trial: torch.randperm(units, generator=rng)[:most].tolist() for trial in range(TRIALS)}
            for name, ablated in sets.items():
                with intervene(generator, {layer: ablate(ablated)}):
                    after.setdefault(name, []).append(segment(segmenter, generate(generator, batch)).cpu())
    untouched = torch.cat(before)
    found = {name: torch.cat(classes) for name, classes in after.items()}
    controls = [found[trial] for trial in range(TRIALS)]
    shares = tuple(float((untouched == k).double().mean()) for k in range(len(labels)))
    return {
        concept: _removal(concept, labels, units, untouched, [found[concept], *controls], shares, rng)
        for concept, units in chosen.items()
        if shares[labels.index(concept)] > 0
    }


def _removal(
    concept: str,
    labels: tuple[str, ...],
    units: Sequence[int],
    before: Tensor,
    after: Sequence[Tensor],
    shares: tuple[float, ...],
    rng: torch.Generator,
) -> Removal:
    """From segmentations (N, H, W) before, and after: the concept's own first, then those of the random sets."""
    column = labels.index(concept)
    there = (before == column).sum((1, 2)).double()[:, None]  # (N, 1)
    left = torch.stack([(each == column).sum((1, 2)).double()[:, None] for each in after])  # (1 + trials, N, 1)
    counts = torch.stack([tally_outside(before, each, column, len(labels)) for each in after])
    return Removal(
        concept,
        labels,
        tuple(int(unit) for unit in units),
        shares[column],
        ratio_change(left[0] - there, there, rng).of(0),
        spread((left[1:] - there).sum(1) / there.sum(0)).of(0),
        collateral(concept, counts, rng),
        shares,
    )


def _by_label(labels: Sequence[str], change: Change) -> dict[str, list[float] | None]:
    rows = zip(labels, change.mean.tolist(), change.low.tolist(), change.high.tolist(), strict=True)
    return {label: None if mean != mean else [mean, low, high] for label, mean, low, high in rows}
