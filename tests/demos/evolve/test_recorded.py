"""The recorded evolutions that come with the app: small, whole, and found by their hash."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from benchmarks.recorded_evolutions.__main__ import told
from demos.delivery import FOREVER
from demos.evolve.beside import beside
from demos.evolve.html import stages
from demos.evolve.recorded import NAMES, player, recordings, routes
from demos.evolve.requests import RunSummary
from demos.evolve.snapshots import EvolutionSnapshot
from demos.lab import Lab
from egan.options import Evolution


def test_they_are_small_and_their_frames_are_pictures_in_order() -> None:
    assert tuple(recordings()) == NAMES
    assert sum(len(each.content) for each in recordings().values()) < 400_000
    for each in recordings().values():
        found = json.loads(each.content)
        assert len(found["frames"]) >= 8
        for before, after in pairwise(found["frames"]):
            assert before["generation"] < after["generation"]
        for frame in found["frames"]:
            code = np.frombuffer(base64.b64decode(frame["shown"]), np.uint8)
            assert cv2.imdecode(code, cv2.IMREAD_COLOR) is not None
            assert set(frame["share"]) <= set(found["colours"])
            assert not frame["share"] or sum(frame["share"].values()) == pytest.approx(1, abs=0.01)
        assert each.expect in player()


def test_they_are_served_by_their_hash_alone(tmp_path: Path) -> None:
    app = FastAPI()
    lab = Lab.at(tmp_path)
    app.include_router(routes(lab))
    client = TestClient(app)
    for name, each in recordings().items():
        reply = client.get(f"/lab/evolve/recorded/{each.digest}/{name}")
        assert (reply.content, reply.headers["cache-control"]) == (each.content, FOREVER)
        assert client.get(f"/lab/evolve/recorded/0000/{name}").status_code == 404
    assert client.get("/lab/evolve/recorded/0000/nothing").status_code == 404
    lab.close()


def test_a_frame_tells_what_the_judge_counted_last() -> None:
    log = [{"round": 1}, {"round": 50, "modes_covered": 3.0}, {"round": 100, "modes_covered": 5.0}]
    assert told(log, 120) == "Modes that the judge counts: 5."
    assert told(log, 99) == "Modes that the judge counts: 3."
    assert told(log, 20) == ""


def test_islands_and_a_front_are_shown_where_a_run_left_them(tmp_path: Path) -> None:
    assert beside(tmp_path) == {"front": "", "islands": ()}
    row = {"island": 1, "generations": 12, "distance": None, "share": 0.25, "came": 2, "genes": {}, "diverged": True}
    (tmp_path / "islands.json").write_text(json.dumps({"islands": [row, {**row, "island": 2, "distance": 0.31}]}))
    (tmp_path / "pareto_front.png").write_bytes(b"a picture")
    found = beside(tmp_path)
    assert [(each.island, each.distance) for each in found["islands"]] == [(1, None), (2, 0.31)]
    snapshot = EvolutionSnapshot(RunSummary("gan", "ring", Evolution()), phase="stopped", generation=12, **found)
    (_, body), _ = stages({"A": snapshot, "B": None})
    assert "diverged" in body
    assert "0.31" in body
    assert found["front"] in body


@pytest.mark.parametrize("text", ["", "[]", '{"islands": 3}', '{"islands": [{"island": "x"}]}', '{"islands": [null]}'])
def test_a_damaged_table_of_islands_is_left_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "islands.json").write_text(text)
    assert beside(tmp_path)["islands"] == ()
