"""The report in a real browser: sorted, filtered, its sheets opened by mouse and keys, nothing asked of any network.

Needs playwright and a chromium on the path; screenshots go into the test's temporary folder.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from dissect.cause.causal import causal_effect
from dissect.measure.dissecting import compare_layers
from dissect.measure.dissection import Dissection
from dissect.report import write_report
from tests.dissect.glass import DOOR, TREE, ColourSegmenter, GlassGenerator, latents

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
Page = sync_api.Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 60_000  # milliseconds
LAYERS = ["stem.glass", "painter"]
pytestmark = [pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the path")]


@pytest.fixture(scope="module")
def dissection() -> Dissection:
    return compare_layers(GlassGenerator(), LAYERS[:1], latents(40, seed=5), ColourSegmenter())[LAYERS[0]]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, dissection: Dissection) -> Path:
    sample, rng = latents(40, seed=5), torch.Generator().manual_seed(0)
    layers = compare_layers(GlassGenerator(), LAYERS, sample, ColourSegmenter())
    effect = causal_effect(
        GlassGenerator(), LAYERS[0], [TREE], sample, ColourSegmenter(), random_trials=3, concept="tree", rng=rng
    )
    folder = tmp_path_factory.mktemp("browser") / "report"
    return write_report(folder, dissection, GlassGenerator(), sample, ColourSegmenter(), causal=[effect], layers=layers)


@contextmanager
def opened(report: Path, width: int = 1400, dark: bool = False) -> Iterator[Page]:
    """The page in a fresh browser without a network. It must have said nothing on its console and asked for nothing."""
    said: list[str] = []
    strangers: list[str] = []

    def sent(request: sync_api.Request) -> None:
        if request.url != report.as_uri() and not request.url.startswith(("data:", report.as_uri() + "#")):
            strangers.append(request.url)

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=ARGUMENTS)
        page = browser.new_page(
            viewport={"width": width, "height": 1000},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
            offline=True,
        )
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", sent)
        page.goto(report.as_uri())
        try:
            yield page
        finally:
            browser.close()
    assert said == []
    assert strangers == []


def units(page: Page) -> list[int]:
    """The units in the table as it is shown, from above."""
    found: list[int] = page.eval_on_selector_all(
        "#units tbody tr:not([hidden])", "rows => rows.map(row => Number(row.id.slice(5)))"
    )
    return found


def test_columns_are_sorted_by_mouse_and_keys(report: Path, dissection: Dissection) -> None:
    with opened(report) as page:
        assert units(page) == list(range(8))
        head = page.locator("#units thead th", has_text="Score")
        head.locator("button").click()
        best = [dissection.best(unit).score for unit in units(page)]
        assert best == sorted(best, reverse=True)
        assert head.get_attribute("aria-sort") == "descending"
        page.keyboard.press("Enter")  # the button has the focus
        worst = [dissection.best(unit).score for unit in units(page)]
        assert worst == sorted(worst)
        assert head.get_attribute("aria-sort") == "ascending"
        page.locator("#units thead th", has_text="Unit").locator("button").click()
        assert units(page) == list(range(8))
        assert page.locator("#units [aria-sort]").count() == 1


def test_units_are_filtered(report: Path, dissection: Dissection) -> None:
    with opened(report) as page:
        page.select_option("#which-concept", label="tree")
        assert units(page) == sorted(dissection.units("tree"))
        assert page.locator("#shown").inner_text() == f"{len(dissection.units('tree'))} of 8 units"
        page.select_option("#which-concept", label="units with a fault")
        assert units(page) == [4]
        page.select_option("#which-concept", label="all units")
        page.fill("#which-unit", "5, 3")
        assert units(page) == [3, 5]
        page.locator(f'figcaption a[href="#unit-{dissection.units("sky")[0]}"]').first.click()  # a hidden row
        for _ in range(200):  # the page hears of its new address a moment later
            if len(units(page)) == 8:
                break
            page.wait_for_timeout(50)
        assert len(units(page)) == 8


def test_a_sheet_opens_turns_and_closes(report: Path, tmp_path: Path) -> None:
    with opened(report) as page:
        sheet = page.locator("#sheet")
        assert not sheet.is_visible()
        page.locator(f"#unit-{TREE} td").first.click()
        assert sheet.locator("h3").inner_text() == f"Unit {TREE}"
        assert sheet.get_attribute("aria-label") == f"Unit {TREE}"
        pictures = sheet.locator(".tile img")
        assert pictures.count() == 8
        page.wait_for_function("[...document.querySelectorAll('.tile img')].every(image => image.naturalWidth === 128)")
        assert all(sheet.locator(".tile path").nth(i).get_attribute("d") for i in range(8))
        page.screenshot(path=tmp_path / "sheet.png")
        page.keyboard.press("ArrowRight")
        assert sheet.locator("h3").inner_text() == f"Unit {TREE + 1}"
        assert "never changes" in sheet.inner_text()
        sheet.locator("#earlier").click()
        assert sheet.locator("h3").inner_text() == f"Unit {TREE}"
        page.keyboard.press("Escape")
        assert not sheet.is_visible()
        # a dialog tells that it was closed a moment later
        page.wait_for_function(f"document.activeElement.closest('tr')?.id === 'unit-{TREE}'")
        page.select_option("#which-concept", label="door")
        page.locator(f"#unit-{DOOR} th button").focus()
        page.keyboard.press("Enter")
        assert sheet.locator("h3").inner_text() == f"Unit {DOOR}"
        page.mouse.click(5, 5)  # beside the sheet
        assert not sheet.is_visible()


def test_the_segmentation_is_laid_over(report: Path) -> None:
    with opened(report) as page:
        veil = page.locator("#causes .veiled .pixels").first
        assert veil.evaluate("veil => getComputedStyle(veil).opacity") == "0"
        page.check("#veil")
        page.wait_for_function("getComputedStyle(document.querySelector('#causes .veiled .pixels')).opacity > 0.7")


@pytest.mark.parametrize(("width", "dark"), [(1400, True), (420, False), (420, True)])
def test_the_page_fits_and_can_be_read(report: Path, tmp_path: Path, width: int, dark: bool) -> None:
    with opened(report, width, dark) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=tmp_path / f"page-{width}.png", full_page=True)
        for name in ("body", ".lead", "figcaption", "tr.unmatched td", "#units th button", ".chart .aside"):
            assert contrast(page, name) >= 4.5, name
        page.locator(f"#unit-{TREE} th button").click()
        assert page.evaluate("document.querySelector('#sheet').scrollWidth") <= width


def contrast(page: Page, name: str) -> float:
    """The ratio of luminances of a text and what it stands on (WCAG 2.1, 1.4.3), at least 1."""
    colours = page.locator(name).first.evaluate(
        """element => {
             const style = getComputedStyle(element);
             const text = element instanceof SVGElement ? style.fill : style.color;
             let ground = element;
             while (ground && /rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(ground).backgroundColor)) {
               ground = ground.parentElement;
             }
             return [text, getComputedStyle(ground || document.body).backgroundColor];
           }"""
    )
    one, other = (luminance(colour) for colour in colours)
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def luminance(colour: str) -> float:
    parts = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
