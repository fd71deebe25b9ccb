"""``dissect mend``: finds, judges and saves; what it saves opens again and makes the edited images to the bit."""

import io
import json

import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import save_file

from core_gans import shipped
from core_gans.models import load_model
from dissect import ablate, intervene
from dissect.commands.mend import Mend
from dissect.commands.opening import Source
from dissect.commands.real_images import class_note, data_of, thirds
from dissect.commands.user_generator import own_network
from dissect.hooks import at_rest
from dissect.mending import Mending

SMALL = {"layer": ("block32",), "images": 40, "judged": 20, "real": 300, "random": 1, "units": 3, "strength": (1.0,)}
OWN = "linear 6 128; reshape 8 4 4; conv 8 8 3 1 1; relu; upsample 4; conv 8 3 3 1 1; tanh"


def ran(folder, **options):
    console = Console(file=io.StringIO(), width=200)
    Mend(out=folder, **(SMALL | options)).run(console)
    return console.file.getvalue()


def test_the_mended_generator_opens_like_any_other_and_carries_the_edit(tmp_path):
    said = ran(tmp_path / "out")
    found = Mending.load(tmp_path / "out" / "mending.safetensors")
    (ablation,) = found.ablations
    assert (ablation.layer, len(ablation.units), found.images) == ("block32", 3, 20)
    assert f"page: {tmp_path / 'out' / 'mending.html'}" in said
    model = load_model(shipped.path("scenes-generator"))
    latents = model.game.latents(3, torch.Generator().manual_seed(5))
    with at_rest(model.net), intervene(model.net, {"block32": ablate(ablation.units)}):
        wanted = model.net(latents)
    mended = Source(tmp_path / "out" / "mended.safetensors").open()
    assert torch.equal(mended.net(latents), wanted)
    assert not torch.equal(model.net(latents), wanted)
    card = load_model(tmp_path / "out" / "mended.safetensors").card
    assert card["run"] == model.card["run"]
    assert list(card["mended"]["ablations"][0]["units"]) == list(ablation.units)
    numbers = json.loads((tmp_path / "out" / "mending.json").read_text())
    assert numbers["provenance"]["real images"].startswith("scenes: 100 to fit features to")
    assert all((tmp_path / "out" / f"{name}.png").is_file() for name in ("images", "distances", "sample"))
    with pytest.raises(FileExistsError, match="choose another folder with --out"):
        ran(tmp_path / "out")


@pytest.fixture
def own(tmp_path):
    """A small generator that is not the lab's, and noise for real images."""
    net = own_network(OWN).eval()
    save_file(net.state_dict(), tmp_path / "own.safetensors")
    noise = np.random.default_rng(0).integers(0, 256, (300, 16, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "noise.npz", images=noise)
    source = Source(generator=OWN, weights=tmp_path / "own.safetensors")
    return net, {"source": source, "data": str(tmp_path / "noise.npz"), "layer": ("3",)}


def test_a_generator_of_ones_own_is_mended_in_its_weights(tmp_path, own):
    net, options = own
    said = ran(tmp_path / "out", **options)
    (ablation,) = Mending.load(tmp_path / "out" / "mending.safetensors").ablations
    again = Source(generator=OWN, weights=tmp_path / "out" / "mended.safetensors").open()
    latents = again.example(4)
    with at_rest(net), intervene(net, {"3": ablate(ablation.units)}):
        assert torch.equal(again.net(latents), net(latents))
    assert "--weights" in said


def test_where_weights_cannot_hold_it_the_edit_is_saved_alone(tmp_path, own):
    net, options = own
    said = ran(tmp_path / "out", **(options | {"layer": ("4",)}))  # what only enlarges
    assert "the weights before 4 cannot hold the edit" in said
    assert not (tmp_path / "out" / "mended.safetensors").exists()
    found = Mending.load(tmp_path / "out" / "mending.safetensors")
    enlarge = found.apply(net, torch.ones(2, 6))[4]
    assert not bool(enlarge(torch.ones(1, 8, 4, 4))[:, found.ablations[0].units].any())


def test_bad_images_are_marked_by_their_numbers_on_the_sheet(tmp_path, own):
    said = ran(tmp_path / "sheet", by="marks", **own[1])
    assert [path.name for path in (tmp_path / "sheet").iterdir()] == ["sample.png"]
    assert "name the bad images: --bad 3 17, same --images and --seed, another --out" in " ".join(said.split())
    ran(tmp_path / "out", by="marks", bad=(3, 17, 20), **own[1])
    assert "| AUC of the marks |" in (tmp_path / "out" / "mending.md").read_text()
    assert (tmp_path / "out" / "sample.png").read_bytes() == (tmp_path / "sheet" / "sample.png").read_bytes()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"units": 25}, r"from 1 to half of a layer's units \(block32: 48\), got --units 25"),
        ({"images": 39}, "at least 40 for --images, got 39"),
        ({"bad": (3,)}, "needs --by marks"),
        ({"by": "marks", "bad": (40,)}, r"from 0 to 39, got --bad \[40\]"),
        ({"layer": ("block31",)}, "did you mean block32"),
        ({"data": "scene"}, "did you mean scenes"),
        ({"real": 299}, "at least 300 real images"),
        ({"layers": ("block32", "block64")}, "--layers mends several: give one of them"),
        ({"strength": (1.5,)}, "expected strengths above 0 and at most 1"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(options, told, tmp_path):
    with pytest.raises(ValueError, match=told):
        ran(tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_what_is_real_is_asked_where_it_is_not_known(tmp_path):
    assert data_of(Source(), "") == "scenes"
    assert data_of(Source(), "digits") == "digits"
    for source in (Source(generator=OWN), Source(tmp_path / "model.safetensors")):
        with pytest.raises(ValueError, match="with --data"):
            data_of(source, "")


def test_one_class_against_the_data_of_all_is_told_of(tmp_path):
    (note,) = class_note(Source(tmp_path, label="3"), "")
    assert note.startswith("class 3 alone is drawn, and the real images are of all classes")
    for label, asked in (("3", "threes"), ("any", ""), (None, "")):
        assert class_note(Source(tmp_path, label=label), asked) == ()


def test_features_are_fitted_to_other_real_images_than_those_that_choose_or_judge(tmp_path):
    grey = np.random.default_rng(0).integers(0, 256, (301, 8, 8), dtype=np.uint8)
    np.savez(tmp_path / "noise.npz", images=grey)
    found = thirds(str(tmp_path / "noise.npz"), (1, 8, 8), 1_000, None)
    assert found.images == 100
    fitted, chosen, judged = (torch.from_numpy(grey[start:300:3])[:, None] / 127.5 - 1 for start in range(3))
    seen = found.judging.features(fitted)
    torch.testing.assert_close(seen.mean(0), torch.zeros(seen.shape[1], dtype=torch.float64), atol=1e-5, rtol=0)
    assert found.choosing.distance(found.choosing.features(chosen)) == pytest.approx(0, abs=1e-6)
    assert found.judging.distance(found.judging.features(judged)) == pytest.approx(0, abs=1e-6)
    assert found.floor == pytest.approx(found.judging.distance(found.choosing.features(chosen)))
