"""Dissecting in a real browser: units browsed by mouse and keyboard, a layer dissected, a cause tested, a report saved.

Screenshots go into the test's temporary folder.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from core_gans import shipped
from demos.dissecting import causes
from demos.lab import Lab
from demos.model_store import SHIPPED
from demos.serve import serving
from dissect import Dissection
from tests.demos.browser import BROWSER, Page, opened

pytestmark = BROWSER


def rows(page: Page) -> list[str]:
    """The concepts of the rows that the table shows, in their order."""
    found: list[str] = page.eval_on_selector_all(
        "#dissect-units tbody tr:not([hidden])", "rows => rows.map(row => row.dataset.concept)"
    )
    return found


def sheet_of(page: Page, unit: int) -> None:
    """Wait until the sheet of ``unit`` is open, with its pictures."""
    page.wait_for_selector(f"#dissect-sheet .sheet[data-unit='{unit}'] img")


def unit_chosen(page: Page) -> int:
    return int(page.locator("#dissect-units tr[aria-current]").get_attribute("data-unit") or -1)


def browse(page: Page, known: Dissection) -> None:
    """The shipped dissection is there at once; filter, sort and open sheets without a mouse."""
    sheet_of(page, unit_chosen(page))
    assert len(rows(page)) == known.count
    roofs = known.units("roof")
    page.locator("#dissect-units .chips button[data-concept=roof]").press("Enter")
    assert rows(page) == ["roof"] * len(roofs)
    page.locator("#dissect-units th[data-column=iou] button").press("Enter")
    shown = page.eval_on_selector_all(
        "#dissect-units tbody tr:not([hidden])", "rows => rows.map(row => Number(row.dataset.unit))"
    )
    assert shown == sorted(roofs, key=lambda unit: -known.best(unit).iou)
    page.locator(f"#dissect-units tr[data-unit='{shown[0]}'] button").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    sheet_of(page, shown[2])
    assert unit_chosen(page) == shown[2]
    page.locator(f"#dissect-units tr[data-unit='{shown[1]}'] td.draws").click()
    sheet_of(page, shown[1])
    # A second choice while the first sheet is still drawn is the one that stays.
    for unit in (shown[-1], shown[-2], shown[0]):
        page.evaluate("unit => document.querySelector(`#dissect-units tr[data-unit='${unit}'] td`).click()", unit)
        page.wait_for_timeout(60)
    sheet_of(page, shown[0])
    assert unit_chosen(page) == shown[0]


@pytest.mark.timeout(500)
def test_a_generator_is_dissected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(causes, "IMAGES", 16)
    monkeypatch.setattr(causes, "TRIALS", 2)
    known = Dissection.load(shipped.path("scenes-dissection"))
    lab = Lab.at(tmp_path / "runs")
    with closing(lab), serving(lab) as address, opened(address, tmp_path / "profile") as page:
        page.get_by_role("tab", name="Dissect").click()
        browse(page, known)
        page.screenshot(path=tmp_path / "units.png", full_page=True)

        page.locator("#dissect-layer input").click()
        page.get_by_role("option", name="block32").click()
        page.wait_for_selector("#dissect-units .dissect-empty")
        page.locator("#dissect-images input[type=number]").fill("4000")
        page.locator("#dissect-run").click()
        page.wait_for_selector("#dissect-progress [role=progressbar]")
        page.screenshot(path=tmp_path / "running.png", full_page=True)
        page.locator("#dissect-cancel").click()
        page.wait_for_selector("#dissect-progress >> text=Cancelled")
        page.locator("#dissect-images input[type=number]").fill("100")
        page.locator("#dissect-run").press("Enter")
        page.get_by_role("tab", name="Units").click()
        page.wait_for_selector("#dissect-units tbody tr")
        assert len(rows(page)) == 48
        assert set(lab.store.dissections(SHIPPED)) == {"block16", "block32"}

        page.get_by_role("tab", name="Causes").click()
        page.locator("#dissect-test").click()
        page.wait_for_selector("#dissect-causes .cause svg")
        heading = page.locator("#dissect-causes h3").text_content() or ""
        assert re.fullmatch(r"Without 5 \w+ units", heading)
        page.screenshot(path=tmp_path / "causes.png", full_page=True)

        page.get_by_role("tab", name="Report").click()
        page.locator("#dissect-report").click()
        with page.expect_download() as waiting:
            page.locator("#dissect-report-page").click()
        report = Path(waiting.value.path()).read_text(encoding="utf-8")
        assert "What the units of block32 draw" in report
        assert heading in report
        page.screenshot(path=tmp_path / "report.png", full_page=True)

        other = page.context.new_page()
        other.goto(address)
        other.get_by_role("tab", name="Dissect").click()
        sheet_of(other, unit_chosen(other))
        assert len(rows(other)) == known.count
        other.close()

        unit = unit_chosen(page)
        page.set_viewport_size({"width": 420, "height": 900})
        page.emulate_media(color_scheme="dark")
        page.reload()
        page.get_by_role("tab", name="Dissect").click()
        sheet_of(page, unit)
        assert len(rows(page)) == 48
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert sum(map(int, re.findall(r"\d+", background)[:3])) < 200
        for part in ("Units", "Causes", "Mend", "Report"):
            page.get_by_role("tab", name=part).click()
            page.wait_for_timeout(300)
            assert page.evaluate("document.documentElement.scrollWidth") == 420
            page.screenshot(path=tmp_path / f"{part}-420.png", full_page=True)
