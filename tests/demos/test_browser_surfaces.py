"""Selected text in a real browser: it disables neither the brush nor a slider."""

from __future__ import annotations

from pathlib import Path

from demos.paint.painter import Painter
from demos.serve import serving
from demos.variants.theory import frames
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.conftest import lab_with
from tests.demos.test_browser_paint import PaintCalls

pytestmark = BROWSER

SELECT_ALL = "getSelection().selectAllChildren(document.body)"
CANCELS = """(() => {
  window.cancelled = 0;
  for (const kind of ["pointercancel", "dragend"]) document.addEventListener(kind, () => (window.cancelled += 1), true);
})()"""


def drag(page: Page, begin: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*begin)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def slide_by_mouse(page: Page, selector: str) -> None:
    """Drag the thumb of a slider from where it is to the right end, with everything selected."""
    slider = page.locator(selector).first
    slider.scroll_into_view_if_needed()
    slider.evaluate("(input) => (input.value = input.min)")
    frame = slider.bounding_box()
    assert frame is not None
    page.evaluate(SELECT_ALL)
    middle = frame["y"] + frame["height"] / 2
    drag(page, (frame["x"] + 8, middle), (frame["x"] + frame["width"] - 2, middle))
    assert slider.evaluate("(input) => input.value === input.max")


def test_selected_text_disables_neither_brush_nor_sliders(glass: Painter, tmp_path: Path) -> None:
    lab = lab_with(glass, tmp_path / "runs")
    frames()  # kept from here on, so that a busy computer does not try the browser's patience
    with serving(lab) as address, opened(address, tmp_path / "profile") as page:
        page.evaluate(CANCELS)
        calls = PaintCalls(page)
        word = page.locator(".paint-chip span").first.bounding_box()
        canvas = page.locator(".paint canvas").bounding_box()
        assert word is not None
        assert canvas is not None
        inside = (canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2)
        calls.paint_by("agreement")
        drag(page, (word["x"] + 20, word["y"] + 12), inside)
        calls.draw([(0.2, 0.5), (0.8, 0.5)])
        page.evaluate(SELECT_ALL)
        calls.draw([(0.2, 0.6), (0.8, 0.6)])
        page.evaluate(SELECT_ALL)
        drag(page, (word["x"] + 20, word["y"] + 12), inside)
        calls.draw([(0.2, 0.7), (0.8, 0.7)])
        assert page.locator(".paint-history li").count() == 3
        slide_by_mouse(page, "[data-of=strength]")

        page.get_by_role("tab", name="Explore").click()
        page.wait_for_selector("#explore input[type=range]:visible")
        slide_by_mouse(page, "#explore input[type=range]:visible")
        page.get_by_role("tab", name="Variants").click()
        page.get_by_role("tab", name="Theory").click()
        page.wait_for_selector("#theory [data-ready], #theory[data-ready]")
        slide_by_mouse(page, "#theory-place")
        assert page.evaluate("window.cancelled") == 0
    lab.close()
