"""A picture of one's own in a real browser: brought, painted on, undone, taken away, and found again when forgotten."""

from __future__ import annotations

import base64
import re
import zipfile
from pathlib import Path

import pytest
import torch

from core_gans.foundation.pixels import to_bytes, write_png
from demos.paint import own_pictures
from demos.serve import serving
from tests.demos.browser import BROWSER, opened
from tests.demos.conftest import lab_with
from tests.demos.soft_glass import SIDE, picture, seed_with, soft_painter
from tests.demos.test_browser_paint import PaintCalls

pytestmark = BROWSER


def test_a_picture_is_painted_on_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own_pictures, "STEPS", {False: (60, 60)})
    painter = soft_painter()
    mine = picture(seed_with(painter, "tree"), 3 * SIDE)
    file = write_png(tmp_path / "holiday.png", to_bytes(mine[None])[0])
    (tmp_path / "no.png").write_text("no picture")
    with serving(lab_with(painter, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        calls = PaintCalls(page)
        scene = calls.source("after")
        page.locator("[data-own=file]").set_input_files(tmp_path / "no.png")
        page.wait_for_selector(".paint-error:not([hidden])")
        assert "not a JPEG" in page.locator(".paint-error").inner_text()

        before = calls.answers()
        page.locator("[data-own=file]").set_input_files(file)
        page.wait_for_selector(".paint-inverting progress")
        page.wait_for_selector(".paint-own:not([hidden])")
        calls.after(before)
        untouched = calls.source("after")
        assert untouched == calls.source("before") == page.locator("[data-own=given]").get_attribute("src")
        assert "100% of the pixels show the same class" in page.locator(".paint-own-said").inner_text()
        page.screenshot(path=tmp_path / "own.png", full_page=True)

        page.locator(".paint-chip", has_text=re.compile(r"^\s*tree\s*$")).click()
        rows, columns = (calls.picture("after")[1] < 0).float().nonzero().T  # the tree alone is dark
        calls.draw([((float(columns.float().mean()) + 0.5) / 3 / SIDE, (float(rows.float().mean()) + 0.5) / 3 / SIDE)])
        painted = calls.source("after")
        assert painted != untouched
        assert not torch.equal(calls.picture("after"), calls.picture("before"))
        calls.press("Control+z")
        assert calls.source("after") == untouched
        calls.press("Control+Shift+z")
        assert calls.source("after") == painted

        painter.pictures._kept.clear()  # as after a restart
        painter.pictures._jobs.clear()
        page.reload()
        calls = PaintCalls(page)
        page.wait_for_selector(".paint-own:not([hidden])")
        assert calls.source("after") == painted
        with page.expect_download() as saved:
            page.get_by_role("button", name="Picture (PNG)").click()
        assert saved.value.suggested_filename == "holiday-painted.png"
        assert saved.value.path().read_bytes() == base64.b64decode(painted.partition(",")[2])
        with page.expect_download() as saved:
            page.get_by_role("button", name="Script").click()
        with zipfile.ZipFile(saved.value.path()) as files:
            assert "my-picture.py" in files.namelist()

        for _ in range(2):
            calls.press("Control+z")  # the stroke, and the picture
        assert calls.source("after") == scene
        assert not page.locator(".paint-own").is_visible()
        before = calls.answers()
        page.get_by_role("button", name="Your picture holiday.png").click()
        calls.after(before)
        assert calls.source("after") == untouched


def test_whoever_goes_on_while_a_forgotten_picture_is_found_again_keeps_what_is_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_pictures, "STEPS", {False: (20, 20)})
    painter = soft_painter()
    seed = seed_with(painter, "tree")
    file = write_png(tmp_path / "holiday.png", to_bytes(picture(seed, 3 * SIDE)[None])[0])
    with serving(lab_with(painter, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        calls = PaintCalls(page)
        before = calls.answers()
        page.locator("[data-own=file]").set_input_files(file)
        page.wait_for_selector(".paint-own:not([hidden])")
        calls.after(before)

        painter.pictures._kept.clear()  # as after a restart
        painter.pictures._jobs.clear()
        monkeypatch.setattr(own_pictures, "STEPS", {False: (1_000, 1_000)})
        page.reload()
        page.wait_for_selector(".paint-inverting:not([hidden])")
        page.locator(".paint-seed").fill(str(seed + 1))
        page.locator(".paint-seed").press("Enter")
        page.locator("[data-do=enough]").click()
        page.wait_for_selector(".paint-inverting", state="hidden")
        calls = PaintCalls(page)
        assert page.locator(".paint-seed").input_value() == str(seed + 1)
        assert page.evaluate("JSON.parse(sessionStorage['gan-lab-paint']).models.scenes.now.picture ?? null") is None
        assert not page.locator(".paint-own").is_visible()
