"""Clips in an .npz file: an array ``clips`` (N, T, H, W) grey or (N, T, H, W, 3) RGB, with labels if it has some."""

from __future__ import annotations

import math
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from numpy.lib.npyio import NpzFile
from torch import Tensor

from core_gans.data import room
from core_gans.data.damage import damaged
from core_gans.data.examples import Examples
from core_gans.data.frame import Frame
from core_gans.data.labels import check_labels
from core_gans.foundation.errors import LabError

NAME = "clips"
_BROKEN = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, KeyError, NotImplementedError, RuntimeError)


def read_array(path: Path, array: str | None, frame: Frame, frames: int) -> Examples:
    """The clips of ``array`` (default: ``clips``) in the file, cut into pieces of ``frames`` frames each, one by one.

    LabError for a file that is damaged or has no such array of bytes, and for clips that are shorter.
    """
    name = array or NAME
    with _reading(path), _opened(path) as file:
        if name not in file:
            held = ", ".join(file.files)
            raise LabError(f"{path} holds no array {name!r} but {held}: name the array of clips, as {path.name}:NAME.")
        with file.zip.open(f"{name.removesuffix('.npy')}.npy") as member:
            shape, clips = _one_by_one(member, f"{path}:{name}")
            if shape[1] < frames:
                raise LabError(f"{path}:{name}: its clips have {shape[1]} frames, fewer than --frames {frames}.")
            found = _cut(clips, shape, frame, frames)
        beside = {each: file[each] for each in ("labels", "class_names") if each in file}
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    if "labels" in beside:
        given = [str(each) for each in beside["class_names"].ravel()] if "class_names" in beside else None
        checked, classes = check_labels(beside["labels"], shape[0], given, f"{path}:labels")
        labels = checked.repeat_interleave(shape[1] // frames)
    return Examples(path.stem, torch.from_numpy(found), labels, classes)


def _opened(path: Path) -> Any:
    """The file as numpy's NpzFile."""
    file = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped, so that a .npy is not read to say what it is
    if not isinstance(file, NpzFile):
        raise LabError(f"{path} is a .npy by another name: save it by np.savez(FILE, {NAME}=ARRAY).")
    return file


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except LabError:
        raise
    except _BROKEN as error:
        raise damaged(str(path), error) from error


def _one_by_one(member: IO[bytes], where: str) -> tuple[tuple[int, ...], Iterator[np.ndarray]]:
    """The shape of an array of clips, and its clips, (T, H, W) or (T, H, W, 3) uint8, read when they are asked for."""
    header = np.lib.format.read_array_header_1_0, np.lib.format.read_array_header_2_0
    version = np.lib.format.read_magic(member)[0]
    shape, by_columns, dtype = header[min(version, len(header)) - 1](member)
    if dtype != np.uint8 or len(shape) not in (4, 5) or (len(shape) == 5 and shape[4] != 3) or 0 in shape:
        raise LabError(
            f"{where}: expected clips (N, T, H, W) or (N, T, H, W, 3) of bytes (uint8), got {dtype} {shape}."
        )
    if by_columns:
        raise LabError(f"{where} is kept column by column: save np.ascontiguousarray of it.")

    def read() -> Iterator[np.ndarray]:
        for _ in range(shape[0]):
            content = member.read(math.prod(shape[1:]))
            if len(content) < math.prod(shape[1:]):
                raise EOFError("the array ends too early")
            yield np.frombuffer(content, np.uint8).reshape(shape[1:])

    return shape, read()


def _cut(clips: Iterator[np.ndarray], shape: tuple[int, ...], frame: Frame, frames: int) -> np.ndarray:
    """Pieces of ``frames`` frames of each clip, (pieces, C, frames, height, width)."""
    pieces = shape[1] // frames
    colours = frame.colours or (3 if len(shape) == 5 else 1)
    if colours not in (1, 3):
        raise LabError(f"clips have 1 (grey) or 3 (RGB) colours, got --colours {colours}.")
    found = room.reserve((shape[0] * pieces, colours, frames, frame.height, frame.width), room.CLIPS_BYTES)
    for number, clip in enumerate(clips):
        for step, frame_of_clip in enumerate(clip[: pieces * frames]):
            picture = frame.fit(frame_of_clip)
            if colours == 1 and picture.ndim == 3:
                picture = np.rint(picture @ np.array([0.299, 0.587, 0.114])).astype(np.uint8)
            piece, place = divmod(step, frames)
            found[number * pieces + piece, :, place] = picture if picture.ndim == 2 else picture.transpose(2, 0, 1)
        room.touched(found[number * pieces : (number + 1) * pieces].nbytes)
    return found
