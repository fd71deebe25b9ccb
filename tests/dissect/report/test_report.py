"""The report says what the dissection says, stands alone, and never costs anybody an older one."""

from __future__ import annotations

import base64
import csv
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from dissect.cause.causal import CausalEffect, causal_effect
from dissect.cause.choosing import choose_units
from dissect.measure.dissecting import dissect
from dissect.measure.dissection import Dissection
from dissect.report import write_report
from dissect.report.charts import Effect, effects_chart, signed
from dissect.report.contents import SHEETS, chosen_palette, chosen_units, wanted_images
from dissect.report.stories import subject
from tests.dissect.glass import DOOR, LABELS, TREE, ColourSegmenter, GlassGenerator, latents

LAYER = "stem.glass"
ARRAYS = ("iou", "score", "iqr", "level", "area", "share", "inside", "outside", "high", "top_images", "peak")
VOID = {"meta", "img", "br", "input", "link", "hr"}


class Page(HTMLParser):
    """The elements of a page, and whether each that was opened was closed in its turn."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def sample() -> Tensor:
    return latents(40, seed=5)


@pytest.fixture(scope="module")
def dissection(sample: Tensor) -> Dissection:
    facts = {"seed": "5", "command": "dissect <glass> & co"}
    return dissect(GlassGenerator(), LAYER, sample, ColourSegmenter(), provenance=facts)


@pytest.fixture(scope="module")
def effect(sample: Tensor) -> CausalEffect:
    rng = torch.Generator().manual_seed(0)
    return causal_effect(GlassGenerator(), LAYER, [TREE], sample, ColourSegmenter(), random_trials=3, rng=rng)


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, dissection: Dissection, sample: Tensor, effect: CausalEffect
) -> Path:
    path = tmp_path_factory.mktemp("reports") / "deep" / "glass"
    page = write_report(
        path, dissection, GlassGenerator(), sample, ColourSegmenter(), causal=[effect], title="Glass <1> & more"
    )
    assert page == path / "report.html"
    return path


@pytest.fixture(scope="module")
def page(folder: Path) -> Page:
    parsed = Page()
    parsed.feed((folder / "report.html").read_text(encoding="utf-8"))
    parsed.close()
    return parsed


def test_json_holds_every_number(folder: Path, dissection: Dissection, effect: CausalEffect) -> None:
    said = json.loads((folder / "report.json").read_text(encoding="utf-8"), parse_constant=pytest.fail)
    for name in ARRAYS:
        array = getattr(dissection, name)
        found = np.array(said[name], dtype=float)  # null, which stands for what is not finite, becomes nan
        np.testing.assert_array_equal(found, np.where(np.isfinite(array), array, np.nan), err_msg=name)
    assert said["labels"] == list(LABELS)
    assert said["layer"] == LAYER
    assert said["images"] == 40
    assert said["criterion"] == asdict(dissection.criterion)
    assert [unit["concept"] for unit in said["units"]] == [dissection.best(unit).concept for unit in range(8)]
    assert said["concepts"] == {label: dissection.units(label) for label in LABELS}
    assert said["causal"] == [json.loads(json.dumps(effect.to_dict()))]
    assert said["provenance"].items() >= {"seed": "5", "command": "dissect <glass> & co"}.items()


def test_csv_has_a_row_for_each_unit(folder: Path, dissection: Dissection) -> None:
    with (folder / "units.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["unit"]) for row in rows] == list(range(dissection.count))
    for unit, row in enumerate(rows):
        match = dissection.best(unit)
        found = tuple(float(row[name]) for name in ("iou", "score", "iqr", "level"))
        assert found == (match.iou, match.score, match.iqr, match.level)
        assert (row["concept"], row["matched"] == "yes") == (match.concept, match.matched)
        assert [int(image) for image in row["top_images"].split()] == dissection.top_images[unit].tolist()


def test_page_is_well_formed(page: Page) -> None:
    assert page.wrong == []
    assert page.open == []
    names = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(names) == len(set(names))
    targets = {attributes["href"][1:] for attributes in page.all("a")}
    assert targets
    assert targets <= set(names)


def test_page_stands_alone(folder: Path, page: Page) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"https?://|@import|url\(", text)
    for tag, attributes in page.elements:
        assert tag not in {"link", "iframe", "object"}
        assert attributes.get("src", "data:").startswith("data:")
        assert attributes.get("href", "#").startswith("#")
    assert {path.name for path in folder.iterdir()} >= {"report.html", "report.json", "units.csv", "sheets", "edits"}


def test_page_can_be_used_without_seeing_it(page: Page) -> None:
    pictures = page.all("img")
    assert len(pictures) > 50
    assert all(picture.get("src") or picture["data-picture"] for picture in pictures)
    assert all("alt" in picture for picture in pictures)
    assert all(chart.get("aria-label") or chart.get("aria-hidden") for chart in page.all("svg"))
    assert len(page.all("caption")) == len(page.all("table")) == 2
    labelled = {label["for"] for label in page.all("label")}
    assert labelled == {control["id"] for control in page.all("select") + page.all("input")}


def test_page_shows_the_planted_units(folder: Path, dissection: Dissection) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    for unit, label in ((TREE, "tree"), (DOOR, "door")):
        match = dissection.best(unit)
        assert match.concept == label
        row = re.search(f'(?s)<tr id="unit-{unit}".*?</tr>', text)
        assert row is not None
        assert f'data-concept="{label}" data-matched="yes"' in row[0]
        assert f'data-value="{match.iou!r}"' in row[0]
    assert re.search(r"Without a unit: [a-z, ]*\bsun\b", text)
    assert "Without 1 tree unit" in text


def test_what_people_wrote_is_escaped(folder: Path) -> None:
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "Glass &lt;1&gt; &amp; more" in text
    assert "dissect &lt;glass&gt; &amp; co" in text
    assert "<glass>" not in text


def test_embedded_pictures_are_whole(page: Page) -> None:
    for picture in [picture for picture in page.all("img") if "src" in picture][::7]:
        kind, _, data = picture["src"].partition(";base64,")
        assert kind in {"data:image/webp", "data:image/png"}
        decoded = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        assert decoded.shape == (int(picture["height"]), int(picture["width"]), 3)


def test_sheets_show_the_unit_where_it_draws(folder: Path, dissection: Dissection) -> None:
    path = folder / "sheets" / f"tree-1-unit-{TREE:04d}.png"
    sheet = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB).astype(int)
    tile = sheet[:192, :192]
    dark_green = np.abs(tile - np.array([0, 76, 0])).max(axis=2) < 12  # the tree, undimmed within its region
    assert 0.01 < dark_green.mean() < 0.1
    grass = np.abs(tile - np.array([51, 204, 51])).max(axis=2) < 12
    assert grass.mean() < 0.01  # what lies outside is dimmed
    count = sum(len(dissection.units(label)[:4]) for label in LABELS)
    assert len(list((folder / "sheets").iterdir())) == count


def test_refuses_to_overwrite(folder: Path, dissection: Dissection, sample: Tensor) -> None:
    before = (folder / "report.html").read_bytes()
    with pytest.raises(FileExistsError, match="never overwrites"):
        write_report(folder, dissection, GlassGenerator(), sample, ColourSegmenter())
    assert (folder / "report.html").read_bytes() == before


def test_a_file_in_the_way_is_kept(tmp_path: Path, dissection: Dissection, sample: Tensor) -> None:
    path = tmp_path / "report"
    path.write_text("mine")
    with pytest.raises(FileExistsError, match="never overwrites"):
        write_report(path, dissection, GlassGenerator(), sample, ColourSegmenter())
    assert path.read_text() == "mine"


def test_an_empty_folder_may_be_filled(tmp_path: Path, dissection: Dissection, sample: Tensor) -> None:
    drawn: list[int] = []
    path = tmp_path / "report"
    path.mkdir()
    write_report(path, dissection, GlassGenerator(), sample, ColourSegmenter(), batch_size=16, progress=drawn.append)
    assert (path / "report.html").stat().st_size > 10_000
    assert drawn == sorted(set(drawn))
    assert 0 < drawn[-1] <= 40
    assert [left.name for left in tmp_path.iterdir()] == ["report"]


class Broken(GlassGenerator):
    """A generator that fails once ``runs`` forwards are done."""

    def __init__(self, runs: int) -> None:
        super().__init__()
        self.runs = runs

    def forward(self, latents: Tensor) -> Tensor:
        self.runs -= 1
        if self.runs < 0:
            raise RuntimeError("planted")
        return super().forward(latents)


def test_a_failure_leaves_nothing(
    tmp_path: Path, dissection: Dissection, sample: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RuntimeError, match="planted"):
        write_report(tmp_path / "report", dissection, Broken(0), sample, ColourSegmenter())
    assert list(tmp_path.iterdir()) == []

    def disk_full(folder: Path, written: object) -> None:
        raise OSError("planted")

    monkeypatch.setattr("dissect.report.writing.write_csv", disk_full)
    with pytest.raises(OSError, match="planted"):
        write_report(tmp_path / "report", dissection, GlassGenerator(), sample, ColourSegmenter())
    assert list(tmp_path.iterdir()) == []


def test_the_generator_is_left_as_it_was(tmp_path: Path, dissection: Dissection, sample: Tensor) -> None:
    generator = GlassGenerator().train()
    generator.painter.eval()
    write_report(tmp_path / "report", dissection, generator, sample, ColourSegmenter())
    assert generator.training
    assert not generator.painter.training
    assert not any(module._forward_hooks for module in generator.modules())


class Grey(nn.Module):
    """The glass generator without colours; nobody can tell its trees from its grass."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = GlassGenerator().stem

    def forward(self, latents: Tensor) -> Tensor:
        return self.stem(latents)[:, :1] * 2 - 1


