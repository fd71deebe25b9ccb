"""The page for people who see, hear or move in other ways: contrast, names, axe-core's rules, in both themes.

axe-core is looked for at ``AXE_CORE`` (the path of axe.min.js) and where npm puts it; without it that test is skipped.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from demos.app import TABS
from demos.paint.painter import Painter
from demos.serve import serving
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.conftest import lab_with

pytestmark = BROWSER

PLACES = [os.environ.get("AXE_CORE", ""), *(f"{root}/axe-core/axe.min.js" for root in (
    "node_modules", "/usr/lib/node_modules", "/usr/local/lib/node_modules"))]  # fmt: skip
AXE = next((place for place in PLACES if place and Path(place).is_file()), None)
# The visible texts with a contrast below 4.5:1 to what lies behind them, or 3:1 where they are large (WCAG 1.4.3).
PALE = """() => {
  const parsed = (text) => {
    const [r, g, b, a = 1] = (text.match(/[\\d.]+/g) || []).map(Number);
    return text.startsWith("color(srgb") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a];
  };
  const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
  const light = (colour) => {
    const [r, g, b] = colour.map((part) => (part /= 255) <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const ancestors = (node) => (node ? [...ancestors(node.parentElement), node] : []);
  const found = new Map();
  const judge = (element, style, words) => {
    if (!element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true })) return;
    if (element.closest("[disabled], [aria-disabled=true], canvas") || style.clipPath === "inset(50%)") return;
    let ground = [255, 255, 255];
    let ink = parsed(element instanceof SVGElement ? style.fill : style.color);
    for (const each of ancestors(element)) {
      const look = getComputedStyle(each);
      if (look.backgroundImage !== "none" || look.clipPath === "inset(50%)") return; // on a picture; for screen readers
      ground = over(parsed(look.backgroundColor), ground);
      ink = [...ink.slice(0, 3), ink[3] * Number(look.opacity)];
    }
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = ratio(over(ink, ground), ground);
    const where = `${element.closest("[id]")?.id} ${element.tagName} .${element.classList}`;
    if (contrast < (large ? 3 : 4.5)) found.set(where, `${contrast.toFixed(2)} ${where}: ${words.trim().slice(0, 30)}`);
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const { parentElement: element, data } = walker.currentNode;
    if (!data.trim() || element.closest("script, style, noscript, option")) continue;
    judge(element, getComputedStyle(element), data);
  }
  for (const input of document.querySelectorAll("input[placeholder], textarea[placeholder]")) {
    judge(input, getComputedStyle(input, "::placeholder"), input.placeholder);
  }
  return [...found.values()];
}"""
# The visible controls and pictures that a screen reader could say nothing of. An empty text marks what is decoration.
NAMELESS = """() => {
  const things = [...document.querySelectorAll("button, input, select, textarea, img, canvas")];
  const named = (each) => {
    const label = each.labels && each.labels[0] && each.labels[0].innerText;
    const hidden = each.closest("[aria-hidden=true]") && "hidden";
    const said = [each.ariaLabel, each.title, each.innerText, label, each.getAttribute("aria-labelledby"), hidden];
    return each.hasAttribute("alt") || said.some((text) => text && text.trim());
  };
  const seen = (each) => each.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });
  return things.filter((each) => seen(each) && !named(each)).map((each) => each.outerHTML.slice(0, 240));
}"""
RULES = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  const shown = (nodes) => nodes.slice(0, 3).map((node) => node.html.slice(0, 160));
  return violations.map(({ id, nodes }) => [id, nodes.length, ...shown(nodes)]);
}"""


@pytest.fixture(scope="module", params=[False, True], ids=["light", "dark"])
def page(request: pytest.FixtureRequest, glass: Painter, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A page in either theme."""
    folder = tmp_path_factory.mktemp("access")
    lab = lab_with(glass, folder / "runs")
    with serving(lab) as address, opened(address, folder / "profile", dark=request.param) as page:
        page.wait_for_selector(".paint[data-state=open]")
        yield page
    lab.close()


def faults(page: Page, look: str) -> dict[str, list[object]]:
    """What ``look`` finds on each tab, where it finds anything that is still there when the page has come to rest."""
    found: dict[str, list[object]] = {}
    for name in TABS:
        page.get_by_role("tab", name=name, exact=True).click()
        for wait in (800, 2_000, 5_000):  # colours fade in; on a busy machine slowly
            page.wait_for_timeout(wait)
            seen = page.evaluate(look)
            if not seen:
                break
        else:
            found[name] = seen
    return found


def test_every_text_has_contrast_and_every_control_a_name(page: Page) -> None:
    assert faults(page, PALE) == {}
    assert faults(page, NAMELESS) == {}


@pytest.mark.skipif(AXE is None, reason="axe-core is not here: npm install axe-core, then AXE_CORE=.../axe.min.js")
def test_axe_finds_nothing(page: Page) -> None:
    page.add_script_tag(path=AXE)
    assert faults(page, RULES) == {}
