"""Pictures in a table: a CSV with a row for each, a number for each pixel, and the label in a column of its own.

Rows are square pictures, grey, or red, green and blue of each pixel in turn. The label is the column called label,
class, target, emotion or y, or else the one whose name is no pixel's; without a header it is the first or the last.
A column of the name ``pixels`` may hold all numbers of a picture, parted by blanks. Of tables without names pandas
writes columns called 0, 1, ..., and a first one without a name that counts the rows: neither is a picture or a label.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
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
_UNNAMED = ("", "unnamed: 0")  # the second when pandas has read and written it once more
_CELL = 2**27  # characters: Python's own limit is less than a large picture in one cell
_NUMBER = 4  # bytes in memory, for at least two in the file


class _Table(NamedTuple):
    """How a table is read: what parts its cells, whether its first row is names, and what its columns are."""

    delimiter: str
    named: bool
    labels: tuple[int, ...]
    """The column of the labels; the first and the last of all where only their numbers tell which."""
    pixels: int | None = None
    """The column that holds all pixels; None where each has its own."""
    unnamed: bool = False
    """Whether the first column has no name; where it is that of the labels, it may be the numbers of the rows."""
    note: str = ""


def table_collection(path: Path) -> Collection:
    """The pictures of a table. ValueError with the row for numbers that are none, and for rows that are no squares."""
    if path.stat().st_size * _NUMBER / 2 > LIMIT_BYTES:
        raise ValueError(f"{path} is too large for a table: save the pixels as .npy, which may be larger than memory")
    table, width = _layout(path)
    others = {*(table.labels if len(table.labels) == 1 else ()), *((0,) if table.unnamed else ())}
    rows: list[np.ndarray] = []
    words: list[list[str]] = []
    for number, row in islice(_rows(path, table.delimiter), int(table.named), None):
        if len(row) != width:
            raise ValueError(f"{path}: expected {width:,} cells in row {number}, got {len(row):,}: mend or remove it")
        cells = row if table.pixels is None else row[table.pixels].split()
        words.append([row[place].strip() for place in table.labels])
        for place in sorted(others, reverse=True):
            del row[place]
        try:
            rows.append(np.array(cells, np.float32))
        except ValueError as error:
            raise ValueError(f"{path}: row {number} holds no numbers ({error}): mend or remove it") from error
        if len(rows[-1]) != len(rows[0]):
            raise ValueError(f"{path}: expected {len(rows[0]):,} pixels in row {number}, got {len(rows[-1]):,}")
    if not rows:
        raise ValueError(f"{path} holds no rows of pixels: expected a row for each picture")
    numbers, columns, notes = np.stack(rows), list(zip(*words, strict=True)), [table.note]
    if len(columns) == 2:
        last, note = _last_is_label(numbers)
        numbers, columns = (numbers[:, :-1], columns[1:]) if last else (numbers[:, 1:], columns[:1])
        notes.append(note)
    if table.unnamed and (table.labels != (0,) or _are_numbers_of_rows(columns[0])):
        columns = columns if table.labels != (0,) else []
        notes.append("the first column has no name: it is left out")
    array, note = _squares(numbers, path)
    told = tuple(filter(None, [*notes, note, levels(array, str(path)).note]))
    labels: Tensor | None = None
    classes: tuple[str, ...] = ()
    if columns:
        labels, classes = check_labels(_numbers(columns[0]), len(array), None, f"{path}, labels")
    return Collection(path.stem, len(array), lambda frame: iter(pictures(array, str(path))), labels, classes, told)


def _layout(path: Path) -> tuple[_Table, int]:
    """How the table is read, and how many cells a row has."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        first = file.readline()
    delimiter = max(",;\t", key=first.count)
    begin = list(islice(_rows(path, delimiter), 2)) or [(1, [])]
    names, row = [cell.strip().lower() for cell in begin[0][1]], begin[-1][1]
    known = next((names.index(name) for name in LABELS if name in names), None)
    if len(row) < len(names) and (known is not None or PIXELS in names):
        raise ValueError(
            f"{path}: expected {len(names):,} cells in row {begin[-1][0]}, as in its header, got {len(row):,}: mend or "
            "remove it"
        )
    if PIXELS in names:
        return _Table(delimiter, True, () if known is None else (known,), names.index(PIXELS)), len(row)
    unnamed = bool(names) and names[0] in _UNNAMED
    label = known if known is not None else _odd_one(names, int(unnamed))
    numbered = _are_in_turn([name for place, name in enumerate(names) if place != label][unnamed:])
    if known is None and not numbered and sum(not _is_number(name) for name in names) < 2:
        return _Table(delimiter, False, _ends(row, 0)), len(row)
    pixels = len(row) - unnamed
    if label is not None and (known is not None or _side(pixels - 1) is not None):
        labels: tuple[int, ...] = (label,)
    else:
        labels = (0,) if unnamed and _side(pixels) is not None else _ends(row, int(unnamed))
    note = f"the first row, {names[0]} to {names[-1]}, is taken for the names of the columns"
    told = numbered and label is None and not unnamed  # a word among them leaves no doubt
    return _Table(delimiter, True, labels, None, unnamed, note if told else ""), len(row)


