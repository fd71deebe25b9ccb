"""A study: several layers dissected at once, the best one chosen, what its units cause, and the report of it all.

Bau et al. 2019, GAN Dissection, sections 3 and 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.table import Table
from torch import Tensor, nn

from core_gans.foundation.names import require_known
from dissect.cause.causal import CausalEffect, causal_effect
from dissect.cause.choosing import choose_units
from dissect.hooks import at_rest
from dissect.hooks import layers as layers_of
from dissect.measure.dissecting import DEFAULTS, compare_layers
from dissect.measure.dissection import Dissection
from dissect.measure.remarks import remarks
from dissect.measure.settings import DissectionSettings
from dissect.report import write_report
from dissect.sampling import batches, generate
from dissect.segmenters.doubts import doubts
from dissect.segmenters.protocol import Segmenter

CAUSAL_IMAGES = 64  # images in which units are changed
LOOKED_AT = 64  # images that tell whether the segmenter knows such pictures
SMALL = 0.1  # of the picture: larger classes have units by their size alone
TESTED = 3  # concepts whose causes are tested
SMALLEST = 4  # side of the smallest layer worth dissecting, in cells


@dataclass(frozen=True, eq=False)
class Study:
    """What was found: a dissection per layer, the layer with the most matched concepts, and the report's page."""

    dissections: dict[str, Dissection]
    best: Dissection
    effects: tuple[CausalEffect, ...]
    page: Path
    remarks: tuple[str, ...] = ()  # what is to be said beside the numbers, a line each

    def table(self) -> Table:
        """The layers compared: their units, how many are matched, and with which concepts. A star marks the best."""
        table = Table("layer", "units matched", "concepts with units")
        for layer, dissection in self.dissections.items():
            matched = dissection.matched()
            names = sorted({match.concept for match in matched}, key=dissection.labels.index)
            mark = " *" if dissection is self.best else ""
            table.add_row(layer + mark, dissection.matched_in_words(), ", ".join(names))
        return table


def study(
    generator: nn.Module,
    latents: Tensor,
    segmenter: Segmenter,
    folder: str | Path,
    *,
    layers: Sequence[str] = (),
    colours: Sequence[Sequence[int]] | None = None,
    concepts: Sequence[str] = (),
    settings: DissectionSettings = DEFAULTS,
    origin: str | None = None,
    rng: torch.Generator,
) -> Study:
    """Dissect ``layers`` (default: every spatial one), choose the best, test what its units cause, write the report.

    Causes are tested for ``concepts``, by default for the three with most matched units among those that cover less
    than a tenth of the picture: large classes have units by their size alone. One that no unit agrees with, or all do,
    is a remark. ``latents`` (N, ...) are the sample. ``settings`` say how to dissect. ``origin`` is Python that makes
    the sample again: see ``write_report``. Raises as ``compare_layers`` and ``write_report`` do, and before any work
    ValueError for a concept that ``segmenter`` does not know, FileExistsError when ``folder`` is there already.
    """
    folder = Path(folder)
    if folder.exists():
        raise FileExistsError(f"{folder} is there already, and a report never overwrites: name a new folder")
    for concept in concepts:
        require_known("concept", concept, segmenter.labels)
    wanted = list(layers) or spatial_layers(generator, latents[:1])
    with at_rest(generator):
        parts = batches(latents[:LOOKED_AT], settings.batch_size)
        doubt = doubts(segmenter, torch.cat([generate(generator, part) for part in parts]))
    said = [doubt] if doubt else []
    dissections = compare_layers(generator, wanted, latents, segmenter, settings, remark=said.append)
    best = best_layer(dissections)
    said += [line for dissection in dissections.values() for line in remarks(dissection)]
    chosen = {concept: choose_units(best, concept) for concept in concepts or _small_concepts(best)}
    untested = [concept for concept, units in chosen.items() if not 0 < len(units) < best.count]
    if untested:
        said.append(
            f"what causes {', '.join(untested)} was not tested: no unit of layer {best.layer!r} agrees with it, or no "
            "other unit is left as a control"
        )
    effects = tuple(
        causal_effect(
            generator,
            best.layer,
            units,
            latents[:CAUSAL_IMAGES],
            segmenter,
            random_trials=4,
            concept=concept,
            batch_size=settings.batch_size,
            rng=rng,
        )
        for concept, units in chosen.items()
        if concept not in untested
    )
    page = write_report(
        folder,
        best,
        generator,
        latents,
        segmenter,
        colours=colours,
        causal=effects,
        layers=dissections,
        origin=origin,
        batch_size=settings.batch_size,
    )
    best.save(folder / "dissection.safetensors")
    return Study(dissections, best, effects, page, tuple(dict.fromkeys(said)))


def spatial_layers(generator: nn.Module, latent: Tensor) -> list[str]:
    """The generator's own children that put out maps of at least four cells a side and more channels than an image."""
    return [
        name
        for name, shape in layers_of(generator, latent).items()
        if "." not in name and len(shape) == 4 and min(shape[2:]) >= SMALLEST and shape[1] > 3
    ]


def best_layer(dissections: Mapping[str, Dissection]) -> Dissection:
    """The dissection in which most concepts have a unit; of equals, the one with the larger share of units matched."""

    def told(dissection: Dissection) -> tuple[int, float]:
        matched = dissection.matched()
        return len({match.concept for match in matched}), len(matched) / dissection.count

    return max(dissections.values(), key=told)


def _small_concepts(dissection: Dissection) -> list[str]:
    small = [label for label, share in zip(dissection.labels, dissection.share, strict=True) if 0 < share < SMALL]
    found = sorted(small, key=lambda label: -len(dissection.units(label)))[:TESTED]
    return [label for label in found if dissection.units(label)]
