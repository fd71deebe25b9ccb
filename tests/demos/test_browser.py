"""The whole page in a real browser: every tab, on a desk and on a telephone, in the light and in the dark.

Screenshots of all of them go into the test's temporary folder.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demos.app import TABS
from demos.model_store import SHIPPED
from demos.page import CLOSED
from demos.paint.painter import Painter
from demos.serve import serving
from tests.demos.browser import BROWSER, opened
from tests.demos.conftest import lab_with

pytestmark = BROWSER


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [420, 1400])
def test_nothing_sticks_out(glass: Painter, tmp_path: Path, width: int, dark: bool) -> None:
    lab = lab_with(glass, tmp_path / "runs")
    with serving(lab) as address, opened(address, tmp_path / "profile", width, 900, dark) as page:
        for name in TABS:
            page.get_by_role("tab", name=name, exact=True).click()
            page.wait_for_timeout(300)
            page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") == width
            if width == 1400:  # at 200 % a page has half of the width
                page.set_viewport_size({"width": width // 2, "height": 450})
                assert page.evaluate("document.documentElement.scrollWidth") == width // 2
                page.set_viewport_size({"width": width, "height": 900})
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == dark
    lab.close()


def test_a_run_that_cannot_be_opened_is_greyed_and_choosing_it_tells_why(glass: Painter, tmp_path: Path) -> None:
    unborn = tmp_path / "runs" / "newer"
    unborn.mkdir(parents=True)
    (unborn / "config.json").write_text('{"format": 99}')
    lab = lab_with(glass, tmp_path / "runs")
    (reason,) = [run.reason for run in lab.store.unreadable()]
    with serving(lab) as address, opened(address, tmp_path / "profile") as page:
        page.wait_for_selector(".paint[data-state=open]")
        page.get_by_role("tab", name="Evolve").click()
        page.wait_for_selector("#evolve-start:enabled")  # the page has its name
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        picker = page.locator("#model input")
        before = picker.input_value()
        picker.click()
        row = page.get_by_role("option", name=f"{CLOSED} newer: {reason}")
        row.wait_for()
        assert float(row.evaluate("each => getComputedStyle(each).opacity")) < 1
        box = row.bounding_box()
        assert box is not None
        page.screenshot(path=tmp_path / "picker.png")
        page.mouse.click(box["x"] + 20, box["y"] + box["height"] / 2)  # a mouse cannot choose it
        page.wait_for_timeout(500)
        assert page.locator("#model-key textarea, #model-key input").input_value() == SHIPPED

        picker.fill("newer")  # keys can: then the reason is told and the model stays
        picker.press("ArrowDown")
        picker.press("Enter")
        page.get_by_text(f"newer cannot be opened: {reason}").wait_for()
        page.wait_for_function("old => document.querySelector('#model input').value === old", arg=before)
        assert page.locator("#model-key textarea, #model-key input").input_value() == SHIPPED
        page.screenshot(path=tmp_path / "refused.png")
        assert not [url for url in asked if "lab/paint/model" in url]  # no tab was asked to open anything
    lab.close()
