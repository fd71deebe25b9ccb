"""Dissecting a generator: which units of a layer agree with which concepts (Bau et al. 2019, GAN Dissection, 3.1).

Two looks at the sample. The first, at its beginning, places the levels of every unit; the second counts.

What agrees by chance is measured, too, by holding each unit's map against the segmentation of another image. That
corrects for the sizes of classes and for the places where they usually are; without it, units that are merely brighter
at the top of every picture count as sky, and small things are lost among them.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dissect import agreement
from dissect.dissection import Criterion, Dissection
from dissect.hooks import at_rest, record
from dissect.levels import Levels, quantile, spread, thinned
from dissect.sampling import Latents, Progress, batches, features, generate, sights
from dissect.segmenter import Segmenter
from dissect.tally import Tally
from dissect.values import HIGH, SAMPLED, ConceptMeans

Rule = Literal["score", "iqr", "iou"]  # what a pair's best level is best at
FIRST_LOOK = 256  # images that place the levels
EVEN = 30  # levels beside the quantiles


def dissect(
    generator: nn.Module,
    layer: str,
    latents: Latents,
    segmenter: Segmenter,
    *,
    levels: Rule | float = "score",
    batch_size: int = 32,
    top: int = 8,
    criterion: Criterion | None = None,
    provenance: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Dissection:
    """Measure how well each unit of ``layer`` agrees with each concept of ``segmenter``.

    Args:
        generator: any module; ``generator(latents)`` gives images (N, C, H, W) in [-1, 1], C being 1 or 3. It is put
            into eval mode, and its mode is restored.
        layer: the name of a submodule that puts out (N, units, height, width); :func:`dissect.layers` lists them.
        latents: the sample, (N, ...), or an iterable of batches, which is read once.
        segmenter: says which concept each pixel shows.
        levels: where a unit counts as on, for each (unit, concept) pair: at the level, of a hundred, with the best
            chance-corrected agreement ("score"), information quality ratio ("iqr", among the levels that agree better
            than chance) or plain IoU ("iou"); or, as in the early papers, a number: the one level that this share of
            the unit's activations lies above, such as 0.005.
        top: how many images to note in which each unit is strongest.
        progress: called with the number of images done so far.

    Raises:
        ValueError: no such layer, fewer than two latents, or a generator or segmenter that does not answer as expected.
    """
    found = compare_layers(
        generator,
        [layer],
        latents,
        segmenter,
        levels=levels,
        batch_size=batch_size,
        top=top,
        criterion=criterion,
        provenance=provenance,
        progress=progress,
    )
    return found[layer]


def compare_layers(
    generator: nn.Module,
    layers: Sequence[str],
    latents: Latents,
    segmenter: Segmenter,
    *,
    levels: Rule | float = "score",
    batch_size: int = 32,
    top: int = 8,
    criterion: Criterion | None = None,
    provenance: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> dict[str, Dissection]:
    """Dissect several layers with the same images, each generated and segmented once. See :func:`dissect`."""
    if not layers:
        raise ValueError("expected at least one layer to dissect, got none")
    if top < 1:
        raise ValueError(f"expected at least 1 top image for a unit, got {top}")
    if isinstance(levels, str) and levels not in ("score", "iqr", "iou"):
        raise ValueError(f'levels is "score", "iqr", "iou" or a share such as 0.005, got {levels!r}')
    shares, even = (spread(), EVEN) if isinstance(levels, str) else ((levels,), 0)
    rule: Rule = levels if isinstance(levels, str) else "score"
    done = 0
    with at_rest(generator):
        first, rest = _beginning(batches(latents, batch_size), FIRST_LOOK)
        slices = {
            layer: _Slice(Levels.place(ordered, shares, even), ordered, len(segmenter.labels), top)
            for layer, ordered in _first_look(generator, layers, first).items()
        }
        for sight in sights(generator, layers, chain(first, rest), segmenter):
            for layer, part in slices.items():
                part.add(sight.features[layer], sight.classes)
            done += len(sight.images)
            if progress is not None:
                progress(done)
    if done < 2:
        raise ValueError("expected at least 2 images, got 1: what agrees by chance is measured between images")
    labels, facts = tuple(segmenter.labels), dict(provenance or {})
    return {layer: part.result(layer, labels, rule, criterion or Criterion(), facts) for layer, part in slices.items()}


class _Slice:
    """What is gathered about one layer while the images pass."""

    def __init__(self, levels: Levels, ordered: Tensor, concepts: int, top: int) -> None:
        self.tally = Tally(levels, concepts)
        self.means = ConceptMeans(len(ordered), concepts)
        self.high = quantile(ordered, HIGH)
        self.top = top
        self.images = 0
        self.peak = ordered.new_empty(len(ordered), 0)
        self.top_images = torch.empty(len(ordered), 0, dtype=torch.int64, device=ordered.device)

    def add(self, features: Tensor, classes: Tensor) -> None:
        """Take in the ``features`` (N, U, h, w) and the ``classes`` (N, H, W) of the next images."""
        self.tally.add(features, classes)
        self.means.add(features, classes)
        places = torch.arange(self.images, self.images + len(features), device=features.device)
        peak = torch.cat((self.peak, features.amax(dim=(2, 3)).T), dim=1)
        images = torch.cat((self.top_images, places.expand(len(peak), -1)), dim=1)
        order = peak.sort(dim=1, descending=True, stable=True).indices[:, : self.top]  # of equals, the earlier
        self.peak, self.top_images = peak.gather(1, order), images.gather(1, order)
        self.images += len(features)

    def result(
        self, layer: str, labels: tuple[str, ...], rule: Rule, criterion: Criterion, provenance: dict[str, str]
    ) -> Dissection:
        seen = self.tally.counts()
        measured = {
            "iou": agreement.iou(seen.both, seen.on, seen.concept),
            "score": agreement.score(seen.both, seen.by_chance, seen.on, seen.concept),
            "iqr": agreement.iqr(seen.both, seen.on, seen.concept, seen.total),
            "area": np.broadcast_to(seen.on / seen.total, seen.both.shape),
            "level": np.broadcast_to(self.tally.levels.values.cpu().numpy()[:, None], seen.both.shape),
        }
        wanted = measured[rule]
        if rule == "iqr":  # which is high for disagreement, too: there the score, negative, decides
            wanted = np.where(measured["score"] > 0, wanted, np.minimum(measured["score"], 0))
        best = wanted.argmax(axis=2)[:, :, None]  # (U, K, 1)
        inside, outside = self.means.means()
        return Dissection(
            layer=layer,
            labels=labels,
            images=self.images,
            share=(seen.concept / seen.total).reshape(-1),
            inside=inside.T,
            outside=outside.T,
            high=self.high.double().cpu().numpy(),
            top_images=self.top_images.cpu().numpy(),
            peak=self.peak.double().cpu().numpy(),
            criterion=criterion,
            provenance=provenance,
            **{name: np.take_along_axis(table, best, axis=2)[:, :, 0] for name, table in measured.items()},
        )


def _beginning(latent_batches: Iterator[Tensor], images: int) -> tuple[list[Tensor], Iterator[Tensor]]:
    """The first batches, together at least ``images`` latents where there are as many, and the others."""
    first: list[Tensor] = []
    while sum(map(len, first)) < images and (batch := next(latent_batches, None)) is not None:
        first.append(batch)
    return first, latent_batches


def _first_look(generator: nn.Module, layers: Sequence[str], first: Sequence[Tensor]) -> dict[str, Tensor]:
    """Activations (U, n) of each layer in the first images, thinned to about ``SAMPLED`` a unit, in ascending rows."""
    samples: dict[str, list[Tensor]] = {layer: [] for layer in layers}
    done = 0
    with record(generator, layers) as seen:
        for batch in first:
            batch = batch[: FIRST_LOOK - done]
            generate(generator, batch)
            for layer, kept in samples.items():
                kept.append(thinned(features(seen, layer), done, SAMPLED // FIRST_LOOK))
            done += len(batch)
    return {layer: torch.cat(kept, dim=1).sort(dim=1).values for layer, kept in samples.items()}
