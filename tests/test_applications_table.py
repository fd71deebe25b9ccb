"""The table of applications: its own command, and how it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from benchmarks.applications import classes, codes, features, labels, paired, text, translation, unpaired
from benchmarks.applications.__main__ import APPLICATIONS, main
from benchmarks.applications.row import DATA, Application, Row, spread
from core_gans import Examples

SMALLEST = (  # module, size, value
    (classes, "ASKED", 20),
    (codes, "CONTEXTS", 20),
    (features, "TRAIN", 100),
    (features, "TEST", 50),
    (features, "CLUSTERS", 5),
    (labels, "STEPS", 2),
    (labels, "GENERATED", 20),
    *((module, name, 16) for module in (paired, translation) for name in ("LEARNED", "HELD")),
    (paired, "COPIES", 1),
    (unpaired, "SCENES", 40),
    (text, "LEARNED", 64),
    (text, "ASKED", 64),
    (text, "TAUGHT", 200),
    (text, "BATCH", 4),
)


@pytest.fixture(autouse=True)
def _threads() -> object:
    """The command takes one thread for itself; the other tests keep theirs."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_two_rows_are_measured_told_and_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "figures.json"
    main(["acgan", "semi_supervised", "--minutes", "0.015", "--seeds", "1", "--out", str(out)])
    printed = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in printed]
    assert [row[0] for row in cells[2:]] == ["acgan", "semi_supervised"]
    assert {len(row) for row in cells} == {len(cells[0])}
    kept = json.loads(out.read_text())["rows"]
    assert [(row["name"], row["seed"], row["minutes"]) for row in kept] == [
        ("acgan", 0, 0.015),
        ("semi_supervised", 0, 0.015),
    ]
    for told, row in zip(cells[2:], kept, strict=True):
        assert told[cells[0].index("measured")].split(";")[0] == f"{row['figure']:.3f}"
        assert told[cells[0].index("baseline")] == f"{row['baseline']:.3f}"
    assert kept[1]["baseline"] > 0.5  # 50 labels teach a network that much without any GAN


@pytest.mark.slow
@pytest.mark.parametrize("name", APPLICATIONS)
def test_every_application_is_measured(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if reason := APPLICATIONS[name].missing():
        pytest.skip(reason)
    for module, size, value in SMALLEST:
        monkeypatch.setattr(module, size, value)
    monkeypatch.setattr(features, "cifar", _like_cifar)  # to decode all of its photographs takes long
    for cached in (text.learned, text.the_judge):
        cached.cache_clear()
    row = APPLICATIONS[name].measure(0, 0.0)  # one round
    assert all(isinstance(value, float) for value in (row.figure, row.baseline))
    assert np.isfinite([row.figure, row.baseline]).all()
    assert all(images.dim() == 4 and len(images) in (8, 9, 16) for _, images in row.looks)
    assert row.looks or not isinstance(APPLICATIONS[name].measure, paired.Paired | unpaired.UnderAMap)


def _like_cifar(part: str) -> Examples:
    rng = torch.Generator().manual_seed(len(part))
    images = torch.randint(256, (200, 3, 32, 32), generator=rng, dtype=torch.uint8)
    return Examples("noise", images, torch.arange(200) % 10, tuple("abcdefghij"))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SystemExit, match=r"no application is called 'cgn': choose from cgan, .*semi_supervised"):
        main(["cgn"])


def test_the_results_of_another_run_are_never_overwritten(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    out.write_text("mine")
    with pytest.raises(SystemExit, match="is there already"):
        main(["cgan", "--out", str(out)])
    assert out.read_text() == "mine"
    with pytest.raises(SystemExit, match="cannot be written"):
        main(["cgan", "--out", str(tmp_path / "nowhere" / "figures.json")])


def test_no_seed_and_no_minutes_are_refused() -> None:
    for options in (["--seeds", "0"], ["--minutes", "0"]):
        with pytest.raises(SystemExit, match="expected at least one seed and some minutes"):
            main(["cgan", *options])


def test_what_the_first_seed_draws_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(seed: int, seconds: float) -> Row:
        return Row(0.5, 0.25, looks=(("", torch.full((9, 3, 64, 64), 2.0 * seed - 1)),))

    monkeypatch.setitem(APPLICATIONS, "mosaic", Application("", "", "", "", measure, 1.0, 2))
    out, figures = tmp_path / "drawn.png", tmp_path / "figures.json"
    main(["mosaic", "--picture", str(out), "--out", str(figures)])
    assert [row["figure"] for row in json.loads(figures.read_text())["rows"]] == [0.5, 0.5]
    with Image.open(out) as page:
        assert page.width > 9 * 64
        assert page.getpixel((page.width - 40, page.height // 2)) == (0, 0, 0)  # seed 0, nothing of seed 1


def test_what_needs_real_data_is_left_out_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(DATA, raising=False)
    main(["cgan_mnist"])
    assert "cgan_mnist is left out: it needs mnist_28.npz in the folder that GANLAB_DATA names" in (
        capsys.readouterr().out
    )
    monkeypatch.setenv(DATA, str(tmp_path))
    (tmp_path / "mnist_28.npz").touch()
    main(["cgan_mnist"])
    assert f"there is no {tmp_path / 'weights'}" in capsys.readouterr().out


def test_the_spread_is_that_of_a_sample() -> None:
    assert spread([0.5]) == "0.500"
    assert spread([1.0, 2.0, 3.0]) == "2.000 ± 1.000"


def test_every_application_says_what_it_is() -> None:
    for application in APPLICATIONS.values():
        assert all((application.data, application.judge, application.baseline, application.goal))
        assert application.minutes > 0
        assert application.seeds > 0
    row = Application("", "", "", "", lambda seed, seconds: Row(seed, seconds), 1.0, 1)
    assert row.missing() is None
