"""The Evolve tab in a real browser: evolutions are started, watched, compared, paused, continued, thrown away.

Screenshots go into the test's temporary folder.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rich.console import Console

from core_gans.runs import folder as runs
from demos.evolve.places import RESTARTED
from demos.evolve.requests import LONGEST
from demos.evolve.settings import SETTINGS
from demos.paint.painter import Painter
from demos.serve import serving
from demos.server_address import ServerAddress
from egan.experiment import run_evolution
from egan.options import Evolution
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.conftest import lab_with

pytestmark = BROWSER


@pytest.fixture(autouse=True)
def _small_ring(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring that is small and quick."""
    ring = SETTINGS["ring"]
    options = dataclasses.replace(ring.options, count=2_000, batch=32)
    small = dataclasses.replace(
        ring, fields={"width": 16, "latent": 2}, options=options, judge_every=20, seconds=LONGEST
    )
    monkeypatch.setitem(SETTINGS, "ring", small)


@pytest.fixture
def address(glass: Painter, tmp_path: Path) -> Iterator[str]:
    """An app."""
    lab = lab_with(glass, tmp_path / "runs")
    with serving(lab) as found:
        yield found
    lab.close()


def enter(page: Page) -> None:
    page.get_by_role("tab", name="Evolve").click()
    page.wait_for_selector("#evolve-start:enabled")


def generation(page: Page, place: str) -> int:
    return int(page.locator(f"#evolve-{place} .run").get_attribute("data-generation") or 0)


def grown(page: Page, place: str, beyond: int) -> int:
    """The generation that ``place`` shows once it is more than ``beyond``."""
    script = "([place, old]) => Number(document.querySelector(`#evolve-${place} .run`)?.dataset.generation) > old"
    page.wait_for_function(script, arg=[place, beyond])
    return generation(page, place)


def rests(page: Page, place: str, phase: str) -> None:
    page.wait_for_selector(f"#evolve-{place} .run[data-phase={phase}]")


def test_two_evolutions_are_compared_paused_found_again_and_thrown_away(address: str, tmp_path: Path) -> None:
    with opened(address, tmp_path / "profile") as page:
        enter(page)
        page.locator("#evolve-start").focus()
        page.keyboard.press("Enter")
        reached = grown(page, "a", 20)
        page.wait_for_selector("#evolve-a .chart >> nth=4")  # fitness, advantage, winners, judge, family tree
        assert page.locator("#evolve-a .plane circle").count() == 8
        page.screenshot(path=tmp_path / "one.png", full_page=True)

        page.locator("#evolve-place label", has_text="B").click()
        page.locator("#evolve-mutations label", has_text="Minimax").click()
        page.locator("#evolve-start").click()
        grown(page, "b", 2)
        grown(page, "a", reached)
        page.screenshot(path=tmp_path / "two.png", full_page=True)
        assert "minimax" not in (page.locator("#evolve-b .run").text_content() or "")
        other = page.context.new_page()
        other.goto(address)
        enter(other)
        assert other.locator("#evolution .run").count() == 0  # another page does not see them
        other.close()

        page.reload()
        enter(page)
        page.wait_for_selector("#evolve-b .run")
        assert not page.locator("#evolve-mutations label", has_text="Minimax").locator("input").is_checked()
        page.locator("#evolve-a button.pause").click()
        rests(page, "a", "paused")
        paused = generation(page, "a")
        page.locator("#evolve-a").get_by_role("button", name="Resume").click()
        grown(page, "a", paused)
        page.locator("#evolve-b").get_by_role("button", name="Throw away").click()
        page.locator("#evolve-b").get_by_role("button", name="Delete").click()
        page.wait_for_selector("#evolve-b .invitation")
        for _ in range(600):  # it is deleted once it has come to its end
            kept = [path for path in (tmp_path / "runs").iterdir() if not path.name.startswith(".")]
            if len(kept) == 1:
                break
            page.wait_for_timeout(100)
    assert [len(runs.read_config(path)["evolution"]["mutations"]) for path in kept] == [3]


