"""Dissecting a generator: which units of a layer agree with which concepts (Bau et al. 2019, GAN Dissection, 3.1).

Two looks at the sample. The first, at its beginning, places the levels of every unit (at all of it, where the level is
a fixed quantile); the second counts.

What agrees by chance is measured, too, by holding each unit's map against the segmentation of another image. That
corrects for the sizes of classes and for the places where they usually are; without it, units that are merely brighter
at the top of every picture count as sky, and small things are lost among them.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from torch import Tensor, nn

from dissect.hooks import at_rest
from dissect.measure.counting import Counting, CountingPlan
from dissect.measure.dissection import Dissection
from dissect.measure.placing import FIRST_LOOK
from dissect.measure.presets import settled
from dissect.measure.resume_file import ResumeFile
from dissect.measure.settings import DissectionSettings
from dissect.sampling import Latents, batches
from dissect.segmenters.protocol import Segmenter

DEFAULTS = DissectionSettings()


def dissect(
    generator: nn.Module,
    layer: str,
    latents: Latents,
    segmenter: Segmenter,
    settings: DissectionSettings = DEFAULTS,
    **changes: Any,
) -> Dissection:
    """Measure how well each unit of ``layer`` agrees with each concept of ``segmenter``.

    Args:
        generator: any module; ``generator(latents)`` gives images (N, C, H, W) in [-1, 1], C being 1 or 3. It is put
            into eval mode, and its mode is restored.
        layer: the name of a submodule that puts out (N, units, height, width); :func:`dissect.layers` lists them.
        latents: the sample, (N, ...), or an iterable of batches, which is read once.
        segmenter: says which concept each pixel shows.
        settings: how; :class:`dissect.measure.settings.DissectionSettings` tells its fields.
        changes: fields of ``settings`` by their names, such as ``levels=0.005``.

    Raises:
        ValueError: no such layer or preset, fewer than two latents, a layer that is no map of units, a generator or
            segmenter that does not answer as expected, or a kept file of another question.
        TypeError: the settings have no field of that name.
    """
    return compare_layers(generator, [layer], latents, segmenter, settings, **changes)[layer]


def compare_layers(
    generator: nn.Module,
    layers: Sequence[str],
    latents: Latents,
    segmenter: Segmenter,
    settings: DissectionSettings = DEFAULTS,
    *,
    remark: Callable[[str], None] | None = None,
    **changes: Any,
) -> dict[str, Dissection]:
    """Dissect several layers with the same latents (N, ...), each image generated and segmented once.

    Takes, returns for each layer, and raises what :func:`dissect` does.

    A layer that cannot be dissected is left out as long as another can: ``remark`` hears why, in a line, or else it is
    a warning.
    """
    how = replace(settings, **changes)
    rule, bounds = settled(how.levels, how.criterion)
    _check(layers, segmenter)
    heard = how.progress or (lambda done: None)
    tell = remark or (lambda line: warnings.warn(line, stacklevel=3))
    with at_rest(generator):
        twice = not isinstance(rule, str)  # the whole sample is generated for the levels, and again to count
        opening, rest = _opening(batches(latents, how.batch_size), None if twice else FIRST_LOOK)
        counting = Counting(CountingPlan(generator, layers, opening, segmenter, rule, how.upsampling, how.top))
        file = ResumeFile(how.keep, counting.plan.question()) if how.keep else None
        stream = chain(opening, rest)
        left = counting.resume(file, stream) if file else None
        if left is None:
            left = stream
            counting.begin((lambda done: heard(done // 2)) if twice else None)
        if not counting.accumulators:
            raise ValueError("; ".join(counting.unfit.values()))
        total = sum(map(len, opening))
        for sight in counting.look(left):
            counting.add(sight)
            if file and file.due():
                counting.write(file)
            heard((total + counting.done) // 2 if twice else counting.done)
        if file:
            counting.write(file)
    if counting.done < 2:
        raise ValueError("expected at least 2 images, got 1: what agrees by chance is measured between images")
    for line in counting.unfit.values():
        tell(f"{line}; it is left out")
    labels, facts = tuple(segmenter.labels), dict(how.provenance)
    return {
        layer: part.result(layer, labels, rule, bounds, facts, unsteady=counting.unsteady)
        for layer, part in counting.accumulators.items()
    }


def _check(layers: Sequence[str], segmenter: Segmenter) -> None:
    if not layers:
        raise ValueError("expected at least one layer to dissect, got none")
    if len(set(segmenter.labels)) < len(segmenter.labels) or not segmenter.labels:
        raise ValueError(f"a segmenter's labels are names that differ, got {', '.join(segmenter.labels) or 'none'}")


def _opening(latent_batches: Iterator[Tensor], images: int | None) -> tuple[list[Tensor], Iterator[Tensor]]:
    """The first batches, together at least ``images`` latents where there are as many (None: all), and the others."""
    first: list[Tensor] = []
    while (images is None or sum(map(len, first)) < images) and (batch := next(latent_batches, None)) is not None:
        first.append(batch)
    return first, latent_batches
