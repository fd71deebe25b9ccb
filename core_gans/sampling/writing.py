"""Where samples go, by the suffix of a path: a folder of pictures, an array (.npz), a sheet (.png), or a film of films
(.gif, .mp4).

A folder holds one numbered PNG a sample; with classes, each in the subfolder of its class. An .npz holds ``images``
(N, H, W) or (N, H, W, 3) as bytes, or ``points`` (N, D) as floats, and with classes ``labels`` (N,) and
``class_names``. ``data.load`` reads both again, labels and all. Clips are one GIF each in a folder, ``clips`` (N, T, H,
W) or (N, T, H, W, 3) in an .npz, and a row of frames each on a sheet.
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
from core_gans.foundation.films import write_film
from core_gans.foundation.memory import require_memory
from core_gans.foundation.pixels import png, quantised, to_bytes, write_png
from core_gans.foundation.sheets import cloud, picture, sheet
from core_gans.foundation.whole_files import naming, whole_folder, write_whole
from core_gans.sampling.drawing import Drawing

DIGITS = 5  # of a file's number, at least
SIDE = 64  # pixels of a film on a sheet of films: smaller ones are enlarged


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
    known = {"": _write_folder, ".npz": _write_array, ".png": _write_sheet, ".gif": _write_films, ".mp4": _write_films}
    suffix = out.suffix.lower()
    if suffix not in known:
        raise LabError(
            f"expected --out as a folder (a name without a dot), an .npz or a .png, or of clips as a .gif or "
            f"an .mp4, got {out}: samples are not written as {suffix}."
        )
    return known[suffix]


def _write_folder(folder: Path, drawn: Drawing) -> None:
    width = max(DIGITS, len(str(len(drawn) - 1)))
    names = _class_names(drawn)
    number = 0
    with whole_folder(folder) as draft:
        for part in drawn.parts():
            if part.dim() not in (4, 5):
                raise LabError("points are no pictures: write them into an .npz, or as a .png of all of them.")
            for sample in part:
                place = draft if drawn.labels is None else draft / names[int(drawn.labels[number])]
                place.mkdir(exist_ok=True)
                path = place / f"{number:0{width}d}.{'png' if part.dim() == 4 else 'gif'}"
                if part.dim() == 4:
                    with naming(path):
                        path.write_bytes(png(_pictures(sample[None])[0]))
                else:
                    write_film(path, to_bytes(sample.transpose(0, 1)))
                number += 1


def _write_array(path: Path, drawn: Drawing) -> None:
    parts: list[npt.NDArray[np.generic]] = []
    for part in drawn.parts():
        if not parts:
            each = part[0].numel() * (4 if part.dim() == 2 else 1)
            require_memory(2 * len(drawn) * each, f"{len(drawn):,} samples in one array", "--count")
        parts.append(part.numpy() if part.dim() == 2 else _pictures(part))
        name = {2: "points", 4: "images", 5: "clips"}[part.dim()]
    arrays: dict[str, npt.NDArray[np.generic]] = {name: np.concatenate(parts)}
    if drawn.labels is not None:
        arrays["labels"] = drawn.labels.numpy()
        arrays["class_names"] = np.array(_class_names(drawn))
    code = io.BytesIO()
    np.savez_compressed(code, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own options
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, code.getvalue())


def _write_sheet(path: Path, drawn: Drawing) -> None:
    samples = torch.cat(list(drawn.parts()))
    if samples.dim() == 5:
        write_png(path, picture(samples))
    else:
        write_png(path, cloud(samples) if samples.dim() == 2 else sheet(samples))


def _write_films(path: Path, drawn: Drawing) -> None:
    """All films at once, beside each other in one film."""
    samples = torch.cat(list(drawn.parts()))
    if samples.dim() != 5:
        raise LabError(f"{path} would be a film, and these samples do not move: choose a .png, an .npz or a folder.")
    scale = max(1, SIDE // samples.shape[-1])
    write_film(path, np.stack([sheet(samples[:, :, time], scale=scale) for time in range(samples.shape[2])]))


def _class_names(drawn: Drawing) -> list[str]:
    """The numbers of the classes in as many digits as the last one has, so that names sort as numbers do."""
    return [f"{each:0{len(str(drawn.classes - 1))}d}" for each in range(drawn.classes)]


def _pictures(images: Tensor) -> npt.NDArray[np.uint8]:
    """Images (N, C, H, W) or clips (N, C, T, H, W) in [-1, 1] with their colours last, or without if they are grey."""
    pixels = quantised(images).cpu()
    return (pixels[:, 0] if images.shape[1] == 1 else pixels.movedim(1, -1)).contiguous().numpy()
