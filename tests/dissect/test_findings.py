"""The findings of planted generators are the planted ones; what is written is complete, and never overwrites."""

import io
import json
import re
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch
from markupsafe import escape
from rich.console import Console
from torch import nn

from core_gans.foundation.intervals import Change
from dissect.commands.findings import FindingsCommand
from dissect.commands.opening import Source
from dissect.findings import album, find, gathering, removals, write_findings
from dissect.findings.album import by_effect
from dissect.findings.fates import fate
from dissect.findings.gathering import ALPHA, ATTRIBUTION, SCORE
from dissect.findings.page import page_of
from tests.dissect import glass, soft


def rng():
    return torch.Generator().manual_seed(0)


def gather(**options):
    options = {"share": 0.4, "updates": 30, "object": "tree", **options}
    return find(soft.SoftGlass(), soft.latents(40), soft.SoftSegmenter(), rng=rng(), **options)


@pytest.fixture(scope="module")
def found():
    return gather()


@pytest.fixture(scope="module")
def folder(found, tmp_path_factory):
    place = tmp_path_factory.mktemp("findings") / "out"
    write_findings(place, found, soft.SoftGlass(), soft.SoftSegmenter(), provenance={"seed": "0"}, rng=rng())
    return place


def test_units_are_chosen_by_cause_where_the_segmenter_has_logits(found):
    assert found.chosen_by == ATTRIBUTION
    assert found.removed["tree"].units == (soft.TREE,)  # its copy agrees as well, and contributes nothing
    assert found.removed["sky"].units == (soft.SKY,)
    assert set(found.choices[SCORE].units) == {soft.TREE, soft.DECOY}
    assert soft.TREE in found.choices[ALPHA].units
    assert list(found.choices) == [ATTRIBUTION, SCORE, ALPHA]
    assert found.dose.ranked[0] == soft.TREE
    assert found.dose.counts.removed.mean.tolist() == [1, 1]


def test_what_is_drawn_by_its_units_vanishes_and_nothing_else_is_harmed(found):
    for concept in ("tree", "sky"):
        removal = found.removed[concept]
        assert tuple(removal.change) == (-1, -1, -1)
        assert removal.others() == 0  # the grass behind it came forth
        assert tuple(removal.worst()[1]) == (0, 0, 0)
        assert fate(removal) == "vanishes"
    assert "door" not in found.removed  # no image shows one


def test_harm_to_others_is_counted_net_of_what_stood_behind():
    latents, segmenter = glass.latents(30), glass.ColourSegmenter()
    chosen = {"tree": [glass.TREE, glass.SKY]}
    removal = removals(glass.GlassGenerator(), "stem.glass", chosen, latents, segmenter, rng=rng())["tree"]
    images = glass.GlassGenerator()(latents)
    before = segmenter(images)
    sky, tree, grass = (before == glass.LABELS.index(name) for name in ("sky", "tree", "grass"))
    assert removal.change.value == -1
    assert removal.worst()[0] == "sky"
    assert removal.worst()[1].value == -1
    assert removal.share == pytest.approx(float(tree.float().mean()))
    door = before == glass.LABELS.index("door")
    # All of the sky goes, and as much grass comes: twice the sky's pixels, of all that show no tree.
    assert removal.others() == pytest.approx(2 * int(sky.sum()) / int((sky | grass | door).sum()))


def test_random_units_are_the_same_for_all_concepts_and_span_what_they_do(found):
    spans = [found.removed[concept].random for concept in ("tree", "sky")]
    for mean, low, high in spans:
        assert -1 <= low <= mean <= high
    again = gather()
    assert [again.removed[concept].random for concept in ("tree", "sky")] == spans


def test_everything_is_written_and_can_be_read(found, folder):
    numbers = json.loads((folder / "findings.json").read_text())
    assert numbers["layer"] == "maps"
    assert numbers["chosen_by"] == ATTRIBUTION
    assert numbers["layers"]["maps"]["units"] == 5
    assert numbers["removed"]["tree"]["change"] == [-1, -1, -1]
    assert numbers["removed"]["tree"]["behind"]["grass"] == 1
    assert set(numbers["choices"]) == {SCORE, ATTRIBUTION, ALPHA}
    assert len(numbers["alpha"]) == 5
    assert numbers["insertion"]["concept"] == "tree"
    assert numbers["provenance"] == {"seed": "0"}
    page = (folder / "findings.md").read_text()
    assert "| tree |" in page
    assert "| -100% (-100 to -100) |" in page
    for name in ("layers", "removed", "before-after", "dose", "insertion"):
        assert f"({name}.png)" in page
        picture = cv2.imread(str(folder / f"{name}.png"))
        assert picture.shape[1] > 300
        assert len(np.unique(picture)) > 10


