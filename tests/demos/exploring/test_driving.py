"""Driving in the Explore tab: each frame follows from what the page brings, and nothing is kept on the server."""

from __future__ import annotations

import base64
import io
import time
import tracemalloc
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from core_gans.data.road.car import Car
from core_gans.data.road.course import Course
from core_gans.foundation.pixels import to_bytes
from demos.exploring.driving import Drives
from demos.exploring.routes import routes
from demos.lab import Lab
from tests.demos.small_lab import small_lab


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    found = small_lab(tmp_path_factory.mktemp("runs"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def client(lab: Lab) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(routes(lab))
    with TestClient(app, base_url="http://127.0.0.1") as found:
        yield found


def ask(client: TestClient, call: str, **asked: Any) -> dict[str, Any]:
    found = client.post(f"/lab/explore/{call}", json={"model": "drive", **asked})
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()
    assert "error" not in answer, answer
    return answer


def refused(client: TestClient, call: str, **asked: Any) -> str:
    return str(client.post(f"/lab/explore/{call}", json={"model": "drive", **asked}).json()["error"])


def begun(client: TestClient, night: bool = False) -> dict[str, Any]:
    return ask(client, "begin_drive", seed=3, night=night)


def onward(answer: dict[str, Any], steering: float) -> dict[str, Any]:
    """What a page sends to get the next frame."""
    truth = {name: value for name, value in answer["truth"].items() if name != "picture"}
    return {"state": answer["state"], "truth": truth, "steering": steering}


def picture(sent: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(sent))) as found:
        return np.asarray(found.convert("RGB"))


def test_a_page_learns_what_it_needs(client: TestClient) -> None:
    found = ask(client, "open")
    assert (found["kind"], found["width"], found["height"], found["rate"]) == ("drives", 32, 16, 5)


def test_a_frame_is_the_next_one_of_the_network_and_of_the_drawn_road(client: TestClient, lab: Lab) -> None:
    first = begun(client)
    second = ask(client, "steer", **onward(first, -0.5))
    world = lab.store.model("drive").net
    numbers = torch.from_numpy(np.frombuffer(base64.b64decode(first["state"]), "<f4").copy())[None]
    with torch.no_grad():
        code, memory = world.step(numbers[:, :6], numbers[:, 6:], torch.tensor([[-0.5]]))
        shown = to_bytes(world.decode(code))[0]
    sent = np.frombuffer(base64.b64decode(second["state"]), "<f4")
    assert sent == pytest.approx(torch.cat((code, memory), 1)[0].numpy(), abs=1e-6)
    assert np.abs(picture(second["picture"]).astype(int) - shown).max() <= 1
    before, after = first["truth"], second["truth"]
    car = Car(*(np.array([before[name]]) for name in ("place", "offset", "heading")))
    moved = car.moved(Course.drawn([3]).by(False), np.array([-0.5]))
    assert [after["place"], after["offset"], after["heading"], after["frame"]] == pytest.approx(
        [moved.place[0], moved.offset[0], moved.heading[0], before["frame"] + 1]
    )


def test_left_and_right_part_and_a_reset_brings_the_first_frame_back(client: TestClient) -> None:
    first = begun(client)
    roads = {}
    for steering in (-1.0, 1.0):
        answer = first
        for _ in range(4):
            answer = ask(client, "steer", **onward(answer, steering))
        roads[steering] = answer
    assert roads[-1.0]["truth"]["offset"] < first["truth"]["offset"] < roads[1.0]["truth"]["offset"]
    assert roads[-1.0]["state"] != roads[1.0]["state"]
    assert begun(client) == first
    night = begun(client, night=True)
    assert picture(night["truth"]["picture"]).mean() < 0.6 * picture(first["truth"]["picture"]).mean()


def test_a_minute_takes_little_time_and_no_memory(lab: Lab) -> None:
    """Three hundred frames at five a second."""
    drives = Drives(lab.store.model("drive"))
    answer = drives.begin(3, False)

    def drive(frames: int) -> None:
        nonlocal answer
        for frame in range(frames):
            truth = drives_truth(answer)
            answer = drives.steer(answer["state"], truth, float(np.sin(frame / 7)))

    drive(20)
    length = len(answer["state"])
    tracemalloc.start()
    begun, spent = tracemalloc.get_traced_memory()[0], time.process_time()
    drive(300)
    grown = tracemalloc.get_traced_memory()[0] - begun
    tracemalloc.stop()
    assert (time.process_time() - spent) / 300 < 0.1  # seconds of the 0.2 between two frames, and it is traced
    assert grown < 100_000  # bytes
    assert len(answer["state"]) == length
    assert answer["truth"]["frame"] == 5 + 320
    assert np.isfinite(np.frombuffer(base64.b64decode(answer["state"]), "<f4")).all()


def drives_truth(answer: dict[str, Any]) -> Any:
    from demos.exploring.driving import Truth

    return Truth(**{name: value for name, value in answer["truth"].items() if name != "picture"})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"steering": 1.5}, "steering to be a number from -1 to 1"),
        ({"state": "####"}, "the state of a drive as base64"),
        ({"state": base64.b64encode(b"1234").decode()}, "of 44 bytes, got 4"),
        ({"state": base64.b64encode(np.full(11, np.nan, "<f4").tobytes()).decode()}, "got other numbers"),
        ({"state": "A" * 70_000}, "the state of a drive as base64"),
        ({"truth": {}}, "seed"),
        ({"model": "scenes"}, "makes images: choose a model of drives"),
        ({"wheel": 3}, "no value called 'wheel'"),
    ],
)
def test_what_is_none_of_a_drive_is_refused_in_a_line(client: TestClient, change: dict[str, Any], told: str) -> None:
    assert told in refused(client, "steer", **{**onward(begun(client), 0.0), **change})


def test_a_model_of_drives_has_no_latents_to_walk_between(client: TestClient) -> None:
    assert "makes drives" in refused(client, "strip", first=0)
