"""Answers that come late, or never, in a real browser: what was asked for last is shown, and what failed is told."""

from __future__ import annotations

import json
from pathlib import Path

from core_gans import shipped
from core_gans.models import load_model
from demos.lab import Lab
from demos.serve import serving
from tests.demos.browser import BROWSER, Page, opened, sync_api
from tests.demos.small_lab import Offered, SmallModelStore
from tests.demos.test_browser_explore import explore, lab, part, rested

__all__ = ["lab"]  # a fixture
pytestmark = BROWSER
Request = sync_api.Request

# Questions whose address and body hold the given words are answered ``ms`` later, once, or when it is let go on;
# with a status, by a refusal.
LATE = """
window.late = [];
const real = window.fetch;
window.fetch = async (url, asked = {}) => {
  const body = String(asked.body);
  const found = late.find((each) => String(url).includes(each.url) && body.includes(each.body) && each.times-- > 0);
  if (!found) return real(url, asked);
  const said = { status: found.status, headers: { "Content-Type": "application/json" } };
  const answer = found.status ? new Response('{"error": "refused"}', said) : await real(url, asked);
  await new Promise((done) => (found.ms === null ? (found.goOn = done) : setTimeout(done, found.ms)));
  return answer;
};
"""


def late(page: Page, url: str, body: str = "", ms: int | None = 0, status: int = 0) -> None:
    page.evaluate("each => late.push(each)", {"url": url, "body": body, "ms": ms, "status": status, "times": 1})


def truncated(page: Page, *values: float) -> str:
    """The first sample of the strip after the slider of truncation went over ``values``."""
    for value in values:
        page.locator("[data-of=truncation]").evaluate(
            "(slider, to) => { slider.value = to; slider.dispatchEvent(new Event('input')) }", value
        )
    rested(page)
    found: str = page.evaluate("document.querySelector('.explore-samples canvas').toDataURL()")
    return found


def models(page: Page) -> None:
    """A model that fails after another was picked does not keep that from opening."""
    late(page, "explore/open", '"scenes"', None, 200)
    late(page, "explore/open", '"digits"', None)
    page.get_by_role("tab", name="Explore").click()
    page.locator("#model input").click()
    page.get_by_role("option", name="Digits", exact=True).click()
    page.wait_for_function("Boolean(late[0].goOn && late[1].goOn)")
    page.evaluate("late[0].goOn()")
    page.wait_for_timeout(300)
    page.evaluate("late[1].goOn()")
    page.wait_for_selector("[data-open=digits]", state="attached")
    assert page.locator(".explore-open").is_visible()
    explore(page, "codes")
    rested(page)


def strips(page: Page) -> None:
    """Samples of an older truncation do not come over those of the newer one."""
    late(page, "explore/strip", '"truncation":1,', 1_500)
    quick = truncated(page, 1, 0.3)
    truncated(page, 2)
    assert truncated(page, 0.3) == quick


def failures(page: Page) -> None:
    """What went wrong is told though something else goes well after it; directions are asked for again."""
    late(page, "explore/way", status=200)
    late(page, "explore/lengths", "", 1_000)
    page.get_by_role("button", name="sample 3", exact=True).click()
    rested(page)
    assert page.locator(".explore-trouble").text_content() == "refused"
    late(page, "explore/directions", status=200)
    part(page, "Directions")
    page.locator(".explore-trouble", has_text="refused").wait_for()
    page.get_by_role("button", name="sample 4", exact=True).click()
    page.wait_for_selector('[data-ends="sefa 4"]', state="attached")
    assert page.locator(".explore-trouble").is_hidden()


def undoing(page: Page) -> None:
    """Undo takes back what was dragged in this model, not in the one before."""
    part(page, "Drag points")
    rested(page)
    for model in ("text", "codes"):
        page.locator(".explore-pulled").press("Enter")
        page.locator(".explore-pulled").press("Enter")
        page.locator("[data-do=pull-undo]:enabled").wait_for()
        explore(page, model)
        part(page, "Drag points")
        rested(page)
        assert page.locator("[data-do=pull-undo]").is_disabled()


def driving(page: Page) -> None:
    """A frame that fails stops the car, which goes on when it is told to; another road is not lost to the old one."""
    explore(page, "drive")
    page.wait_for_selector('.explore-drive[data-frame="0"]', state="attached")
    rested(page)
    road = page.locator(".explore-drive")
    late(page, "explore/steer", status=200)
    road.press("ArrowUp")
    page.locator(".explore-trouble", has_text="refused").wait_for()
    page.get_by_role("button", name="Drive", exact=True).wait_for()
    road.press("ArrowUp")
    page.wait_for_function("Number(document.querySelector('.explore-drive').dataset.frame) > 1")
    road.press("ArrowDown")
    rested(page)
    seeds: list[int] = []

    def sent(request: Request) -> None:
        if request.url.endswith("steer"):
            seeds.append(json.loads(request.post_data or "")["truth"]["seed"])

    page.on("request", sent)
    late(page, "explore/begin_drive", "", 700)
    late(page, "explore/steer", "", 1_500)
    page.get_by_role("button", name="Another road").click()
    road.press("ArrowUp")
    page.wait_for_timeout(2_500)
    page.wait_for_function("Number(document.querySelector('.explore-drive').dataset.frame) > 1")
    road.press("ArrowDown")
    assert seeds[-1] == seeds[0] + 1


def keeping(page: Page, address: str) -> None:
    """Undo brings back what was deleted, and leaves what another page kept since."""
    keep = "name => labKept.keep(Object.assign(document.createElement('canvas'), {width: 4}), name, {tab: 'explore'})"
    for name in ("one", "two"):
        page.evaluate(keep, name)
    page.locator("#kept-open").click()
    page.get_by_role("button", name="Delete one").click()
    other = page.context.new_page()
    other.goto(address)
    other.wait_for_function("window.labKept")
    other.evaluate(keep, "three")
    page.locator("#kept li input").nth(1).wait_for()
    page.locator(".kept-said button").click()
    names = page.eval_on_selector_all("#kept li input", "inputs => inputs.map(input => input.value)")
    assert sorted(names) == ["one", "three", "two"]
    page.locator("#kept").get_by_role("button", name="Close").click()


def recorded(page: Page) -> None:
    """A recording that cannot be read is said to be none, and the one before does not go on under its name."""
    page.get_by_role("tab", name="Evolve", exact=True).click()
    page.wait_for_selector(".recorded[data-film=ring]")
    late(page, "evolve/recorded/", status=503)
    page.get_by_role("button", name="digits", exact=True).click()
    page.wait_for_timeout(1_500)
    assert "could not be read" in (page.locator(".recorded-said").text_content() or "")


def test_the_last_thing_asked_for_is_shown(lab: Lab, tmp_path: Path) -> None:
    assert isinstance(lab.store, SmallModelStore)
    for key in ("codes", "text"):
        lab.store.offered[key] = Offered("images", load_model(shipped.path("scenes-generator")))
    with serving(lab) as address, opened(address, tmp_path / "profile") as page:
        page.context.add_init_script(LATE)
        page.reload()
        page.wait_for_selector("#model input:enabled")
        models(page)
        strips(page)
        failures(page)
        undoing(page)
        driving(page)
        keeping(page, address)
        recorded(page)
    lab.close()
