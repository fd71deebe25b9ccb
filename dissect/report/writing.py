"""Writing a report: ``report.html`` stands alone (no network, no other file), ``report.json`` and tables as CSV hold
every number, ``replay.py`` does it all again, ``sheets/`` and ``edits/`` have the pictures as PNG.

After the unit sheets of Bau et al. 2019, "GAN Dissection", figures 1 and 3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor, nn

from core_gans.foundation.whole_files import whole_folder, write_whole
from dissect.cause.causal import CausalEffect
from dissect.measure.dissection import Dissection
from dissect.report import layers as of_layers
from dissect.report.contents import SAMPLES, Contents, chosen_palette, chosen_units, css, wanted_images
from dissect.report.faults import faults
from dissect.report.gallery import check_peaks, gather
from dissect.report.page import render
from dissect.report.pictures import edit_of, write_edits, write_sheets
from dissect.report.replaying import script
from dissect.report.stories import stories
from dissect.report.tables import readme, tables, write_csv
from dissect.sampling import Progress
from dissect.segmenters.protocol import Segmenter

FORMAT = "dissection report/2"
PAGE_BYTES = 6_000_000
QUALITIES = (80, 66, 50, 32)  # of the page's pictures: the first with which it is small enough


def write_report(
    folder: str | Path,
    dissection: Dissection,
    generator: nn.Module,
    latents: Tensor,
    segmenter: Segmenter,
    *,
    colours: Sequence[Sequence[int]] | None = None,
    causal: Sequence[CausalEffect] | None = None,
    layers: Mapping[str, Dissection] | None = None,
    origin: str | None = None,
    title: str = "What the units draw",
    units_per_concept: int = 4,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> Path:
    """Write the report of ``dissection`` into the new ``folder``; return the path of its page.

    The folder appears only when the report is complete.

    Args:
        generator: this, the latents (N, ...) and the segmenter are those that were dissected: pictures are drawn again.
        colours: red, green and blue, 0 to 255, for each label; by default the hues are spread evenly.
        causal: adds what happened when units were changed; measured on the first of ``latents``.
        layers: dissections of other layers with the same images, in the order of the generator: adds their comparison.
        origin: Python for ``replay.py`` that assigns ``generator``, ``latents`` and ``segmenter`` as they are here;
            ``torch`` is imported already. Without it the script asks for a function that returns them.
        units_per_concept: how many sheets a concept gets; fewer if there are very many concepts.
        progress: called with the number of images drawn so far.

    Raises:
        FileExistsError: ``folder`` is there already, and is not an empty folder.
        ValueError: generator, latents, segmenter, colours or effects do not belong to the dissection; or an origin
            that is no Python.
    """
    folder = Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already, and a report never overwrites: name a new folder")
    _check(dissection, latents, segmenter, units_per_concept)
    replay = script(origin)
    palette = chosen_palette(colours, len(dissection.labels))
    plan = chosen_units(dissection, units_per_concept)
    samples = range(min(SAMPLES, len(latents)))
    wanted = wanted_images(dissection, plan, samples)
    gallery = gather(generator, dissection.layer, latents, segmenter, wanted, batch_size=batch_size, progress=progress)
    check_peaks(dissection, gallery)
    effects = list(causal or ())
    colour_names = [css(colour) for colour in palette]
    told = stories(effects, generator, dissection, latents, segmenter, gallery, colour_names)
    contents = Contents(
        title=title,
        dissection=dissection,
        palette=palette,
        gallery=gallery,
        samples=samples,
        plan=plan,
        stories=told,
        provenance={
            "layer": dissection.layer,
            "images": str(dissection.images),
            **dissection.provenance,
            "report written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        },
        layers=dict(layers or {}),
    )
    numbers = numbers_of(dissection)
    numbers |= {
        "causal": [effect.to_dict() for effect in effects],
        "edits": [edit_of(*item) for item in enumerate(told)],
    }
    numbers |= {"layers": of_layers.summary(contents.layers), "provenance": dict(contents.provenance)}
    written = list(tables(dissection, effects, contents.layers))
    with whole_folder(folder) as draft:
        write_whole(draft / "report.html", _small_page(contents))
        write_whole(draft / "report.json", json.dumps(_sayable(numbers), allow_nan=False) + "\n")
        write_csv(draft, written)
        write_whole(draft / "README.md", readme(title, written))
        write_whole(draft / "replay.py", replay)
        write_sheets(draft / "sheets", contents)
        write_edits(draft / "edits", told)
    return folder / "report.html"


def numbers_of(dissection: Dissection) -> dict[str, Any]:
    """Every number of a dissection as lists and dictionaries: its arrays by name, each unit's match, each concept's
    units."""
    return {
        "format": FORMAT,
        "layer": dissection.layer,
        "labels": list(dissection.labels),
        "images": dissection.images,
        "rule": dissection.rule,
        "upsampling": dissection.upsampling,
        "unsteady": dissection.unsteady,
        "criterion": asdict(dissection.criterion),
        "units": [asdict(dissection.best(unit)) for unit in range(dissection.count)],
        "faults": {str(unit): fault for unit, fault in faults(dissection).items()},
        "concepts": {concept: dissection.units(concept) for concept in dissection.labels},
        **{name: array.tolist() for name, array in vars(dissection).items() if isinstance(array, np.ndarray)},
    }


def _check(dissection: Dissection, latents: Tensor, segmenter: Segmenter, units_per_concept: int) -> None:
    if len(latents) != dissection.images:
        raise ValueError(f"expected the {dissection.images} latents that were dissected, got {len(latents)}")
    if tuple(segmenter.labels) != dissection.labels:
        raise ValueError(
            f"expected the segmenter that was dissected with, whose labels are {', '.join(dissection.labels)}; "
            f"got one with {', '.join(segmenter.labels)}"
        )
    if units_per_concept < 1:
        raise ValueError(f"expected at least 1 unit of each concept to show, got {units_per_concept}")


def _small_page(contents: Contents) -> str:
    for quality in QUALITIES:
        page = render(contents, quality)
        if len(page.encode()) <= PAGE_BYTES:
            break
    return page


def _sayable(value: Any) -> Any:
    """The same structure with None for the numbers that JSON has no word for: a unit that is never on has no level."""
    if isinstance(value, dict):
        return {key: _sayable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sayable(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
