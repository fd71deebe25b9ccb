"""Explore in a real browser: walks, sums and directions by mouse and keyboard, and what other models offer.

Screenshots of every part go into the test's temporary folder.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from core_gans import shipped
from core_gans.foundation.pixels import to_bytes
from core_gans.models import load_model
from demos.exploring.explorer import STEPS, Explorer
from demos.exploring.requests import Moves, Sample
from demos.lab import Lab
from demos.paint.painter import Painter
from demos.serve import serving
from tests.demos.browser import BROWSER, Page, Route, opened
from tests.demos.conftest import lab_with
from tests.demos.small_lab import Offered, SmallModelStore, small_lab

pytestmark = BROWSER


@pytest.fixture
def lab(glass: Painter, tmp_path: Path) -> Lab:
    """A model of every sort, and the shipped scenes where they are there."""
    found = lab_with(glass, tmp_path / "runs")
    store = small_lab(tmp_path / "runs").store
    assert isinstance(store, SmallModelStore)
    if "scenes-generator" in shipped.names():
        store.offered["scenes"] = Offered("images", load_model(shipped.path("scenes-generator")))
    found.store = found.painters.store = store
    return found


def explore(page: Page, model: str = "scenes") -> None:
    page.get_by_role("tab", name="Explore").click()
    if model != "scenes":
        page.locator("#model input").click()
        page.get_by_role("option", name=model.title(), exact=True).click()
    page.wait_for_selector(f"[data-open={model}]", state="attached")


def part(page: Page, name: str) -> None:
    page.locator(".explore-parts").get_by_role("tab", name=name).click()


def rested(page: Page) -> None:
    """Wait until every picture that was asked for is there."""
    page.wait_for_function("document.querySelector('#explore [data-busy]').dataset.busy === '0'")


def shown(page: Page, canvas: str) -> np.ndarray:
    """What a canvas shows, RGB bytes."""
    source = page.evaluate("name => document.querySelector(name).toDataURL()", canvas)
    with Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))) as picture:
        return np.asarray(picture.convert("RGB"))


def way(page: Page) -> dict[str, object]:
    found: dict[str, object] = json.loads(page.locator("[data-way]").get_attribute("data-way") or "{}")
    return found


def refusals_are_told(page: Page) -> None:
    """Calls that the lab refuses are told on the page; ``opened`` looks whether the console stays clean."""

    def ask_for(changed: dict[str, object]) -> Callable[[Route], None]:
        def asked(route: Route) -> None:
            said = json.loads(route.request.post_data or "")
            route.continue_(post_data=json.dumps({**said, **changed}))

        return asked

    page.route("**/lab/explore/strip", ask_for({"first": -1}))
    page.locator('[data-do="more"]').click()
    page.locator(".explore-trouble", has_text="expected").wait_for()
    page.get_by_role("tab", name="Paint").click()
    page.wait_for_selector(".paint[data-state=open]")
    page.route("**/lab/paint/scene", ask_for({"seed": -1}))
    page.locator(".paint-seed").fill("7")
    page.locator(".paint-seed").press("Enter")
    page.locator(".paint-error", has_text="expected").wait_for()


def test_walks_sums_and_directions_by_mouse_and_keyboard(lab: Lab, tmp_path: Path) -> None:
    explorer = Explorer(lab.store.model("scenes"))
    with serving(lab) as address, opened(address, tmp_path / "profile") as page:
        explore(page)
        page.get_by_role("button", name="sample 5", exact=True).click()
        page.get_by_role("button", name="sample 9", exact=True).press("Enter")
        page.wait_for_selector('[data-way*=\'"from":5,"to":9\']', state="attached")
        assert way(page) == {"from": 5, "to": 9, "way": "circle"}
        rested(page)

        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        slider = page.get_by_role("slider", name="Place on the way").first
        slider.press("End")
        assert np.array_equal(shown(page, ".explore-frame"), to_bytes(explorer.draw(Sample(9)))[0])
        for _ in range(5):
            slider.press("ArrowLeft")
        frame = to_bytes(explorer.way(5, 9, True))[STEPS - 6]
        assert np.array_equal(shown(page, ".explore-frame"), frame)
        assert [url for url in asked if "/lab/" in url] == []

        with page.expect_download() as download:
            page.get_by_role("button", name="Download film").click()
        with Image.open(download.value.path()) as film:
            assert isinstance(film, GifImageFile)
            assert film.is_animated
        page.screenshot(path=tmp_path / "walk.png", full_page=True)

        part(page, "Arithmetic")
        page.get_by_role("button", name="sample 13", exact=True).click()
        page.wait_for_selector('[data-sum^="13 "]', state="attached")
        nine = [int(seed) for seed in (page.locator("[data-sum]").get_attribute("data-sum") or "").split()]
        rested(page)
        total = to_bytes(explorer.sum(nine[:3], nine[3:6], nine[6:]))[3]
        assert np.array_equal(shown(page, ".explore-sum canvas"), total)
        page.screenshot(path=tmp_path / "sums.png", full_page=True)

        part(page, "Directions")
        page.get_by_role("button", name="sample 3", exact=True).click()
        page.wait_for_selector('[data-ends="sefa 3"]', state="attached")
        still = shown(page, ".explore-moved")
        for number, key in ((1, "End"), (2, "Home")):
            page.get_by_role("slider", name=f"sefa {number}", exact=True).press(key)
        page.wait_for_selector('[data-moved^="[5,-5,"]', state="attached")
        moved = to_bytes(explorer.draw(Sample(3), Moves("sefa", (5.0, -5.0))))[0]
        assert np.array_equal(shown(page, ".explore-moved"), moved)
        name = page.get_by_role("textbox", name="name of direction 1")
        name.fill("darkness")
        name.press("Enter")
        page.screenshot(path=tmp_path / "directions.png", full_page=True)

        page.reload()
        explore(page)
        page.wait_for_selector('[data-ends="sefa 3"]', state="attached")
        rested(page)
        assert np.array_equal(shown(page, ".explore-moved"), moved)
        assert page.get_by_role("slider", name="darkness").input_value() == "5"
        page.get_by_role("button", name="Reset sliders").click()
        page.wait_for_selector('[data-moved="[]"]', state="attached")
        assert np.array_equal(shown(page, ".explore-moved"), still)
        page.locator("[data-axis=down]").select_option("none")
        frame = page.locator(".explore-moved").bounding_box()
        assert frame is not None
        page.mouse.move(frame["x"] + 20, frame["y"] + 20)
        page.mouse.down()
        page.mouse.move(frame["x"] + 20 + frame["width"] / 4, frame["y"] + 60)  # across alone is bound
        page.mouse.up()
        page.wait_for_selector('[data-moved^="[2.5,0,"]', state="attached")
        page.locator(".explore-moved").press("ArrowLeft")
        page.wait_for_selector('[data-moved^="[2.25,0,"]', state="attached")

        refusals_are_told(page)
        other = page.context.new_page()
        other.goto(address)
        explore(other)
        rested(other)
        assert way(other) == {"from": 0, "to": 1, "way": "circle"}
        assert other.locator(".explore-parts [aria-selected=true]").text_content() == "Walk"
        part(other, "Directions")
        other.get_by_role("slider", name="darkness").wait_for()
    lab.close()


def test_what_other_models_offer_on_a_telephone(lab: Lab, tmp_path: Path) -> None:
    picture = tmp_path / "picture.png"
    Image.effect_mandelbrot((40, 30), (-2, -1.5, 1, 1.5), 50).save(picture)
    digits, codes, text = (Explorer(lab.store.model(key)) for key in ("digits", "codes", "text"))
    with serving(lab) as address, opened(address, tmp_path / "profile", 420, 900, dark=True) as page:
        for name in ("Walk", "Arithmetic", "Directions", "Drag points", "Mix styles"):
            explore(page)
            part(page, name)
            fits(page, tmp_path / f"{name}.png")

        explore(page, "digits")
        part(page, "Ask for it")
        page.get_by_role("button", name="class 2").press("Enter")
        page.wait_for_selector("[data-asked*='\"label\":2']", state="attached")
        assert np.array_equal(shown(page, ".explore-asked"), to_bytes(digits.draw(Sample(0, label=2)))[0])

        explore(page, "codes")
        part(page, "Ask for it")
        page.get_by_role("slider", name="code 2").press("End")
        page.wait_for_selector('[data-asked*="[0,3]"]', state="attached")
        expected = codes.draw(Sample(0, label=0, codes=(0.0, 3.0)))
        assert np.array_equal(shown(page, ".explore-asked"), to_bytes(expected)[0])
        fits(page, tmp_path / "codes.png")

        explore(page, "text")
        part(page, "Ask for it")
        page.get_by_label("Describe a picture").fill("two trees")
        page.get_by_role("button", name="Draw").click()
        page.wait_for_selector("[data-asked*='\"two trees\"']", state="attached")
        expected = text.draw(Sample(0, text="two trees"))
        assert np.array_equal(shown(page, ".explore-asked"), to_bytes(expected)[0])
        fits(page, tmp_path / "text.png")

        explore(page, "ring")
        page.get_by_role("button", name="sample 4", exact=True).click()
        page.wait_for_selector('[data-way="[4,1]"]', state="attached")
        fits(page, tmp_path / "plane.png")

        explore(page, "star")
        page.locator(".explore-drop input").set_input_files(picture)
        page.wait_for_selector('[data-translated="picture.png day"]', state="attached")
        day = shown(page, ".explore-target")
        page.get_by_role("button", name="night").press("Enter")
        page.wait_for_selector('[data-translated="picture.png night"]', state="attached")
        assert not np.array_equal(shown(page, ".explore-target"), day)
        with page.expect_download() as download:
            page.get_by_role("button", name="Download picture").locator("visible=true").click()
        with Image.open(download.value.path()) as kept:
            assert np.array_equal(np.asarray(kept.convert("RGB")), shown(page, ".explore-target"))
        fits(page, tmp_path / "star.png")
    lab.close()


def fits(page: Page, screenshot: Path) -> None:
    """Nothing sticks out to the side."""
    rested(page)
    page.screenshot(path=screenshot, full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") == 420
    far = "Math.max(...[...document.querySelectorAll('.explore *')].map((each) => each.getBoundingClientRect().right))"
    assert page.evaluate(far) <= 420
