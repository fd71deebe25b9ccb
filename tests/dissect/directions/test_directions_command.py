"""``dissect directions`` on the shipped generator: every method writes its account, and says what it cannot do."""

import io
import json

import pytest
import torch
from rich.console import Console

from core_gans.models import Model, save_model
from core_gans.variants import make
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


def test_latents_of_all_classes_have_no_principal_directions_and_weights_leave_the_class(tmp_path):
    game = make("cgan", shape=(1, 16, 16), classes=3, latent=5, width=4)
    path = save_model(tmp_path / "cgan.safetensors", Model(game.players()["generator"], game))
    for label in ("any", None):
        with pytest.raises(ValueError, match=r"latents of all classes .* name one class, as in --label 3"):
            ran(tmp_path / "out", method="pca", source=Source(path, label=label))
    for label in ("1", None):
        given = {"method": "sefa", "segmenter": "strokes", "source": Source(path, label=label)}
        _, told = ran(tmp_path / f"out-{label}", **given, count=5)
        vectors = torch.tensor([each["vector"] for each in told["directions"]])
        assert vectors.shape == (5, 8)
        assert not vectors[:, 5:].any()
    with pytest.raises(ValueError, match="1 to 5 directions, got 6"):
        ran(tmp_path / "more", method="sefa", segmenter="strokes", source=Source(path), count=6)


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
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(options, told, tmp_path):
    with pytest.raises(ValueError, match=told):
        ran(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()