class Halves:
    """Bright is sky."""

    labels = ("ground", "sky")

    def __call__(self, images: Tensor) -> Tensor:
        assert images.shape[1] == 3
        return (images.mean(1) > 0).long()


def test_grey_images_have_a_report(tmp_path: Path, sample: Tensor) -> None:
    found = dissect(Grey(), LAYER, sample, Halves())
    write_report(tmp_path / "report", found, Grey(), sample, Halves())
    assert (tmp_path / "report" / "sheets" / "sky-1-unit-0000.png").exists()


def test_a_layer_without_matches_has_a_report(tmp_path: Path, dissection: Dissection, sample: Tensor) -> None:
    blind = replace(dissection, iou=np.zeros_like(dissection.iou))
    page = write_report(tmp_path / "report", blind, GlassGenerator(), sample, ColourSegmenter())
    assert "No unit of this layer passed the criterion" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"latents": latents(39, seed=5)}, "expected the 40 latents that were dissected, got 39"),
        ({"latents": latents(40, seed=5).flip(0)}, "not those of the dissection"),
        ({"segmenter": Halves()}, "whose labels are grass, sky, tree, door, sun; got one with ground, sky"),
        ({"colours": [(0, 0, 0)]}, "one colour for each of the 5 labels, got 1"),
        ({"colours": [(0, 0, 256)] * 5}, "from 0 to 255"),
        ({"units_per_concept": 0}, "at least 1 unit of each concept"),
    ],
)
def test_what_does_not_belong_is_refused(
    tmp_path: Path, dissection: Dissection, sample: Tensor, change: dict[str, Any], message: str
) -> None:
    given: dict[str, Any] = {"generator": GlassGenerator(), "latents": sample, "segmenter": ColourSegmenter(), **change}
    with pytest.raises(ValueError, match=re.escape(message)):
        write_report(tmp_path / "report", dissection, **given)
    assert list(tmp_path.iterdir()) == []


