"""What each unit contributes to a concept, to first order: gradient times activation (Shrikumar et al. 2017).

To remove a unit is to move its activation r by -r, which changes what depends on it by about -r ds/dr. One pass gives
that for every unit of a layer. It is exact for what is linear in the layer; units that only together hold a thing up
look weaker than they are, and :mod:`dissect.cause.alpha` finds them.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core_gans.foundation.names import require_known
from dissect.cause.gradients import differentiable, differentiating, scores
from dissect.hooks import intervene
from dissect.sampling import Latents, batches
from dissect.segmenters.protocol import Segmenter


def attribution(
    generator: nn.Module,
    layer: str,
    concept: str,
    latents: Latents,
    segmenter: Segmenter,
    *,
    batch_size: int = 16,
) -> NDArray[np.float64]:
    """What the units of ``layer`` contribute to ``concept``: (U,), the larger the more, negative for those against it.

    It is the loss of the concept's lead where the segmenter sees it, when a unit is removed, a mean over those pixels;
    the lead is the concept's logit less the highest other one. Probabilities would not do: where the segmenter is
    certain they have no slope.

    Raises:
        ValueError: a segmenter without logits, no such layer or concept, or none of the images shows it.
    """
    through = differentiable(segmenter)
    require_known("concept", concept, through.labels)
    column = through.labels.index(concept)
    total: Tensor | None = None
    pixels = done = 0
    with differentiating(generator):
        for batch in batches(latents, batch_size):
            held: list[Tensor] = []

            def hold(features: Tensor, held: list[Tensor] = held) -> Tensor:
                held.append(features.detach().requires_grad_())
                return held[-1]

            with intervene(generator, {layer: hold}):
                logits = scores(through, generator(batch))
            there = logits.argmax(1) == column
            others = logits.index_fill(1, torch.tensor([column], device=logits.device), -torch.inf).amax(1)
            (slope,) = torch.autograd.grad(((logits[:, column] - others) * there).sum(), held[-1])
            found = (held[-1].detach() * slope).double().sum((0, *range(2, slope.ndim)))
            total = found if total is None else total + found
            pixels += int(there.sum())
            done += len(batch)
    if total is None or not pixels:
        raise ValueError(f"none of the {done} images shows {concept!r}: choose another concept, or more images")
    return (total / pixels).cpu().numpy()
