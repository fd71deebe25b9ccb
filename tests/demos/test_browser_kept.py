"""Explore's handles in a real browser: styles mixed, points dragged, and what is kept of them opened again."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from core_gans.foundation.pixels import to_bytes
from demos.exploring.explorer import Explorer
from demos.exploring.requests import Sample
from demos.lab import Lab
from demos.serve import serving
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.test_browser_explore import explore, lab, part, rested, shown

__all__ = ["lab"]  # a fixture
pytestmark = BROWSER


def styles_are_mixed_and_points_dragged(page: Page, explorer: Explorer) -> None:
    """By mouse and keyboard; what is drawn is what the explorer draws."""
    part(page, "Mix styles")
    page.get_by_role("button", name="sample 4", exact=True).click()
    page.wait_for_selector('[data-mixed="4 1"]', state="attached")
    layer = explorer.inside.layers[1]
    page.get_by_role("button", name=f"style of B from {layer} on").press("Enter")
    expected = explorer.inside.mixes(explorer.latent(Sample(4)), explorer.latent(Sample(1)))
    assert np.array_equal(shown(page, ".explore-mixed"), to_bytes(expected)[1])

    part(page, "Drag points")
    page.get_by_role("button", name="sample 2", exact=True).click()
    rested(page)
    frame = page.locator(".explore-pulled").bounding_box()
    assert frame is not None
    pixel = frame["width"] / explorer.shape[2]
    page.mouse.move(frame["x"] + 21.5 * pixel, frame["y"] + 34.5 * pixel)
    page.mouse.down()
    page.mouse.move(frame["x"] + 16.5 * pixel, frame["y"] + 34.5 * pixel)
    page.mouse.up()
    said = page.locator(".explore-pull-said")
    said.filter(has_text=re.compile("There|no further")).wait_for()
    rested(page)
    assert "held" not in (page.locator(".explore-pulls").text_content() or "")
    page.locator(".explore-pulled").press("Enter")
    page.locator(".explore-pulled").press("Enter")
    held = page.locator(".explore-pulls li", has_text="held").last
    held.wait_for()
    page.locator(".explore-pulled").press("Backspace")
    held.wait_for(state="detached")
    rested(page)


def what_is_kept_opens_again(page: Page) -> None:
    """A picture goes into the gallery, is renamed, deleted, brought back, and opens its view in a page without one."""
    part(page, "Mix styles")
    rested(page)
    mixed = shown(page, ".explore-mixed")
    page.locator('[data-keeps=".explore-mixed"]').click()
    page.locator("#kept-open", has_text="(1)").click()
    name = page.get_by_role("textbox", name="Name of Mix styles")
    name.fill("<i>night</i>")
    name.press("Enter")
    page.get_by_role("button", name="Delete <i>night</i>").click()
    assert page.locator("#kept li").count() == 0
    page.locator("#kept").get_by_role("button", name="Undo").click()
    page.evaluate("sessionStorage.removeItem('gan-lab-explore')")
    with page.expect_navigation():
        page.get_by_role("button", name="Open <i>night</i> again").click()
    page.wait_for_selector('[data-mixed="4 1"]', state="attached")
    rested(page)
    assert np.array_equal(shown(page, ".explore-mixed"), mixed)
    page.evaluate("location.hash = 'tab=explore&model=scenes&view=AAAA'")
    page.locator(".explore-trouble", has_text="cannot be opened").wait_for()
    page.get_by_role("tab", name="Paint").click()
    page.get_by_role("tab", name="Explore").click()
    page.wait_for_selector("[data-open=scenes]", state="attached")


def test_styles_points_and_what_is_kept(lab: Lab, tmp_path: Path) -> None:
    explorer = Explorer(lab.store.model("scenes"))
    with serving(lab) as address, opened(address, tmp_path / "profile") as page:
        explore(page)
        styles_are_mixed_and_points_dragged(page, explorer)
        what_is_kept_opens_again(page)
    lab.close()
