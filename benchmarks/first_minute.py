"""``python -m benchmarks.first_minute JUDGE [--scenes 20]``: a person who never saw the app erases a tree and adds one.

In headless Chromium, with the settings that the page opens with: each scene is a page of its own, on which the mouse
chooses the scene, Erase and a tree, and rubs over it; then another scene, Add, and a place that is sensible for a tree.
The clock begins when the page is asked for. *Erased*: more than half of the tree's pixels are gone; *added*: more than
half of the box shows one; by the app's own segmenter, and by JUDGE, which chose nothing (see ``benchmarks.painting``).
"""

from __future__ import annotations

import base64
import re
import shutil
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import cv2
import numpy as np
import torch
import tyro
from torch import Tensor

from benchmarks.app_load import served
from benchmarks.first_paint import ARGUMENTS, PATIENCE_MS, TOOL
from benchmarks.painting.__main__ import opened_judge
from benchmarks.painting.places import SIDE, Place, objects, places
from demos.lab import Lab
from dissect import Segmenter
from dissect.sampling import segment
from docs.making.app_picture import answered, drag

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

THING = "tree"
SECONDS = 10.0  # until the tree should be gone
BRUSH = 6  # pixels of the picture between two lines of the mouse
DONE = """old => document.querySelector('.paint-busy').hidden && (
  document.querySelector('.paint').dataset.answers !== old || document.querySelector('.paint-error')?.innerText)"""


@dataclass(frozen=True)
class Options:
    """Open the page, erase and add."""

    judge: tyro.conf.Positional[Path]
    """The segmenter that judges beside the app's own."""
    scenes: int = 20
    """Pages, each with a scene to erase in and one to add to."""
    seed: int = 3_000_000
    """The first scene that is looked at."""


def main(args: Sequence[str] | None = None) -> None:
    """Print a row for each way to judge."""
    from playwright.sync_api import sync_playwright

    asked = tyro.cli(Options, prog="python -m benchmarks.first_minute", args=args)
    judge = opened_judge(asked.judge)
    if asked.scenes < 1:
        raise SystemExit(f"error: expected at least one scene, got {asked.scenes}.")
    with TemporaryDirectory() as runs:
        lab = Lab.at(Path(runs))
        painter = lab.painters.of("scenes")
        erased = list(islice(objects(painter, THING, asked.seed), asked.scenes))
        added = list(islice(places(painter, THING, asked.seed), asked.scenes))
        if asked.scenes > (found := min(len(erased), len(added))):
            lab.close()
            raise SystemExit(f"error: from scene {asked.seed} on there are {found}, got --scenes {asked.scenes}.")
        judges = {"the app's segmenter": painter.segmenter, "another segmenter": judge}
        with served() as (address, _), sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*ARGUMENTS])
            tries = [_try(browser, address, *each) for each in zip(erased, added, strict=True)]
            browser.close()
        lab.close()
    gone, last = ([each.seconds[number] for each in tries] for number in (0, 1))
    print(
        f"{time.strftime('%Y-%m-%d')}: erased {statistics.median(gone):.1f} s after the page was asked for (worst "
        f"{max(gone):.1f}; within {SECONDS:.0f} s in {sum(each <= SECONDS for each in gone)} of {len(gone)}), "
        f"added after {statistics.median(last):.1f} s.\n"
    )
    print("| judged by | erased | added | of |\n|---|--:|--:|--:|")
    for name, eyes in judges.items():
        print(
            f"| {name} | {sum(_erased(eyes, each.erased, place) for each, place in zip(tries, erased, strict=True))} | "
            f"{sum(_added(eyes, each.added, place) for each, place in zip(tries, added, strict=True))} | {len(tries)} |"
        )


@dataclass(frozen=True, eq=False)
class Try:
    """One page: the pictures (2, 3, H, W) in [-1, 1] before and after each of the two, and the seconds until each."""

    erased: Tensor
    added: Tensor
    seconds: tuple[float, float]


def _try(browser: Browser, address: str, erase: Place, add: Place) -> Try:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    begun = time.monotonic()
    page.goto(address)
    page.wait_for_selector(TOOL)
    pictures, seconds = [], []
    for place, mode in ((erase, "Erase"), (add, "Add")):
        with answered(page):
            page.fill(".paint-seed", str(place.seed))
            page.press(".paint-seed", "Enter")
        page.locator(".paint-modes label", has_text=mode).click()
        page.locator(".paint-chip", has_text=re.compile(rf"^\s*{THING}\s*$")).click()
        before = page.locator(".paint").get_attribute("data-answers")
        drag(page, _way(place))
        page.wait_for_function(DONE, arg=before)
        seconds.append(time.monotonic() - begun)
        pictures.append(torch.stack([_picture(page, "before"), _picture(page, "after")]))
    page.close()
    return Try(pictures[0], pictures[1], (seconds[0], seconds[1]))


def _way(place: Place) -> list[tuple[float, float]]:
    """To and fro over the box, with a brush as wide as the page has it, in shares of the side."""
    left, top, width, height = (number / SIDE for number in place.box)
    rows = max(2, round(height * SIDE / BRUSH))
    ends = [(left + width * 0.2, left + width * 0.8)[:: 1 if row % 2 == 0 else -1] for row in range(rows)]
    lines = [top + height * (row + 0.5) / rows for row in range(rows)]
    return [
        (min(max(x, 0.01), 0.99), min(max(y, 0.01), 0.99)) for y, pair in zip(lines, ends, strict=True) for x in pair
    ]


def _picture(page: Page, when: str) -> Tensor:
    code = page.locator(".paint").get_attribute(f"data-{when}")
    assert code is not None
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(code.partition(",")[2]), np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return torch.from_numpy(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)).permute(2, 0, 1) / 127.5 - 1


def _there(eyes: Segmenter, pictures: Tensor, place: Place) -> Tensor:
    """(2,): the pixels of the box that show the thing, before and after."""
    classes = segment(eyes, pictures)
    return ((classes == eyes.labels.index(THING)) & place.mask(pictures.shape[-1])).sum((1, 2))


def _erased(eyes: Segmenter, pictures: Tensor, place: Place) -> bool:
    before, after = _there(eyes, pictures, place).tolist()
    return bool(after < before / 2)


def _added(eyes: Segmenter, pictures: Tensor, place: Place) -> bool:
    return bool(_there(eyes, pictures, place)[1] > place.mask(pictures.shape[-1]).sum() / 2)


if __name__ == "__main__":
    main()
