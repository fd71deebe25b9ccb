"""Tables of pixels: which row is a header, and which column the label, with the very pixels that were written."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from core_gans.data import load, pixel_tables
from core_gans.data.collection import gather
from core_gans.data.examples import Examples
from core_gans.data.frame import Frame
from core_gans.data.pixel_tables import table_collection

SIDE, PIXELS = 8, 64
DRAWN = np.random.default_rng(0).integers(0, 256, (9, PIXELS))
SPARSE = np.where(np.arange(PIXELS) % (PIXELS - 1), DRAWN, 0)  # no ink in the first corner, nor in the last
KINDS = [2, 0, 1, 2, 0, 1, 1, 0, 2]
NUMBERED = [str(place) for place in range(PIXELS)]
NAMED = [f"p{place}" for place in range(PIXELS)]


def read(folder: Path, header: list[str], *columns: object) -> Examples:
    """What comes of a table of these columns: lists, or arrays (N, pixels)."""
    rows = np.column_stack([np.array(each, object) for each in columns])
    lines = [*([header] if header else []), *rows.tolist()]
    (folder / "a.csv").write_text("\n".join(",".join(map(str, line)) for line in lines))
    return gather(table_collection(folder / "a.csv"), Frame(SIDE, SIDE))


def same(found: Examples, pixels: np.ndarray, labels: list[int] | None, classes: tuple[str, ...] = ()) -> bool:
    assert np.array_equal(found.images.flatten(1).numpy(), pixels)
    assert (None if found.labels is None else found.labels.tolist()) == labels
    assert found.classes == classes
    return True


@pytest.mark.parametrize("first", [0, 1])
def test_a_header_of_numbers_is_no_picture(tmp_path: Path, first: int) -> None:
    header = [str(first + place) for place in range(PIXELS)]
    found = read(tmp_path, header, DRAWN)
    assert same(found, DRAWN, None)
    assert found.notes == (f"the first row, {first} to {first + 63}, is taken for the names of the columns",)
    found = read(tmp_path, ["", *header], range(9), DRAWN)
    assert same(found, DRAWN, None)
    assert found.notes == ("the first column has no name: it is left out",)


def test_a_column_without_a_name_is_the_label_where_it_counts_no_rows(tmp_path: Path) -> None:
    three = ("0", "1", "2")
    assert same(read(tmp_path, ["", *NAMED], KINDS, DRAWN), DRAWN, KINDS, three)
    assert same(read(tmp_path, ["", *NUMBERED], KINDS, DRAWN), DRAWN, KINDS, three)
    assert same(read(tmp_path, ["", *NAMED, "label"], range(9), DRAWN, KINDS), DRAWN, KINDS, three)
    assert same(read(tmp_path, ["Unnamed: 0", "kind", *NUMBERED], range(9), KINDS, DRAWN), DRAWN, KINDS, three)


@pytest.mark.parametrize("names", [NAMED, NUMBERED, [f"{n // SIDE}x{n % SIDE}" for n in range(PIXELS)]])
def test_the_one_name_that_is_no_pixels_is_the_label(tmp_path: Path, names: list[str]) -> None:
    for found in (
        read(tmp_path, [*names, "digit"], DRAWN, KINDS),
        read(tmp_path, ["digit", *names], KINDS, DRAWN),
    ):
        assert same(found, DRAWN, KINDS, ("0", "1", "2"))
        assert not any("could be" in note for note in found.notes)


def test_without_a_header_the_label_is_the_end_that_can_be_one(tmp_path: Path) -> None:
    three = ("0", "1", "2")
    for found in (read(tmp_path, [], KINDS, SPARSE), read(tmp_path, [], SPARSE, KINDS)):
        assert same(found, SPARSE, KINDS, three)
        assert found.notes == ()
    told = "the labels could be the first or the last of 65 columns: the {} is taken; name it 'label' in a header"
    for place, columns in (("first", (KINDS, DRAWN)), ("last", (DRAWN, KINDS))):
        found = read(tmp_path, [], *columns)
        assert same(found, DRAWN, KINDS, three)
        assert found.notes == (told.format(place),)
    header = [str(place) for place in range(PIXELS + 1)]  # a table of all of it, without names
    assert same(read(tmp_path, header, DRAWN, KINDS), DRAWN, KINDS, three)
    assert same(read(tmp_path, ["", *header], range(9), DRAWN, KINDS), DRAWN, KINDS, three)


def test_a_cell_may_hold_very_many_pixels(tmp_path: Path) -> None:
    page = np.random.default_rng(1).integers(0, 256, 260 * 260)
    (tmp_path / "a.csv").write_text(f"pixels,emotion\n{' '.join(map(str, page))},1\n")
    limit = csv.field_size_limit(131_072)  # Python's own
    try:
        found = gather(table_collection(tmp_path / "a.csv"), Frame(260, 260))
    finally:
        csv.field_size_limit(limit)
    assert np.array_equal(found.images.flatten().numpy(), page)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            f"pixels\n{'1 ' * 70}\n",
            r"a\.csv cannot be read as a table \(field larger than field limit \(100\)\): save it",
        ),
        ("p0,p1,p2,p3,label\n1,2,3,4\n", "expected 5 cells in row 2, as in its header, got 4: mend or remove it"),
        ("label,usage,pixels\n1,train\n", "expected 3 cells in row 2, as in its header, got 2: mend or remove it"),
    ],
)
def test_a_table_that_is_none_is_refused_in_a_line(
    text: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text(text)
    limit = csv.field_size_limit()
    monkeypatch.setattr(pixel_tables, "_CELL", 100)
    try:
        with pytest.raises(ValueError, match=line):
            table_collection(tmp_path / "a.csv")
    finally:
        csv.field_size_limit(limit)


def test_a_label_goes_beyond_ink_and_has_no_gaps(tmp_path: Path) -> None:
    ink = DRAWN % 2
    assert same(read(tmp_path, [], KINDS, ink), ink * 255, KINDS, ("0", "1", "2"))
    two_greys = np.column_stack([DRAWN[:, :-1], np.arange(9) % 2 * 9])  # fewer than the classes
    assert same(read(tmp_path, [], KINDS, two_greys), two_greys, KINDS, ("0", "1", "2"))


def test_pixels_of_a_small_range_are_told_of_and_kept(tmp_path: Path) -> None:
    """As in the digits of scikit-learn, whose white is 16."""
    told = "no pixel is above 16 of 255, so these pictures are nearly black: if 16 is white, divide by it"
    dim = DRAWN % 17
    found = read(tmp_path, NAMED, dim)
    assert same(found, dim, None)
    assert found.notes == (told,)
    np.save(tmp_path / "dim.npy", dim.reshape(-1, SIDE, SIDE).astype(np.uint8))
    assert told in load(tmp_path / "dim.npy", size=SIDE).notes
    bright = dim / 16
    found = read(tmp_path, NAMED, bright)
    assert found.notes == ()
    assert np.array_equal(found.images.flatten(1).numpy(), np.rint(bright * 255))
