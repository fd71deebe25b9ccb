"""``dissect directions`` on the shipped generator: every method writes its account, and says what it cannot do."""

import io
import json

import pytest
import torch
from rich.console import Console

from dissect.commands.directions import Directions
from dissect.commands.opening import Source
from dissect.directions.account import NUMBERS, PAGE
from tests.dissect.glass import GlassGenerator

SMALL = {"images": 40, "judged": 2, "random": 2, "steps": 1, "count": 1}


def ran(folder, **options):
    console = Console(file=io.StringIO(), width=200)
    Directions(out=folder, **(SMALL | options)).run(console)
    return console.file.getvalue(), json.loads((folder / NUMBERS).read_text())


@pytest.mark.parametrize("method", ["pca", "sefa"])
def test_directions_of_the_latents_are_found_in_the_first_weights(method, tmp_path):
    said, numbers = ran(tmp_path / "out", method=method)
    assert numbers["provenance"]["layer"] == "block4.1"
    (direction,) = numbers["directions"]
    assert direction["name"] == f"{method} 1"
    assert len(direction["vector"]) == 128
    assert direction["strengths"] == [-1, 0, 1]
    assert f"account: {tmp_path / 'out' / PAGE}" in said
    assert f"{method} 1: " in said


def test_a_probe_of_units_tells_how_well_it_does(tmp_path):
    said, numbers = ran(tmp_path / "out", method="probe", layer="block8", concept="tree", images=80)
    assert numbers["probe"]["classes"] == ["no tree", "tree"]
    assert numbers["directions"][0]["place"] == "block8"
    assert "The probe tells tree from no tree in" in said
    assert "The probe tells tree from no tree in" in (tmp_path / "out" / PAGE).read_text()


def test_clusters_name_what_is_seen_there(tmp_path):
    said, numbers = ran(tmp_path / "out", method="clusters", layer="block8", count=5)
    assert sum(len(each["units"]) for each in numbers["clusters"]) + len(numbers["dead"]) == 256
    assert len(numbers["clusters"]) == 5
    assert "sky" in said


class Drawing(GlassGenerator):
    """A generator of one's own, with its latents."""

    def latents(self, count: int, rng: torch.Generator) -> torch.Tensor:
        return torch.rand(count, 6, generator=rng)


@pytest.mark.parametrize("method", ["unit-pca", "clusters", "cell-probe"])
def test_a_generator_of_ones_own_has_directions(method, tmp_path):
    concept = {"concept": "stroke"} if method == "cell-probe" else {}
    source = Source(generator=f"{__name__}:Drawing")
    told = {"method": method, "layer": "stem", "segmenter": "strokes", "source": source, **concept}
    _, numbers = ran(tmp_path / "out", **told)
    facts = numbers["provenance"]
    assert facts["generator"] == f"{__name__}:Drawing"
    assert (facts["latents"], facts["segmenter"]) == ("the generator's own latents", "strokes")


def test_the_latents_of_a_generator_of_ones_own_are_walked(tmp_path):
    source = Source(generator="linear 6 32; reshape 8 2 2; upsample 4; conv 8 1 3 1 1; tanh")
    _, numbers = ran(tmp_path / "out", method="sefa", source=source)
    assert numbers["provenance"]["segmenter"] == "strokes"  # grey images
    assert len(numbers["directions"][0]["vector"]) == 6


def test_a_probe_of_few_images_says_what_to_do(tmp_path):
    with pytest.raises(ValueError, match="take more images"):
        ran(tmp_path / "out", method="probe", concept="moon", images=20)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"method": "clusters"}, "needs a layer: name one with --layer"),
        ({"method": "probe"}, "needs a concept"),
        ({"method": "sefa", "concept": "tree"}, "looks for no concept"),
        ({"method": "probe", "concept": "tre"}, "did you mean tree"),
        ({"images": 5}, "at least 20 for --images, got 5"),
        ({"random": 1}, "at least 2 for --random, got 1"),
        ({"method": "pca", "layer": "block"}, "no layer is called 'block'"),
        ({"method": "pca", "layer": "block4.1", "source": Source(label="any")}, "latents of all classes"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(options, told, tmp_path):
    with pytest.raises(ValueError, match=told):
        ran(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()
