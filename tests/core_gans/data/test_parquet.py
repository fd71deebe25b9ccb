"""Parquet: which columns and files are read, what is said without pyarrow, and with it a whole file of its own."""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core_gans.data.collection import gather
from core_gans.data.files import read
from core_gans.data.frame import Frame
from core_gans.data.parquet import Rows, parquet_collection, parquet_files
from core_gans.foundation.errors import LabError
from tests.core_gans.data.awkward import PNG, SMALL

NAMES = {b"huggingface": json.dumps({"info": {"features": {"label": {"names": ["ape", "owl"]}}}}).encode()}
ROWS = [{"image": {"bytes": PNG, "path": "1.png"}, "label": 1}, {"image": {"bytes": PNG, "path": None}, "label": 0}]


def opened(rows: list[dict[str, Any]], metadata: dict[bytes, bytes] | None = None) -> Any:
    """A reader of files that all hold ``rows``."""

    def open_(path: Path) -> Rows:
        def columns(wanted: Sequence[str]) -> Iterator[dict[str, Any]]:
            return ({name: row[name] for name in wanted} for row in rows)

        return Rows(tuple(rows[0]), len(rows), metadata or {}, columns)

    return open_


def test_pictures_come_with_the_names_that_hugging_face_keeps() -> None:
    found = parquet_collection([Path("pets/a.parquet"), Path("pets/b.parquet")], opened(ROWS, NAMES))
    examples = gather(found, Frame(16, 16))
    assert examples.images.shape == (4, 3, 16, 16)
    assert examples.labels is not None
    assert examples.labels.tolist() == [1, 0, 1, 0]
    assert examples.classes == ("ape", "owl")
    assert examples.name == "pets"


def test_bytes_alone_and_words_will_do() -> None:
    rows = [{"img": PNG, "class": "owl"}, {"img": PNG, "class": "ape"}]
    examples = gather(parquet_collection([Path("a.parquet")], opened(rows)), Frame(16, 16))
    assert examples.classes == ("ape", "owl")
    plain = gather(parquet_collection([Path("a.parquet")], opened([{"image": PNG}])), Frame(16, 16))
    assert plain.labels is None


@pytest.mark.parametrize(
    ("rows", "line"),
    [
        ([{"text": "a", "label": 1}], "no column of pictures: expected one called image, .* got text, label"),
        ([{"image": {"bytes": None, "path": "/x/1.png"}}], r"a\.parquet:image, row 0 holds the path '/x/1.png' alone"),
        ([{"image": {"bytes": PNG[:60]}}, {"image": {"bytes": PNG}}], r"row 0 is damaged .*\(--skip-broken\)"),
        ([{"image": PNG, "label": None}], "image 0 has no label"),
    ],
)
def test_what_cannot_be_read_is_a_line(rows: list[dict[str, Any]], line: str) -> None:
    with pytest.raises(ValueError, match=line):
        gather(parquet_collection([Path("a.parquet")], opened(rows)), Frame(16, 16))


@pytest.mark.parametrize(
    ("other", "line"),
    [
        ([{"image": PNG}], r"pets/b\.parquet has no column 'label', which pets/a\.parquet has: got image; mend it"),
        (
            [{"id": 1, "sex": 0}],
            r"pets/b\.parquet has no column 'image', which .* has: got id, sex; mend it",
        ),
    ],
)
def test_every_file_has_the_columns(other: list[dict[str, Any]], line: str) -> None:
    def each(path: Path) -> Rows:
        rows: Rows = opened(ROWS if path.name == "a.parquet" else other)(path)
        return rows

    with pytest.raises(ValueError, match=line):
        parquet_collection([Path("pets/a.parquet"), Path("pets/b.parquet")], each)


def test_the_files_of_the_training_split_are_read(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for name in ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"):
        (tmp_path / "data" / f"{name}.parquet").touch()
    assert [path.name[:11] for path in parquet_files(tmp_path)] == ["train-00000", "train-00001"]
    (tmp_path / "data" / "test-00000-of-00001.parquet").unlink()
    assert len(parquet_files(tmp_path)) == 2


def test_without_pyarrow_the_line_that_installs_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] == "pyarrow":
            raise ImportError(name)
        return whole(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    (tmp_path / "pets.parquet").write_bytes(b"PAR1" + bytes(20) + b"PAR1")
    for place in (tmp_path / "pets.parquet", tmp_path):
        with pytest.raises(LabError, match=r"needs pyarrow: pip install 'gan-lab\[data\]'"):
            read(place, 16)


def test_a_file_that_pyarrow_wrote(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pyarrow.Table.from_pylist([{"image": {"bytes": PNG, "path": "1"}, "label": label} for label in (1, 0)])
    parquet.write_table(table.replace_schema_metadata(NAMES), tmp_path / "pets.parquet")
    for place in (tmp_path / "pets.parquet", tmp_path):
        examples = read(place, 16)
        assert examples.classes == ("ape", "owl")
        assert examples.labels is not None
        assert examples.labels.tolist() == [1, 0]
        assert np.abs(examples.images[0].permute(1, 2, 0).numpy().astype(int)[8, 2] - SMALL[8, 2]).max() <= 9
    whole = (tmp_path / "pets.parquet").read_bytes()
    (tmp_path / "pets.parquet").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"read as parquet, is damaged"):
        read(tmp_path / "pets.parquet", 16)
