"""``python -m benchmarks.first_paint``: milliseconds until the app's page shows its first words, and its tool.

In headless Chromium on the same machine. *Cold*: a browser that keeps nothing of the app yet. *Warm*: one that has seen
it, and opens the page anew. Needs playwright and a chromium on the path.
"""

from __future__ import annotations

import shutil
import statistics
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import tyro

from benchmarks.app_load import served

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
FIRST = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
TOOL = ".paint[data-state=open]"
PATIENCE_MS = 120_000


@dataclass(frozen=True)
class Options:
    """Measure the page."""

    repeats: int = 3
    """Of each; the median counts."""
    width: int = 1400
    """Of the window, in pixels."""
    height: int = 900
    """Of the window, in pixels."""


def main(args: Sequence[str] | None = None) -> None:
    """Print the table."""
    from playwright.sync_api import sync_playwright

    asked = tyro.cli(Options, prog="python -m benchmarks.first_paint", args=args)
    seen: dict[str, list[tuple[float, float]]] = {"cold": [], "warm": []}
    with served() as (address, _), sync_playwright() as playwright:
        with urllib.request.urlopen(address) as page:  # a program is answered when the app is whole
            page.read()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*ARGUMENTS])
        for number in range(asked.repeats + 1):
            context = browser.new_context(viewport={"width": asked.width, "height": asked.height})
            for kind, found in seen.items():
                times = _opened(context, address)
                if number:  # the first one warms the app up
                    found.append(times)
                else:
                    print(f"not counted, {kind}: {times[0]:.0f} ms, {times[1]:.0f} ms", flush=True)
            context.close()
        browser.close()
    print(f"\n{time.strftime('%Y-%m-%d')}, {asked.width} x {asked.height}, median of {asked.repeats}\n")
    print("| page | first words, ms | the tool, ms |\n|---|--:|--:|")
    for kind, found in seen.items():
        words, tool = (statistics.median(each) for each in zip(*found, strict=True))
        print(f"| {kind} | {words:.0f} | {tool:.0f} |")


def _opened(context: BrowserContext, address: str) -> tuple[float, float]:
    """The milliseconds from asking for the page to its first words, and to the canvas that can be painted on."""
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector(TOOL, timeout=PATIENCE_MS)
    tool = page.evaluate("performance.now()")
    words = page.evaluate(FIRST)
    page.close()
    return float(words), float(tool)


if __name__ == "__main__":
    main()
