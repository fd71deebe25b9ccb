"""Every benchmark and example runs at its smallest size, so that what is rarely run does not rot."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from types import ModuleType

import pytest
import torch

from benchmarks import __main__ as speed
from benchmarks import (
    app_load,
    dissection_cost,
    dragging,
    drawn_scenes,
    few_images,
    first_minute,
    first_order,
    first_paint,
    generation_cost,
    inversion,
    islands,
    neighbours,
    objective_cost,
    planted_style,
    restarts,
    robustness,
    scaling,
    soak,
    startup,
)
from benchmarks.painting import __main__ as painting
from benchmarks.painting.places import _body
from benchmarks.timing import in_turn, peak_of
from core_gans import shipped
from core_gans.data import Examples
from demos.lab import Lab
from demos.serve import serving
from tests.demos.conftest import SERVED
from tests.tiny import pictures

ROOT = Path(__file__).parents[1]
SMALLEST: dict[str, tuple[ModuleType, list[str], int]] = {  # name: (module, arguments, rows of the table)
    "scenes": (speed, ["scenes", "--drawn", "3", "--repeats", "1"], 1),
    "core": (speed, ["core", "--width", "2", "--batch", "2", "--repeats", "1"], 2),
    "dissect": (speed, ["dissect", "--images", "4", "--repeats", "1"], 4),
    "painting": (
        painting,
        [str(shipped.path("scenes-segmenter")), "--scenes", "1", "--concepts", "cloud", "tree", "--out", "sheets"],
        2,
    ),
    "paint": (speed, ["paint", "--edits", "2"], 2),
    "objective_cost": (objective_cost, ["--pairs", "1", "--width", "4", "--batch", "4"], len(objective_cost.LOSSES)),
    "generations": (generation_cost, ["table", "--pairs", "1", "--width", "2", "--batch", "4"], 18),
    "mutations": (generation_cost, ["mutations", "--pairs", "1", "--width", "2", "--batch", "4"], 1),
    "counting": (dissection_cost, ["counting", "--pairs", "1", "--sample", "2"], 13),
    "layers": (dissection_cost, ["layers", "--pairs", "1", "--sample", "2"], 7),
    "neighbours": (
        neighbours,
        ["--seconds", "0.1", "--repeats", "1", "--games", "points", "--settings", "1 thread"],
        1,
    ),
    "islands": (islands, ["migration", "--data", "ring"], 1),
    "first_order": (first_order, ["cost", "--pairs", "1", "--width", "2", "--batch", "4"], 2),
    "scaling": (scaling, ["islands"], 8),
    "drawn_scenes": (drawn_scenes, [str(shipped.path("scenes-segmenter")), "scenes-generator", "--count", "80"], 22),
    "dragging": (dragging, ["--each", "1", "--steps", "2"], 5),
    "planted_style": (planted_style, ["--seconds", "0.1", "--seeds", "1"], 1),
    "startup": (startup, ["core-gans", "--repeats", "1"], 1),
    "app": (startup, ["app", "--repeats", "1"], 1),
}
UNLIKE = (  # run by tests of their own
    app_load,
    few_images,
    first_minute,
    first_paint,
    inversion,
    restarts,
    robustness,
    soak,
)
MODULES = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem not in ("__init__", "timing"))


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """Some benchmarks take threads for themselves; the other tests keep theirs."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_two_suns_are_two_pieces_of_some_size() -> None:
    none, one, two, speck = (torch.zeros(64, 64, dtype=torch.int64) for _ in range(4))
    one[5:20, 5:20] = two[5:10, 5:10] = two[30:35, 30:35] = speck[5:10, 5:10] = 3
    speck[40, 40] = 3
    assert drawn_scenes.two_suns(torch.stack([none, one, two, speck]), 3) == 0.25


def test_scenes_are_judged_by_a_segmenter_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "broken.safetensors").write_text("broken", encoding="utf-8")
    for file, told in (("broken.safetensors", "damaged"), ("none.safetensors", "not there")):
        with pytest.raises(SystemExit, match=told):
            drawn_scenes.main([str(tmp_path / file)])
    with pytest.raises(SystemExit, match="scenes-generator"):
        drawn_scenes.main([str(shipped.path("scenes-segmenter")), "scene-generator"])


