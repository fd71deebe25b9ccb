"""What was lost, put back by Pix2Pix: resolution, colours, the pixels of a hole, the detail of a mosaic."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from benchmarks.applications.paired import Paired, drawn_scenes, error, moved_and_mirrored, parted
from benchmarks.applications.row import Row, real_file
from core_gans.data import Examples, as_float, load
from core_gans.data.pairs import Pairs
from core_gans.data.tasks import central_hole, keep_known, psnr, task

SIDE = 64
FACADES = "facades_64.npz"
# No normalisation: how bright a picture is must not depend on its neighbours. Few levels: detail is local.
DETAIL = {"residual": True, "normalisation": "none", "levels": 3, "dropout": 0.0}


def _of_scenes(name: str) -> Callable[[], tuple[Pairs, Pairs]]:
    return lambda: parted(task(name, drawn_scenes(SIDE)))


def _of_photos(name: str) -> tuple[Pairs, Pairs]:
    learned, held = (load(f"{real_file(FACADES)}:{part}_photos", size=SIDE).images for part in ("train", "test"))
    grown = moved_and_mirrored(Pairs(FACADES, learned, learned)).target
    return task(name, Examples(FACADES, grown)), task(name, Examples(FACADES, held))


def sharper(learned: Pairs, held: Pairs, drawn: Tensor) -> Row:
    """The signal-to-noise ratio in decibels, beside that of the bicubic source."""
    return Row(psnr(drawn, as_float(held.target)), psnr(as_float(held.source), as_float(held.target)))


def coloured(learned: Pairs, held: Pairs, drawn: Tensor) -> Row:
    """L1 error, beside that of the grey source."""
    truth = as_float(held.target)
    return Row(error(drawn, truth), error(as_float(held.source).expand_as(truth), truth))


def filled(learned: Pairs, held: Pairs, drawn: Tensor) -> Row:
    """L1 error in the hole, beside that of what the source has there; all other pixels are copied from the source."""
    source, truth = as_float(held.source), as_float(held.target)
    hidden = central_hole(source)
    answer = keep_known(drawn, source, hidden)
    changed = (answer != truth).masked_fill(hidden, False).sum().item()

    def in_the_hole(images: Tensor) -> float:
        return error(images.masked_select(hidden), truth.masked_select(hidden))

    return Row(in_the_hole(answer), in_the_hole(source), {"known pixels changed": changed})


twice = Paired(_of_scenes("super-resolution-2"), sharper, DETAIL)
four_times = Paired(_of_scenes("super-resolution-4"), sharper, DETAIL)
photos_twice = Paired(lambda: _of_photos("super-resolution-2"), sharper, DETAIL)
colours = Paired(_of_scenes("colourisation"), coloured, {"residual": True})
hole = Paired(_of_scenes("inpainting"), filled)
stones = Paired(_of_scenes("mosaic"), filled, DETAIL)
