"""The tab: one component, whose script asks the routes for pictures; the page tells it which model is picked."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from demos.exploring.routes import LONGEST, routes
from demos.glossary import term
from demos.model_store import SHIPPED
from demos.page import Page
from demos.tab import Tab

SCRIPTS = (
    "asking",
    "tiles",
    "strip",
    "player",
    "lengths",
    "maps",
    "walk",
    "sums",
    "directions",
    "drag",
    "pull",
    "mix",
    "asked",
    "keeping",
    "translate",
    "drive",
    "plane",
    "board",
)
INTRODUCTION = f"""
<details><summary><h2>Explore what was learned.</h2> Walk between samples, add them up, and find directions.
<u>More</u></summary><p>A generator turns {term("latent", "latents")}, rows of random numbers, into samples. Walk from
one to another, add and take away what they have in common, and find directions that mean something; ask a conditional
model for what you want, let a translation model translate a picture of yours, and drive on a road that a driving model
dreams. Nothing here changes the model.</p></details>
"""


def explore_tab(page: Page) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    gr.HTML(INTRODUCTION, elem_classes="introduction")
    board = gr.HTML(
        {"model": SHIPPED},
        html_template=_read("board.html"),
        js_on_load="\n".join(_read(f"{name}.js") for name in SCRIPTS),
        apply_default_css=False,
        elem_id="explore",
    )

    def show(key: Any) -> dict[str, Any]:
        return {"model": key}  # whether there is such a model is for the routes to say

    # It only hands a name on, so it need not wait behind what the models do.
    page.model.change(show, page.model, board, concurrency_limit=None, api_visibility="private", show_progress="hidden")
    page.on_entry(lambda token: [show(page.chosen(token))], [board])


def _read(name: str) -> str:
    return files("demos.exploring").joinpath(name).read_text(encoding="utf-8")


TAB = Tab("Explore", explore_tab, css=Path(__file__).with_name("explore.css"), routes=routes, longest=LONGEST)