def test_the_page_stands_alone_and_says_the_same(folder):
    html, markdown = ((folder / f"findings.{kind}").read_text() for kind in ("html", "md"))
    assert "Without their 2 units of maps, tree and sky vanish." in html
    assert not re.search(r"(src|href)=\"(?!data:|#)|https?://", html)  # nothing is loaded
    cells = [cell for line in markdown.splitlines() if line.startswith("| ") for cell in line.strip("| ").split(" | ")]
    assert len(cells) > 40
    for cell in cells:
        assert cell in {"---", ""} or cell == "made from" or str(escape(cell)) in html.replace("\u00a0", " "), cell
    assert html.count("<img") == markdown.count("![") == 5


def test_findings_are_never_written_over(found, folder):
    with pytest.raises(FileExistsError, match="name a new folder"):
        write_findings(folder, found, soft.SoftGlass(), soft.SoftSegmenter(), rng=rng())


def test_a_segmenter_without_logits_is_enough(tmp_path):
    generator, segmenter = glass.GlassGenerator(), glass.ColourSegmenter()
    options = {"layers": ["stem.glass"], "object": "tree", "inserted": "sun", "share": 0.125}
    found = find(generator, glass.latents(40), segmenter, rng=rng(), **options)
    assert found.chosen_by == SCORE
    assert list(found.choices) == [SCORE]
    assert found.alpha is None
    assert found.contexts is None  # no unit stands for a sun
    assert found.removed["tree"].change.value == -1
    written = write_findings(tmp_path / "out", found, generator, segmenter, rng=rng())
    assert written == tmp_path / "out" / "findings.html"
    page = (tmp_path / "out" / "findings.md").read_text()
    assert "not chosen by alpha" in page
    assert "No unit stands for the concept" in page
    assert not (tmp_path / "out" / "insertion.png").exists()


class Alone:
    """Sees trees and nothing else."""

    labels = ("tree",)

    def __call__(self, images):
        return torch.where(soft.SoftSegmenter()(images) == soft.LABELS.index("tree"), 0, -1)


class Speckled(Alone):
    """Sees trees, and every other pixel of the rest as grass: no place is full of it."""

    labels = ("tree", "grass")

    def __call__(self, images):
        rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
        return torch.where(super().__call__(images) == 0, 0, torch.where((rows + columns) % 2 == 0, 1, -1))


@pytest.mark.parametrize(
    ("segmenter", "words"),
    [(Alone(), "there is no other to put it into"), (Speckled(), "No image shows enough of anything else")],
)
def test_where_nothing_else_can_be_seen_the_findings_are_written_all_the_same(tmp_path, segmenter, words):
    found = find(soft.SoftGlass(), soft.latents(20), segmenter, share=0.4, rng=rng())
    assert found.removed["tree"].change.value == -1
    page = write_findings(tmp_path / "out", found, soft.SoftGlass(), segmenter, rng=rng())
    told = page.with_suffix(".md").read_text()
    assert words in told
    assert "nan" not in told
    assert not (tmp_path / "out" / "insertion.png").exists()


def test_doses_are_tried_where_the_concept_is_seen(monkeypatch):
    monkeypatch.setattr(gathering, "DOSED", 3)

    class Late(soft.SoftGlass):
        def forward(self, latents):
            images = super().forward(latents)
            images[latents[:, 0] < 0.9, 0] = 0  # no tree
            return images

    latents = soft.latents(20)
    latents[:, 0] = 0
    latents[[0, 15], 0] = 0.95  # of those that judge the sixth, where three are tried
    found = find(Late(), latents, soft.SoftSegmenter(), share=0.4, updates=0, object="tree", rng=rng())
    assert found.dose.images == 3
    assert found.dose.counts.removed.mean.tolist() == [1, 1]


def test_a_flat_layer_is_put_into_and_a_share_of_all_units_has_a_dose():
    class Flat(nn.Module):
        def __init__(self):
            super().__init__()
            self.maps = nn.Identity()

        def forward(self, latents):
            maps = torch.zeros(len(latents), 4, 1, 64)
            for scene, place in zip(maps, latents[:, 0].tolist(), strict=True):
                scene[0, :, int(place * 50) :][:, :8] = 1
            return self.maps(maps)[:, :1].expand(-1, 3, -1, -1)

    class OneUnit(Flat):
        def __init__(self):
            super().__init__()
            self.maps = nn.Conv2d(4, 1, 1)

    class Light:
        labels = ("dark", "light")

        def __call__(self, images):
            return (images[:, 0] > 0.5).long()

    found = find(Flat(), soft.latents(20), Light(), layers=["maps"], share=1.0, rng=rng())
    assert (found.object, found.count, found.dose.chosen) == ("light", 4, 3)
    assert found.contexts.patch == 1  # an eighth of the width are eight cells, and it is one high
    with pytest.raises(ValueError, match="has one unit"):
        find(OneUnit(), soft.latents(20), Light(), layers=["maps"], rng=rng())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"object": "tre"}, "did you mean tree"),
        ({"inserted": "skye"}, "did you mean sky"),
        ({"layer": "map"}, "did you mean maps"),
        ({"object": "door"}, "'door' has no units in layer 'maps': choose another layer, or one of .*tree"),
    ],
)
def test_mistakes_are_told(options, words):
    with pytest.raises(ValueError, match=words):
        gather(**options)


