"""Every number of a report is in its tables, each column is documented, and what cannot be judged is named."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from markupsafe import escape
from torch import Tensor

from dissect.cause.causal import CausalEffect, causal_effect
from dissect.measure.dissecting import compare_layers, dissect
from dissect.measure.dissection import Criterion, Dissection
from dissect.measure.remarks import remarks
from dissect.report import write_report
from dissect.report.layers import units_of
from tests.dissect.glass import (
    ALWAYS,
    DOOR,
    LABELS,
    NOISE,
    TREE,
    UPPER,
    ColourSegmenter,
    Glass,
    GlassGenerator,
    latents,
)

LAYERS = ["stem.glass", "painter"]


@pytest.fixture(scope="module")
def sample() -> Tensor:
    return latents(40, seed=5)


@pytest.fixture(scope="module")
def found(sample: Tensor) -> dict[str, Dissection]:
    return compare_layers(GlassGenerator(), LAYERS, sample, ColourSegmenter())


@pytest.fixture(scope="module")
def effects(sample: Tensor) -> list[CausalEffect]:
    rng = torch.Generator().manual_seed(0)
    given = (("tree", TREE), ("door", DOOR))
    return [
        causal_effect(
            GlassGenerator(), LAYERS[0], [unit], sample, ColourSegmenter(), random_trials=3, concept=concept, rng=rng
        )
        for concept, unit in given
    ]


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory,
    found: dict[str, Dissection],
    effects: list[CausalEffect],
    sample: Tensor,
) -> Path:
    path = tmp_path_factory.mktemp("tables") / "glass"
    write_report(
        path, found[LAYERS[0]], GlassGenerator(), sample, ColourSegmenter(), causal=effects, layers=found, batch_size=8
    )
    return path


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_pairs_hold_every_pair(folder: Path, found: dict[str, Dissection]) -> None:
    dissection = found[LAYERS[0]]
    rows = read(folder / "pairs.csv")
    assert [(int(row["unit"]), row["concept"]) for row in rows] == [(u, c) for u in range(8) for c in LABELS]
    for name in ("score", "iou", "iqr", "level", "area", "inside", "outside"):
        np.testing.assert_array_equal([float(row[name]) for row in rows], getattr(dissection, name).ravel(), name)


def test_concepts_name_their_units(folder: Path, found: dict[str, Dissection]) -> None:
    dissection = found[LAYERS[0]]
    rows = {row["concept"]: row for row in read(folder / "concepts.csv")}
    assert tuple(rows) == LABELS
    for place, concept in enumerate(LABELS):
        assert [int(unit) for unit in rows[concept]["units"].split()] == dissection.units(concept)
        assert float(rows[concept]["share"]) == dissection.share[place]
    assert int(rows["tree"]["best_unit"]) == TREE
    assert int(rows["door"]["best_unit"]) == DOOR


def test_causes_hold_every_interval(folder: Path, effects: list[CausalEffect]) -> None:
    rows = read(folder / "causes.csv")
    assert len(rows) == len(effects) * len(LABELS)
    for row in rows:
        effect, place = effects[int(row["effect"])], LABELS.index(row["concept"])
        assert float(row["before"]) == effect.before[place]
        for name in ("ablation", "insertion", "ace", "relative", "random_ablation", "random_ace", "random_relative"):
            change = getattr(effect, name)
            told = [float(row[column]) for column in (name, f"{name}_low", f"{name}_high")]
            np.testing.assert_array_equal(told, [change.mean[place], change.low[place], change.high[place]])
        assert effect.collateral is not None
        np.testing.assert_array_equal(float(row["net"]), effect.collateral.net.mean[place])
        np.testing.assert_array_equal(float(row["behind"]), effect.collateral.behind[place])


def test_without_a_concept_there_is_no_elsewhere(
    found: dict[str, Dissection], effects: list[CausalEffect], sample: Tensor, tmp_path: Path
) -> None:
    bare = replace(effects[0], collateral=None)
    dissection = found[LAYERS[0]]
    page = write_report(tmp_path / "r", dissection, GlassGenerator(), sample, ColourSegmenter(), causal=[bare])
    assert {row["net"] for row in read(tmp_path / "r" / "causes.csv")} == {""}
    text = page.read_text(encoding="utf-8")
    assert "<b>Removed</b>" in text
    assert "<b>Elsewhere</b>" not in text
    assert not (tmp_path / "r" / "layers.csv").exists()
    assert 'id="layers"' not in text


def test_layers_are_compared(folder: Path, found: dict[str, Dissection]) -> None:
    rows = read(folder / "layers.csv")
    for layer, dissection in found.items():
        told = {row["concept"]: int(row["matched"]) for row in rows if row["layer"] == layer}
        assert told == units_of(dissection) == {label: len(dissection.units(label)) for label in LABELS}
    said = json.loads((folder / "report.json").read_text(encoding="utf-8"))["layers"]
    assert [layer["layer"] for layer in said] == LAYERS
    assert [layer["matched"] for layer in said] == [len(dissection.matched()) for dissection in found.values()]
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert text.count('aria-label="the layer of this report"') == 1


def test_every_column_is_documented(folder: Path) -> None:
    documented = (folder / "README.md").read_text(encoding="utf-8")
    tables = sorted(path.name for path in folder.glob("*.csv"))
    assert tables == sorted(re.findall(r"^## (\S+)", documented, re.MULTILINE))
    for part in documented.split("\n## ")[1:]:
        name, _, told = part.partition("\n")
        columns = re.findall(r"^\| `(\S+)` \| \S", told, re.MULTILINE)
        with (folder / name).open(encoding="utf-8") as file:
            assert file.readline().strip().split(",") == columns


def test_pictures_of_edits_lie_beside(folder: Path, sample: Tensor) -> None:
    edits = json.loads((folder / "report.json").read_text(encoding="utf-8"))["edits"]
    assert [edit["concept"] for edit in edits] == ["tree", "door"]
    assert [edit["units"] for edit in edits] == [[TREE], [DOOR]]
    names = [name for edit in edits for name in (*edit["before"], *edit["after"])]
    assert len(set(names)) == len(names) == 32
    assert {path.relative_to(folder).as_posix() for path in (folder / "edits").iterdir()} == set(names)


def test_what_the_units_removed_is_told_in_words(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    told = text.replace("\N{NO-BREAK SPACE}", " ")
    assert "Tree pixels: −100% (−100 to −100), 95% interval over 40 images" in told
    assert "counted only where there was no tree before" in text
    assert "Elsewhere, no other concept changes by more than its interval." in text


class Cracked(Glass):
    """A unit that draws nothing puts out NaN, another one in some places."""

    def forward(self, latents: Tensor) -> Tensor:
        maps = super().forward(latents)
        maps[:, NOISE] = torch.nan
        maps[:, UPPER, 4:] = torch.inf
        return maps


def test_units_that_cannot_be_judged_are_said(sample: Tensor, tmp_path: Path) -> None:
    generator = GlassGenerator()
    generator.stem.glass = Cracked()
    wrong = replace(dissect(generator, LAYERS[0], sample, ColourSegmenter()), unsteady=True)
    page = write_report(tmp_path / "r", wrong, generator, sample, ColourSegmenter())
    text = page.read_text(encoding="utf-8")
    assert text.count('<p class="notice">') == 3 + 3  # of the whole, and on the three sheets
    for line in remarks(wrong):
        assert escape(line[1:]) in text
    said = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert said["high"][NOISE] is None
    assert said["unsteady"]
    assert said["faults"] == {str(NOISE): "NaN", str(UPPER): "NaN", str(ALWAYS): "dead"}
    rows = read(tmp_path / "r" / "units.csv")
    assert {row["unit"]: row["fault"] for row in rows if row["fault"]} == said["faults"]


def test_the_words_are_those_of_the_rule(found: dict[str, Dissection], sample: Tensor, tmp_path: Path) -> None:
    criterion = Criterion(iou=0.05, iqr=0, score=0, rank="iou")
    fixed = replace(found[LAYERS[0]], rule=0.005, levels=np.zeros((8, 1)), curves=np.zeros((8, 1)), criterion=criterion)
    page = write_report(tmp_path / "r", fixed, GlassGenerator(), sample, ColourSegmenter())
    text = page.read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
    assert "Each unit has one, which 0.5 % of its map exceed." in text
    assert "the one with its highest IoU" in text
    assert "did not pass the criterion: IoU above 0.05." in text
    assert "The best of many levels" not in text
    assert '<svg class="curve"' not in text
    said = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))
    assert (said["rule"], said["upsampling"]) == (0.005, "bilinear")


def test_an_effect_on_other_concepts_is_refused(
    found: dict[str, Dissection], effects: list[CausalEffect], sample: Tensor, tmp_path: Path
) -> None:
    foreign = replace(effects[0], labels=("a", "b", "c", "d", "e"))
    with pytest.raises(ValueError, match="expected causal effects on the concepts grass, sky, tree, door, sun"):
        write_report(tmp_path / "r", found[LAYERS[0]], GlassGenerator(), sample, ColourSegmenter(), causal=[foreign])
    assert not (tmp_path / "r").exists()
