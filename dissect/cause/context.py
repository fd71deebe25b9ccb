"""Insertion by context: where in a picture can a thing be put?

Bau et al. 2019, GAN Dissection, section 4.3 and figure 10: door units set at a place draw a door in a wall, and
nothing in the sky. The generator takes an insertion up or not, by what is there already.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.intervals import Change
from core_gans.foundation.names import require_known
from dissect.cause.intervals import mean_change, without_nan
from dissect.cause.regions import under
from dissect.edits import Values, insert
from dissect.hooks import at_rest, intervene
from dissect.sampling import Progress, batches, generate, segment, sights
from dissect.segmenters.protocol import Segmenter

FEWEST = 5  # places that tell an interval: resamplings of fewer repeat a handful of values


@dataclass(frozen=True, eq=False)
class Contexts:
    """How much of ``concept`` appears where its units are set, by the class that was there: ``C`` contexts.

    ``effect`` is pixels of the concept that appear, wherever in the picture, over the pixels under the square: 1 is as
    much as was asked for. The interval is a bootstrap's over places. It is NaN where there are fewer than
    :data:`FEWEST`, and so is the mean of a context without places.
    """

    layer: str
    concept: str
    units: tuple[int, ...]
    value: tuple[float, ...]  # what each of them is set to
    patch: int  # cells of the layer on a side of the square where the units are set
    contexts: tuple[str, ...]
    places: tuple[int, ...]  # (C,) how many squares, each in another picture
    effect: Change  # (C,)

    def mean(self, context: str) -> float:
        """The effect in one context. ValueError for one that was not looked at."""
        require_known("context", context, self.contexts)
        return float(self.effect.mean[self.contexts.index(context)])

    def to_dict(self) -> dict[str, object]:
        """Everything as plain lists, numbers and strings, for JSON; NaN becomes None."""
        bounds = {name: without_nan(bound) for name, bound in vars(self.effect).items()}
        return asdict(self) | {"effect": bounds}


@dataclass(frozen=True, eq=False)
class Places:
    """Squares of a layer's cells that show one class, each in another picture."""

    images: Tensor  # (P,) places of the pictures in the sample
    masks: Tensor  # (P, 1, h, w), 1 in the square


def insertion_by_context(
    generator: nn.Module,
    layer: str,
    units: Sequence[int],
    concept: str,
    latents: Tensor,
    segmenter: Segmenter,
    *,
    value: Values,
    contexts: Sequence[str] | None = None,
    patch: int = 2,
    purity: float = 0.8,
    most: int = 100,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Contexts:
    """Set ``units`` at single places and count the pixels of ``concept`` that appear, by what was there before.

    Args:
        latents: the sample, (N, ...). Each picture has at most one place for each context.
        value: what the units are set to: one number, or one for each of ``units``.
        contexts: classes to put the concept into; by default every class but the concept itself.
        purity: at least this part of the pixels under the square shows the context's class.
        most: places for each context at most.
        rng: draws the places and the bootstrap. On the CPU.
        progress: called with the number of pictures and insertions done so far.

    Raises:
        ValueError: no such layer, unit or class, no class to put it into, a square that does not fit, or a purity
            outside (0, 1].
    """
    units = [int(unit) for unit in units]
    for name in (concept, *(contexts or ())):
        require_known("concept", name, segmenter.labels)
    if not units:
        raise ValueError("expected at least one unit to insert, got none")
    if not 0 < purity <= 1 or most < 1:
        raise ValueError(f"expected a purity above 0 to 1 and at least 1 place, got {purity} and {most}")
    wanted = tuple(contexts or (label for label in segmenter.labels if label != concept))
    if not wanted:
        raise ValueError(f"the segmenter knows nothing but {concept!r}, so there is no other class to put it into")
    column, done = segmenter.labels.index(concept), len(latents)
    seen: list[Tensor] = []
    with at_rest(generator):
        for sight in sights(generator, [layer], batches(latents, batch_size, progress), segmenter):
            seen.append(sight.classes)
            size = sight.features[layer].shape[-2:]
        classes = torch.cat(seen)
        appeared: list[Tensor] = []  # per context: (P,) pixels of the concept that appear, over those of the square
        for context in wanted:
            found = places(classes, segmenter.labels.index(context), size, patch, purity, most, rng)
            share = [torch.zeros(0, dtype=torch.float64)]
            for start in range(0, len(found.images), batch_size):
                images, mask = (each[start : start + batch_size] for each in (found.images, found.masks))
                with intervene(generator, {layer: insert(units, value, mask)}):
                    after = segment(segmenter, generate(generator, latents[images]))
                new = ((after == column) & (classes[images] != column)).sum((1, 2))
                square = under(mask, (classes.shape[1], classes.shape[2])).sum((1, 2))
                share.append((new / square).double().cpu())
                done += len(images)
                if progress is not None:
                    progress(done)
            appeared.append(torch.cat(share))
    counts = tuple(len(each) for each in appeared)
    values = torch.as_tensor(value, dtype=torch.float64).expand(len(units))
    return Contexts(layer, concept, tuple(units), tuple(values.tolist()), patch, wanted, counts, _beside(appeared, rng))


def places(
    classes: Tensor, column: int, size: Sequence[int], patch: int, purity: float, most: int, rng: torch.Generator
) -> Places:
    """Squares of ``patch`` cells that show the class ``column`` in ``classes`` (N, H, W), one a picture, by chance.

    ``size`` is the layer's (h, w). A square shows the class where it covers a share of ``purity`` or more.
    ValueError for a square that does not fit.
    """
    height, width = size
    if not 1 <= patch <= min(height, width):
        raise ValueError(f"a patch has 1 to {min(height, width)} cells on a side in this layer, got {patch}")
    cells = F.interpolate((classes == column)[:, None].float(), size=(height, width), mode="area")
    share = F.avg_pool2d(cells, patch, stride=1)[:, 0]  # (N, h - patch + 1, w - patch + 1), by the upper left cell
    fits = (share >= purity - 1e-6).flatten(1)
    having = torch.nonzero(fits.any(1)).flatten()
    images = having[torch.randperm(len(having), generator=rng)[:most].to(having.device)].sort().values
    masks = torch.zeros(len(images), 1, height, width, device=classes.device)
    if len(images):
        corners = torch.multinomial(fits[images].float().cpu(), 1, generator=rng)[:, 0]
        for mask, corner in zip(masks, corners.tolist(), strict=True):
            top, left = divmod(corner, share.shape[2])
            mask[0, top : top + patch, left : left + patch] = 1
    return Places(images, masks)


def _beside(appeared: Sequence[Tensor], rng: torch.Generator) -> Change:
    """The means of ``appeared`` (P,) of each context, with their intervals; NaN where places are missing or too few."""
    nothing = np.full(1, np.nan)
    found = []
    for each in appeared:
        known = mean_change(each[:, None], rng) if len(each) else Change(nothing, nothing, nothing)
        found.append(known if len(each) >= FEWEST else Change(known.mean, nothing, nothing))
    return Change(*(np.concatenate([getattr(each, bound) for each in found]) for bound in ("mean", "low", "high")))
