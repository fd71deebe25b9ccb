"""Pairs of images and their masks, painted in a colour for each class: scenes as they are drawn, and .npz files.

A file has the masks ``masks``, ``train_masks`` or the like (N, H, W), a colour for each class in ``palette``
(classes, 3), and the images under the same name with ``images`` or ``photos`` in place of ``masks``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core_gans.data.collection import gather
from core_gans.data.data_set import Progress
from core_gans.data.examples import as_float
from core_gans.data.files import file_and_array
from core_gans.data.frame import Frame, Resize, Size
from core_gans.data.known import KNOWN
from core_gans.data.npz import PALETTE, arrays_in, npz_collection
from core_gans.data.pairs import Pairs
from core_gans.foundation.names import require_known

MASK_TASKS: dict[str, bool] = {
    "labels-to-scene": True,
    "labels-to-photo": True,
    "scene-to-labels": False,
    "photo-to-labels": False,
}
"""The tasks by name, and whether the labels are what is given."""

IMAGES = ("images", "photos")
_MASKS = "masks"


def mask_task(
    name: str,
    of: str,
    *,
    size: Size | None = None,
    count: int | None = None,
    seed: int = 0,
    resize: Resize = "crop",
    progress: Progress | None = None,
) -> Pairs:
    """The pairs of the task called ``name`` on ``of``: ``scenes``, or an .npz file with masks, ``file.npz`` or
    ``file.npz:val_masks``. Both sides are (N, 3, size, size) uint8; a class has its colour of the palette.

    ``size`` is 64 for scenes and 32 for files unless given, ``count`` how many scenes are drawn, from ``seed``.
    ValueError for a task that is not there, for data without masks, and for what cannot be read.
    """
    require_known("task", name, MASK_TASKS)
    known = KNOWN.get(of)
    if known is not None and known.with_masks is not None:
        drawn = known.with_masks(known.wanted(size, count, seed=seed, progress=progress))
        painted, images = _channels_first(drawn.palette[drawn.masks]), _channels_first(drawn.images)
    else:
        painted, images = _file(Path(of), 32 if size is None else size, resize)
    called = f"{name} of {of if known else file_and_array(Path(of))[0].stem}"
    return Pairs(called, painted, images) if MASK_TASKS[name] else Pairs(called, images, painted)


def nearest_class(painted: Tensor, palette: np.ndarray) -> Tensor:
    """The class (N, H, W) int64 whose colour in ``palette`` (classes, 3) uint8 is nearest to each pixel of ``painted``
    (N, 3, H, W), uint8 or in [-1, 1]: how labels that were drawn are read off.
    """
    colours = as_float(torch.from_numpy(np.ascontiguousarray(palette)))  # (classes, 3)
    return torch.stack(
        [torch.cdist(as_float(page).flatten(1).T, colours).argmin(1).unflatten(0, page.shape[1:]) for page in painted]
    )


def _file(path: Path, size: Size, resize: Resize) -> tuple[Tensor, Tensor]:
    file, array = file_and_array(path)
    masks, images = _arrays(file, array)
    frame = Frame.of(size, 3, resize)
    painted, shown = (gather(npz_collection(file, array), frame).images for array in (masks, images))
    return painted, shown


def _channels_first(pages: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pages.transpose(0, 3, 1, 2)))


def _arrays(file: Path, asked: str | None) -> tuple[str, str]:
    """The names of the masks and of their images."""
    needs = f"expected scenes, or an .npz file of masks with their images and a {PALETTE}"
    if not file.is_file() or file.suffix != ".npz":
        raise ValueError(f"{needs}, got {str(file)!r}: choose data with masks.")
    names = arrays_in(file)
    known = [name for name in names if name.endswith(_MASKS) and _beside(name, names)]
    wanted = [asked] if asked else [_MASKS, f"train_{_MASKS}", *known]
    masks = next((name for name in wanted if name in known), None)
    if masks is None or PALETTE not in names:
        raise ValueError(f"{needs}, and {file} holds {', '.join(names) or 'nothing'}: choose data with masks.")
    return masks, _beside(masks, names)


def _beside(masks: str, names: tuple[str, ...]) -> str:
    """The name of the images beside ``masks``, or an empty one."""
    return next((name for end in IMAGES if (name := masks.removesuffix(_MASKS) + end) in names), "")