def test_an_object_that_no_judge_sees_is_told():
    class Early(soft.SoftGlass):
        def forward(self, latents):
            images = super().forward(latents)
            images[latents[:, 0] > 0.5, 0] = 0  # no tree
            return images

    latents = soft.latents(20)
    latents[:10, 0], latents[10:, 0] = 0.1, 0.9  # the second half judges
    words = "none of the 10 images that judge shows tree: take more images, or another object: .*sky"
    with pytest.raises(ValueError, match=words):
        find(Early(), latents, soft.SoftSegmenter(), share=0.4, updates=0, object="tree", rng=rng())


def test_too_few_latents_are_told():
    with pytest.raises(ValueError, match="at least 4 latents"):
        find(soft.SoftGlass(), soft.latents(3), soft.SoftSegmenter(), rng=rng())


def test_the_command_writes_the_findings_of_the_generator_that_comes_with_the_lab(tmp_path):
    console = Console(file=io.StringIO(), width=200)
    options = {"layers": ("block8",), "images": 12, "updates": 0, "object": "tree"}
    FindingsCommand(out=tmp_path / "out", **options).run(console)
    said = console.file.getvalue()
    assert re.search(r"^Without their 10 units of block8, .*\n.*findings\.html \(", said, re.M)
    numbers = json.loads((tmp_path / "out" / "findings.json").read_text())
    assert numbers["units_changed"] == 10
    assert numbers["removed"]["tree"]["change"][0] < -0.3
    assert numbers["provenance"]["generator"] == "scenes-generator"
    with pytest.raises(FileExistsError, match="choose another folder"):
        FindingsCommand(out=tmp_path / "out").run(console)


def test_the_command_takes_a_generator_of_ones_own(tmp_path):
    source = Source(generator="tests.dissect.directions.test_directions_command:Drawing")
    console = Console(file=io.StringIO(), width=200)
    options = {"layers": ("stem.glass",), "images": 24, "updates": 0, "segmenter": "strokes", "share": 0.2}
    FindingsCommand(source, out=tmp_path / "out", **options).run(console)
    facts = json.loads((tmp_path / "out" / "findings.json").read_text())["provenance"]
    assert facts["generator"] == source.generator
    assert (facts["latents"], facts["segmenter"]) == ("the generator's own latents", "strokes")


def test_a_context_of_few_places_is_in_the_table_and_in_the_picture(found):
    """The row that the picture is about may be the one with few places: it is drawn, and says so."""
    contexts = found.contexts
    effect = Change(np.array([0.1, 0.4, 0.0]), np.array([0.0, np.nan, 0.0]), np.array([0.2, np.nan, 0.0]))
    few = replace(
        found, contexts=replace(contexts, contexts=("grass", "wall", "sky"), places=(20, 3, 9), effect=effect)
    )
    assert by_effect(few.contexts) == ["grass", "sky", "wall"]
    page = page_of(few, {}, {}).markdown()
    assert "| wall | 3 | too few places |" in page
    assert "| grass | 20 | 0.100 (0.000 to 0.200) |" in page
    assert "| sky | 9 | none |" in page  # zeros, resampled, are no interval
    assert "0.100 (0.000\u00a0to\u00a00.200)" in page_of(few, {}, {}).html()  # stays on one line
    none = replace(contexts, contexts=("grass", "wall", "sky"), places=(20, 3, 0), effect=effect)
    assert by_effect(none) == ["grass", "wall"]


def test_the_picture_of_insertions_has_a_row_for_every_context_with_places(found, monkeypatch):
    drawn = {}
    monkeypatch.setattr(
        album, "bars", lambda title, rows, *rest: drawn.update(rows=rows) or np.zeros((9, 9, 3), np.uint8)
    )
    contexts = found.contexts
    effect = Change(np.array([0.1, 0.4, 0.0]), np.array([0.0, np.nan, 0.0]), np.array([0.2, np.nan, 0.0]))
    few = replace(
        found, contexts=replace(contexts, contexts=("grass", "tree", "sky"), places=(20, 3, 0), effect=effect)
    )
    album.draw(few, soft.SoftGlass(), soft.SoftSegmenter(), rng())
    assert [(row.name, row.told) for row in drawn["rows"]] == [
        ("grass", "0.100  (20 places)"),
        ("tree", "too few  (3 places)"),
    ]