def many(concepts: int, units: int) -> Dissection:
    """A dissection in which unit u matches concept u modulo ``concepts``."""
    table = np.zeros((units, concepts))
    table[np.arange(units), np.arange(units) % concepts] = np.linspace(0.9, 0.5, units)
    return Dissection(
        layer="layer",
        labels=tuple(f"thing {index}" for index in range(concepts)),
        images=64,
        **dict.fromkeys(("iou", "score", "iqr", "level", "area", "inside", "outside"), table),
        share=np.full(concepts, 1 / concepts),
        high=np.ones(units),
        top_images=np.arange(units * 8).reshape(units, 8) % 64,
        peak=np.ones((units, 8)),
        levels=np.ones((units, 1)),
        curves=np.ones((units, 1)),
    )


@pytest.mark.parametrize(("concepts", "units", "most"), [(3, 60, 20), (30, 300, 4), (100, 300, 4)])
def test_no_more_sheets_than_a_page_can_carry(concepts: int, units: int, most: int) -> None:
    dissection = many(concepts, units)
    plan = chosen_units(dissection, most)
    assert 0 < sum(map(len, plan.values())) <= SHEETS
    assert len(plan) == min(concepts, SHEETS)
    assert all(shown == dissection.units(concept)[: len(shown)] for concept, shown in plan.items())


