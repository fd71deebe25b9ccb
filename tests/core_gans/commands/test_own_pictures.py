"""Pictures of one's own: rectangles with opacity, some of them broken, are trained on, judged and resumed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core_gans.__main__ import main
from core_gans.comparison.plan import Source
from core_gans.comparison.values import as_value
from core_gans.foundation.errors import LabError
from core_gans.translation import read_lesson

SAID_TO_TRAIN = "--size 32x16 --colours 4 --resize pad --skip-broken --width 2 --latent 3 --batch 4 --rounds 2"


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine pictures, 20 wide and 30 high, half clear, and two that are broken."""
    folder = tmp_path_factory.mktemp("photos")
    rng = np.random.default_rng(0)
    for index in range(9):
        page = rng.integers(0, 256, (30, 20, 4), dtype=np.uint8)
        page[:15, :, 3] = 0
        Image.fromarray(page).save(folder / f"{index}.png")
    for index in (3, 5):
        (folder / f"{index}.png").write_bytes(b"no picture")
    return folder


@pytest.fixture(scope="module")
def run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    words = f"train gan --family dcgan --data {photos} --runs {runs} --name one {SAID_TO_TRAIN}"
    main(words.split())
    return runs / "one"


def test_the_run_remembers_how_they_are_read(run: Path) -> None:
    options = json.loads((run / "config.json").read_text(encoding="utf-8"))["options"]
    assert (options["size"], options["colours"], options["resize"], options["skip_broken"]) == ("32x16", 4, "pad", True)
    with Image.open(next(run.rglob("*.png"))) as sheet:
        assert sheet.mode == "RGB"
        assert sheet.width > sheet.height


def test_it_is_judged_and_resumed_on_the_same_pictures(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["judge", str(run), "--count", "20"])
    said = capsys.readouterr().out
    assert "2 of 9 pictures cannot be read and are left out" in said
    main(["resume", str(run), "--rounds", "3"])
    said = capsys.readouterr().out
    assert "7 examples of shape (4, 16, 32)" in said
    assert "2 of 9 pictures cannot be read and are left out" in said


def test_broken_pictures_are_all_listed_and_nothing_is_trained(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(f"train gan --family dcgan --data {photos} --runs {tmp_path}".split())
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error:")]
    assert "2 of 9 pictures cannot be read" in line
    assert all(part in line for part in ("3.png", "5.png", "(--skip-broken)"))
    assert not list(tmp_path.iterdir())


def test_a_plan_tells_only_what_is_unusual_so_that_old_comparisons_go_on() -> None:
    assert Source("x").described() == {"data": "x", "size": None, "colours": None, "count": None}
    assert Source("x", resize="pad", skip_broken=True).described()["resize"] == "pad"


def test_a_size_is_a_side_or_a_width_and_a_height() -> None:
    assert as_value("64", int | str | None, "--set size") == 64
    assert as_value("64x32", int | str | None, "--set size") == "64x32"
    assert as_value("none", int | str | None, "--set size") is None
    with pytest.raises(LabError, match="expected a whole number for --set count, got '64x32'"):
        as_value("64x32", int | None, "--set count")


def test_of_pairs_nothing_is_left_out(photos: Path) -> None:
    with pytest.raises(LabError, match="without its partner: remove both by hand"):
        read_lesson("pairs", f"{photos},{photos}", skip_broken=True)
    notes: list[str] = []
    lesson = read_lesson("domains", f"{photos},{photos}", size="32x16", skip_broken=True, told=notes.append)
    assert lesson.shape == (3, 16, 32)
    assert any("left out" in note for note in notes)
