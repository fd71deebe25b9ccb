"""Where samples go, by the suffix of a path: a folder of pictures, an array (.npz), or a sheet (.png).

A folder holds one numbered PNG a sample; with classes, each in the subfolder of its class. An .npz holds ``images``
(N, H, W) or (N, H, W, 3) as bytes, or ``points`` (N, D) as floats, and with classes ``labels`` (N,) and
``class_names``. ``data.load`` reads both again, labels and all.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import require_memory
from core_gans.foundation.pixels import png, quantised, write_png
from core_gans.foundation.sheets import cloud, sheet
from core_gans.foundation.whole_files import naming, whole_folder, write_whole
from core_gans.sampling.drawing import Drawing

DIGITS = 5  # of a file's number, at least


def require_free_place(out: Path) -> None:
    """FileExistsError where ``out`` stands already, but for an empty folder; LabError for a suffix that is none."""
    _writer(out)
    if out.is_dir() and not out.suffix and not any(out.iterdir()):
        return
    if out.exists():
        raise FileExistsError(f"{out} exists already and is kept: choose another name with --out.")


def write_samples(out: Path, drawn: Drawing) -> None:
    """Draw the samples and write them at ``out``, which must be free. Raises what ``require_free_place`` raises."""
    require_free_place(out)
    _writer(out)(out, drawn)


def _writer(out: Path) -> Callable[[Path, Drawing], None]:
    known = {"": _write_folder, ".npz": _write_array, ".png": _write_sheet}
    suffix = out.suffix.lower()
    if suffix not in known:
        raise LabError(
            f"expected --out as a folder (a name without a dot), an .npz or a .png, got {out}: samples are not written "
            f"as {suffix}."
        )
    return known[suffix]


def _write_folder(folder: Path, drawn: Drawing) -> None:
    width = max(DIGITS, len(str(len(drawn) - 1)))
    names = _class_names(drawn)
    number = 0
    with whole_folder(folder) as draft:
        for part in drawn.parts():
            if part.dim() != 4:
                raise LabError("points are no pictures: write them into an .npz, or as a .png of all of them.")
            for picture in _pictures(part):
                place = draft if drawn.labels is None else draft / names[int(drawn.labels[number])]
                place.mkdir(exist_ok=True)
                with naming(path := place / f"{number:0{width}d}.png"):
                    path.write_bytes(png(picture))
                number += 1


def _write_array(path: Path, drawn: Drawing) -> None:
    parts: list[npt.NDArray[np.generic]] = []
    for part in drawn.parts():
        if not parts:
            each = part[0].numel() * (1 if part.dim() == 4 else 4)
            require_memory(2 * len(drawn) * each, f"{len(drawn):,} samples in one array", "--count")
        parts.append(_pictures(part) if part.dim() == 4 else part.numpy())
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "images" if parts[0].dtype == np.uint8 else "points": np.concatenate(parts)
    }
    if drawn.labels is not None:
        arrays["labels"] = drawn.labels.numpy()
        arrays["class_names"] = np.array(_class_names(drawn))
    code = io.BytesIO()
    np.savez_compressed(code, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, code.getvalue())


def _write_sheet(path: Path, drawn: Drawing) -> None:
    samples = torch.cat(list(drawn.parts()))
    write_png(path, cloud(samples) if samples.dim() == 2 else sheet(samples))


def _class_names(drawn: Drawing) -> list[str]:
    """The numbers of the classes in as many digits as the last one has, so that names sort as numbers do."""
    return [f"{each:0{len(str(drawn.classes - 1))}d}" for each in range(drawn.classes)]


def _pictures(images: Tensor) -> npt.NDArray[np.uint8]:
    """Images (N, C, H, W) in [-1, 1] as (N, H, W) where they are grey, else as (N, H, W, C)."""
    pixels = quantised(images).cpu()
    return (pixels[:, 0] if images.shape[1] == 1 else pixels.permute(0, 2, 3, 1)).contiguous().numpy()
