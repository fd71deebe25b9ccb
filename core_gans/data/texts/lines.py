"""Texts a line each: in memory, or in a file that is read piece by piece, whose lines stay on the disk.

Of a file, one number and one checksum a line are kept, so that a file larger than memory is a data set. A ``.tsv`` has
SOURCE, TAB, TARGET; what stands behind a second tab (an attribution) is left out.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from core_gans.data.texts.splitting import Level, cut, plain
from core_gans.foundation.errors import LabError

SUFFIXES = {".txt": 1, ".tsv": 2}
"""Endings of files of texts, and how many texts stand in a line."""
NAMED = 3  # lines in an error, at most
Line = tuple[str, ...]
"""One text, or a source and its target."""


class Lines(Protocol):
    """Texts by their places."""

    def __len__(self) -> int: ...

    def at(self, places: Sequence[int]) -> list[Line]:
        """The lines at ``places``."""
        ...

    def part(self, chosen: Tensor) -> Lines:
        """The lines at the places ``chosen`` (n,) of all (N,), in this order."""
        ...


@dataclass(frozen=True)
class HeldLines:
    """Lines in memory."""

    lines: tuple[Line, ...]

    def __len__(self) -> int:
        return len(self.lines)

    def at(self, places: Sequence[int]) -> list[Line]:
        return [self.lines[place] for place in places]

    def part(self, chosen: Tensor) -> HeldLines:
        return HeldLines(tuple(self.lines[place] for place in chosen.tolist()))


@dataclass(frozen=True)
class FileLines:
    """Lines of the file ``name`` that begin at the bytes ``starts`` (N,); ``sha256`` is that of the whole file."""

    name: str
    starts: Tensor
    columns: int
    sha256: str

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, places: Sequence[int]) -> list[Line]:
        """LabError where the file has changed since it was looked through."""
        found = []
        with Path(self.name).open("rb") as file:
            for place in places:
                file.seek(int(self.starts[place]))
                line = _columns(_decoded(file.readline(), self.name, 0), self.columns)
                if len(line) != self.columns or not all(line):
                    raise LabError(f"{self.name} has changed while it is learned from: put it back.")
                found.append(line)
        return found

    def part(self, chosen: Tensor) -> FileLines:
        return FileLines(self.name, self.starts[chosen], self.columns, self.sha256)


@dataclass
class Skipped:
    """Lines that are left out, by the reason; the numbers of some of them."""

    counts: Counter[str] = field(default_factory=Counter)
    numbers: dict[str, list[int]] = field(default_factory=dict)

    def add(self, why: str, number: int) -> None:
        self.counts[why] += 1
        places = self.numbers.setdefault(why, [])
        if len(places) < NAMED:
            places.append(number)

    def told(self, why: str) -> str:
        """How many lines, the reason and where, as ``2 lines with one side missing (line 3, 8)``."""
        count, places = self.counts[why], self.numbers[why]
        more = ", ..." if count > len(places) else ""
        return f"{count:,} line{'' if count == 1 else 's'} {why} (line {', '.join(map(str, places))}{more})"


EMPTY, ONE_SIDED, LONG = "without words", "with one side missing", "longer than the model takes"


@dataclass(frozen=True)
class Found:
    """What was found in a file or a list: the good lines, a checksum (N,) of each first text, and what is left out."""

    lines: Lines
    checksums: Tensor
    skipped: Skipped


def read_file(path: Path, level: Level, longest: int, *, skip_broken: bool = False) -> Found:
    """The lines of a ``.txt`` or ``.tsv`` of at most ``longest`` words on each side, looked through once.

    Empty lines and longer ones are left out and counted. A pair with one side missing is a LabError that names the
    lines, or counted with ``skip_broken``. LabError too for a file that is no UTF-8, and for one without any good line.
    """
    columns = SUFFIXES[path.suffix.lower()]
    starts, checksums = array("q"), array("q")  # 16 bytes a line
    skipped, whole = Skipped(), hashlib.sha256()
    with path.open("rb") as file:
        start = 0
        for number, raw in enumerate(file, 1):
            whole.update(raw)
            line = _columns(_decoded(raw, str(path), number), columns)
            if (why := _fault(line, columns, level, longest)) is None:
                starts.append(start)
                checksums.append(checksum(line[0]))
            else:
                skipped.add(why, number)
            start += len(raw)
    if skipped.counts[ONE_SIDED] and not skip_broken:
        raise LabError(
            f"{path} has {skipped.told(ONE_SIDED)}: expected SOURCE, a tab and TARGET in each; mend them, or leave "
            "them out with --skip-broken."
        )
    if not starts:
        raise LabError(f"{path} has no {'text' if columns == 1 else 'pair'} to learn from{_reasons(skipped)}.")
    lines = FileLines(str(path), torch.from_numpy(np.array(starts)), columns, whole.hexdigest())
    return Found(lines, torch.from_numpy(np.array(checksums)), skipped)


def read_list(lines: Sequence[Line], level: Level, longest: int) -> Found:
    """The same of lines that are there already; LabError where none is left to learn from."""
    skipped, kept = Skipped(), []
    for number, line in enumerate(lines, 1):
        why = _fault(line, len(line), level, longest)
        if why is None:
            kept.append(line)
        else:
            skipped.add(why, number)
    if not kept:
        raise LabError(f"there is no text to learn from{_reasons(skipped)}.")
    return Found(HeldLines(tuple(kept)), torch.tensor([checksum(line[0]) for line in kept]), skipped)


def checksum(text: str) -> int:
    """A number in [0, 2^32) of a text, the same wherever its letters are: what splits learned from held out."""
    return zlib.crc32(" ".join(plain(text).split()).encode())


def in_turn(lines: Lines, at_once: int = 1024) -> Iterator[Line]:
    """All lines in their order, of which few are in memory at a time."""
    for start in range(0, len(lines), at_once):
        yield from lines.at(range(start, min(start + at_once, len(lines))))


def _reasons(skipped: Skipped) -> str:
    return ": " + "; ".join(map(skipped.told, skipped.counts)) if skipped.counts else ""


def _fault(line: Line, columns: int, level: Level, longest: int) -> str | None:
    counts = [len(cut(text, level)) for text in line]
    if not any(counts):
        return EMPTY
    if len(line) < columns or not all(counts):
        return ONE_SIDED
    return LONG if max(counts) > longest else None


def _columns(text: str, columns: int) -> Line:
    return (text,) if columns == 1 else tuple(text.split("\t")[:columns])


def _decoded(raw: bytes, path: str, number: int) -> str:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        kind = "it looks like UTF-16" if raw.startswith((b"\xff\xfe", b"\xfe\xff")) else f"line {number} is not"
        raise LabError(f"{path} is no text in UTF-8 ({kind}): save it as UTF-8.") from error
    if "\0" in text:
        raise LabError(f"{path} is no text: there is a byte 0 in line {number}.")
    return text.strip("\ufeff\r\n")
