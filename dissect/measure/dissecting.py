"""Dissecting a generator: which units of a layer agree with which concepts (Bau et al. 2019, GAN Dissection, 3.1).

Two looks at the sample. The first, at its beginning, places the levels of every unit (at all of it, where the level is
a fixed quantile); the second counts.

What agrees by chance is measured, too, by holding each unit's map against the segmentation of another image. That
corrects for the sizes of classes and for the places where they usually are; without it, units that are merely brighter
at the top of every picture count as sky, and small things are lost among them.
"""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from torch import Tensor, nn

from core_gans.foundation.names import unknown_name
from dissect.hooks import at_rest
from dissect.measure.counting import Counting, CountingPlan
from dissect.measure.dissection import Criterion, Dissection, Rule
from dissect.measure.placing import FIRST_LOOK
from dissect.measure.presets import settled
from dissect.measure.resume_file import Keeping
from dissect.measure.upsampling import UPSAMPLINGS, Upsampling
from dissect.sampling import Latents, Progress, batches
from dissect.segmenters.protocol import Segmenter


def dissect(
    generator: nn.Module,
    layer: str,
    latents: Latents,
    segmenter: Segmenter,
    *,
    levels: Rule | float | None = None,
    upsampling: Upsampling = "bilinear",
    batch_size: int = 32,
    top: int = 8,
    criterion: Criterion | str | None = None,
    keep: str | Path | None = None,
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
            the unit's activations in the whole sample lies above, such as 0.005. Default: the preset's, or "score".
        upsampling: how activations are brought to the size of the images: "bilinear" or "nearest", both as
            ``F.interpolate`` (``align_corners=False``).
        top: how many images to note in which each unit is strongest.
        criterion: when a unit counts as matched, or the name of one of ``dissect.measure.presets.PRESETS``.
        keep: a file to keep the counts in while they grow. A later call with the same generator, sample, segmenter and
            settings goes on from there and ends in the same bits; batches may be cut otherwise.
        progress: called with the number of images done so far; those that only place a fixed quantile count half.

    Raises:
        ValueError: no such layer or preset, fewer than two latents, a layer that is no map of units, a generator or
            segmenter that does not answer as expected, or a kept file of another question.
    """
    found = compare_layers(
        generator,
        [layer],
        latents,
        segmenter,
        levels=levels,
        upsampling=upsampling,
        batch_size=batch_size,
        top=top,
        criterion=criterion,
        keep=keep,
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
    levels: Rule | float | None = None,
    upsampling: Upsampling = "bilinear",
    batch_size: int = 32,
    top: int = 8,
    criterion: Criterion | str | None = None,
    keep: str | Path | None = None,
    provenance: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    remark: Callable[[str], None] | None = None,
) -> dict[str, Dissection]:
    """Dissect several layers with the same images, each generated and segmented once. See :func:`dissect`.

    A layer that cannot be dissected is left out as long as another can: ``remark`` hears why, in a line, or else it is
    a warning.
    """
    rule, bounds = settled(levels, criterion)
    _check(layers, segmenter, upsampling, top)
    heard, tell = progress or (lambda done: None), remark or (lambda line: warnings.warn(line, stacklevel=3))
    with at_rest(generator):
        twice = not isinstance(rule, str)  # the whole sample is generated for the levels, and again to count
        opening, rest = _opening(batches(latents, batch_size), None if twice else FIRST_LOOK)
        counting = Counting(CountingPlan(generator, layers, opening, segmenter, rule, upsampling, top))
        keeping = Keeping(keep, counting.plan.question()) if keep else None
        stream = chain(opening, rest)
        left = counting.resume(keeping, stream) if keeping else None
        if left is None:
            left = stream
            counting.begin((lambda done: heard(done // 2)) if twice else None)
        if not counting.gathered:
            raise ValueError("; ".join(counting.unfit.values()))
        total = sum(map(len, opening))
        for sight in counting.look(left):
            counting.add(sight)
            if keeping and keeping.due():
                counting.write(keeping)
            heard((total + counting.done) // 2 if twice else counting.done)
        if keeping:
            counting.write(keeping)
    if counting.done < 2:
        raise ValueError("expected at least 2 images, got 1: what agrees by chance is measured between images")
    for line in counting.unfit.values():
        tell(f"{line}; it is left out")
    labels, facts = tuple(segmenter.labels), dict(provenance or {})
    return {
        layer: part.result(layer, labels, rule, bounds, facts, unsteady=counting.unsteady)
        for layer, part in counting.gathered.items()
    }


def _check(layers: Sequence[str], segmenter: Segmenter, upsampling: str, top: int) -> None:
    if not layers:
        raise ValueError("expected at least one layer to dissect, got none")
    if top < 1:
        raise ValueError(f"expected at least 1 top image for a unit, got {top}")
    if upsampling not in UPSAMPLINGS:
        raise unknown_name("upsampling", upsampling, UPSAMPLINGS)
    if len(set(segmenter.labels)) < len(segmenter.labels) or not segmenter.labels:
        raise ValueError(f"a segmenter's labels are names that differ, got {', '.join(segmenter.labels) or 'none'}")


def _opening(latent_batches: Iterator[Tensor], images: int | None) -> tuple[list[Tensor], Iterator[Tensor]]:
    """The first batches, together at least ``images`` latents where there are as many (None: all), and the others."""
    first: list[Tensor] = []
    while (images is None or sum(map(len, first)) < images) and (batch := next(latent_batches, None)) is not None:
        first.append(batch)
    return first, latent_batches
