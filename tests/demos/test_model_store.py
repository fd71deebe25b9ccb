"""The store: runs of this computer, found by their keys; nothing else can be asked for."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

import pytest
import torch

from core_gans import shipped
from core_gans.experiment import run_training
from core_gans.foundation.errors import LabError
from core_gans.models import Model, save_model
from core_gans.session import Options
from core_gans.variants import DCGAN
from demos.dissecting.page_state import PageState, SharedState
from demos.lab import Lab
from demos.model_store import DRIVES, MENDED, SHIPPED, ModelStore
from demos.page import choices
from demos.paint.calls import PaintCalls
from demos.paint.painters import Painters
from demos.paint.sketch import ModelRequest
from dissect import dissect
from dissect.fingerprint import fingerprint
from dissect.segmenters.strokes import StrokeSegmenter


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, a folder that is none, a damaged one, and one that has no checkpoint."""
    folder = tmp_path_factory.mktemp("lab") / "runs"
    quiet = {"rounds": 2, "runs_folder": folder}
    run_training("gan", {"width": 8, "latent": 2}, Options(data="ring", batch=8), name="points", **quiet)
    run_training("dcgan", {"width": 4, "latent": 4}, Options(data="digits", batch=4), name="images", **quiet)
    (folder / "notes").mkdir()
    (folder / "damaged").mkdir()
    (folder / "damaged" / "config.json").write_text("{")
    config = json.loads((folder / "points" / "config.json").read_text())
    (folder / "unborn").mkdir()
    (folder / "unborn" / "config.json").write_text(json.dumps(config))
    stranger = {**config, "variant": "somebody:game"}
    (folder / "stranger" / "checkpoints").mkdir(parents=True)
    (folder / "stranger" / "checkpoints" / "000001.safetensors").write_bytes(b"")
    (folder / "stranger" / "config.json").write_text(json.dumps(stranger))
    return folder


def test_it_lists_the_shipped_model_and_the_runs_that_can_be_opened(runs: Path) -> None:
    store = ModelStore(runs)
    assert [(entry.key, entry.kind) for entry in store.entries()] == [
        *((key, "images") for key in shipped.SCENES), (DRIVES, "drives"), ("images", "images"), ("points", "points")
    ]  # fmt: skip
    assert [entry.key for entry in store.entries("points")] == ["points"]
    assert ModelStore(runs / "nowhere").entries("points") == ()


def test_it_opens_models_by_key(runs: Path) -> None:
    store = ModelStore(runs)
    model = store.model("images")
    assert model.game.sample({"generator": model.net}, 3, torch.Generator().manual_seed(0)).shape == (3, 1, 32, 32)
    assert store.model("images") is model
    fresh = store.fresh("images")
    assert fresh.net is not model.net
    assert all(
        torch.equal(one, other) for one, other in zip(fresh.net.parameters(), model.net.parameters(), strict=True)
    )
    with pytest.raises(LabError, match="choose a model of images"):
        store.entry("points", "images")


@pytest.mark.parametrize(
    "key",
    [
        None,
        3,
        "",
        "nowhere",
        "..",
        "../../etc",
        "notes",
        "damaged",
        "stranger",
        "x" * 999,
        "a\0b",
        "..\\..",
        "images/../points",
    ],
)
def test_what_is_not_in_the_store_cannot_be_asked_for(runs: Path, key: object) -> None:
    store = ModelStore(runs)
    with pytest.raises(ValueError, match=r"called|cannot be opened"):
        store.model(key)