def test_no_benchmark_is_left_out() -> None:
    run = {module.__name__.rsplit(".", 1)[1] for module in (*UNLIKE, *(each[0] for each in SMALLEST.values()))}
    assert sorted(run) == MODULES


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALLEST)
def test_a_benchmark_prints_its_table(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    module, arguments, rows = SMALLEST[name]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # of processes of its own
    module.main(arguments)
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert set(table[1]) <= set("|-: "), table[:2]
    assert len(table) == 2 + rows
    cells = [line.strip("|").split("|") for line in table]
    assert {len(row) for row in cells} == {len(cells[0])} or name == "counting"
    assert all(any(character.isdigit() for character in row[-1]) for row in cells[2:])
    assert name != "painting" or (tmp_path / "sheets" / "painting.jpg").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "sizes"),
    [(generation_cost, name, ["--width", "2", "--batch", "4", "--generations", "1"]) for name in generation_cost.PLAYED]
    + [(dissection_cost, name, ["--images", "4"]) for name in dissection_cost.DISSECTED],
)
def test_what_is_measured_in_a_process_of_its_own_runs(
    module: ModuleType, name: str, sizes: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    module.main(["--alone", name, *sizes])
    assert 0.1 < float(capsys.readouterr().out.splitlines()[-1]) < 100


def test_the_peak_that_another_process_prints_last_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "printing.py").write_text("import sys\nprint('a note')\nprint(float(sys.argv[1]) * 2)")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    gigabytes, seconds = peak_of("printing", ["0.75"])
    assert gigabytes == 1.5
    assert seconds > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "arguments", "rows"),
    [
        (restarts, ["seeds", "--islands", "2", "--seeds", "1", "--rounds", "1"], 1),
        (robustness, ["heuristic", "search", "--count", "1", "--budget", "0.01"], 2),
    ],
)
def test_finished_runs_are_kept_and_told_again(
    module: ModuleType, arguments: list[str], rows: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = [*arguments, "--out", str(tmp_path)]
    module.main(asked)
    first = capsys.readouterr().out
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(kept) == rows
    module.main(asked)
    assert capsys.readouterr().out == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == kept
    assert sum(line.startswith("|") for line in first.splitlines()) == 2 + rows


@pytest.mark.slow
def test_the_inversion_of_scenes_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inversion.main(inversion.Plan(tiny=True, sheet=tmp_path / "sheet.png"))
    told = capsys.readouterr().out
    assert "1 scenes of seed 20261129, 4 steps each, layer block8" in told
    assert told.count("|") > 40
    assert (tmp_path / "sheet.png").stat().st_size > 1000


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app in this process; that benchmarks start it in one of its own is seen by that of the start."""
    with closing(Lab.at(tmp_path_factory.mktemp("runs"))) as lab, serving(lab) as address:
        yield address


@SERVED
@pytest.mark.slow
def test_what_asks_the_app_prints_its_table(
    app: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module in (app_load, first_minute, first_paint, soak):
        monkeypatch.setattr(module, "served", lambda: nullcontext((app, os.getpid())))

    def table() -> list[list[str]]:
        lines = capsys.readouterr().out.splitlines()
        return [line.strip("|").split("|") for line in lines if line.startswith("|")][2:]

    app_load.main(["--sessions", "2", "--seconds", "0.3", "--warm-up", "0.1"])
    assert [row[0].strip() for row in table()] == ["one session", "2 sessions at once"]
    soak.main(["--out", str(tmp_path), "--minutes", "0.04", "--every", "1", "--sessions", "2", "--pause", "0.2"])
    ((sessions, _, edits, refused, *_),) = table()
    head, *rows = (tmp_path / "soak.csv").read_text(encoding="utf-8").splitlines()
    assert head == "minute,edits,p50_ms,p99_ms,refused,megabytes"
    cells = [[float(cell) for cell in row.split(",")] for row in rows]
    assert 1 <= len(cells) <= 4
    assert (int(sessions), int(edits), int(refused)) == (2, sum(int(row[1]) for row in cells), 0)
    assert all(row[4] == 0 and 50 < row[5] < 8000 for row in cells)
    assert (tmp_path / "soak.png").stat().st_size > 1000
    with pytest.raises(SystemExit, match="is there already: name another folder"):
        soak.main(["--out", str(tmp_path)])
    if shutil.which("chromium"):
        pytest.importorskip("playwright")
        first_paint.main(["--repeats", "1"])
        found = table()
        assert [row[0].strip() for row in found] == ["cold", "warm"]
        assert all(0 < float(words) <= float(tool) for _, words, tool in found)
        with pytest.raises(SystemExit, match="at least one scene, got 0"):
            first_minute.main([str(shipped.path("scenes-segmenter")), "--scenes", "0"])
        first_minute.main([str(shipped.path("scenes-segmenter")), "--scenes", "1"])
        ours, other = table()  # the same segmenter judges twice
        assert ours[1:] == other[1:]
        assert int(ours[1]) + int(ours[2]) >= 1
        assert int(ours[3]) == 1


def test_works_take_turns() -> None:
    played: list[str] = []
    seconds = in_turn([lambda: played.append("a"), lambda: played.append("b")], 2, before=1)
    assert "".join(played) == "ba" + "ab" + "ba"
    assert [len(each) for each in seconds] == [2, 2]


def test_an_unknown_part_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match="no part is called 'memry': choose from table, mutations, memory"):
        generation_cost.main(["memry"])


@pytest.mark.slow
def test_the_picture_of_the_readme_is_drawn(tmp_path: Path) -> None:
    hero = _example("hero")
    hero.main(tmp_path / "hero.png", candidates=40)
    assert (tmp_path / "hero.png").stat().st_size > 10_000


def _example(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_few_images_are_played_once_and_told_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    noise = pictures(24, size=16).images.expand(-1, 3, -1, -1)
    monkeypatch.setattr(few_images, "horses", lambda asked: (Examples("few", noise[:8]), Examples("others", noise[8:])))
    monkeypatch.setattr(few_images, "SAMPLES", 8)
    words = ["none", "DiffAugment", "ADA", "--out", str(tmp_path), "--seeds", "0", "--every", "1", "--batch", "4"]
    few_images.main([*words, "--rounds", "1"])
    first = capsys.readouterr().out.splitlines()
    assert len([line for line in first if line.startswith("|")]) == 2 + 3 + 1
    few_images.main([*words, "--rounds", "2"])  # one round more of each
    more = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("|")]
    assert [line.split()[:3] for line in more if line.startswith(("none", "Diff", "ADA"))] == [
        [name, "0", "2"] for name in ("none", "DiffAugment", "ADA")
    ]
    few_images.main([*words, "--rounds", "2"])
    again = capsys.readouterr().out.splitlines()
    assert not [line for line in again if line.startswith(("none", "Diff", "ADA"))]


def test_a_gable_is_no_place_for_a_window() -> None:
    house = torch.zeros(12, 12, dtype=torch.bool)
    house[6:11, 1:9] = True  # the wall, and above it the gable
    house[4, 3:7] = house[5, 2:8] = True
    house[9:11, 11] = True  # another one, small
    body = torch.zeros_like(house)
    body[6:11, 1:9] = body[9:11, 11] = True
    assert torch.equal(_body(house), body)
