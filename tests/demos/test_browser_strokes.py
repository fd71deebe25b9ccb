"""Strokes in a real browser: painted while the pointer moves, by either button, then renamed, moved and deleted."""

from __future__ import annotations

import re
from pathlib import Path

import torch

from demos.serve import serving
from tests.demos.browser import BROWSER, opened
from tests.demos.conftest import lab_with
from tests.demos.soft_glass import SIDE, seed_with, soft_painter
from tests.demos.test_browser_paint import PaintCalls

pytestmark = BROWSER


def test_either_button_paints_and_the_history_is_put_in_order(tmp_path: Path) -> None:
    painter = soft_painter()
    seed = seed_with(painter, "tree")
    rows, columns = (painter.edit_session(seed).classes_before == painter.labels.index("tree")).float().nonzero().T
    x, y = ((float(places.float().mean()) + 0.5) / SIDE for places in (columns, rows))
    with serving(lab_with(painter, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        calls = PaintCalls(page)
        calls.go_to(seed)
        untouched = calls.picture("after")
        page.locator(".paint-chip", has_text=re.compile(r"^\s*door\s*$")).click()
        page.locator(".paint canvas").scroll_into_view_if_needed()
        frame = page.locator(".paint canvas").bounding_box()
        assert frame is not None
        tree = frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]

        page.mouse.move(*tree)
        page.wait_for_function("document.querySelector('.paint-seen').textContent === 'Here: tree.'")
        page.mouse.click(*tree)  # there is no door to erase: what is there is chosen
        assert page.locator(".paint-chip:has(:checked)").inner_text().strip() == "tree"
        assert page.locator(".paint-history li").count() == 0

        page.locator(".paint-modes label", has_text="Add").click()
        before = calls.answers()
        with page.expect_request(lambda sent: sent.url.endswith("/render")):  # while the button is still down
            page.mouse.move(*tree)
            page.mouse.down(button="right")
        page.mouse.up(button="right")
        calls.after(before)
        assert page.locator(".paint-name").inner_text().startswith("Erase tree")
        erased = calls.picture("after")
        assert not torch.equal(erased, untouched)
        assert page.locator("tr[data-verdict=wanted] th").inner_text() == "tree"

        page.locator(".paint-chip", has_text=re.compile(r"^\s*door\s*$")).click()
        calls.paint_by("agreement")
        calls.draw([(0.2, 0.8), (0.3, 0.8)])
        names = page.locator(".paint-name")
        assert names.nth(1).inner_text().startswith("Add door")
        both = calls.picture("after")

        names.nth(1).press("F2")
        page.get_by_label("Name of the stroke").fill("A pond")
        page.keyboard.press("Enter")
        assert names.nth(1).inner_text().startswith("A pond")
        before = calls.answers()
        names.nth(1).press("Alt+ArrowUp")
        calls.after(before)
        assert [name.split("\n")[0] for name in names.all_inner_texts()] == ["A pond", "Erase tree"]
        before = calls.answers()
        page.get_by_role("button", name="Delete this stroke").click()
        calls.after(before)
        assert names.count() == 1
        assert torch.equal(calls.picture("after"), erased)
        for _ in range(2):
            calls.press("Control+z")
        assert torch.equal(calls.picture("after"), both)
        assert names.nth(1).inner_text().startswith("A pond")