def test_what_cannot_be_opened_is_named_with_the_reason(runs: Path, tmp_path: Path) -> None:
    found = {run.key: run.reason for run in ModelStore(runs).unreadable()}
    assert set(found) == {"damaged", "unborn", "stranger"}
    assert "not valid JSON" in found["damaged"]
    assert "no checkpoint yet" in found["unborn"]
    assert "somebody's own" in found["stranger"]
    config = json.loads((runs / "points" / "config.json").read_text())
    for name, text in (("newer", json.dumps({**config, "format": 99})), ("other", "[]"), ("empty", "")):
        shutil.copytree(runs / "points", tmp_path / "runs" / name)
        (tmp_path / "runs" / name / "config.json").write_text(text)
    shutil.copytree(runs / "points" / "checkpoints", tmp_path / "runs" / "half" / "checkpoints")
    store = ModelStore(tmp_path / "runs")
    found = {run.key: run.reason for run in store.unreadable()}
    assert set(found) == {"newer", "other", "empty", "half"}
    assert "newer version" in found["newer"]
    for key, reason in found.items():
        assert str(tmp_path) not in reason
        with pytest.raises(LabError) as caught:
            store.entry(key)
        assert str(caught.value) == f"{key} cannot be opened: {reason}"
    lab = Lab.at(tmp_path / "runs")
    names = {key: name for name, key in choices(lab.store)}
    assert names["newer"] == f"⊘ newer: {found['newer']}"
    lab.close()


def test_a_truncated_run_is_told_of_alike_in_paint_and_dissect(runs: Path, tmp_path: Path) -> None:
    shutil.copytree(runs / "images", tmp_path / "runs" / "cut")
    for path in (tmp_path / "runs" / "cut" / "checkpoints").glob("*.safetensors"):
        path.write_bytes(path.read_bytes()[:1000])
    lab = Lab.at(tmp_path / "runs")
    with closing(lab), pytest.raises(LabError, match="corrupt") as paint:
        PaintCalls(lab).model(ModelRequest(model="cut"))
    with pytest.raises(LabError, match="corrupt") as dissect:
        PageState(SharedState.of(lab.store)).open("cut")
    assert str(paint.value) == str(dissect.value)
    assert str(paint.value).startswith("runs/cut/checkpoints/")


def test_dissections_are_found_where_they_are_kept(runs: Path) -> None:
    store = ModelStore(runs)
    assert list(store.dissections(SHIPPED)) == ["block16"]
    assert store.dissections("images") == {}
    place = store.place_for("images", "blocks.1")
    place.parent.mkdir(parents=True)
    place.write_bytes(b"x")
    assert store.dissections("images") == {"blocks.1": place}


def test_painters_say_what_is_missing(runs: Path) -> None:
    painters = Painters(ModelStore(runs))
    assert painters.of(SHIPPED) is painters.of(SHIPPED)
    assert painters.layers(SHIPPED) == ("block16",)
    with pytest.raises(LabError, match="dissected yet"):
        painters.of("points")
    with pytest.raises(ValueError, match="dissected layer"):
        painters.of(SHIPPED, "block9")
    assert "scenes-dissection" in shipped.names()


def test_a_painter_is_of_the_model_as_it_now_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demos.paint.painters.FRESH", -1.0)  # the store is read at each asking
    store = ModelStore(tmp_path / "runs")
    game = DCGAN(shape=(1, 16, 16), latent=4, width=4)
    net = game.players()["generator"].eval().requires_grad_(False)
    mended = Model(net, game, card={"mended": {"of": "scenes", "data": "digits"}})
    layer, key = "block8", f"{MENDED}-scenes-block8"
    store.keep_mended("scenes", layer, save_model(tmp_path / "a.safetensors", mended))
    place = store.place_for(key, layer)
    place.parent.mkdir(parents=True)
    latents = game.latents(8, torch.Generator().manual_seed(0))
    dissect(net, layer, latents, StrokeSegmenter()).save(place)
    painters = Painters(store)
    first = painters.of(key)
    assert painters.of(key) is first
    next(net.parameters()).mul_(0.5)
    store.keep_mended("scenes", layer, save_model(tmp_path / "b.safetensors", mended))
    second = painters.of(key)
    assert second is not first
    assert second.digest == fingerprint(store.fresh(key).net)
    painters.close()
