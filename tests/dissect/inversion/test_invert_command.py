"""``dissect invert`` and ``train-encoder``: pictures of every kind, what is written, and one line for mistakes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from core_gans import shipped
from core_gans.data.scenes import draw_many
from core_gans.models import load_model
from dissect import EditSession, Encoder, Inversion, Stroke, UnitSet, paste_back
from dissect.__main__ import main
from dissect.commands.encoder_choice import chosen_encoder
from dissect.commands.invert import read_picture
from dissect.generators import sequential
from dissect.inversion.perceptual import eyes_of
from dissect.segmenters.strokes import StrokeSegmenter
from dissect.segmenters.unet import UNetSegmenter

SPEC = "linear 5 72; reshape 8 3 3; upsample 4; conv 8 6 3 1 1; relu; conv 6 3 3 1 1; tanh"  # 12x12, RGB


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one picture, and the weights of a generator of 12x12 pixels."""
    monkeypatch.chdir(tmp_path)
    picture().save("picture.png")

    with torch.random.fork_rng():
        torch.manual_seed(0)
        save_file(sequential(SPEC).state_dict(), "weights.safetensors")
    return tmp_path


def picture(width: int = 12, height: int = 12, mode: str = "RGB") -> Image.Image:
    """Noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 4), np.uint8)
    return Image.fromarray(pixels, "RGBA").convert(mode)


def inverted(*words: str) -> None:
    """The command on the small generator."""
    main(["invert", *words, "--generator", SPEC, "--weights", "weights.safetensors", "--steps", "4", "--samples", "8"])


def refusal(capsys: pytest.CaptureFixture[str], work: Callable[[], None]) -> str:
    """The one line with which ``work`` ends."""
    with pytest.raises(SystemExit) as left:
        work()
    assert left.value.code == 2
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("error:")]
    return line


def test_it_writes_the_pictures_the_figures_and_what_they_are_drawn_from(capsys: pytest.CaptureFixture[str]) -> None:
    inverted("picture.png", "--out", "one")
    told = capsys.readouterr().out
    assert "pixel L1 0." in told
    figures = json.loads(Path("one/inversion.json").read_text())
    assert figures["steps"] == 4
    assert figures["start"] == "sample"
    assert f"pixel L1 {figures['pixel_l1']:.3f} of 2" in told
    found = Inversion.load("one/inversion.safetensors")
    assert found.layer == figures["layer"] == "4"
    with Image.open("one/inversion.png") as sheet:
        assert sheet.width > 3 * 12 * 20
    inverted("picture.png", "--out", "two")
    again = Inversion.load("two/inversion.safetensors")
    assert torch.equal(again.rendering, found.rendering)
    assert again.curve == found.curve


def test_a_generator_of_rectangles_inverts_the_centre(capsys: pytest.CaptureFixture[str]) -> None:
    picture(30, 30).save("large.png")
    spec = SPEC.replace("72", "144").replace("8 3 3", "8 3 6")
    main(["invert", "large.png", "--generator", spec, "--steps", "2", "--samples", "4", "--out", "wide"])
    assert Inversion.load("wide/inversion.safetensors").rendering.shape == (3, 12, 24)
    told = " ".join(capsys.readouterr().out.split())
    assert "the picture has 30 x 30 pixels: its centre is taken, of the proportions of 24x12" in told


def test_a_picture_unlike_the_samples_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    inverted("picture.png", "--out", "one")
    told = capsys.readouterr().out
    assert "note: this picture is not like what the generator draws" in told
    assert "note: the rendering is not quite the picture: more --steps may help" in told


def test_an_encoder_is_trained_and_taken_and_that_of_another_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    own = ["--generator", SPEC, "--weights", "weights.safetensors"]
    main(["train-encoder", *own, "--steps", "30", "--batch", "8", "--minutes", "None", "--out", "deep/e.safetensors"])
    told = capsys.readouterr().out
    assert "of 256 unseen samples it tells" in told
    assert "learnt from 240 samples in 30 steps" in told
    assert Encoder.load("deep/e.safetensors").layer == "4"
    inverted("picture.png", "--encoder", "deep/e.safetensors", "--out", "one")
    assert Inversion.load("one/inversion.safetensors").layer == "4"
    assert "exists already" in refusal(capsys, lambda: main(["train-encoder", *own, "--out", "deep/e.safetensors"]))
    other = ["invert", "picture.png", "--encoder", "deep/e.safetensors", "--steps", "1"]
    assert "this encoder belongs to another generator" in refusal(capsys, lambda: main(other))
    assert not Path("runs").exists()


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I;16"])
@pytest.mark.parametrize("size", [(12, 12), (40, 30), (9, 20)])
def test_pictures_of_every_kind_are_read(mode: str, size: tuple[int, int]) -> None:
    width, height = size
    if mode == "I;16":
        kind, shown = "png", Image.fromarray(np.arange(width * height, dtype=np.uint16).reshape(height, width) * 50)
    else:
        kind, shown = ("jpg" if mode == "CMYK" else "png"), picture(width, height, mode)
    path = Path(f"odd.{kind}")
    shown.save(path)
    for shape in ((3, 12, 12), (1, 12, 12), (3, 6, 24)):
        image, notes = read_picture(path, shape)
        assert image.shape == shape
        assert float(image.abs().max()) <= 1
        grey = mode in ("L", "LA", "1", "I;16")
        assert bool(notes) == ((height, width) != shape[1:] or (shape[0] == 1 and not grey))


def test_a_picture_is_turned_upright_and_an_animation_gives_its_first_frame() -> None:
    upright = Image.new("RGB", (12, 12), "black")
    upright.paste("white", (0, 0, 12, 6))
    exif = Image.Exif()
    exif[0x0112] = 3
    upright.save("turned.png", exif=exif)
    image, notes = read_picture(Path("turned.png"), (3, 12, 12))
    assert notes == ()
    assert (image[:, :6] == -1).all()
    assert (image[:, 6:] == 1).all()
    frames = [Image.new("RGB", (12, 12), colour) for colour in ("white", "black")]
    frames[0].save("moving.gif", save_all=True, append_images=frames[1:])
    image, notes = read_picture(Path("moving.gif"), (3, 12, 12))
    assert notes == ("the picture is an animation: its first frame is taken",)
    assert (image == 1).all()


def test_what_is_no_picture_is_refused_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    whole = Path("picture.png").read_bytes()
    Path("cut.png").write_bytes(whole[: len(whole) // 2])
    Path("empty.png").write_bytes(b"")
    Path("words.png").write_text("no picture")
    Path("folder.png").mkdir()
    picture(1, 1).save("dot.png")
    picture(400, 2).save("line.png")
    for name, told in {
        "gone.png": "gone.png is not there",
        "folder.png": "folder.png is a folder",
        "cut.png": "is damaged",
        "empty.png": "is not a JPEG, PNG",
        "words.png": "is not a JPEG, PNG",
        "dot.png": "has 1 x 1 pixels: expected at least 8 x 8",
        "line.png": "has 400 x 2 pixels: expected at least 8 x 8",
    }.items():
        assert told in refusal(capsys, lambda name=name: inverted(name, "--out", "out"))
    assert not Path("out").exists()


def test_wrong_numbers_layers_and_places_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    inverted("picture.png", "--out", "one")
    capsys.readouterr()
    for words, told in {
        ("--samples", "1"): "at least 2 samples",
        ("--steps", "0"): "at least 1 step",
        ("--seed", "-1"): "--seed from 0",
        ("--layer", "nine"): "no layer is called 'nine'",
        ("--layer", "0"): "expected (N, units, height, width)",
        ("--out", "one"): "holds an inversion already",
        ("--out", "picture.png"): "is a file",
        ("--encoder", "gone.safetensors"): "is not there",
        ("--encoder", "weights.safetensors"): "without a seal",
    }.items():
        own = ["invert", "picture.png", "--generator", SPEC, "--weights", "weights.safetensors", "--steps", "2"]
        assert told in refusal(capsys, lambda words=words, own=own: main([*own, *words]))
    own = ["invert", "picture.png", "--generator", SPEC, "--seconds", "0"]
    assert "expected seconds above 0" in refusal(capsys, lambda: main(own))


def test_an_encoder_comes_with_the_shipped_generator_and_with_no_other() -> None:
    generator = load_model(shipped.path("scenes-generator")).net
    encoder = chosen_encoder(None, generator)
    assert encoder is not None
    assert encoder.layer == "block8"
    assert chosen_encoder(None, sequential(SPEC)) is None
    latents = torch.randn(8, 128, generator=torch.Generator().manual_seed(7))
    with torch.no_grad():
        images = generator(latents)
        again = generator(encoder(images).latents)
    assert float((again - images).abs().mean()) < 0.5 * float((images.roll(1, 0) - images).abs().mean())


def test_the_eyes_are_a_u_nets() -> None:
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
    eyes = eyes_of(segmenter, torch.zeros(1, 3, 16, 16))
    assert eyes is not None
    assert eyes.layers == ("down.1", "down.2", "up.0", "up.1", "up.2")
    assert [part.shape[2] for part in eyes.features(torch.zeros(1, 3, 16, 16))] == [8, 4, 4, 8, 16]
    assert eyes_of(segmenter, torch.zeros(1, 1, 16, 16)) is None
    assert eyes_of(StrokeSegmenter(), torch.zeros(1, 3, 16, 16)) is None
    assert eyes_of(None, torch.zeros(1, 3, 16, 16)) is None


@pytest.mark.slow
def test_the_shipped_generator_inverts_a_scene_whose_edits_go_back_into_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    scene = draw_many(1, seed=4242).images[0]
    Image.fromarray(scene).save("scene.png")
    main(["invert", "scene.png", "--steps", "40", "--samples", "16", "--out", "out"])
    assert "of the pixels show the same class" in capsys.readouterr().out
    found = Inversion.load("out/inversion.safetensors")
    assert found.layer == "block8"
    assert found.agreement is not None
    assert found.agreement > 0.8
    assert found.pixel_l1 < found.latent_pixel_l1 < 0.3
    generator = load_model(shipped.path("scenes-generator")).net
    segmenter = UNetSegmenter.load(shipped.path("scenes-segmenter"))
    session = EditSession(found.applied_to(generator), "block8", found.latent, segmenter)
    torch.testing.assert_close(session.before, found.rendering, atol=1e-4, rtol=0)
    brush = torch.zeros(64, 64)
    brush[40:, :20] = 1
    unit_set = UnitSet(tuple(range(40)), (0.0,) * 40, (1.0,) * 40)
    painted = session.paint([Stroke("add", unit_set, brush)])
    pasted = paste_back(found.image, found.rendering, painted.after, feather=0)
    assert torch.equal(pasted[:, :40], found.image[:, :40])
    assert not torch.equal(pasted, found.image)
