"""The commands of docs/data.md do what stands beside them, on files made under their names."""

from __future__ import annotations

import re
import shlex
import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core_gans.__main__ import main
from core_gans.data import load
from tests.core_gans.data.awkward import FLAGS, PALE, PNG, clear, encoded, of_kaggle, zipped

PAGE = Path(__file__).parents[3] / "docs" / "data.md"
COMMANDS = re.findall(r"^core-gans (data .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
SAID = {  # what a command must say, by how it ends
    "photos": ("2 pictures, 32 wide and 32 high, in colour", "not square", "classes: cat (1), dog (1)"),
    "photos --sheet photos.png": ("contact sheet: photos.png",),
    "photos --size 64x32": ("64 wide and 32 high",),
    "photos --size 64 --resize pad": ("64 wide and 64 high", "padded to 64x64"),
    "photos --size 64 --resize stretch": ("64 wide and 64 high",),
    "photos --colours 1": ("grey",),
    "stickers --colours 4": ("in colour, with opacity",),
    "damaged --skip-broken": ("1 pictures", "1 of 2 pictures cannot be read and are left out"),
    "photos.zip": ("classes: cat (1), dog (1)",),
    "photos.tar.gz": ("classes: cat (1), dog (1)",),
    "scans": ("use 12 bits", "grey"),
    "faces.npy --out faces.npz": ("6 pictures", "classes: 0 (3), 1 (3)", "written: faces.npz"),
    "faces.npz": ("6 pictures", "classes: 0 (3), 1 (3)"),
    "digits.csv": ("classes: 3 (1), 7 (1)",),
    "split": ("train is read", "1 pictures"),
    "split/test": ("1 pictures",),
}


def make(folder: Path) -> None:
    for name in ("photos/cat/1.png", "photos/dog/1.png", "damaged/1.png", "split/train/1.png", "split/test/1.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)
    (folder / "damaged/2.png").write_bytes(PNG[:60])
    (folder / "stickers").mkdir()
    (folder / "stickers/1.png").write_bytes(clear())
    (folder / "scans").mkdir()
    (folder / "scans/1.tif").write_bytes(encoded(Image.fromarray(PALE), "TIFF"))
    (folder / "photos.zip").write_bytes(zipped({"cat/1.png": PNG, "dog/1.png": PNG}))
    with tarfile.open(folder / "photos.tar.gz", "w:gz") as archive:
        archive.add(folder / "photos", "photos")
    np.save(folder / "faces.npy", FLAGS)
    np.save(folder / "labels.npy", np.arange(6) % 2)
    (folder / "digits.csv").write_bytes(of_kaggle())


def test_every_command_of_the_page_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    lines = [line.partition("  ")[0].removeprefix("data ") for line in COMMANDS]
    assert lines == list(SAID)
    for line in lines:
        main(["data", *shlex.split(line)])
        said = capsys.readouterr().out
        assert all(each in said for each in SAID[line]), f"{line}: {said}"


def test_what_is_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    main(["data", "photos", "--out", "photos.npz", "--size", "16"])
    read, again = load("photos", size=16), load("photos.npz", size=16)
    assert read.images.equal(again.images)
    assert read.classes == again.classes
    with pytest.raises(SystemExit):  # an existing file is kept
        main(["data", "photos", "--out", "photos.npz"])


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("digits", "expected `data scenes` or a path"),
        ("scenes --size 64x32", "scenes is drawn in squares: give one side, as --size 32"),
        ("photos --size 64y32", "expected a size as 64 (a square) or 128x64 (width x height)"),
        ("photos --colours 2", "expected channels 1 (grey), 3 (RGB) or 4"),
        ("photos --out photos.csv", "expected --out as an .npz"),
        ("damaged", "2.png is damaged"),
        ("./phots", "did you mean photos"),
    ],
)
def test_mistakes_are_a_line(
    words: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit):
        main(["data", *shlex.split(words)])
    (error,) = [said for said in capsys.readouterr().out.splitlines() if said.startswith("error:")]
    assert line in error
