"""Pictures in parquet files, as data sets of Hugging Face are kept: a column of encoded pictures, and one of labels.

The only file that imports pyarrow, which is an extra. Pictures are the column called image, img, picture or photo, or
the only one of them: structs with ``bytes``, or bytes. Labels are the column called label, labels, class or
fine_label, with the names that Hugging Face writes into the file's metadata.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core_gans.data.collection import Broken, Collection, Read
from core_gans.data.damage import damaged
from core_gans.data.frame import Frame
from core_gans.data.labels import check_labels
from core_gans.data.layouts import SPLITS, TRAINING
from core_gans.data.pictures import decode_deep
from core_gans.foundation.errors import LabError

MAGIC = b"PAR1"
PICTURES = ("image", "img", "picture", "photo", "image_bytes")
LABELS = ("label", "labels", "class", "fine_label")
_AT_ONCE = 64  # rows


@dataclass(frozen=True)
class Rows:
    """One parquet file: its columns by name, how many rows, its metadata, and its rows as dictionaries of columns."""

    columns: tuple[str, ...]
    count: int
    metadata: Mapping[bytes, bytes]
    read: Callable[[Sequence[str]], Iterator[dict[str, Any]]]


def parquet_files(folder: Path) -> list[Path]:
    """The parquet files of a folder, here or in ``data/``: of several splits, those for training."""
    found = sorted(path for path in (*folder.glob("*.parquet"), *folder.glob("data/*.parquet")) if path.is_file())
    split = {path: path.name.split("-")[0].removesuffix(".parquet").lower() for path in found}
    if len(set(split.values()) & SPLITS) > 1:
        return [path for path in found if split[path] in TRAINING] or found
    return found


def parquet_collection(paths: Sequence[Path], opened: Callable[[Path], Rows] | None = None) -> Collection:
    """The pictures of parquet files of the same columns, one after the other, a few rows at a time.

    LabError without pyarrow, with the line that installs it; ValueError for a file that is damaged, or has no column of
    pictures, or not the label that the first has. ``opened`` reads a file; by default with pyarrow.
    """
    files = [(opened or _with_pyarrow)(path) for path in paths]
    where, first = str(paths[0]), files[0]
    column = next((name for name in PICTURES if name in first.columns), None)
    if column is None:
        raise ValueError(
            f"{where} has no column of pictures: expected one called {', '.join(PICTURES)}, got "
            f"{', '.join(first.columns) or 'none'}"
        )
    count = sum(file.count for file in files)
    label = next((name for name in LABELS if name in first.columns), None)
    for path, file in zip(paths, files, strict=True):
        for name in (column, *([] if label is None else [label])):
            if name not in file.columns:
                got = ", ".join(file.columns) or "none"
                raise ValueError(
                    f"{path} has no column {name!r}, which {where} has: got {got}; mend it or move it away"
                )
    checked = (None, ()) if label is None else _labels(files, label, count, f"{where}:{label}")

    def pictures(frame: Frame) -> Read:
        for path, file in zip(paths, files, strict=True):
            for index, row in enumerate(file.read([column])):
                yield _picture(row[column], f"{path}:{column}, row {index}", frame)

    return Collection(paths[0].stem if len(paths) == 1 else paths[0].parent.name, count, pictures, *checked)


def _labels(files: Sequence[Rows], label: str, count: int, where: str) -> Any:
    found = [row[label] for file in files for row in file.read([label])]
    if any(each is None for each in found):
        raise ValueError(f"{where}: image {found.index(None)} has no label: remove the row")
    return check_labels(np.array(found), count, _names(files[0].metadata, label), where)


def _names(metadata: Mapping[bytes, bytes], label: str) -> list[str] | None:
    """The class names that Hugging Face keeps in the metadata; None where there are none."""
    try:
        names = json.loads(metadata.get(b"huggingface", b"{}"))["info"]["features"][label]["names"]
    except (ValueError, KeyError, TypeError):
        return None
    return [str(name) for name in names] if isinstance(names, list) else None


def _picture(given: Any, name: str, frame: Frame) -> np.ndarray | Broken:
    data = given.get("bytes") if isinstance(given, dict) else given
    if not isinstance(data, bytes):
        kept = f"the path {given.get('path')!r} alone" if isinstance(given, dict) else type(data).__name__
        return Broken(name, f"{name} holds {kept}, and no picture: save the data set with its pictures in it")
    try:
        return decode_deep(io.BytesIO(data), name, frame.least, frame.colours == 4)
    except ValueError as error:
        return Broken(name, str(error))


def _with_pyarrow(path: Path) -> Rows:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise LabError(
            f"{path} is a parquet file, which needs pyarrow: pip install 'gan-lab[data]' (or pip install pyarrow)"
        ) from error
    failures = (pyarrow.ArrowException, OSError, ValueError)
    try:
        file = parquet.ParquetFile(path)
        schema = file.schema_arrow
    except failures as error:
        raise damaged(f"{path}, read as parquet,", error) from error

    def read(columns: Sequence[str]) -> Iterator[dict[str, Any]]:
        try:
            for batch in file.iter_batches(_AT_ONCE, columns=list(columns)):
                yield from batch.to_pylist()
        except failures as error:
            raise damaged(f"{path}, read as parquet,", error) from error

    return Rows(tuple(schema.names), file.metadata.num_rows, schema.metadata or {}, read)