def _odd_one(names: Sequence[str], begin: int) -> int | None:
    """Which of the names from ``begin`` on is alone unlike the others but for digits: digit, beside p0, p1, ..."""
    stems = [re.sub(r"\d+", "", name) for name in names]
    count = Counter(stems[begin:])
    odd = [place for place, stem in enumerate(stems) if place >= begin and count[stem] == 1]
    return odd[0] if len(odd) == 1 else None


def _are_in_turn(names: Sequence[str]) -> bool:
    """Whether columns are called 0, 1, ... or 1, 2, ...; so few as four may be a picture."""
    return len(names) > 4 and any(list(names) == [str(n + one) for n in range(len(names))] for one in (0, 1))


def _ends(row: Sequence[str], begin: int) -> tuple[int, ...]:
    """Where labels without a name are: nowhere when the cells from ``begin`` on are a picture, else in the first of
    them or the last, of which a word leaves no doubt.
    """
    cells = len(row) - begin
    if cells < 2 or _side(cells) is not None or _side(cells - 1) is None:
        return ()
    ends = begin, len(row) - 1
    return tuple(place for place in ends if not _is_number(row[place]))[:1] or ends


def _last_is_label(rows: np.ndarray) -> tuple[bool, str]:
    """Whether of rows (N, pixels and a label) the last column is the label, not the first; a note where both can be."""
    highest = rows[:, 1:-1].max()
    first, last = _unlike_labels(rows[:, 0], highest), _unlike_labels(rows[:, -1], highest)
    note = (
        f"the labels could be the first or the last of {rows.shape[1]:,} columns: the "
        f"{'last' if last < first else 'first'} is taken; name it 'label' in a header"
    )
    return last < first, note if first[0] == last[0] else ""


def _unlike_labels(column: np.ndarray, highest: float) -> tuple[bool, bool, bool, int]:
    """Less for what is more like labels: whole numbers, not all one, above 1 where pixels are in [0, 1], without gaps,
    and few.
    """
    found = np.unique(column)
    whole = len(found) > 1 and bool(found[0] >= 0 and (found == np.rint(found)).all())
    return not whole, not found[-1] > 1 >= highest, len(found) <= found[-1] - found[0], len(found)


def _rows(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The number of each row from 1 on, in the file, and its cells; empty rows are left out."""
    csv.field_size_limit(_CELL)
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        try:
            for number, row in enumerate(csv.reader(file, delimiter=delimiter), start=1):
                if row:
                    yield number, row
        except csv.Error as error:
            raise ValueError(f"{path} cannot be read as a table ({error}): save it again, or as .npy") from error


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


def _are_numbers_of_rows(words: Sequence[str]) -> bool:
    """Whether a column without a name tells rows apart, in any order, and not classes."""
    return len(set(words)) == len(words) and all(word.isdecimal() for word in words)


def _numbers(words: Sequence[str]) -> np.ndarray:
    """Labels as whole numbers where all of them are, else as words."""
    return np.array([int(word) for word in words]) if all(word.isdecimal() for word in words) else np.array(words)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
