"""The Paint tab in a real browser: a mouse erases a tree, keys undo and redo it, and a reload keeps it.

Needs playwright and a chromium on the path; screenshots go into the test's temporary folder.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor

from demos.paint.brush import brush
from demos.paint.painter import Painter
from demos.serve import serving
from docs.making import app_picture
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.conftest import lab_with, seeds_with

pytestmark = BROWSER


class PaintCalls:
    """The Paint tab of a page, as a person uses it."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.wait_for_selector(".paint[data-state=open]")

    def source(self, time: str) -> str:
        found: str | None = self.page.locator(".paint").get_attribute(f"data-{time}")
        assert found is not None
        return found

    def picture(self, time: str) -> Tensor:
        """The picture (3, H, W) in [-1, 1] "before" or "after", to the bit."""
        code = np.frombuffer(base64.b64decode(self.source(time).partition(",")[2]), np.uint8)
        pixels = cv2.cvtColor(cv2.imdecode(code, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return torch.from_numpy(pixels).permute(2, 0, 1) / 127.5 - 1

    def canvas(self) -> Tensor:
        """What the canvas shows once nothing moves, (3, 768, 768) bytes."""
        self.page.mouse.move(1, 1)
        self.page.wait_for_timeout(500)  # a new picture fades in
        source = self.page.evaluate("document.querySelector('.paint canvas').toDataURL()")
        code = np.frombuffer(base64.b64decode(source.partition(",")[2]), np.uint8)
        return torch.from_numpy(cv2.imdecode(code, cv2.IMREAD_COLOR)).permute(2, 0, 1).int()

    def answers(self) -> str | None:
        found: str | None = self.page.locator(".paint").get_attribute("data-answers")
        return found

    def after(self, before: str | None) -> None:
        """Wait until the canvas shows something newer than ``before``."""
        self.page.wait_for_function(app_picture.ANSWERED, arg=before)

    def press(self, keys: str) -> None:
        before = self.answers()
        self.page.keyboard.press(keys)
        self.after(before)

    def go_to(self, seed: int) -> None:
        before = self.answers()
        self.page.locator(".paint-seed").fill(str(seed))
        self.page.locator(".paint-seed").press("Enter")
        self.after(before)

    def slide(self, name: str, value: float) -> None:
        self.page.locator(f"[data-of={name}]").evaluate(
            "(input, value) => { input.value = value; input.dispatchEvent(new Event('change')); }", value
        )

    def paint_by(self, way: str) -> None:
        """Choose how strokes are made: "example", or how their units are chosen."""
        self.page.locator("[data-of=by]").select_option(way)

    def draw(self, way: list[tuple[float, float]]) -> None:
        """Move the pressed mouse along ``way``, in shares of the canvas's side."""
        with app_picture.answered(self.page):
            app_picture.drag(self.page, way)


def zigzag(there: Tensor, radius: float) -> list[tuple[float, float]]:
    """The way of a brush of ``radius`` over all that is ``there`` (H, W), in shares of the side."""
    side = there.shape[0]
    rows, columns = (there.any(1 - axis).nonzero().flatten() for axis in (0, 1))
    top, bottom = float(rows[0]) / side, float(rows[-1] + 1) / side
    left, right = float(columns[0]) / side, float(columns[-1] + 1) / side
    way: list[tuple[float, float]] = []
    for turn in range(int((bottom - top) / radius) + 2):
        y = min(top + turn * radius, bottom)
        way += [(left, y), (right, y)] if turn % 2 == 0 else [(right, y), (left, y)]
    return way


def table(page: Page) -> dict[str, tuple[str, str]]:
    """What stands in the table of changes, before and after, by class."""
    rows = [row.split("\t") for row in page.locator(".paint-table tbody").inner_text().splitlines() if "\t" in row]
    return {row[0].strip(): (row[1], row[2]) for row in rows}


def test_each_stroke_is_told_of_and_one_too_many_is_refused_before_it_is_painted(
    glass: Painter, tmp_path: Path
) -> None:
    with serving(lab_with(glass, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        calls = PaintCalls(page)
        page.locator(".paint-modes label", has_text="Add").click()
        calls.paint_by("agreement")
        calls.draw([(0.2, 0.5), (0.8, 0.5)])
        first = table(page)
        assert not page.locator(".paint-which").is_visible()
        calls.draw([(0.2, 0.5), (0.8, 0.5)])
        second = table(page)
        assert second["sky"][0] == first["sky"][1]
        before = calls.answers()
        kind = page.get_by_label("all strokes")
        kind.check()
        calls.after(before)
        assert (
            kind.evaluate("radio => getComputedStyle(radio).appearance") == "auto"
        )  # else nobody sees which is checked
        assert table(page)["sky"] == (first["sky"][0], second["sky"][1])

        page.evaluate("""() => {
          const store = JSON.parse(sessionStorage.getItem("gan-lab-paint"));
          const kept = store.models.scenes;
          const { marks } = kept.now;
          kept.now = { ...kept.now, marks: Array.from({ length: 200 }, (_, place) => marks[place % 2]) };
          sessionStorage.setItem("gan-lab-paint", JSON.stringify(store));
        }""")
        page.reload()
        calls = PaintCalls(page)
        frame = page.locator(".paint canvas").bounding_box()
        assert frame is not None
        posts: list[str] = []
        page.on("request", lambda request: posts.append(request.url) if request.url.endswith("/render") else None)
        page.mouse.move(frame["x"] + 50, frame["y"] + 50)
        page.mouse.down()
        page.mouse.move(frame["x"] + 90, frame["y"] + 90, steps=3)
        page.mouse.up()
        assert "at most 200 strokes" in page.locator(".paint-error").inner_text()
        page.wait_for_timeout(500)
        assert posts == []
        assert page.locator(".paint-history li").count() == 200


def test_a_mouse_erases_a_tree_and_keys_bring_it_back(painter: Painter, tmp_path: Path) -> None:
    (seed,) = seeds_with(painter, "tree")
    tree = painter.labels.index("tree")
    with serving(lab_with(painter, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        calls = PaintCalls(page)
        calls.go_to(seed)
        page.locator(".paint-chip", has_text=re.compile(r"^\s*tree\s*$")).click()
        page.locator(".paint-modes label", has_text="Erase").click()
        calls.slide("soft", 0)
        untouched, shown = calls.picture("after"), calls.canvas()
        assert torch.equal(untouched, calls.picture("before"))

        radius = 5 / painter.side
        classes = painter.edit_session(seed).classes_before
        way = zigzag(classes == tree, radius)
        calls.draw(way)
        page.get_by_label("Compare with random units and examples").check()
        page.wait_for_selector(".paint-compared")
        page.screenshot(path=tmp_path / "painted.png", full_page=True)

        painted = calls.picture("after")
        mask = brush([list(point) for point in way], radius, 0, painter.side)
        near = cv2.dilate((mask > 0).numpy().astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        under, outside = mask > 0.5, torch.from_numpy(~near)
        left = int((painter.segmenter(painted[None])[0][under] == tree).sum())
        assert left < int((classes[under] == tree).sum()) / 2
        assert torch.equal(painted[:, outside], untouched[:, outside])
        assert torch.equal(calls.picture("before"), untouched)
        moved = (calls.canvas() - shown).abs().amax(0) > 8
        far = cv2.resize(near.astype(np.uint8), moved.shape, interpolation=cv2.INTER_NEAREST)
        far = cv2.dilate(far, np.ones((73, 73), np.uint8)) == 0  # smoothing reaches a little beyond a pixel
        assert moved.any()
        assert not moved[torch.from_numpy(far)].any()
        assert "tree" in (page.locator(".paint-said").text_content() or "")
        assert page.locator("tr[data-verdict=wanted] th").text_content() == "tree"

        calls.press("Control+z")
        assert torch.equal(calls.picture("after"), untouched)
        calls.press("Control+Shift+z")
        assert torch.equal(calls.picture("after"), painted)
        before = calls.answers()
        page.get_by_label("Stroke 1: erase tree, on or off").uncheck()
        calls.after(before)
        assert torch.equal(calls.picture("after"), untouched)
        without = page.evaluate("window.labAddress.flush(), location.hash")
        calls.press("Control+z")
        page.wait_for_function("hash => { window.labAddress.flush(); return location.hash !== hash; }", arg=without)
        # A reload that began before the address had followed comes with the older one.
        page.evaluate("hash => history.replaceState(null, '', hash)", without)

        page.reload()
        calls = PaintCalls(page)
        assert page.locator(".paint-seed").input_value() == str(seed)
        assert torch.equal(calls.picture("after"), painted)
        calls.press("Control+z")
        assert torch.equal(calls.picture("after"), untouched)
        calls.press("Control+Shift+z")

        other = page.context.new_page()
        other.goto(address)
        beside = PaintCalls(other)
        assert other.locator(".paint-history li").count() == 0
        beside.paint_by("agreement")
        other.locator(".paint-modes label", has_text="Add").click()  # in Erase a click chooses what is there
        beside.draw([(0.5, 0.5)])
        assert other.locator(".paint-history li").count() == 1
        other.close()
        assert page.locator(".paint-history li").count() == 1
        assert torch.equal(calls.picture("after"), painted)

        with page.expect_download() as saved:
            page.get_by_role("button", name="Picture (PNG)").click()
        file, plain = saved.value.path().read_bytes(), base64.b64decode(calls.source("after").partition(",")[2])
        assert (file[:33], file[-len(plain) + 33 :]) == (plain[:33], plain[33:])  # the picture, with one chunk in it
        assert file[37:49] == b"tEXtgan-lab\0"
        with page.expect_download() as saved:
            page.get_by_role("button", name="Script").click()
        assert saved.value.suggested_filename == f"scene-{seed}.py"
        compile(saved.value.path().read_text(encoding="utf-8"), "script", "exec")


def test_the_keyboard_paints_compares_and_explains(glass: Painter, tmp_path: Path) -> None:
    (seed,) = seeds_with(glass, "tree")
    row, column = (
        (glass.edit_session(seed).classes_before == glass.labels.index("tree")).nonzero().float().mean(0).tolist()
    )
    steps = [round(32 * (place + 0.5) / glass.side - 16) for place in (column, row)]
    with serving(lab_with(glass, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        calls = PaintCalls(page)
        calls.go_to(seed)
        page.locator(".paint-modes label", has_text="Explain").click()
        page.locator(".paint canvas").focus()
        for key, count in (("Right", steps[0]), ("Down", steps[1])):
            back = {"Right": "Left", "Down": "Up"}[key]
            for _ in range(abs(count)):
                page.keyboard.press(f"Arrow{key if count > 0 else back}")
        page.keyboard.press("Enter")
        page.wait_for_selector(".paint-units img")
        assert "tree" in (page.locator(".paint-units li").first.text_content() or "")
        page.get_by_role("button", name=re.compile("Without")).click()
        page.wait_for_selector(".paint-pair img >> nth=2")
        page.screenshot(path=tmp_path / "explained.png", full_page=True)

        untouched = calls.source("after")
        page.locator(".paint-modes label", has_text="Erase").click()
        calls.paint_by("agreement")
        page.locator(".paint canvas").focus()
        before = calls.answers()
        page.keyboard.down(" ")
        page.keyboard.press("ArrowRight")
        page.keyboard.up(" ")
        calls.after(before)
        assert calls.source("after") != untouched
        page.get_by_role("button", name="Original").focus()
        page.keyboard.down("Enter")
        page.wait_for_selector(".paint-badge")
        page.keyboard.up("Enter")
        page.wait_for_selector(".paint-badge", state="hidden")
        page.get_by_role("button", name="Compare").click()
        page.locator(".paint-split").focus()
        page.keyboard.press("ArrowLeft")
        assert page.locator(".paint-split").get_attribute("aria-valuenow") == "48"
        page.get_by_role("button", name="Classes").click()
        assert "tree" in (page.locator(".paint-legend").text_content() or "")
        page.get_by_role("button", name="☆ Keep").click()
        page.reload()
        calls = PaintCalls(page)
        page.wait_for_selector(f".paint-strip .paint-kept[data-seed='{seed}']")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_sticks_out_on_a_telephone(glass: Painter, tmp_path: Path, dark: bool) -> None:
    lab = lab_with(glass, tmp_path / "runs")
    with serving(lab) as address, opened(address, tmp_path / "profile", 420, 900, dark) as page:
        calls = PaintCalls(page)
        calls.paint_by("agreement")
        calls.draw([(0.3, 0.5), (0.7, 0.5)])
        page.locator(".paint-modes label", has_text="Explain").click()
        page.locator(".paint canvas").click()
        page.wait_for_selector(".paint-explain:not([hidden])")
        page.wait_for_selector(".paint-strip img")
        page.screenshot(path=tmp_path / "telephone.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") == 420


def test_a_cloud_is_added_by_example_and_another_one_is_taken(painter: Painter, tmp_path: Path) -> None:
    if "cloud" not in painter.labels:
        pytest.skip("this generator draws no clouds")
    seed = next(seed for seed in range(100) if painter.shares(seed)["cloud"] < 0.02)
    with serving(lab_with(painter, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        calls = PaintCalls(page)
        calls.go_to(seed)
        untouched = calls.picture("after")
        page.locator(".paint-chip", has_text=re.compile(r"^\s*cloud\s*$")).click()
        page.locator(".paint-modes label", has_text="Add").click()
        calls.draw([(0.2, 0.12), (0.3, 0.12)])
        added = calls.picture("after")
        cloud = painter.labels.index("cloud")
        under = brush([[0.2, 0.12], [0.3, 0.12]], 5 / painter.side, 0, painter.side) > 0.5
        seen = painter.segmenter(torch.stack([untouched, added]))
        assert int((seen[1][under] == cloud).sum()) > int((seen[0][under] == cloud).sum())
        before = calls.answers()
        page.get_by_role("button", name="Another one").click()
        calls.after(before)
        assert not torch.equal(calls.picture("after"), added)
        calls.press("Control+z")
        assert torch.equal(calls.picture("after"), added)
        page.screenshot(path=tmp_path / "added.png", full_page=True)


def test_why_a_stroke_was_taken_back_stays_to_be_read(painter: Painter, tmp_path: Path) -> None:
    (seed,) = seeds_with(painter, "tree")
    trees = painter.edit_session(seed).classes_before == painter.labels.index("tree")
    free = next(
        x for x in (0.1, 0.9, 0.5) if not bool(brush([[x, 0.1]], 9 / painter.side, 0, painter.side)[trees].any())
    )
    with serving(lab_with(painter, tmp_path / "runs")) as address, opened(address, tmp_path / "profile") as page:
        calls = PaintCalls(page)
        calls.go_to(seed)
        scene = calls.source("after")
        calls.paint_by("example")
        page.locator(".paint-chip", has_text=re.compile(r"^\s*tree\s*$")).click()
        page.locator(".paint-modes label", has_text="Erase").click()
        calls.draw([(free - 0.04, 0.1), (free + 0.04, 0.1)])
        reason = page.locator(".paint-error")
        assert reason.is_visible()
        assert "there is no tree under the brush" in reason.inner_text()
        assert calls.source("after") == scene
        assert page.locator(".paint-history li").count() == 0

        sun = page.locator(".paint-chip", has_text=re.compile(r"^\s*sun\s*$"))
        if sun.count() == 0:  # glass draws none
            return
        sun.click()
        page.locator(".paint-modes label", has_text="Add").click()
        bright = calls.canvas().float().mean()
        calls.draw([(0.3, 0.95), (0.4, 0.95)])
        page.wait_for_function(
            "document.querySelector('.paint-error').textContent.includes('where the picture is bright')"
        )
        assert reason.is_visible()
        assert re.fullmatch(r"no sun can grow .*[a-z]\. It can where the picture is bright\.", reason.inner_text())
        assert calls.canvas().float().mean() < bright - 5
        assert page.locator(".paint-history li").count() == 0
        page.screenshot(path=tmp_path / "refused.png", full_page=True)
