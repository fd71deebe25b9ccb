"""A browser for tests: headless Chromium, whose console must stay clean and whose requests must stay here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.demos.conftest import SERVED

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
Page = sync_api.Page
Route = sync_api.Route

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
# What gradio says when a page is left or reloaded while an answer is on its way.
LEFT = ("AbortError: signal is aborted", "Unexpected error Connection errored out")
MANIFEST = "/manifest.json"  # gradio's page names it by the root of the server, below whatever path the app is shown
BROWSER = [SERVED, pytest.mark.slow, pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on the path")]


@contextmanager
def opened(
    address: str,
    profile: Path,
    width: int = 1400,
    height: int = 1000,
    dark: bool = False,
    forgiven: tuple[str, ...] = (),
) -> Iterator[Page]:
    """A page of a fresh browser. On leaving, its requests must have gone nowhere else, and its console held no error.

    But for those that begin with one of ``forgiven``.
    """
    errors: list[str] = []
    strangers: list[str] = []

    def heard(message: sync_api.ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith((*LEFT, *forgiven)):
            errors.append(message.text)

    def sent(request: sync_api.Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")) and not request.url.endswith(MANIFEST):
            strangers.append(request.url)

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            headless=True,
            args=ARGUMENTS,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
        )
        browser.set_default_timeout(PATIENCE)
        page = browser.pages[0]
        page.on("console", heard)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("request", sent)
        page.goto(address)
        page.wait_for_selector("[role=tab]")
        try:
            yield page
        finally:
            browser.close()
    assert (errors, strangers) == ([], []), (errors, strangers)
