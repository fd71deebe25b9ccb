"""The app in a real browser: a mouse paints over a tree, an evolution is started and stopped.

Needs playwright and a chromium on the path; screenshots of both tabs go into the test's temporary folder.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from demos.paint.canvas import brush_mask
from demos.paint.painter import Painter
from demos.serve import serving
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.conftest import lab_with, seeds_with

pytestmark = BROWSER


def answered(page: Page, before: str | None) -> None:
    """Wait until the canvas shows something newer than ``before``."""
    page.wait_for_function("old => document.querySelector('[data-number]').dataset.number !== old", arg=before)


def number(page: Page) -> str | None:
    found: str | None = page.locator("[data-number]").get_attribute("data-number")
    return found


def picture(page: Page, caption: str) -> Tensor:
    """The picture (3, H, W) in [-1, 1] above ``caption``, to the bit."""
    source = page.locator("#changes figure", has_text=caption).locator("img").get_attribute("src")
    assert source is not None
    code = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    pixels = cv2.cvtColor(cv2.imdecode(code, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return torch.from_numpy(pixels).permute(2, 0, 1) / 127.5 - 1


def canvas(page: Page) -> Tensor:
    """What the canvas shows, (3, 768, 768) bytes."""
    source = page.evaluate("document.querySelector('#canvas canvas').toDataURL()")
    code = np.frombuffer(base64.b64decode(source.split(",")[1]), np.uint8)
    return torch.from_numpy(cv2.imdecode(code, cv2.IMREAD_COLOR)).permute(2, 0, 1).int()


def zigzag(there: Tensor, radius: float) -> list[tuple[float, float]]:
    """The way of a brush of ``radius`` over all that is ``there`` (H, W), in shares of the side."""
    side = there.shape[0]
    rows, columns = (there.any(1 - axis).nonzero().flatten() for axis in (0, 1))
    top, bottom = float(rows[0]) / side, float(rows[-1] + 1) / side
    left, right = float(columns[0]) / side, float(columns[-1] + 1) / side
    way: list[tuple[float, float]] = []
    for turn in range(int((bottom - top) / radius) + 2):
        y = min(top + turn * radius, bottom)
        way += [(left, y), (right, y)] if turn % 2 == 0 else [(right, y), (left, y)]
    return way


def test_a_mouse_erases_a_tree(painter: Painter, tmp_path: Path) -> None:
    (seed,) = seeds_with(painter, "tree")
    tree = painter.labels.index("tree")
    with serving(lab_with(painter, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        page.locator("#seed input").fill(str(seed))
        before = number(page)
        page.locator("#seed input").press("Enter")
        answered(page, before)
        page.locator("#palette label", has_text=re.compile(r"^\s*tree\s*$")).click()
        page.locator("#mode label", has_text="Erase").click()
        untouched = picture(page, "after")
        assert torch.equal(untouched, picture(page, "before"))
        page.mouse.move(1, 1)
        page.wait_for_timeout(500)  # the new scene fades in
        shown = canvas(page)

        frame = page.locator("#canvas canvas").bounding_box()
        assert frame is not None
        radius = float(page.locator(".easel-size input").input_value()) / painter.side
        classes = painter.easel(seed).classes_before
        way = zigzag(classes == tree, radius)
        places = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in way]
        before = number(page)
        page.mouse.move(*places[0])
        page.mouse.down()
        for place in places[1:]:
            page.mouse.move(*place, steps=4)
        page.mouse.up()
        answered(page, before)
        page.mouse.move(1, 1)
        page.wait_for_timeout(500)
        page.screenshot(path=tmp_path / "painted.png", full_page=True)

        after = picture(page, "after")
        brush = brush_mask([list(point) for point in way], radius, painter.side)
        near = cv2.dilate((brush > 0).numpy().astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        under, outside = brush > 0.5, torch.from_numpy(~near)
        left = int((painter.segmenter(after[None])[0][under] == tree).sum())
        assert left < int((classes[under] == tree).sum()) / 2
        assert torch.equal(after[:, outside], untouched[:, outside])
        assert torch.equal(picture(page, "before"), untouched)
        moved = (canvas(page) - shown).abs().amax(0) > 8
        far = cv2.resize(near.astype(np.uint8), moved.shape, interpolation=cv2.INTER_NEAREST)
        far = cv2.dilate(far, np.ones((73, 73), np.uint8)) == 0  # smoothing reaches a little beyond a pixel
        assert moved.any()
        assert not moved[torch.from_numpy(far)].any()
        assert "tree" in (page.locator("#said").text_content() or "")

        before = number(page)
        page.get_by_role("button", name="Undo").click()
        answered(page, before)
        assert torch.equal(picture(page, "after"), untouched)


def test_an_evolution_is_started_watched_stopped_and_kept(glass: Painter, tmp_path: Path) -> None:
    lab = lab_with(glass, tmp_path / "runs")
    with serving(lab) as address, opened(address, tmp_path / "profile") as page:
        page.get_by_role("tab", name="Evolve").click()
        page.get_by_role("button", name="Start").click()
        page.wait_for_selector(".stage[data-phase=evolving] img")
        page.wait_for_selector(".stage svg >> nth=1")
        reached = int(page.locator(".stage").get_attribute("data-generation") or 0)
        page.wait_for_function("old => Number(document.querySelector('.stage').dataset.generation) > old", arg=reached)
        page.screenshot(path=tmp_path / "evolving.png", full_page=True)
        page.get_by_role("button", name="Keep").click()
        page.get_by_role("button", name="Stop").click()
        page.wait_for_selector(".stage[data-phase=stopped]")
        page.wait_for_selector("#kept code")
        assert "modes covered" in (page.locator(".stage").text_content() or "")
        assert [Path(page.locator("#kept code").text_content() or "")] == list((tmp_path / "runs").iterdir())
    lab.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_sticks_out_on_a_telephone(glass: Painter, tmp_path: Path, dark: bool) -> None:
    with (
        serving(lab_with(glass, tmp_path / "runs")) as address,
        opened(address, tmp_path / "profile", 420, 900, dark) as page,
    ):
        for tab in ("Paint", "Evolve"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(300)
            page.screenshot(path=tmp_path / f"{tab}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") == 420
            background = page.evaluate("getComputedStyle(document.body).backgroundColor")
            assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == dark
