"""Driving in a real browser: an arrow key is held, the road changes, and the wheel and the lane show it.

Screenshots go into the test's temporary folder.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core_gans import shipped
from core_gans.models import open_answering
from demos.lab import Lab
from demos.model_store import DRIVES
from demos.paint.painter import Painter
from demos.serve import serving
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.conftest import lab_with
from tests.demos.small_lab import Offered, SmallModelStore, small_lab
from tests.demos.test_browser_explore import explore, fits, rested, shown

pytestmark = BROWSER


@pytest.fixture
def lab(glass: Painter, tmp_path: Path) -> Lab:
    """A lab with a small driving model, or the one that comes with the lab."""
    found = lab_with(glass, tmp_path / "runs")
    store = small_lab(tmp_path / "runs").store
    assert isinstance(store, SmallModelStore)
    if DRIVES in shipped.names():
        store.offered["drive"] = Offered("drives", open_answering(shipped.path(DRIVES)), "road")
    found.store = found.painters.store = store
    return found


def driven(page: Page, frames: int) -> None:
    """Wait until so many more frames were driven."""
    there = int(page.locator(".explore-drive").get_attribute("data-frame") or 0)
    page.wait_for_function(f"Number(document.querySelector('.explore-drive').dataset.frame) >= {there + frames}")


def steering(page: Page) -> float:
    return float(page.locator(".explore-drive").get_attribute("data-steering") or "nan")


def test_keys_steer_the_dream_and_the_drawn_road(lab: Lab, tmp_path: Path) -> None:
    with serving(lab) as address, opened(address, tmp_path / "profile", 1400, 900) as page:
        explore(page)
        rested(page)
        explore(page, "drive")
        page.wait_for_selector('.explore-drive[data-frame="0"]', state="attached")
        rested(page)
        first = shown(page, ".explore-dream")
        page.get_by_label("Show the drawn road beside it").check()
        page.locator(".explore-drive").focus()
        page.keyboard.down("ArrowLeft")
        driven(page, 8)
        page.screenshot(path=tmp_path / "left.png", full_page=True)
        assert steering(page) == -1
        left = [shown(page, canvas) for canvas in (".explore-dream", ".explore-true")]
        assert not np.array_equal(left[0], first)
        page.keyboard.up("ArrowLeft")
        driven(page, 6)
        assert steering(page) == 0
        page.get_by_role("button", name="Reset").click()
        page.wait_for_selector('.explore-drive[data-frame="0"]', state="attached")
        assert np.array_equal(shown(page, ".explore-dream"), first)
        page.keyboard.down("ArrowRight")
        driven(page, 8)
        assert steering(page) == 1
        assert not np.array_equal(shown(page, ".explore-true"), left[1])
        page.keyboard.up("ArrowRight")
        scrolled = page.evaluate("scrollY")
        page.keyboard.press("ArrowDown")
        page.get_by_role("button", name="Drive", exact=True).wait_for()
        assert page.evaluate("scrollY") == scrolled
    lab.close()


def test_fingers_steer_on_a_telephone_by_night(lab: Lab, tmp_path: Path) -> None:
    with serving(lab) as address, opened(address, tmp_path / "profile", 420, 900, dark=True) as page:
        explore(page)
        rested(page)
        explore(page, "drive")
        page.wait_for_selector('.explore-drive[data-frame="0"]', state="attached")
        rested(page)
        day = shown(page, ".explore-dream")
        page.get_by_role("button", name="Night").click()
        rested(page)
        page.wait_for_selector('.explore-drive[data-frame="0"]', state="attached")
        night = shown(page, ".explore-dream")
        assert not np.array_equal(night, day)
        page.get_by_label("Show the drawn road beside it").check()
        page.get_by_role("button", name="Steer right").hover()
        page.mouse.down()
        driven(page, 5)
        assert steering(page) > 0.5
        page.mouse.up()
        page.get_by_role("button", name="Stop").click()
        fits(page, tmp_path / "night.png")
    lab.close()
