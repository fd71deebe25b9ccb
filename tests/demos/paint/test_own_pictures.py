"""A picture of one's own: inverted, painted on, pasted back, forgotten and found again; odd ones are refused."""

from __future__ import annotations

import base64
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from fastapi.testclient import TestClient
from PIL import Image
from torch import Tensor

from core_gans.foundation.pixels import png, to_bytes
from demos.guard import LONGEST_CALL
from demos.paint import own_pictures
from demos.paint.own_calls import told_of
from demos.paint.own_pictures import GONE, OwnPictures, prepared
from demos.paint.painter import Painter
from demos.uploads import LARGEST_FILE
from tests.demos.conftest import lab_with
from tests.demos.paint.test_paint_routes import ask, client_of, send
from tests.demos.soft_glass import SIDE, picture, seed_with, soft_painter

MODEL = {"model": "scenes"}
LARGE = 3 * SIDE  # pixels on a side of the picture that is brought


@pytest.fixture(scope="module")
def painter() -> Painter:
    return soft_painter()


@pytest.fixture
def client(painter: Painter, tmp_path: Path) -> Iterator[TestClient]:
    yield from client_of(lab_with(painter, tmp_path / "runs"))


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_pictures, "STEPS", {True: (5, 5), False: (20, 20)})


def encoded(image: Tensor | np.ndarray, **saved: Any) -> str:
    """An image as a file in base64; ``saved`` are Pillow's options."""
    if isinstance(image, Tensor):
        return base64.b64encode(png(to_bytes(image[None])[0])).decode()
    file = io.BytesIO()
    Image.fromarray(image).save(file, **{"format": "PNG", **saved})
    return base64.b64encode(file.getvalue()).decode()


def shown(url: str) -> Tensor:
    """A data URL as (3, H, W) in [-1, 1]."""
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as found:
        return torch.from_numpy(np.asarray(found.convert("RGB")).copy()).permute(2, 0, 1) / 127.5 - 1


def mine(seed: int, side: int = LARGE) -> Tensor:
    """A picture (3, side, side) that no other seed has, and that the generator nearly draws."""
    return (picture(seed, side) + seed / 200 - 0.05).clamp(-1, 1)


def inverted(client: TestClient, file: str) -> dict[str, Any]:
    """The answer to a picture, once it is ready."""
    brought = ask(client, "upload", {**MODEL, "file": file})
    done = [0.0]
    for _ in range(400):
        told = ask(client, "inverting", {**MODEL, "picture": brought["picture"]})
        done.append(told["done"])
        if told["phase"] != "working":
            break
        time.sleep(0.02)
    assert told == {"phase": "ready", "done": 1.0, "trouble": ""}
    assert done == sorted(done)
    return brought


def test_a_stroke_changes_what_it_covers_and_all_else_stays_to_the_bit(client: TestClient, painter: Painter) -> None:
    seed = seed_with(painter, "tree")
    brought = inverted(client, encoded(mine(seed)))
    asked = {**MODEL, "seed": 0, "picture": brought["picture"]}
    scene = ask(client, "scene", asked)
    original = shown(scene["picture"])
    assert torch.equal(original, shown(brought["prepared"]))
    assert original.shape == (3, LARGE, LARGE)
    own = scene["own"]
    assert own["agreement"] == 1.0
    assert own["pixelL1"] < 0.1
    assert "100% of the pixels show the same class" in own["said"]
    assert shown(own["rendering"]).shape == (3, SIDE, SIDE)
    assert ask(client, "scene", {**asked, "picture": None})["own"] is None

    tree = (np.frombuffer(base64.b64decode(scene["classes"]), np.uint8) == 2).reshape(SIDE, SIDE)
    row, column = ((places.mean() + 0.5) / SIDE for places in tree.nonzero())
    stroke = {"mode": "erase", "concept": "tree", "points": [[column, row]], "radius": 0.2, "by": "example"}
    painted = ask(client, "render", {**asked, "strokes": [stroke]})
    (line,) = (line for line in painted["rows"] if line["label"] == "tree")
    assert (line["after"], line["verdict"]) == (0, "wanted")
    after = shown(painted["picture"])
    large = cv2.resize(tree.astype(np.uint8), (LARGE, LARGE), interpolation=cv2.INTER_NEAREST)
    near = torch.from_numpy(cv2.dilate(large, np.ones((49, 49), np.uint8)) > 0)
    assert torch.equal(after[:, ~near], original[:, ~near])
    assert float((after - original).abs()[:, torch.from_numpy(large > 0)].mean()) > 0.2
    for name, more in (("control", {}), ("explain", {"x": column, "y": row})):
        assert ask(client, name, {**asked, "strokes": [stroke], **more})
    assert ask(client, "places", {**asked, "concept": "door"})["shares"]

    answer = ask(client, "script", {**asked, "strokes": [stroke]})
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(answer["zip"]))) as files:
        assert sorted(files.namelist()) == ["inversion.safetensors", "my-picture.py", "original.png"]
        assert files.read("original.png") == base64.b64decode(scene["picture"].partition(",")[2])
        compile(files.read("my-picture.py"), "script", "exec")


