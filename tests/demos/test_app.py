"""The app as programs meet it: its two calls, and what it does with hostile ones."""

from __future__ import annotations

import base64
import gzip
import http.client
import io
import json
import re
import socket
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.responses import HTMLResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from demos.app import build
from demos.delivery import FOREVER, PLACE, WORDS, FirstWords
from demos.evolve.kept_places import KeptPlace, KeptPlaces
from demos.evolve.requests import EvolutionRequest
from demos.lab import Lab
from demos.paint.painter import Painter
from demos.pictures import refuse_large_pictures
from demos.serve import serving
from demos.server_address import ADDRESS, ServerAddress
from tests.demos.conftest import SERVED, lab_with, seeds_with
from tests.demos.paint.test_sketch import anything

pytestmark = SERVED


@pytest.fixture(scope="module")
def address(glass: Painter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    lab = lab_with(glass, tmp_path_factory.mktemp("runs"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Image, "MAX_IMAGE_PIXELS", Image.MAX_IMAGE_PIXELS)  # put back at the end
        with serving(lab) as found:
            yield found
    lab.close()


def call(address: str, name: str, *data: Any) -> tuple[str, Any]:
    """The event and the data with which the app answers a call."""
    request = urllib.request.Request(
        f"{address}gradio_api/call/{name}",
        data=json.dumps({"data": list(data)}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        event = json.load(answer)["event_id"]
    with urllib.request.urlopen(f"{address}gradio_api/call/{name}/{event}") as answer:
        lines = answer.read().decode().splitlines()
    return lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: "))


def test_a_program_can_paint(address: str, glass: Painter) -> None:
    (seed,) = seeds_with(glass, "tree")
    kind, (scene,) = call(address, "scene", seed)
    assert kind == "complete"
    assert scene["shares"]["tree"] == pytest.approx(glass.shares(seed)["tree"])
    kind, (painted,) = call(address, "paint", seed, "tree", "erase", [[0.0, 0.5], [1.0, 0.5]], 0.5, 1.0)
    assert kind == "complete"
    assert painted["pixels"]["tree"]["after"] == 0 < painted["pixels"]["tree"]["before"]
    with Image.open(io.BytesIO(base64.b64decode(painted["picture"].split(",")[1]))) as picture:
        assert picture.size == (glass.side, glass.side)


@pytest.mark.parametrize(
    "data",
    [
        (-1, "tree", "erase", [[0.5, 0.5]], 0.1, 1.0),
        (None, "tree", "erase", [[0.5, 0.5]], 0.1, 1.0),
        (0, "treee", "erase", [[0.5, 0.5]], 0.1, 1.0),
        (0, None, "erase", [[0.5, 0.5]], 0.1, 1.0),
        (0, ["tree"], "erase", [[0.5, 0.5]], 0.1, 1.0),
        (0, "tree", "destroy", [[0.5, 0.5]], 0.1, 1.0),
        (0, "tree", "erase", None, 0.1, 1.0),
        (0, "tree", "erase", [[0.5, 0.5]] * 50_000, 0.1, 1.0),
        (0, "tree", "erase", [["x", {}]], 0.1, 1.0),
        (0, "tree", "erase", [[0.5, 0.5]], "thick", 1.0),
        (0, "tree", "erase", [[0.5, 0.5]], 0.1, 1e300),
    ],
)
def test_a_call_that_makes_no_sense_is_answered_with_one_line(address: str, data: tuple[Any, ...]) -> None:
    kind, answer = call(address, "paint", *data)
    assert kind == "error"
    assert "expected" in answer["error"] or "treee" in answer["error"]
    assert "Traceback" not in str(answer)


def test_what_has_a_default_may_be_left_out(address: str, glass: Painter) -> None:
    (seed,) = seeds_with(glass, "tree")
    stroke = (seed, "tree", "erase", [[0.0, 0.5], [1.0, 0.5]], 0.5)
    assert call(address, "paint", *stroke) == call(address, "paint", *stroke, 1.0, "example")


@pytest.mark.parametrize(
    ("name", "data"), [("paint", ()), ("paint", (0, "tree", "erase", [[0.5, 0.5]])), ("paint", (0,) * 8), ("scene", ())]
)
def test_too_few_and_too_many_inputs_are_told_which_are_expected(
    address: str, name: str, data: tuple[Any, ...]
) -> None:
    kind, answer = call(address, name, *data)
    assert kind == "error"
    assert answer["error"].startswith("expected the inputs [seed: int")
    assert answer["error"].endswith(f"got {len(data)}")


def test_only_the_two_calls_are_public(address: str) -> None:
    with urllib.request.urlopen(f"{address}gradio_api/info") as answer:
        assert set(json.load(answer)["named_endpoints"]) == {"/scene", "/paint"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(range(6)), anything)
def test_whatever_is_called_the_next_call_is_answered(address: str, glass: Painter, place: int, odd: Any) -> None:
    data: list[Any] = [3, "tree", "erase", [[0.5, 0.5]], 0.1, 1.0]
    data[place] = odd
    kind, answer = call(address, "paint", *data)
    assert kind in ("complete", "error")
    assert "Traceback" not in str(answer)
    kind, (scene,) = call(address, "scene", 3)
    assert kind == "complete"
    assert scene["shares"]["sky"] == pytest.approx(glass.shares(3)["sky"])


@pytest.mark.parametrize(
    "asked",
    [
        (None, ["minimax"], 1, 0.1, 10),
        ("ring", None, 1, 0.1, 10),
        ("ring", [1, 2], 1, 0.1, 10),
        ("ring", ["minimax"], "two", 0.1, 10),
        ("ring", ["minimax"], 1, None, 10),
        ("ring", ["minimax"], 1, 0.1, 1e9),
        ("/etc/passwd", ["minimax"], 1, 0.1, 10),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(asked: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected|called"):
        EvolutionRequest.read(dict(zip(("data", "mutations", "parents", "gamma", "seconds"), asked, strict=True)))


def test_the_page_opens_though_a_run_that_it_had_is_gone(tmp_path: Path) -> None:
    """Without what the page is entered with, nothing of it would answer: its name is among that."""
    lab, token = Lab.at(tmp_path), "a-page-of-a-test-1"
    KeptPlaces(tmp_path, token).write({"A": KeptPlace("gone", True)})
    with closing(lab):
        (enter,) = (each.fn for each in build(lab).fns.values() if "load" in dict(each.targets).values() and each.js)
        assert enter is not None
        with pytest.warns(UserWarning, match="gone cannot be shown again"):
            name, picker, *_ = enter(token, "")
    assert (name, picker.interactive) == (token, True)


def test_the_app_answers_to_its_own_names_only(address: str) -> None:
    port = urlsplit(address).port
    assert port is not None
    for host, expected in ((f"{ADDRESS}:{port}", 200), (f"localhost:{port}", 200), ("evil.example", 400)):
        connection = http.client.HTTPConnection(ADDRESS, port)
        connection.request("GET", "/", headers={"Host": host})
        assert connection.getresponse().status == expected
        connection.close()


def fetch(address: str, path: str = "", **headers: str) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body as they travelled."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    connection.request("GET", f"/{path}", headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.headers, body


def test_the_page_is_light_and_what_has_a_hash_is_kept(address: str) -> None:
    packed = {"Accept-Encoding": "gzip"}
    status, headers, page = fetch(address, **packed)
    assert (status, headers["Content-Encoding"]) == (200, "gzip")
    assert len(page) < 120_000
    words, place = (gzip.decompress(page).find(part) for part in (b"<h1>GAN lab</h1>", b"<gradio-app"))
    assert 0 < words < place  # seen before gradio's script is there
    assert int(headers["Content-Length"]) == len(page)
    _, headers, cards = fetch(address, "lab/variants/cards", **packed)
    assert len(cards) < 60_000
    assert fetch(address, "lab/variants/cards", **{"If-None-Match": headers["ETag"]})[0] == 304
    (row, *_) = re.findall(r'src="(lab/variants/row/[^"]+)"', gzip.decompress(cards).decode())
    kept = re.findall(r'(?:href|src)="(?:\./|/)?(assets/[^"]+-[^"]{8}\.js)"', gzip.decompress(page).decode())
    for path in (row, kept[0]):
        status, headers, _ = fetch(address, path)
        assert (status, headers["Cache-Control"]) == (200, FOREVER)
    assert fetch(address, row.replace("/row/", "/row/0"))[0] == 404
    assert fetch(address, row.rpartition("/")[0] + "/..%2f..%2ftold.toml")[0] == 404
    assert fetch(address, "assets/index-00000000.js")[1].get("Cache-Control") != FOREVER


def test_a_client_in_this_process_sees_the_first_words() -> None:
    """It is told of the page's template first, as ``gan-lab doctor`` is: that is no part of the page."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.debug", "info": {}})
        await HTMLResponse(PLACE)(scope, receive, send)

    assert TestClient(FirstWords(app)).get("/").content == WORDS + PLACE


def test_files_are_not_served(address: str) -> None:
    for path in ("/etc/passwd", str(Path(__file__))):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{address}gradio_api/file={path}")
        assert caught.value.code in (403, 404)
        caught.value.close()


def test_it_listens_on_loopback_and_finds_a_free_port() -> None:
    with ServerAddress(0).listen() as first:
        taken = first.getsockname()[1]
        first.listen()
        with ServerAddress(taken).listen() as second:
            assert second.getsockname()[0] == ADDRESS
            assert second.getsockname()[1] != taken


def test_small_answers_are_sent_at_once() -> None:
    with ServerAddress(0).listen() as server_address:
        server_address.listen()
        with socket.create_connection(server_address.getsockname()) as _:
            accepted, _ = server_address.accept()
            with accepted:
                assert accepted.proto == socket.IPPROTO_TCP  # by which asyncio knows to switch Nagle's algorithm off


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="65535"):
        ServerAddress(70_000)


def test_pictures_that_would_unpack_into_gigabytes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    Image.new("L", (5_000, 4_000)).save(tmp_path / "large.png")
    with warnings.catch_warnings():
        refuse_large_pictures()
        with pytest.raises(Image.DecompressionBombWarning), Image.open(tmp_path / "large.png"):
            pass
