"""What the page's own controls send, sent by a stranger: one clear line comes back, and the next request works."""

from __future__ import annotations

import json
import math
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from PIL import Image

from demos.lab import Lab
from demos.model_store import SHIPPED
from demos.serve import serving
from tests.demos.conftest import SERVED
from tests.demos.planted_state import KEY, PlantedModelStore

pytestmark = SERVED

TOKEN = "a-page-of-a-test-1"
HOSTILE: list[Any] = [None, -1, 1e300, "<script>", "../../etc", [], {}, [None, {}], True, "x" * 5_000]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Lab]]:
    runs = tmp_path_factory.mktemp("served")
    lab = Lab.at(runs)
    lab.store = PlantedModelStore(runs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # put back at the end
        with serving(lab) as address:
            yield address, lab
    lab.close()


def mine(address: str) -> list[dict[str, Any]]:
    """The listeners of the tab: those that some part of it sets off."""
    with urllib.request.urlopen(f"{address}config") as answer:
        config = json.load(answer)
    ids = {each["id"] for each in config["components"] if str(each["props"].get("elem_id", "")).startswith("dissect-")}
    found = [each for each in config["dependencies"] if any(target in ids for target, _ in each["targets"])]
    assert len(found) >= 9
    return found


def press(address: str, function: int, data: list[Any], event_data: Any = None) -> dict[str, Any]:
    """What the page's own controls send; the last message of the answer."""
    body = {"fn_index": function, "data": data, "event_data": event_data, "session_hash": "hostile", "trigger_id": 1}
    request = urllib.request.Request(
        f"{address}gradio_api/queue/join", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request):
        pass
    last: dict[str, Any] = {}
    with urllib.request.urlopen(f"{address}gradio_api/queue/data?session_hash=hostile") as answer:
        for line in answer:
            if line.startswith(b"data: "):
                message = json.loads(line[6:])
                if message["msg"] == "process_completed":
                    last = message
                if message["msg"] == "close_stream":
                    break
    return last


def test_hostile_values_are_answered_in_one_line_and_do_no_harm(served: tuple[str, Lab]) -> None:
    address, lab = served
    for listener in mine(address):
        if len(listener["inputs"]) == 1 and listener["targets"][0][1] == "click":
            continue  # a button without a value: nothing to be hostile with
        for value in HOSTILE:
            answer = press(address, listener["id"], [TOKEN] + [value] * (len(listener["inputs"]) - 1), {"unit": value})
            assert not answer["success"], (listener["targets"], value)
            told = str(answer["output"]["error"])
            assert len(told.splitlines()) == 1, told
            assert "Traceback" not in told
            assert len(told) < 500
    assert not (lab.store.runs_folder / "dissections").exists()


@pytest.mark.parametrize("token", [None, "", "short", 7, ["a"], "../" * 10, math.pi])
def test_a_page_without_a_name_gets_nothing(served: tuple[str, Lab], token: Any) -> None:
    address, _ = served
    for listener in mine(address):
        answer = press(address, listener["id"], [token, *[None] * (len(listener["inputs"]) - 1)])
        assert not answer["success"]
        assert "reload" in answer["output"]["error"]


def test_the_next_request_works(served: tuple[str, Lab]) -> None:
    address, lab = served
    choose = next(each for each in mine(address) if each["targets"][0][1] == "select")
    answer = press(address, choose["id"], [TOKEN], {"unit": 3})
    assert answer["success"], answer
    assert 'data-unit="3"' in answer["output"]["data"][0]
    assert lab.store.entry(KEY).key != SHIPPED
