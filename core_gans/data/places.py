"""Where data lie, said so that it holds from any folder."""

from __future__ import annotations

from pathlib import Path

from core_gans.data.files import file_and_array
from core_gans.data.known import KNOWN


def from_anywhere(data: str) -> str:
    """The words of ``--data`` with the paths in them made absolute where something is there; names stay names.

    ``one,other`` are two data sets, ``file.npz:name`` is an array of a file, and ``task:data`` a task made of data.
    """
    if data in KNOWN:
        return data
    if data and Path(data).exists():
        return str(Path(data).resolve())
    file, array = file_and_array(Path(data))
    if array is not None and file.exists():
        return f"{file.resolve()}:{array}"
    if "," in data:
        return ",".join(map(from_anywhere, data.split(",")))
    made, colon, of = data.partition(":")
    return f"{made}:{from_anywhere(of)}" if colon else data
