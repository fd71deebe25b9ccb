"""The recipes of CONTRIBUTING.md, each done once: its code becomes a module, its value joins the list, and is used."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import gradio as gr
import pytest
import torch

from core_gans.__main__ import main as core_gans
from core_gans.data import KNOWN
from core_gans.metrics import Judge, evaluate
from core_gans.metrics.measures import MEASURES
from demos.app import TABS, build
from demos.evolve.settings import setting_of
from demos.lab import Lab
from dissect import Dissection
from dissect.__main__ import main as dissect
from dissect.segmenters.named import SEGMENTERS, seeing
from egan.__main__ import main as egan
from egan.mutations import KNOWN as MUTATIONS

PAGE = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
SMALL = ["--width", "8", "--depth", "2", "--batch", "16", "--log-every", "1", "--judge-every", "1"]

Recipe = Callable[[str], ModuleType]


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recipe:
    """The code under a heading of the page, as a module."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)

    def module(heading: str) -> ModuleType:
        (code,) = re.findall(rf"^### {heading}\n.*?^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
        name = f"recipe_{heading.split()[-1]}"
        (tmp_path / f"{name}.py").write_text(code, encoding="utf-8")
        return importlib.import_module(name)

    return module


def test_a_data_set_is_trained_on(recipe: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spiral = recipe("A data set").SPIRAL
    monkeypatch.setitem(KNOWN, spiral.name, spiral)
    core_gans(["train", "gan", "--data", "spiral", "--rounds", "2", "--runs", "runs", "--name", "run", *SMALL])
    lines = [json.loads(line) for line in (tmp_path / "runs/run/metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["round"] == 2
    assert 0 <= lines[-1]["modes_covered"] <= spiral.kinds  # its judge counts its parts
    config = json.loads((tmp_path / "runs/run/config.json").read_text())
    assert config["fields"]["family"] == "mlp"  # it began with what suits points
    assert setting_of(spiral).kinds == 6


@pytest.mark.parametrize("own", [False, True])
def test_a_mutation_evolves(own: bool, recipe: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    softplus = recipe("A mutation").softplus
    name = "recipe_mutation:softplus" if own else softplus.name
    if not own:
        monkeypatch.setitem(MUTATIONS, softplus.name, softplus)
    words = ["--data", "ring", "--count", "500", "--mutations", "minimax", name, "--rounds", "2", "--name", "run"]
    egan(["evolve", *words, "--runs", "runs", *SMALL])
    lines = [json.loads(line) for line in (tmp_path / "runs/run/metrics.jsonl").read_text().splitlines()]
    assert lines[-1]["round"] == 2
    assert f"fitness/{name}" in lines[0]


def test_a_metric_judges(recipe: Recipe) -> None:
    spread = recipe("A metric").SPREAD
    MEASURES.append(spread)
    try:
        ring = KNOWN["ring"].load(count=2_000)
        halved = evaluate(ring.images / 2, ring)
        assert halved["spread[points]"] == pytest.approx(0.5, abs=0.02)
        same = Judge(ring, 500, metrics=("spread",)).of_real(torch.Generator().manual_seed(0))
        assert same == {"spread[points]": pytest.approx(1, abs=0.05)}
    finally:
        MEASURES.remove(spread)
    with pytest.raises(ValueError, match="no metric is called 'spread'"):
        Judge(KNOWN["ring"].load(count=100), metrics=("spread",))


def test_a_segmenter_dissects(recipe: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    brightness = recipe("A segmenter").BRIGHTNESS
    monkeypatch.setitem(SEGMENTERS, brightness.name, brightness)
    assert brightness.name in seeing((3, 32, 32))
    generator = "linear 8 128; reshape 8 4 4; upsample 2; conv 8 8 3 1 1; relu; conv 8 3 3 1 1; tanh"
    dissect(["run", "--generator", generator, "--latent", "8", "--segmenter", "brightness", "--images", "40",
             "--out", "told"])  # fmt: skip
    found = [Dissection.load(path) for path in (tmp_path / "told").rglob("*.safetensors")]
    assert found
    assert all(each.labels == ("dark", "middling", "bright") for each in found)


def test_a_tab_builds(recipe: Recipe, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tab = recipe("A tab").TAB
    monkeypatch.setitem(TABS, tab.title, tab)
    lab = Lab.at(tmp_path / "runs")
    blocks = build(lab)
    titles = [block.label for block in blocks.blocks.values() if isinstance(block, gr.Tab)]
    assert "Counting" in titles
    assert any(getattr(block, "elem_id", None) == "counting" for block in blocks.blocks.values())
    lab.close()
