"""Behind a proxy that shows the app below a path, in a real browser: Paint paints and Explore walks."""

from __future__ import annotations

from pathlib import Path

import pytest

from demos.lab import Lab
from demos.serve import served, web_app
from demos.server_address import ServerAddress
from tests.demos.browser import BROWSER, MANIFEST, opened
from tests.demos.proxy import behind_nginx, proxied
from tests.demos.test_browser_paint import PaintCalls

pytestmark = BROWSER
# What the browser says of gradio's manifest, which is not below the path. All else outside is a stranger.
OUTSIDE = "Failed to load resource: the server responded with a status of 404 ("


@pytest.mark.parametrize("by", ["a small proxy", "nginx"])
def test_paint_and_explore_work_below_a_path(tmp_path: Path, by: str) -> None:
    lab = Lab.at(tmp_path / "runs")
    where = ServerAddress(0, root_path="/lab", proxy_headers=True)
    with (
        served(web_app(lab, where), where) as behind,
        proxied(behind, "/lab") if by == "a small proxy" else behind_nginx(behind, tmp_path) as address,
        opened(
            address, tmp_path / "profile", forgiven=("Manifest fetch from", OUTSIDE)
        ) as page,  # all other requests stay below the address
    ):
        missing: list[str] = []
        page.on("response", lambda answer: missing.append(answer.url) if answer.status >= 400 else None)
        paint = PaintCalls(page)
        before = paint.source("after")
        paint.go_to(5)
        assert paint.source("after") != before
        page.keyboard.press("e")
        paint.paint_by("agreement")
        answers = paint.answers()
        paint.draw([(0.3, 0.6), (0.7, 0.6)])
        paint.after(answers)
        assert paint.source("after") != paint.source("before")
        page.screenshot(path=tmp_path / "paint.png", full_page=True)

        page.get_by_role("tab", name="Explore").click()
        page.wait_for_selector("[data-open=scenes]", state="attached")
        page.get_by_role("button", name="sample 5", exact=True).click()
        page.get_by_role("button", name="sample 9", exact=True).press("Enter")
        page.wait_for_selector('[data-way*=\'"from":5,"to":9\']', state="attached")
        page.wait_for_function("document.querySelector('#explore [data-busy]').dataset.busy === '0'")
        page.screenshot(path=tmp_path / "explore.png", full_page=True)
        assert all(url.endswith(MANIFEST) for url in missing), missing
    lab.close()