def test_what_is_forgotten_says_so_and_comes_back_under_its_name(client: TestClient, painter: Painter) -> None:
    brought = inverted(client, encoded(mine(5)))
    asked = {**MODEL, "seed": 0, "picture": brought["picture"]}
    first = ask(client, "scene", asked)
    assert ask(client, "upload", {**MODEL, "file": encoded(mine(5))})["picture"] == brought["picture"]
    kept = painter.pictures._kept
    painter.pictures.most_bytes = 1  # room for the last one alone
    other = inverted(client, encoded(mine(6)))
    assert [name for _, name in kept] == [other["picture"]]
    painter.pictures._jobs.clear()
    for name, question in (("scene", asked), ("inverting", {**MODEL, "picture": brought["picture"]})):
        reply = send(client, name, question)
        assert reply.json() == {"error": GONE, "forgotten": True}
    painter.pictures.most_bytes = own_pictures.MOST_BYTES
    again = inverted(client, brought["prepared"].partition(",")[2])
    assert again["picture"] == brought["picture"]
    assert ask(client, "scene", asked) == first


def test_an_inversion_is_cut_short_or_thrown_away(
    client: TestClient, painter: Painter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_pictures, "STEPS", {False: (10**6, 10**6)})
    for take, phase, seed in ((True, "ready", 7), (False, "cancelled", 8)):
        name = ask(client, "upload", {**MODEL, "file": encoded(mine(seed))})["picture"]
        asked = {**MODEL, "picture": name}
        assert ask(client, "inverting", asked)["phase"] == "working"
        ask(client, "end", {**asked, "take": take})
        for _ in range(400):
            told = ask(client, "inverting", asked)
            if told["phase"] != "working":
                break
            time.sleep(0.02)
        assert told["phase"] == phase
        assert send(client, "scene", {**asked, "seed": 0}).json().get("forgotten", False) == (not take)
    assert not any(job.running for job in painter.pictures._jobs.values())


def test_only_a_few_are_inverted_at_once(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_pictures, "STEPS", {False: (10**6, 10**6)})
    names = [ask(client, "upload", {**MODEL, "file": encoded(mine(seed))})["picture"] for seed in (9, 10)]
    assert len(set(names)) == own_pictures.AT_ONCE
    reply = send(client, "upload", {**MODEL, "file": encoded(mine(11))})
    assert "try again in a moment" in reply.json()["error"]
    for name in names:
        ask(client, "end", {**MODEL, "picture": name, "take": False})


GREY = np.linspace(0, 255, 40 * 30, dtype=np.uint8).reshape(30, 40)
RGB = np.dstack([GREY, GREY[::-1], GREY])