LOST = (  # what the browser and gradio say while there is no server
    "Failed to load resource: net::ERR_",
    "Could not connect",
    "TypeError: Failed to fetch",
    "Unexpected error",
)


def test_a_page_finds_its_evolution_again_when_the_lab_was_restarted(glass: Painter, tmp_path: Path) -> None:
    """The server ends and begins anew at the same address, while the page stays open and nobody reloads it."""
    with ExitStack() as stack:
        with closing(lab_with(glass, tmp_path / "runs")) as lab, serving(lab) as address:
            page = stack.enter_context(opened(address, tmp_path / "profile", forgiven=LOST))
            enter(page)
            page.locator("#evolve-start").click()
            reached = grown(page, "a", 20)
            page.evaluate("window.old = true")
        lab = stack.enter_context(closing(lab_with(glass, tmp_path / "runs")))
        where = ServerAddress(urlsplit(address).port or 0)
        assert stack.enter_context(serving(lab, where)) == address
        page.wait_for_function("window.old === undefined")  # gradio's script reloads the page, and nobody else does
        enter(page)
        page.wait_for_selector(f"#evolve-a .run >> text={RESTARTED}")
        rests(page, "a", "stopped")
        assert generation(page, "a") >= reached
        page.screenshot(path=tmp_path / "restarted.png", full_page=True)
        page.locator("#evolve-a").get_by_role("button", name="Continue").click()
        grown(page, "a", generation(page, "a"))
        page.locator("#evolve-a button.pause").click()
        rests(page, "a", "paused")


def test_a_run_of_the_command_line_goes_on_on_a_telephone(address: str, tmp_path: Path) -> None:
    ring = SETTINGS["ring"]
    folder = run_evolution(
        ring.variant,
        dict(ring.fields),
        ring.options,
        Evolution(mutations=("hinge", "heuristic")),
        rounds=40,
        runs_folder=tmp_path / "runs",
        console=Console(quiet=True),
    ).folder
    with opened(address, tmp_path / "profile", 420, 900, dark=True) as page:
        enter(page)
        page.locator("#evolve-kept input").click()
        page.get_by_role("option", name=folder.name).click()
        page.locator("#evolve-open").click()
        rests(page, "a", "stopped")
        assert generation(page, "a") == 40
        page.locator("#evolve-a").get_by_role("button", name="Continue").click()
        grown(page, "a", 40)
        page.locator("#evolve-a button.stop").click()
        rests(page, "a", "stopped")
        assert "modes covered" in (page.locator("#evolve-a table").text_content() or "")
        page.screenshot(path=tmp_path / "telephone.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") == 420
        page.locator("#model input").click()
        page.get_by_role("option", name=folder.name).wait_for()


def test_a_recorded_evolution_plays_at_once_and_makes_room(address: str, tmp_path: Path) -> None:
    with opened(address, tmp_path / "profile") as page:
        page.get_by_role("tab", name="Evolve", exact=True).click()
        page.wait_for_selector(".recorded[data-film=ring]")
        place = page.get_by_label("Place in the recording")
        page.wait_for_function("document.querySelector('.recorded-row input').value > 1")  # nobody has pressed anything
        page.get_by_role("button", name="Pause", exact=True).first.click()
        kept = place.input_value()
        page.get_by_role("button", name="digits", exact=True).click()
        page.wait_for_selector(".recorded[data-film=digits]")
        page.wait_for_timeout(1_500)
        assert place.input_value() == "0", kept  # another film begins anew, and stays paused
        place.press("End")
        assert "Generation 625" in page.locator(".recorded-said").inner_text()
        page.wait_for_selector("#evolve-start:enabled")
        page.locator("#evolve-start").click()
        page.wait_for_selector("#evolve-a .run")
        page.wait_for_selector("#evolve-recorded", state="hidden")
        page.locator("#evolve-a").get_by_role("button", name="Stop", exact=True).click()
