"""Activation patching: which layer carries a thing, and in which place?

Two latents are compared, a source whose picture shows a concept and a target whose picture does not. In one layer and
one region all units of the target take the values that they have in the source; what of the source's thing appears was
carried there. Vig et al. 2020, Causal Mediation Analysis; Meng et al. 2022, Locating and Editing Factual Associations,
section 2: the same question put to language models. The control is a donor, whose picture does not show the thing.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isnan, nan

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core_gans.foundation.intervals import Change, Interval
from core_gans.foundation.memory import is_out_of_memory
from core_gans.foundation.names import require_known, unknown_name
from dissect.cause.intervals import mean_change, ratio_change
from dissect.cause.pairs import LACKS, columns_of, shows
from dissect.cause.regions import check_grid, region_names, regions
from dissect.hooks import Edit, at_rest, intervene, record
from dissect.sampling import Progress, features, generate, segment, sights
from dissect.segmenters.protocol import Segmenter

FEWEST = 5  # pairs that tell an interval
GRID = 4  # places on a side: as many as the smallest layer of most generators has cells


@dataclass(frozen=True)
class PatchEffect:
    """What a patch of ``layers``, all at once, does in one region, over the pairs; intervals are bootstraps over them.

    ``appeared`` is the share that shows the concept now of the pixels that show it in the source and not in the target:
    1 all of the thing, 0 nothing. ``others`` sums the sizes of the other classes' changes, as a share of the picture,
    without the pixels that show the concept now, for the thing covers what was there.
    """

    layers: tuple[str, ...]
    region: str
    appeared: Interval
    others: Interval
    random_appeared: Interval  # patched from the donor
    random_others: Interval
    beyond: Interval  # appeared less random_appeared, paired

    @property
    def carries(self) -> bool:
        """Whether more of the concept appears than from a donor, beyond the interval."""
        return self.beyond.low > 0

    def to_dict(self) -> dict[str, object]:
        """Everything as plain lists, numbers and strings, for JSON; NaN becomes None."""
        bounds = {
            name: {end: None if isnan(number) else number for end, number in value.items()}
            for name, value in asdict(self).items()
            if isinstance(value, dict)
        }
        return asdict(self) | bounds | {"carries": self.carries}


@dataclass(frozen=True)
class PatchEffects:
    """All patches of one concept: every group of layers in every region."""

    concept: str
    pairs: int
    grid: int  # places on a side
    effects: tuple[PatchEffect, ...]

    @property
    def groups(self) -> tuple[tuple[str, ...], ...]:
        """The groups of layers, in their order."""
        return tuple(dict.fromkeys(effect.layers for effect in self.effects))

    def of(self, layers: str | Sequence[str], region: str) -> PatchEffect:
        """The effect of one group in one region; ValueError, with what there is, for another."""
        group = as_group(layers)
        found = {effect.region: effect for effect in self.effects if effect.layers == group}
        if not found:
            raise unknown_name("group of layers", group_name(group), map(group_name, self.groups))
        return found[require_known("region", region, found)]

    def heat(self, layers: str | Sequence[str]) -> NDArray[np.float64]:
        """The share that appears from each place of the grid, (grid, grid). ValueError for layers not patched."""
        places = region_names(self.grid)[3:]
        shares = [self.of(layers, place).appeared.value for place in places]
        return np.array(shares).reshape(self.grid, self.grid)


def patch_effects(
    generator: nn.Module,
    layers: Sequence[str | Sequence[str]],
    sources: Tensor,
    targets: Tensor,
    donors: Tensor,
    segmenter: Segmenter,
    concept: str,
    *,
    grid: int = GRID,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> PatchEffects:
    """Patch each of ``layers`` in each region, pair by pair, and count what appears.

    Args:
        layers: names, and groups of names that are patched together; each puts out maps (N, C, H, W).
        sources, targets, donors: latents (N, ...), row by row; :func:`dissect.cause.pairs.find_pairs` finds some.
        concept: a label of the segmenter, or a whole such as a house.
        grid: places on a side of the picture, beside "under the box" of the source's thing, outside it and everywhere.
        rng: draws the bootstrap. On the CPU.
        progress: hears of the pictures made, of :func:`pictures_made` in all.

    Raises:
        ValueError: no such layer or concept, a layer without maps or with fewer cells than places, latents of unlike
            shapes or that the generator does not take, a pair whose source shows nothing that its target lacks, or a
            donor that shows the concept.
    """
    groups = tuple(as_group(each) for each in layers)
    columns = columns_of(concept, segmenter)
    names = region_names(grid)
    _comparable(generator, sources, targets, donors)
    check_groups(generator, sources[:1], groups, grid)
    counted: list[Tensor] = []  # per batch: (2, G * R, n) pixels of the concept, from source and donor
    changed: list[Tensor] = []  # per batch: (2, G * R, n) shares of the picture
    wanted: list[Tensor] = []  # per batch: (n,)
    done = 0
    with at_rest(generator):
        for source, target, donor in zip(*(each.split(batch_size) for each in (sources, targets, donors)), strict=True):
            singles = list(dict.fromkeys(layer for group in groups for layer in group))
            froms = [next(sights(generator, singles, [latents], segmenter)) for latents in (source, donor)]
            before = segment(segmenter, generate(generator, target))
            missing = shows(froms[0].classes, columns) & ~shows(before, columns)
            _sensible(missing, shows(froms[1].classes, columns), concept, first=sum(map(len, wanted)))
            cells = {
                layer: regions(shows(froms[0].classes, columns), (features.shape[2], features.shape[3]), grid)
                for layer, features in froms[0].features.items()
            }
            appeared = torch.zeros(2, len(groups) * len(names), len(target), dtype=torch.float64)
            others = torch.zeros_like(appeared)
            for place, (group, region) in enumerate((group, r) for group in groups for r in range(len(names))):
                for side, sight in enumerate(froms):
                    edits = {layer: replaced_by(sight.features[layer], cells[layer][region]) for layer in group}
                    with intervene(generator, edits):
                        after = segment(segmenter, generate(generator, target))
                    appeared[side, place] = (shows(after, columns) & missing).sum((1, 2)).cpu()
                    others[side, place] = _others(before, after, columns, len(segmenter.labels)).cpu()
                    done += len(target)
                    if progress is not None:
                        progress(done)
            counted.append(appeared)
            changed.append(others)
            wanted.append(missing.sum((1, 2)).double().cpu())
    (own, random), (own_others, random_others) = (torch.cat(each, dim=2).mT for each in (counted, changed))
    whole = torch.cat(wanted)[:, None].expand_as(own)
    columns_told = (
        ratio_change(own, whole, rng),
        mean_change(own_others, rng),
        ratio_change(random, whole, rng),
        mean_change(random_others, rng),
        ratio_change(own - random, whole, rng),
    )
    effects = tuple(
        PatchEffect(group, region, *(_of(each, place, len(own)) for each in columns_told))
        for place, (group, region) in enumerate((group, region) for group in groups for region in names)
    )
    return PatchEffects(concept, len(own), grid, effects)


def check_groups(generator: nn.Module, latents: Tensor, groups: Sequence[Sequence[str]], grid: int) -> None:
    """ValueError for no groups of layers, or one twice, or a layer with fewer cells than the grid; draws ``latents``.

    ``latents`` are one, (1, ...).
    """
    if not groups or len(set(map(tuple, groups))) != len(groups):
        raise ValueError("expected at least one layer or group of layers, and none twice")
    layers = list(dict.fromkeys(layer for group in groups for layer in group))
    with at_rest(generator), record(generator, layers) as seen:
        generate(generator, latents)
        for layer in layers:
            height, width = features(seen, layer).shape[2:]
            check_grid((height, width), grid)


def pictures_made(pairs: int, groups: int, grid: int) -> int:
    """How many pictures :func:`patch_effects` makes of patched targets."""
    return 2 * pairs * groups * len(region_names(grid))


def replaced_by(values: Tensor, cells: Tensor) -> Edit:
    """All units take ``values`` (N, C, H, W) where ``cells`` (N, 1, H, W) bool is true. ValueError for other shapes."""

    def edit(output: Tensor) -> Tensor:
        if output.shape != values.shape:
            raise ValueError(
                f"a layer puts out the shape {tuple(output.shape)} for the targets and {tuple(values.shape)} for what "
                "they are patched from: compare latents of one kind"
            )
        return torch.where(cells, values.to(output), output)

    return edit


def as_group(layers: str | Sequence[str]) -> tuple[str, ...]:
    """One layer, or several that are patched together, as a tuple of their names."""
    return (layers,) if isinstance(layers, str) else tuple(layers)


def group_name(group: Sequence[str]) -> str:
    """What a group of layers is called: ``block8`` or ``block8+block16``."""
    return "+".join(group)


def _comparable(generator: nn.Module, sources: Tensor, targets: Tensor, donors: Tensor) -> None:
    shapes = [tuple(each.shape) for each in (sources, targets, donors)]
    if len(set(shapes)) != 1 or not len(sources):
        raise ValueError(
            f"expected as many sources, targets and donors, of one shape (N, ...); got {', '.join(map(str, shapes))}"
        )
    try:
        with at_rest(generator):
            generate(generator, sources[:1])
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise
        told = str(error).strip().splitlines()[-1]
        raise ValueError(f"the generator does not take latents of shape {shapes[0][1:]}: {told}") from error


def _sensible(missing: Tensor, donated: Tensor, concept: str, first: int) -> None:
    """Raise ValueError for a pair (numbered from ``first``) of (N, H, W) that has nothing to carry over."""
    empty = torch.nonzero(~missing.any(2).any(1)).flatten().tolist()
    if empty:
        raise ValueError(f"pair {first + empty[0]}: the source shows no {concept} where the target does not")
    showing = torch.nonzero(donated.double().mean((1, 2)) > LACKS).flatten().tolist()
    if showing:
        raise ValueError(f"pair {first + showing[0]}: the donor shows {concept}, so it is no control")


def _others(before: Tensor, after: Tensor, columns: Sequence[int], classes: int) -> Tensor:
    """The sizes of the net changes of all classes but ``columns``, as a share of the picture, (N,) float64."""
    elsewhere = ~shows(after, columns)
    rest = [k for k in range(classes) if k not in columns]
    net = [((after == k) & elsewhere).sum((1, 2)) - ((before == k) & elsewhere).sum((1, 2)) for k in rest]
    return torch.stack(net).abs().sum(0).double() / before[0].numel() if net else torch.zeros(len(before)).double()


def _of(change: Change, place: int, pairs: int) -> Interval:
    found = change.of(place)
    return found if pairs >= FEWEST else Interval(found.value, nan, nan)
