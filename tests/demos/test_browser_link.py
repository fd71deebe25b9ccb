"""Links and pictures that open a session in another browser; forged ones are refused in a line and run nothing."""

from __future__ import annotations

import base64
import io
import json
import re
import zlib
from pathlib import Path

from PIL import Image

from demos.paint.painter import Painter
from demos.serve import serving
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.conftest import lab_with
from tests.demos.test_browser_paint import PaintCalls

pytestmark = BROWSER

NAME = "<img src=x onerror='window.hacked = 1'> é"
DROP = """([code, name]) => {
  const data = new DataTransfer();
  const file = Uint8Array.from(atob(code), (letter) => letter.charCodeAt(0));
  data.items.add(new File([file], name, { type: "image/png" }));
  for (const kind of ["dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
  }
}"""


def drop(page: Page, file: bytes) -> None:
    page.evaluate(DROP, [base64.b64encode(file).decode(), "picture.png"])


def link_with(address: str, session: object) -> str:
    """A link as a stranger may write it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = packer.compress(json.dumps(session).encode()) + packer.flush()
    return f"{address}#tab=paint&model=scenes&seed=3&session={base64.urlsafe_b64encode(data).decode().rstrip('=')}"


def test_a_link_and_a_picture_open_the_session_elsewhere(glass: Painter, tmp_path: Path) -> None:
    lab = lab_with(glass, tmp_path / "runs")
    with serving(lab) as address:
        with opened(address, tmp_path / "first") as page:
            calls = PaintCalls(page)
            seed = int(page.locator(".paint-seed").input_value()) + 1
            calls.go_to(seed)
            page.locator(".paint-modes label", has_text="Add").click()
            calls.paint_by("agreement")
            calls.draw([(0.3, 0.6), (0.7, 0.6)])
            page.wait_for_function("location.hash.includes('session=')")
            unnamed = page.evaluate("location.hash")
            page.locator(".paint-name").press("F2")
            page.get_by_label("Name of the stroke").fill(NAME)
            page.keyboard.press("Enter")
            painted = calls.source("after")
            with page.expect_download() as saved:
                page.get_by_role("button", name="Picture (PNG)").click()
            picture = saved.value.path().read_bytes()
            page.wait_for_function("old => location.hash !== old", arg=unnamed)
            before = page.url
            page.get_by_role("tab", name="Evolve", exact=True).click()
            page.wait_for_function("location.hash.includes('tab=evolve')")
            page.reload()  # the page's own address is no link: nothing is added to its history
            page.wait_for_selector("#evolve-start:enabled")
            page.get_by_role("tab", name="Paint", exact=True).click()
            assert PaintCalls(page).source("after") == painted
            assert page.locator(".paint-history li").count() == 1
        with Image.open(io.BytesIO(picture)) as shown:
            shown.load()
            assert json.loads(shown.info["gan-lab"])["seed"] == seed
        with opened(address, tmp_path / "second") as page:
            page.goto("about:blank")
            page.goto(before)
            calls = PaintCalls(page)
            assert calls.source("after") == painted
            assert NAME in page.locator(".paint-name").inner_text()
            for _ in range(2):  # the link's session is a step, and the scene before it stays
                page.keyboard.press("Control+z")
            page.wait_for_function("document.querySelectorAll('.paint-history li').length === 0")
            page.get_by_role("tab", name="Variants", exact=True).click()
            drop(page, picture)
            page.wait_for_function("old => document.querySelector('.paint').dataset.after === old", arg=painted)
            assert page.get_by_role("tab", name="Paint", exact=True).get_attribute("aria-selected") == "true"
            assert page.evaluate("window.hacked") is None
            begin = picture.index(b"tEXt")
            drop(page, picture[:begin] + picture[begin:].replace(b'"mode":"add"', b'"mode":"run"', 1))
            page.locator(".paint-error", has_text=re.compile("expected a mode out of")).wait_for()
            drop(page, picture[:begin] + picture[begin:].replace(b'{"format"', b'{format: "', 1))
            page.locator(".paint-error", has_text="cannot be read").wait_for()
            assert calls.source("after") == painted
    lab.close()


def test_a_strangers_link_is_refused_in_a_line(glass: Painter, tmp_path: Path) -> None:
    lab = lab_with(glass, tmp_path / "runs")
    stroke = {"mode": "erase", "concept": "<img src=x onerror='window.hacked = 1'>", "points": [[0.5, 0.5]]}
    with serving(lab) as address, opened(address, tmp_path / "profile") as page:
        for link, told in (
            (link_with(address, {"format": 1, "strokes": [{**stroke, "radius": 0.1}], "names": [None]}), "concept"),
            (link_with(address, {"format": 1, "strokes": "x" * 10**7}), "no session"),  # unpacks into too much
            (f"{address}#model=scenes&seed=3&session=!!", "no session"),
            (f"{address}#model=scenes&seed=-1", "whole scene number"),
            (f"{address}#model=%3Cimg%20src=x%20onerror=alert(1)%3E&seed=1&tab=nowhere", "no model is called"),
        ):
            page.goto("about:blank")
            page.goto(link)
            PaintCalls(page)
            page.locator(".paint-error", has_text=told).wait_for()
            assert page.locator(".paint-history li").count() == 0
        assert page.evaluate("window.hacked") is None
    lab.close()
