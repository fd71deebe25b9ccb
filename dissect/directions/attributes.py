"""What probes learn from: features of units or latents, with an attribute of every image or a class of every cell.

A segmenter names the attribute. Pooled features are a unit's mean over its map; features of a cell are the units there.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.names import require_known
from dissect.hooks import at_rest
from dissect.sampling import Latents, Progress, batches, sights
from dissect.segmenters.protocol import Segmenter

CELLS = 16  # of each image, that are learnt from
PRESENT = 0.01  # of the pixels: an image with more of a concept shows it


@dataclass(frozen=True, eq=False)
class Lessons:
    """Samples for a probe: ``features`` (N, F), ``answers`` (N,) as indices of ``classes``, the image of each."""

    features: NDArray[np.float64]
    answers: NDArray[np.int64]
    classes: tuple[str, ...]
    images: NDArray[np.int64]  # (N,)


def image_lessons(
    generator: nn.Module,
    layer: str | None,
    latents: Latents,
    segmenter: Segmenter,
    concept: str,
    *,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Lessons:
    """A sample an image: the mean of each unit of ``layer``, or the ``latents`` (N, ...) where that is None.

    The answer is whether more than 1% of the image's pixels show ``concept``; the classes are
    ``no CONCEPT`` and ``CONCEPT``.

    Raises:
        ValueError: no such concept or layer, no latents.
    """
    require_known("concept", concept, segmenter.labels)
    index = segmenter.labels.index(concept)
    watched = [] if layer is None else [layer]
    features: list[Tensor] = []
    there: list[Tensor] = []
    with at_rest(generator):
        for sight in sights(generator, watched, batches(latents, batch_size, progress), segmenter):
            found = sight.latents.flatten(1) if layer is None else sight.features[layer].double().mean((2, 3))
            features.append(found.double().cpu())
            there.append(((sight.classes == index).double().mean((1, 2)) > PRESENT).long().cpu())
    answers = torch.cat(there).numpy()
    return Lessons(torch.cat(features).numpy(), answers, (f"no {concept}", concept), np.arange(len(answers)))


def cell_lessons(
    generator: nn.Module,
    layer: str,
    latents: Latents,
    segmenter: Segmenter,
    *,
    cells: int = CELLS,
    rarest: int = 50,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Lessons:
    """A sample a cell, ``cells`` drawn from every image: the units there, and the class that fills most of it.

    ``latents`` are (N, ...), or batches of it; ``rng`` draws the cells, on the CPU.

    Classes of fewer than ``rarest`` samples are left out, with their samples.

    Raises:
        ValueError: no such layer, no latents, or no class frequent enough.
    """
    features: list[Tensor] = []
    answers: list[Tensor] = []
    owners: list[Tensor] = []
    labels = len(segmenter.labels)
    done = 0
    with at_rest(generator):
        for sight in sights(generator, [layer], batches(latents, batch_size, progress), segmenter):
            found = sight.features[layer]
            most = torch.zeros(len(found), *found.shape[2:], device=found.device)
            filled = torch.full_like(most, -1, dtype=torch.int64)
            for k in range(labels):
                area = F.interpolate((sight.classes == k)[:, None].float(), size=found.shape[2:], mode="area")[:, 0]
                filled[area > most] = k
                most = torch.maximum(area, most)
            drawn = torch.rand(len(found), most[0].numel(), generator=rng).argsort(1)[:, :cells].to(found.device)
            rows = found.flatten(2).transpose(1, 2)  # (N, h w, U)
            features.append(rows.gather(1, drawn[:, :, None].expand(-1, -1, rows.shape[2])).flatten(0, 1).cpu())
            answers.append(filled.flatten(1).gather(1, drawn).flatten().cpu())
            owners.append((torch.arange(len(found)) + done).repeat_interleave(drawn.shape[1]))
            done += len(found)
    seen = torch.cat(answers)
    kept = [k for k in range(labels) if int((seen == k).sum()) >= rarest]
    if not kept:
        raise ValueError(f"no class fills {rarest} of the {len(seen)} cells looked at: take more images or cells")
    place = torch.full((labels + 1,), -1)
    place[kept] = torch.arange(len(kept))
    chosen = place[seen] >= 0  # -1, no class, looks up the last place, which holds -1
    return Lessons(
        torch.cat(features)[chosen].double().numpy(),
        place[seen][chosen].numpy(),
        tuple(segmenter.labels[k] for k in kept),
        torch.cat(owners)[chosen].numpy(),
    )
