"""The picture of the app's page: a scene whose trees a mouse erased, beside what that changed.

    python -m docs.making.app_picture docs/images/app-paint.png

Needs playwright and a chromium on the path.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from benchmarks.app_load import served
from benchmarks.first_paint import ARGUMENTS, PATIENCE_MS, TOOL

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCENE, THING = 5, "tree"
WAYS = (  # of the pressed mouse, over the two trees of the scene, in shares of the canvas
    ((0.02, 0.42), (0.1, 0.42), (0.02, 0.5), (0.16, 0.5), (0.02, 0.58), (0.2, 0.58), (0.1, 0.65), (0.2, 0.65)),
    ((0.9, 0.47), (0.86, 0.54), (0.96, 0.54), (0.83, 0.62), (0.98, 0.62), (0.83, 0.7), (0.98, 0.7), (0.9, 0.76)),
)
ANSWERED = (
    "old => document.querySelector('.paint').dataset.answers !== old && document.querySelector('.paint-busy').hidden"
)


@dataclass(frozen=True)
class Options:
    """Take the picture."""

    out: tyro.conf.Positional[Path]
    """A .png; one that exists is replaced."""
    width: int = 1400
    """Of the window, in pixels."""
    height: int = 900
    """Of the window, in pixels."""


def main(args: Sequence[str] | None = None) -> None:
    """Start the app, paint, and write what the window shows."""
    from playwright.sync_api import sync_playwright

    asked = tyro.cli(Options, prog="python -m docs.making.app_picture", args=args)
    with served() as (address, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*ARGUMENTS])
        page = browser.new_page(viewport={"width": asked.width, "height": asked.height})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(address)
        page.wait_for_selector(TOOL)
        paint(page)
        page.screenshot(path=asked.out)
        browser.close()


def paint(page: Page) -> None:
    """Erase the trees of the scene, and ask what as many random units would have changed."""
    page.fill(".paint-seed", str(SCENE))
    with answered(page):
        page.press(".paint-seed", "Enter")
    page.locator(".paint-chip", has_text=THING).click()
    page.locator(".paint-modes label", has_text="Erase").click()
    for way in WAYS:
        with answered(page):
            drag(page, way)
    page.locator("[data-of=control]").check()
    page.wait_for_selector(".paint-compared")
    page.get_by_role("button", name="Compare").click()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(1000)  # a new picture fades in


@contextmanager
def answered(page: Page) -> Iterator[None]:
    """Leave when the canvas shows something newer than on entering."""
    before = page.locator(".paint").get_attribute("data-answers")
    yield
    page.wait_for_function(ANSWERED, arg=before)


def drag(page: Page, way: Sequence[tuple[float, float]]) -> None:
    """Move the pressed mouse along ``way``, in shares of the canvas's side."""
    page.locator(".paint canvas").scroll_into_view_if_needed()
    frame = page.locator(".paint canvas").bounding_box()
    assert frame is not None
    places = [(frame["x"] + x * frame["width"], frame["y"] + y * frame["height"]) for x, y in way]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


if __name__ == "__main__":
    main()