@pytest.mark.parametrize(
    ("file", "note"),
    [
        (encoded(GREY), "square in the middle"),
        (encoded(RGB), "square in the middle"),
        (encoded(np.dstack([RGB, GREY])), "square"),
        (encoded(RGB, format="JPEG"), "square"),
        (encoded(RGB, format="WEBP"), "square"),
        (encoded(RGB, format="BMP"), "square"),
        (encoded(GREY, format="GIF", save_all=True, append_images=[Image.fromarray(255 - GREY)]), "square"),
        (encoded(GREY.astype(np.uint16) * 257), "square"),
        (encoded(np.zeros((9, 9), np.uint8)), "enlarged to 16 x 16"),
        (encoded(np.zeros((700, 600), np.uint8)), "reduced to 512 x 512"),
    ],
    ids=["grey", "colours", "clear", "jpeg", "webp", "bmp", "animated", "16 bits", "small", "large"],
)
def test_pictures_of_any_kind_are_prepared_once(file: str, note: str) -> None:
    found = prepared(file, SIDE, 3)
    assert note in " ".join(found.notes)
    side = found.pixels.shape[-1]
    assert found.pixels.shape == (3, side, side)
    assert SIDE <= side <= own_pictures.LARGEST
    again = prepared(encoded(found.image), SIDE, 3)
    assert (again.digest, again.notes) == (found.digest, ())
    grey = prepared(file, SIDE, 1)
    assert prepared(encoded(grey.image), SIDE, 1).digest == grey.digest


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("", "not a JPEG"),
        ("?", "base64"),
        (base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>").decode(), "not a JPEG"),
        (base64.b64encode(b"%PDF-1.4").decode(), "not a JPEG"),
        (encoded(RGB)[:200], "damaged"),
        (encoded(np.zeros((4, 30), np.uint8)), "30 x 4 pixels: expected at least 8 x 8"),
        (encoded(RGB, format="TIFF"), "not a JPEG"),
        (None, "picture's file as base64"),
        (["a"], "picture's file as base64"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_line(client: TestClient, file: Any, line: str) -> None:
    reply = send(client, "upload", {**MODEL, "file": file})
    assert line in reply.json()["error"]


def test_names_and_sizes_are_checked(client: TestClient) -> None:
    for name in ("x", "0" * 63, "G" * 64, 7):
        assert "64 hex digits" in send(client, "scene", {**MODEL, "seed": 0, "picture": name}).json()["error"]
    for asked in ({"picture": "0" * 64}, {"picture": "0" * 64, "take": True}):
        assert send(client, "end" if "take" in asked else "inverting", {**MODEL, **asked}).json()["forgotten"]
    large = json.dumps({**MODEL, "file": "A" * (LONGEST_CALL + 1)})
    assert len(large) < LARGEST_FILE
    assert client.post("/lab/paint/upload", content=large).status_code in (400, 413, 415)


def test_the_pictures_end_with_the_lab() -> None:
    pictures = OwnPictures()
    painter = soft_painter(pictures)
    own = prepared(encoded(mine(3)), painter.side, 3)
    pictures.begin(painter, own)
    pictures.close()
    assert not any(job.running for job in pictures._jobs.values())


@pytest.mark.parametrize("sharp", [1.0, 1e-3])
def test_a_segmenter_that_is_unsure_of_the_picture_says_so(sharp: float) -> None:
    class Seeing:
        """Two classes, told by the brightness; of a small factor it is never sure."""

        labels = ("dark", "bright")

        def logits(self, images: Tensor) -> Tensor:
            bright = images.mean(1, keepdim=True)
            return 100 * sharp * torch.cat([-bright, bright], 1)

        def __call__(self, images: Tensor) -> Tensor:
            return self.logits(images).argmax(1)

    given = torch.ones(3, 8, 8)
    found = SimpleNamespace(agreement=1.0, strangeness=0.0, pixel_l1=0.0, rendering=given)
    own = SimpleNamespace(found=found, prepared=SimpleNamespace(image=given))
    painter: Any = SimpleNamespace(segmenter=Seeing(), pictures=SimpleNamespace(of=lambda _, __: own))
    told = told_of(painter, "a digest")
    assert told is not None
    unsure = [note for note in told["notes"] if note.startswith("The segmenter is unsure of 100 % of the pixels")]
    assert bool(unsure) == (sharp < 1)
