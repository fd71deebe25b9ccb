"""The Variants tab as hostile programs meet it: whatever its listeners are sent, the answer is one line."""

from __future__ import annotations

import json
import math
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from demos.lab import Lab
from demos.paint.painter import Painter
from demos.serve import serving
from tests.demos.conftest import SERVED, lab_with

pytestmark = SERVED

TOKEN = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def served(glass: Painter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    lab = lab_with(glass, tmp_path_factory.mktemp("runs"))
    with serving(lab) as address:
        yield lab, address
    lab.close()


def listener(address: str, elem_id: str, event: str) -> int:
    """The number of the listener to ``event`` of the component called ``elem_id``."""
    with urllib.request.urlopen(f"{address}config") as answer:
        config = json.load(answer)
    (component,) = [each["id"] for each in config["components"] if each["props"].get("elem_id") == elem_id]
    (found,) = [each["id"] for each in config["dependencies"] if [component, event] in each["targets"]]
    return int(found)


def press(address: str, number: int, data: list[Any], event_data: Any = None) -> dict[str, Any]:
    """What the page sends when the listener ``number`` is to hear something; the last message of the answer."""
    body = {"fn_index": number, "data": data, "event_data": event_data, "session_hash": "hostile", "trigger_id": 1}
    request = urllib.request.Request(
        f"{address}gradio_api/queue/join", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request):
        pass
    last: dict[str, Any] = {}
    with urllib.request.urlopen(f"{address}gradio_api/queue/data?session_hash=hostile") as answer:
        for line in answer:
            message = json.loads(line[6:]) if line.startswith(b"data: ") else {"msg": ""}
            if message["msg"] == "process_completed":
                last = message
            if message["msg"] == "close_stream":
                break
    return last


@pytest.mark.parametrize(
    "sent",
    [
        (TOKEN, None, None, None),
        (TOKEN, "/etc/passwd", ["gan"], 20),
        (TOKEN, ["ring"], ["gan"], 20),
        (TOKEN, "ring", ["os:system"], 20),
        (TOKEN, "ring", [], 20),
        (TOKEN, "ring", ["gan"], 1e300),
        (TOKEN, "ring", ["gan"], math.nan),
        (TOKEN, "ring", ["gan"], "<script>"),
        (None, "ring", ["gan"], 20),
        ("../../x", "ring", ["gan"], 20),
    ],
)
def test_nothing_starts_from_what_makes_no_sense(served: tuple[Lab, str], sent: tuple[Any, ...]) -> None:
    lab, address = served
    answer = press(address, listener(address, "training-start", "click"), list(sent))
    assert not answer["success"]
    assert "\n" not in str(answer["output"].get("error") or "")
    assert lab.side_by_side.running == 0


@pytest.mark.parametrize("sent", [None, {}, [], {"variant": None}, {"variant": "pix2pix"}, {"variant": ["gan"]}])
def test_a_card_that_is_none_adds_nothing(served: tuple[Lab, str], sent: Any) -> None:
    _, address = served
    answer = press(address, listener(address, "cards", "train"), [["gan"]], sent)
    assert not answer["success"]
    again = press(address, listener(address, "cards", "train"), [["gan"]], {"variant": "lsgan"})
    assert again["success"]
    assert again["output"]["data"][0] == ["gan", "lsgan"]