def test_every_map_that_is_shown_is_drawn() -> None:
    dissection = many(3, 1000)  # too many for pictures in the table
    wanted = wanted_images(dissection, {"thing 1": [1, 4]}, samples=[63])
    assert wanted.pop(63) == set()  # a sample needs no maps
    assert {(unit, image) for image, units in wanted.items() for unit in units} == {
        (unit, image) for unit in (1, 4) for image in dissection.top_images[unit].tolist()
    }


@pytest.mark.parametrize(("unit", "label"), [(TREE, "tree"), (DOOR, "door")])
def test_an_effect_is_told_of_the_concept_whose_units_were_chosen(
    dissection: Dissection, effect: CausalEffect, unit: int, label: str
) -> None:
    others = [other for other in choose_units(dissection, label, 2) if other != unit]  # draw it not, but know of it
    assert subject(replace(effect, units=(unit, *others)), dissection) == label
    assert subject(replace(effect, units=(unit,)), dissection) == label
    assert subject(replace(effect, layer="painter"), dissection) == "tree"  # which is what was removed


def test_own_colours_are_distinct() -> None:
    palette = chosen_palette(None, 24)
    assert len(set(palette)) == 24
    assert all(0 <= part <= 255 for colour in palette for part in colour)


def test_effects_are_drawn_to_scale() -> None:
    effects = [
        Effect("tree", "#123456", (-40.0, -45.0, -35.0), (0.0, -1.0, 1.0)),
        Effect("sky", "#654321", (20.0, 15.0, 25.0), (0.0, -1.0, 1.0)),
    ]
    bars = _bars(effects_chart(effects, "title", " %"))
    assert [bar["fill"] for bar in bars] == ["#123456", "#654321"]
    left, right = ((float(bar["x"]), float(bar["width"])) for bar in bars)
    assert left[1] == pytest.approx(2 * right[1], abs=0.2)
    assert left[0] + left[1] == pytest.approx(right[0], abs=0.2)  # one ends where the other begins: at zero


def test_an_effect_beyond_the_axis_is_cut_and_said() -> None:
    chart = effects_chart([Effect("lamp", "#123456", (900.0, 800.0, 1000.0), (0.0, 0.0, 0.0))], "title", " %", 100.0)
    assert "+900 %" in chart
    assert "+100 %" in chart
    (bar,) = _bars(chart)
    assert float(bar["x"]) + float(bar["width"]) <= 560


@pytest.mark.parametrize(
    ("value", "text"), [(-99.6, "−100"), (12.3, "+12"), (-3.21, "−3.2"), (0.034, "+0.03"), (-0.001, "0"), (0.0, "0")]
)
def test_changes_read_well(value: float, text: str) -> None:
    assert signed(value) == text


def _bars(chart: str) -> Sequence[dict[str, str]]:
    parsed = Page()
    parsed.feed(chart)
    return [bar for bar in parsed.all("rect") if bar["class"] == "bar"]
