"""The script of a session: run by itself, it writes the very picture that the page showed."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import Tensor

from core_gans import shipped
from core_gans.experiment import run_training
from core_gans.game import NoiseGame
from core_gans.models import Model, save_model
from core_gans.session import Options
from demos.lab import Lab
from demos.paint.calls import PaintCalls
from demos.paint.sketch import RenderRequest, Sketch
from dissect import dissect
from dissect.mending.folding import fold
from dissect.segmenters.strokes import StrokeSegmenter

ROOT = Path(__file__).parents[3]
MENDED = {"of": "mine", "data": "digits"}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> PaintCalls:
    if "scenes-generator" not in shipped.names():
        pytest.skip("the scenes generator is not among the shipped models")
    return PaintCalls(Lab.at(tmp_path_factory.mktemp("runs")))


def stroke(mode: str, concept: str, **others: object) -> dict[str, object]:
    line = [[0.1, 0.6], [0.5123, 0.55], [0.9, 0.7]]
    return {"mode": mode, "concept": concept, "points": line, "radius": 0.11, "soft": 0.4, "units": 30, **others}


@pytest.mark.parametrize(
    "strokes",
    [
        [
            stroke("erase", "tree", strength=1.35),
            stroke("add", "water", by="iou", soft=0),
            stroke("erase", "roof", on=False),
            stroke("amplify", "grass", by="cause", points=[[0.5, 0.5]]),
        ],
        [
            stroke("add", "cloud", by="example", points=[[0.5, 0.15]], radius=0.09),
            stroke("erase", "house", by="example", points=[[0.1, 0.6], [0.9, 0.6]], radius=0.3),
        ],
        [],
    ],
    ids=["painted", "by example", "untouched"],
)
def test_the_script_paints_the_same_picture_to_the_bit(
    calls: PaintCalls, tmp_path: Path, strokes: list[dict[str, object]]
) -> None:
    said = replayed(calls, {"model": "scenes", "layer": None, "seed": 12, "strokes": strokes}, tmp_path)
    assert ("tree" in said) == bool(strokes)  # the table names each class that is there


def test_so_does_that_of_a_larger_shipped_model(calls: PaintCalls, tmp_path: Path) -> None:
    painter = calls.lab.painters.of("scenes-128")
    assert painter.side == 128
    assert painter.layers == ("block8", "block16", "block32")  # cells of 16, 8 and 4 pixels, as far as in smaller ones
    strokes = [stroke("erase", "grass", units=30), stroke("add", "cloud", points=[[0.5, 0.15]])]
    replayed(calls, {"model": "scenes-128", "layer": None, "seed": 12, "strokes": strokes}, tmp_path)


def test_a_model_and_a_dissection_of_this_computer_are_replayed_too(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path / "runs")
    fields = {"width": 8, "latent": 4}
    run_training("dcgan", fields, Options(data="digits", batch=4), name="mine", rounds=2, runs_folder=tmp_path / "runs")
    model = lab.store.model("mine")
    replayed_here(lab, "mine", tmp_path)
    mended = replace(model, net=fold(model.net, "block16", [0], 0.0, latents(model)), card={"mended": MENDED})
    lab.store.keep_mended("mine", "block16", save_model(tmp_path / "mended.safetensors", mended))
    replayed_here(lab, "mended-mine-block16", tmp_path)
    lab.close()


def replayed_here(lab: Lab, key: str, folder: Path) -> None:
    """Dissect a model of this computer, and run the script of a stroke on it."""
    model, place = lab.store.model(key), lab.store.place_for(key, "block16")
    place.parent.mkdir(parents=True)
    dissect(model.net, "block16", latents(model), StrokeSegmenter()).save(place)
    painter = lab.painters.of(key)
    concept = painter.labels[painter.dissection.score.max(axis=0).argmax()]
    dab = stroke("erase", concept, units=4, points=[[0.5, 0.5]], radius=0.5)
    replayed(PaintCalls(lab), {"model": key, "layer": "block16", "seed": 5, "strokes": [dab]}, folder, "runs")


def latents(model: Model[NoiseGame]) -> Tensor:
    return model.game.latents(16, torch.Generator().manual_seed(0))


def test_the_script_stands_on_the_library_alone(calls: PaintCalls) -> None:
    text = calls.script(Sketch.read({"model": "scenes", "seed": 3, "strokes": [stroke("erase", "tree")]}))["text"]
    assert "demos" not in text
    assert str(ROOT) not in text
    assert str(calls.lab.store.runs_folder) not in text


def replayed(calls: PaintCalls, asked: dict[str, object], folder: Path, *arguments: str) -> str:
    """What the script of ``asked`` prints; the picture it writes is the one that the page is shown."""
    answer = calls.script(Sketch.read(asked))
    (folder / answer["name"]).write_text(answer["text"], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, answer["name"], *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = base64.b64decode(calls.render(RenderRequest.read(asked))["picture"].partition(",")[2])
    assert pixels(folder / answer["name"].replace(".py", ".png")) == pixels_of(shown)
    return done.stdout


def pixels(path: Path) -> bytes:
    return pixels_of(path.read_bytes())


def pixels_of(code: bytes) -> bytes:
    with Image.open(io.BytesIO(code)) as picture:
        return picture.convert("RGB").tobytes()
