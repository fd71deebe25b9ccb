"""Units chosen by cause: a weight for each unit of a layer, optimised for its effect on a concept.

Bau et al. 2019, GAN Dissection, section 3.2, equations 5 to 7: alpha in [0, 1] for each unit maximises the average
causal effect E[s_c | alpha k + (1 - alpha) r] - E[s_c | (1 - alpha) r] less lambda |alpha|^2, with r the units'
activations, k those that stand for the concept, and s_c the probability of the concept. Agreement is a poor proxy for
it: a unit may light up on trees and not draw them.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.cause.choosing import with_values
from dissect.cause.gradients import differentiable, differentiating, scores
from dissect.cause.regions import under
from dissect.hooks import Edit, at_rest, intervene
from dissect.measure.dissection import Dissection
from dissect.sampling import Progress, batches, sights
from dissect.segmenters.protocol import Segmenter

SEEN = 0.2  # of a cell: where the concept covers as much, there is something to remove


@dataclass(frozen=True, eq=False)
class Alpha:
    """How much each unit of ``layer`` causes ``concept``: ``weight`` (U,) in [0, 1].

    ``effect`` (updates,) is the average causal effect of the weighted units in each batch on the way, from -1 to 1.
    """

    layer: str
    concept: str
    weight: NDArray[np.float64]
    effect: NDArray[np.float64]

    def ranked(self) -> list[int]:
        """All units, the one that causes most first; of equals, the first."""
        return [int(unit) for unit in np.argsort(-self.weight, kind="stable")]


def optimise_alpha(
    generator: nn.Module,
    dissection: Dissection,
    concept: str,
    latents: Tensor,
    segmenter: Segmenter,
    *,
    patch: int = 1,
    updates: int = 500,
    batch_size: int = 8,
    looked_at: int = 32,
    learning_rate: float = 0.01,
    penalty: float = 0.005,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Alpha:
    """Optimise a weight for every unit of the dissected layer by its effect on ``concept``.

    Each update sets a batch of images twice: with the weighted units removed where the concept is, and with them
    inserted anywhere, at their mean inside the concept. The weights start at the units' IoU over the largest, follow
    Adam, and stay in [0, 1]. A unit that does nothing falls to 0 under the penalty.

    Args:
        latents: the sample, (N, ...).
        segmenter: one with ``logits``, a :class:`DifferentiableSegmenter`.
        patch: the side, in cells of the layer, of the square where units are set and the concept is looked for, at one
            place in each image, as the paper does with 1.
        looked_at: images that are made at once to see where the concept is; no number depends on it.
        learning_rate: Adam's.
        penalty: lambda, on the sum of the squared weights.
        rng: draws the batches and the places. On the CPU.
        progress: called with the number of updates done so far.

    Raises:
        ValueError: a segmenter without logits, no such concept, none of the images shows it, here or in the
            dissection, or a patch that does not fit the layer.
    """
    through = differentiable(segmenter)
    if updates < 1 or batch_size < 1:
        raise ValueError(f"expected at least 1 update and 1 image a batch, got {updates} and {batch_size}")
    column = dissection.concept(concept)
    cover = _cover(generator, dissection.layer, batches(latents, looked_at), segmenter, column, patch)
    shown = torch.nonzero(cover.flatten(1).amax(1) >= SEEN).flatten()
    if not len(shown):
        raise ValueError(f"none of the {len(latents)} images shows {concept!r}: choose another concept, or more images")
    values = with_values(dissection, range(dissection.count), concept)
    iou = torch.from_numpy(dissection.iou[:, column].copy()).float()
    alpha = (iou / iou.max().clamp_min(1e-12)).to(latents.device).requires_grad_()
    present = torch.tensor(values.present).to(latents.device).view(1, -1, 1, 1)
    optimizer = torch.optim.Adam([alpha], lr=learning_rate)
    effects: list[float] = []
    with differentiating(generator):
        for update in range(updates):
            less = shown[torch.randint(len(shown), (batch_size,), generator=rng)]
            more = torch.randint(len(latents), (batch_size,), generator=rng)
            mask = torch.cat((_squares(cover[less], patch, rng), _squares(torch.ones_like(cover[more]), patch, rng)))
            mask = mask.to(latents.device)
            target = present * (torch.arange(2 * batch_size) >= batch_size).to(mask).view(-1, 1, 1, 1)
            with intervene(generator, {dissection.layer: _weighted(alpha, mask, target)}):
                logits = scores(through, generator(latents[torch.cat((less, more))]))
            ablated, inserted = _under(logits.softmax(1)[:, column], mask).split(batch_size)
            effect = inserted.mean() - ablated.mean()
            optimizer.zero_grad()
            (penalty * alpha.square().sum() - effect).backward()
            optimizer.step()
            with torch.no_grad():
                alpha.clamp_(0, 1)
            effects.append(effect.item())
            if progress is not None:
                progress(update + 1)
    return Alpha(dissection.layer, concept, alpha.detach().double().cpu().numpy(), np.array(effects))


def _weighted(alpha: Tensor, mask: Tensor, target: Tensor) -> Edit:
    """Each unit goes the part ``alpha`` (U,) of its way to ``target`` (2B, U, 1, 1), under ``mask`` (2B, 1, h, w)."""

    def edit(features: Tensor) -> Tensor:
        weight = (alpha.view(1, -1, 1, 1) * mask).to(features)  # in the precision of the generator
        return features * (1 - weight) + target.to(features) * weight

    return edit


def _cover(
    generator: nn.Module, layer: str, latents: Iterable[Tensor], segmenter: Segmenter, column: int, patch: int
) -> Tensor:
    """The share (N, h, w) of each of the layer's cells that shows the class ``column``."""
    seen: list[Tensor] = []
    with at_rest(generator):
        for sight in sights(generator, [layer], latents, segmenter):
            size = sight.features[layer].shape[-2:]
            if not 1 <= patch <= min(size):
                raise ValueError(f"a patch has 1 to {min(size)} cells on a side in this layer, got {patch}")
            there = (sight.classes == column)[:, None].float()
            seen.append(F.interpolate(there, size=size, mode="area")[:, 0].cpu())
    return torch.cat(seen)


def _squares(chance: Tensor, patch: int, rng: torch.Generator) -> Tensor:
    """A square (N, 1, h, w) of ``patch`` cells in each image, its place drawn by ``chance`` (N, h, w)."""
    _, height, width = chance.shape
    drawn = torch.multinomial(chance.flatten(1), 1, generator=rng)[:, 0]
    top = (drawn // width - patch // 2).clamp(0, height - patch).view(-1, 1, 1)
    left = (drawn % width - patch // 2).clamp(0, width - patch).view(-1, 1, 1)
    rows, columns = torch.arange(height).view(1, -1, 1), torch.arange(width).view(1, 1, -1)
    square = (rows >= top) & (rows < top + patch) & (columns >= left) & (columns < left + patch)
    return square.float()[:, None]


def _under(probability: Tensor, mask: Tensor) -> Tensor:
    """The mean (N,) of ``probability`` (N, H, W) over the pixels under ``mask`` (N, 1, h, w)."""
    weight = under(mask, (probability.shape[1], probability.shape[2]))
    return (probability * weight).sum((1, 2)) / weight.sum((1, 2))
