"""The Paint tab: a component that lives in the browser and asks the routes for its pictures."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

import gradio as gr

from demos.job_queue import LISTENER
from demos.page import Page
from demos.paint.endpoints import endpoints
from demos.paint.routes import LONGEST, routes
from demos.tab import Tab

INTRODUCTION = """
<details><summary><h2>Choose a thing and paint.</h2> Under your brush the network draws anew. <u>More</u></summary>
<p>A generator makes the scene from random numbers; some of its inner <b>units</b> draw trees, others doors. Under your
brush, and only there, it draws with what it does in another scene, or with the units of the thing. A picture of yours
can be painted on, too: the generator draws it first, and what your brush changes is put back into it.</p></details>
"""
# One function in the browser, in this order: what is kept, who is asked, what is shown, what is done.
SCRIPTS = ("session.js", "server.js", "view.js", "pointer.js", "palette.js", "findings.js", "history.js", "live.js",
           "scenes.js", "explain.js",
           "own.js", "link.js", "board.js")  # fmt: skip


def paint_tab(page: Page) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    home = files("demos.paint")
    gr.HTML(INTRODUCTION, elem_classes="introduction")
    calls = gr.HTML(
        _opened(page.model.value),
        html_template=home.joinpath("board.html").read_text(encoding="utf-8"),
        js_on_load="\n".join(home.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS),
        apply_default_css=False,
        elem_id="paint-tab",
    )
    page.on_entry(lambda token: [_opened(page.chosen(token))], [calls])
    page.model.change(_opened, page.model, calls, show_progress="hidden", **LISTENER)


def _opened(model: Any) -> dict[str, Any]:
    """The component's value: the key of the model to paint with."""
    return {"model": model}


TAB = Tab(
    "Paint", paint_tab, css=Path(__file__).with_name("board.css"), routes=routes, endpoints=endpoints, longest=LONGEST
)
