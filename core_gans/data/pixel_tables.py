"""Pictures in a table: a CSV with a row for each, a number for each pixel, and the label in a column of its own.

Rows are square pictures, grey, or red, green and blue of each pixel in turn. The label is the column called label,
class, target, emotion or y; without a header it is what the first column, or else the last, has too many. A column of
the name ``pixels`` may hold all numbers of a picture, parted by blanks.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from math import isqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
from torch import Tensor

from core_gans.data.arrays import levels, pictures
from core_gans.data.collection import Collection
from core_gans.data.labels import check_labels
from core_gans.data.room import LIMIT_BYTES

SUFFIXES = (".csv", ".tsv")
LABELS = ("label", "labels", "class", "target", "emotion", "y")
PIXELS = "pixels"
_NUMBER = 4  # bytes in memory, for at least two in the file


class _Table(NamedTuple):
    """How a table is read: what parts its cells, whether its first row is names, and which column is the label."""

    delimiter: str
    named: bool
    label: int | None
    pixels: int | None
    """The column that holds all pixels; None where each has its own."""


def table_collection(path: Path) -> Collection:
    """The pictures of a table. ValueError with the row for numbers that are none, and for rows that are no squares."""
    if path.stat().st_size * _NUMBER / 2 > LIMIT_BYTES:
        raise ValueError(f"{path} is too large for a table: save the pixels as .npy, which may be larger than memory")
    table, width = _layout(path)
    rows: list[np.ndarray] = []
    words: list[str] = []
    for number, row in _rows(path, table):
        if len(row) != width:
            raise ValueError(f"{path}: expected {width:,} cells in row {number}, got {len(row):,}: mend or remove it")
        cells = row if table.pixels is None else row[table.pixels].split()
        if table.label is not None:
            words.append(row[table.label].strip())
            cells = cells if table.pixels is not None else row[: table.label] + row[table.label + 1 :]
        try:
            rows.append(np.array(cells, np.float32))
        except ValueError as error:
            raise ValueError(f"{path}: row {number} holds no numbers ({error}): mend or remove it") from error
        if len(rows[-1]) != len(rows[0]):
            raise ValueError(f"{path}: expected {len(rows[0]):,} pixels in row {number}, got {len(rows[-1]):,}")
    if not rows:
        raise ValueError(f"{path} holds no rows of pixels: expected a row for each picture")
    array, note = _squares(np.stack(rows), path)
    told = tuple(filter(None, [note, levels(array, str(path)).note]))
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    if words:
        labels, classes = check_labels(_numbers(words), len(array), None, f"{path}, labels")
    return Collection(path.stem, len(array), lambda frame: iter(pictures(array, str(path))), labels, classes, told)


def _layout(path: Path) -> tuple[_Table, int]:
    """How the table is read, and how many cells a row has."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        first, second = file.readline(), file.readline()
    delimiter = max(",;\t", key=first.count)
    names = [cell.strip().lower() for cell in next(csv.reader([first], delimiter=delimiter), [])]
    row = next(csv.reader([second], delimiter=delimiter), []) if second else names
    label = next((names.index(name) for name in LABELS if name in names), None)
    pixels = names.index(PIXELS) if PIXELS in names else None
    named = label is not None or pixels is not None or sum(not _is_number(name) for name in names) > 1
    cells = len(row)
    if label is not None or pixels is not None:
        return _Table(delimiter, True, label, pixels), cells
    if _side(cells) is None and _side(cells - 1) is not None:
        last = _is_number(row[0]) and not _is_number(row[-1])
        return _Table(delimiter, named, cells - 1 if last else 0, None), cells
    return _Table(delimiter, named, None, None), cells


def _rows(path: Path, table: _Table) -> Iterator[tuple[int, list[str]]]:
    """The number of each row from 1 on, in the file, and its cells; empty rows are left out."""
    csv.field_size_limit(2**27)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter=table.delimiter), start=1):
            if row and not (number == 1 and table.named):
                yield number, row


def _squares(rows: np.ndarray, path: Path) -> tuple[np.ndarray, str]:
    """Rows (N, pixels) as pictures (N, H, W) or (N, H, W, 3), whole numbers where they are, and a note."""
    count, pixels = rows.shape
    found = _side(pixels)
    if found is None:
        near = isqrt(pixels)
        raise ValueError(
            f"{path}: {pixels:,} numbers a row are no square picture, grey (as {near}x{near} = {near**2:,}) or RGB (3 "
            "for each pixel): take the other columns away, or call the label's column 'label'"
        )
    side, colours = found
    whole = rows.astype(np.int32) if (rows == np.rint(rows)).all() and rows.max() > 1 else rows
    if colours == 1:
        return whole.reshape(count, side, side), ""
    note = f"a row is read as red, green and blue of each of {side}x{side} pixels in turn"
    return whole.reshape(count, side, side, 3), note


def _side(pixels: int) -> tuple[int, int] | None:
    """Side and channels of a picture of this many numbers; None where it is no square."""
    for colours in (1, 3):
        side = isqrt(pixels // colours)
        if side > 1 and side * side * colours == pixels:
            return side, colours
    return None


def _numbers(words: list[str]) -> np.ndarray:
    """Labels as whole numbers where all of them are, else as words."""
    return np.array([int(word) for word in words]) if all(word.isdecimal() for word in words) else np.array(words)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
