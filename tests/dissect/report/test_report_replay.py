"""The script beside a report does the dissection again and agrees; and it notices when something else comes out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from dissect.cause.causal import CausalEffect, causal_effect
from dissect.measure.dissecting import dissect
from dissect.report import (
    compare_dissection,
    compare_effect,
    compare_pictures,
    verdict,
    write_report,
)
from tests.dissect.glass import TREE, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"
ROOT = Path(__file__).parents[3]
CODE = """
from tests.dissect.glass import ColourSegmenter, GlassGenerator, latents as drawn

generator, segmenter = GlassGenerator(), ColourSegmenter()
latents = drawn(24, seed=5)
"""


@pytest.fixture(scope="module")
def sample() -> Tensor:
    return latents(24, seed=5)


@pytest.fixture(scope="module")
def effect(sample: Tensor) -> CausalEffect:
    rng = torch.Generator().manual_seed(0)
    return causal_effect(GlassGenerator(), LAYER, [TREE], sample[:16], ColourSegmenter(), random_trials=2, rng=rng)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, sample: Tensor, effect: CausalEffect) -> Path:
    path = tmp_path_factory.mktemp("replayed") / "glass"
    found = dissect(GlassGenerator(), LAYER, sample, ColourSegmenter(), levels="iou", upsampling="nearest", top=5)
    write_report(path, found, GlassGenerator(), sample, ColourSegmenter(), causal=[effect], origin=CODE)
    return path


def replay(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(folder / "replay.py"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_replay_agrees(folder: Path) -> None:
    done = replay(folder)
    assert done.returncode == 0, done.stderr
    assert "The replay agrees with the report." in done.stdout
    assert {line.split("  ")[0] for line in done.stdout.splitlines()} >= {"score", "iou", "cause 1: ablation"}
    assert done.stdout.count("pictures, edits") == 0
    assert done.stdout.count("pictures, 1-tree") == 2


def test_a_report_that_says_something_else_is_noticed(folder: Path, tmp_path: Path) -> None:
    said = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    said["score"][TREE][2] -= 0.1
    other = tmp_path / "other"
    other.mkdir()
    (other / "report.json").write_text(json.dumps(said), encoding="utf-8")
    (other / "replay.py").write_text((folder / "replay.py").read_text(encoding="utf-8"), encoding="utf-8")
    (other / "edits").symlink_to(folder / "edits")
    done = replay(other)
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stdout.splitlines() if "DIFFERS" in line] == ["score"]


def test_without_an_origin_the_script_asks(tmp_path: Path, sample: Tensor) -> None:
    found = dissect(GlassGenerator(), LAYER, sample, ColourSegmenter())
    write_report(tmp_path / "r", found, GlassGenerator(), sample, ColourSegmenter())
    assert "which returns generator, latents and segmenter" in replay(tmp_path / "r").stderr
    (tmp_path / "r" / "mine.py").write_text(
        f"def opened():\n{''.join(f'    {line}' for line in CODE.strip().splitlines(True))}\n"
        "    return generator, latents, segmenter\n"
    )
    done = replay(tmp_path / "r", "mine:opened")
    assert done.returncode == 0, done.stderr + done.stdout


def test_an_origin_that_is_no_python_is_refused(folder: Path, sample: Tensor, tmp_path: Path) -> None:
    found = dissect(GlassGenerator(), LAYER, sample, ColourSegmenter())
    with pytest.raises(ValueError, match="origin is no Python: line 2"):
        write_report(
            tmp_path / "r", found, GlassGenerator(), sample, ColourSegmenter(), origin="generator = 1\nlatents = ("
        )


@pytest.mark.parametrize("change", ["layer", "labels", "images", "units"])
def test_another_dissection_is_not_compared(folder: Path, sample: Tensor, change: str) -> None:
    said = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    found = dissect(GlassGenerator(), LAYER, sample, ColourSegmenter(), levels="iou", upsampling="nearest", top=5)
    assert all(difference.agrees for difference in compare_dissection(said, found))
    said[change] = {"layer": "attic", "labels": ["a"], "images": 23, "units": said["units"][:-1]}[change]
    with pytest.raises(ValueError, match=change):
        compare_dissection(said, found)


def test_other_latents_differ(folder: Path) -> None:
    said = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    found = dissect(
        GlassGenerator(), LAYER, latents(24, seed=6), ColourSegmenter(), levels="iou", upsampling="nearest", top=5
    )
    assert not verdict(compare_dissection(said, found))[1]


def test_effects_are_compared_without_their_chance(folder: Path, sample: Tensor) -> None:
    (said,) = json.loads((folder / "report.json").read_text(encoding="utf-8"))["causal"]

    def measured(units: list[int], seed: int, patch: int | None = None) -> CausalEffect:
        rng = torch.Generator().manual_seed(seed)
        return causal_effect(
            GlassGenerator(), LAYER, units, sample[:16], ColourSegmenter(), random_trials=1, patch=patch, rng=rng
        )

    assert verdict(compare_effect("tree", said, measured([TREE], 1)))[1]
    assert not verdict(compare_effect("tree", said, measured([0], 1)))[1]
    squares = measured([TREE], 2, patch=8).to_dict()
    assert verdict(compare_effect("squares", squares, measured([TREE], 3, patch=8)))[1]


def test_pictures_are_compared(folder: Path) -> None:
    said = json.loads((folder / "report.json").read_text(encoding="utf-8"))["edits"][0]
    images = GlassGenerator()(latents(24, seed=5)[said["images"]])
    paths = [folder / name for name in said["before"]]
    assert verdict(compare_pictures(paths, images))[1]
    assert not verdict(compare_pictures(paths, images.flip(3)))[1]
    assert not verdict(compare_pictures([folder / name for name in said["after"]], images))[1]
    with pytest.raises(ValueError, match=r"keep replay\.py in the report's folder"):
        compare_pictures([folder / "edits" / "gone.png"], images[:1])


def test_numbers_that_are_not_finite_must_agree_too(folder: Path, sample: Tensor) -> None:
    said = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    found = dissect(GlassGenerator(), LAYER, sample, ColourSegmenter(), levels="iou", upsampling="nearest", top=5)
    said["share"][0] = None
    differences = {difference.name: difference for difference in compare_dissection(said, found)}
    assert differences["share"].largest == np.inf
    assert not differences["share"].agrees
