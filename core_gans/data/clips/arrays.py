"""Clips in an .npz file: an array ``clips`` (N, T, H, W) grey or (N, T, H, W, 3) RGB, with labels if it has some."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core_gans.data import room
from core_gans.data.damage import damaged
from core_gans.data.examples import Examples
from core_gans.data.frame import Frame
from core_gans.data.labels import check_labels
from core_gans.foundation.errors import LabError

NAME = "clips"
_BROKEN = (zipfile.BadZipFile, OSError, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError)


def read_array(path: Path, array: str | None, frame: Frame, frames: int) -> Examples:
    """The clips of ``array`` (default: ``clips``) in the file, cut into pieces of ``frames`` frames each.

    LabError for a file that is damaged or has no such array of bytes, and for clips that are shorter.
    """
    name = array or NAME
    try:
        with np.load(path, allow_pickle=False) as file:
            held = {each: file[each] for each in (name, "labels", "class_names") if each in file}
            names = ", ".join(file.files)
    except _BROKEN as error:
        raise damaged(str(path), error) from error
    clips = held.get(name)
    if clips is None:
        raise LabError(f"{path} holds no array {name!r} but {names}: name the array of clips, as {path.name}:NAME.")
    if (
        clips.dtype != np.uint8
        or clips.ndim not in (4, 5)
        or (clips.ndim == 5 and clips.shape[4] != 3)
        or not clips.size
    ):
        raise LabError(
            f"{path}:{name}: expected clips (N, T, H, W) or (N, T, H, W, 3) of bytes (uint8), got {clips.dtype} "
            f"{clips.shape}."
        )
    if clips.shape[1] < frames:
        raise LabError(f"{path}:{name}: its clips have {clips.shape[1]} frames, fewer than --frames {frames}.")
    pieces = clips.shape[1] // frames
    colours = frame.colours or (3 if clips.ndim == 5 else 1)
    if colours not in (1, 3):
        raise LabError(f"clips have 1 (grey) or 3 (RGB) colours, got --colours {colours}.")
    found = room.reserve((len(clips) * pieces, colours, frames, frame.height, frame.width), room.CLIPS_BYTES)
    for index in range(len(found)):
        clip, piece = divmod(index, pieces)
        for step in range(frames):
            picture = frame.fit(clips[clip, piece * frames + step])
            grey = picture if picture.ndim == 2 else None
            if colours == 1 and grey is None:
                grey = np.rint(picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
            found[index, :, step] = grey if grey is not None else picture.transpose(2, 0, 1)
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    if "labels" in held:
        given = [str(each) for each in held["class_names"].ravel()] if "class_names" in held else None
        checked, classes = check_labels(held["labels"], len(clips), given, f"{path}:labels")
        labels = checked.repeat_interleave(pieces)
    return Examples(path.stem, torch.from_numpy(found), labels, classes)
