"""The Variants tab in a real browser: cards found by typing, theory scrubbed by keys, variants trained side by side.

Needs playwright and a chromium on the path; screenshots go into the test's temporary folder.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from core_gans.losses.f_divergences import NAMES
from demos.paint.painter import Painter
from demos.serve import serving
from demos.variants.theory import frames
from tests.demos.browser import BROWSER, Page, opened
from tests.demos.conftest import lab_with

pytestmark = BROWSER


def seen_cards(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('article.variant')].filter(card => card.checkVisibility())"
        ".map(card => card.dataset.variant)"
    )
    return found


def rounds(page: Page) -> list[int]:
    found: list[int] = page.evaluate("[...document.querySelectorAll('.lane')].map(lane => Number(lane.dataset.rounds))")
    return found


def test_cards_are_found_theory_moves_and_variants_train_side_by_side(glass: Painter, tmp_path: Path) -> None:
    lab = lab_with(glass, tmp_path / "runs")
    frames()  # kept from here on, so that a busy computer does not try the browser's patience
    with serving(lab) as address, opened(address, tmp_path / "profile") as page:
        page.get_by_role("tab", name="Variants").click()
        page.wait_for_selector("article.variant math")
        everything = seen_cards(page)
        page.screenshot(path=tmp_path / "cards.png", full_page=True)
        formula = page.locator("article[data-variant=wgan] math").first.bounding_box()
        assert formula is not None
        assert formula["width"] > 80  # it is typeset, on one line

        page.get_by_label("Find", exact=True).press_sequentially("earth mover")
        assert seen_cards(page) == ["wgan"]
        page.get_by_label("Find", exact=True).fill("")
        page.get_by_role("button", name="Translation").press("Enter")
        assert seen_cards(page) == ["pix2pix", "cyclegan", "stargan"]
        page.get_by_role("button", name="All", exact=True).press("Enter")
        assert seen_cards(page) == everything
        page.get_by_label("Divergence").select_option("pearson_chi2")
        assert page.locator("[data-divergence=pearson_chi2]").is_visible()
        assert page.locator("[data-divergence]:visible").count() == 1

        asked: list[str] = []
        page.get_by_role("tab", name="Theory").click()
        page.wait_for_selector("#theory [data-ready], #theory[data-ready]")
        page.on("request", lambda request: asked.append(request.url))
        page.get_by_role("button", name="Far apart").click()
        place = page.locator("#theory-place")
        place.press("Home")
        w1 = page.locator("[data-measure=w1] b")
        assert w1.text_content() == "2.500"
        for _ in range(12):
            place.press("ArrowRight")
        assert w1.text_content() == "1.300"
        assert page.locator("[data-measure=jsd] b").text_content() == "0.693"
        assert page.locator("[data-measure=kl] b").text_content() == "33.0"  # (1.3 / 0.16)^2 / 2
        page.screenshot(path=tmp_path / "theory.png", full_page=True)
        assert not [url for url in asked if "queue" in url]

        page.get_by_role("tab", name="Objectives").click()
        page.locator("article[data-variant=lsgan] button.train").press("Enter")
        chosen = page.locator("#training-variants input:checked")
        page.wait_for_function("document.querySelectorAll('#training-variants input:checked').length === 3")
        assert chosen.evaluate_all("each => each.map(input => input.parentElement.textContent.trim())") == [
            "GAN", "WGAN-GP", "LSGAN"
        ]  # fmt: skip
        page.locator("#training-variants label", has_text="WGAN-GP").click()
        seconds = page.locator("#training-seconds input[type=number]")
        seconds.fill("60")  # so that it still trains after what follows, also on a busy machine
        seconds.press("Tab")
        page.get_by_role("button", name="Train", exact=True).press("Enter")
        page.wait_for_selector(".side-by-side[data-phase=training] .lane img >> nth=1")
        page.wait_for_function("[...document.querySelectorAll('.lane')].every(lane => lane.dataset.rounds > 0)")
        before = rounds(page)
        assert len(before) == 2

        other = page.context.new_page()  # another page of the same browser has a training of its own, or none
        other.goto(address)
        other.get_by_role("tab", name="Variants").click()
        other.get_by_role("tab", name="Side by side").click()
        other.wait_for_selector("#training-start:enabled")
        assert other.locator(".lane").count() == 0
        other.close()

        page.reload()
        page.get_by_role("tab", name="Variants").click()
        page.wait_for_selector(".lane img")
        page.wait_for_function(
            "before => [...document.querySelectorAll('.lane')].every((lane, at) => lane.dataset.rounds > before[at])",
            arg=before,
        )
        page.screenshot(path=tmp_path / "training.png", full_page=True)
        page.get_by_role("button", name="Stop", exact=True).press("Enter")
        page.wait_for_selector(".side-by-side[data-phase=stopped]")
        assert "of 8 modes" in (page.locator(".lane").first.text_content() or "")
        assert page.locator(".lane .reading").count() == 2
    lab.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_nothing_sticks_out_on_a_telephone(glass: Painter, tmp_path: Path, dark: bool) -> None:
    with (
        serving(lab_with(glass, tmp_path / "runs")) as address,
        opened(address, tmp_path / "profile", 420, 900, dark) as page,
    ):
        page.get_by_role("tab", name="Variants").click()
        page.wait_for_selector("article.variant math")
        for name in NAMES:
            page.get_by_label("Divergence").select_option(name)
            panel = f"[data-divergence={name}]"
            assert page.evaluate(
                "panel => [...document.querySelectorAll(panel + ' figure')].every("
                "each => each.getBoundingClientRect().right <= 420)",
                panel,
            )
        for tab in ("Objectives", "Side by side", "Theory"):
            page.get_by_role("tab", name=tab).click()
            page.wait_for_timeout(300)
            page.screenshot(path=tmp_path / f"{tab}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") == 420
