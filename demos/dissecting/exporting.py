"""The report of a dissection for others to read: the page that stands alone, and all of it in one ZIP."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core_gans import shipped
from core_gans.foundation.whole_files import whole_file
from demos.dissecting.jobs import ProgressReporter
from demos.dissecting.measuring import seed_of
from demos.dissecting.open_dissection import OpenDissection
from dissect import CausalEffect, Dissection
from dissect.report import write_report
from dissect.report.contents import SAMPLES, chosen_units, wanted_images

UNITS = 4  # sheets of a concept

ORIGIN = """\
from core_gans.models import open_model
from dissect.segmenters.opening import open_segmenter

model = {model}
generator = model.net
latents = model.game.latents({images}, torch.Generator().manual_seed({seed}))
segmenter = open_segmenter({segmenter})"""


@dataclass(frozen=True)
class Report:
    """Two files: the page, and a ZIP of everything."""

    page: Path
    everything: Path


def export(
    current: OpenDissection,
    effects: Iterable[CausalEffect],
    layers: Mapping[str, Dissection],
    folder: Path,
    reporter: ProgressReporter,
    model: str,
) -> Report:
    """Write the report into ``folder``, in place of an older one.

    ``effects`` are what was measured of causes, ``layers`` the dissections to compare, ``model`` where that lies below
    the folder of runs (``ModelStore.path_of``). LabError where the pictures that were dissected cannot be drawn again;
    Cancelled.
    """
    found = current.dissection
    current.check()
    shutil.rmtree(folder, ignore_errors=True)
    total = len(wanted_images(found, chosen_units(found, UNITS), range(min(SAMPLES, found.images))))
    page = write_report(
        folder / f"dissection-{found.layer}",
        found,
        current.dissectable.twin(),
        current.latents,
        current.watcher().segmenter,
        colours=current.colours,
        causal=list(effects),
        layers=layers,
        origin=origin(current, model),
        title=f"What the units of {found.layer} draw",
        units_per_concept=UNITS,
        progress=reporter.stage("Drawing the pictures of the report", total),
    )
    packing = reporter.stage("Packing", 1)
    everything = folder / f"dissection-{found.layer}.zip"
    with whole_file(everything) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(page.parent.rglob("*")):
            archive.write(path, path.relative_to(folder))
    packing(1)
    return Report(page, everything)


def origin(current: OpenDissection, model: str) -> str:
    """Python that makes generator, latents and segmenter again; a ``model`` of one's own is looked for in ``runs``."""
    key = current.dissectable.key
    return ORIGIN.format(
        model=f"open_model({(f'{key}-generator' if key in shipped.SCENES else f'runs/{model}')!r})",
        images=current.dissection.images,
        seed=seed_of(current.dissection),
        segmenter=repr(current.watcher().name),
    )
