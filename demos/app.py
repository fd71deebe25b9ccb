"""The app: one page, whose tabs share one model picker."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from demos.blocks import LabBlocks
from demos.dissecting.tab import TAB as DISSECT
from demos.evolve.tab import TAB as EVOLVE
from demos.exploring.tab import TAB as EXPLORE
from demos.lab import Lab
from demos.loops import within_a_loop
from demos.page import Page
from demos.paint.tab import TAB as PAINT
from demos.tab import Tab
from demos.variants.tab import TAB as VARIANTS

TITLE = "GAN lab"
KEPT = '<button type="button" id="kept-open" aria-haspopup="dialog">Kept pictures</button>'  # opened by kept.js
TABS: dict[str, Tab] = {tab.title: tab for tab in (PAINT, EVOLVE, DISSECT, EXPLORE, VARIANTS)}
"""The tabs by title, from the left."""


def build(lab: Lab | None = None) -> LabBlocks:
    """The app's page, not yet served: ``build().launch()`` or ``build().mount(app, "/lab")`` does that.

    ``lab`` defaults to one that keeps its runs in runs/.
    """
    lab = lab or Lab.at(Path("runs"))
    return within_a_loop(lambda: _page(lab))


def _page(lab: Lab) -> LabBlocks:
    with LabBlocks(lab, tuple(TABS.values()), title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        with gr.Row(elem_id="top"):
            gr.HTML(f"<h1>GAN lab</h1><p>Generative networks, evolved and opened up. {KEPT}</p>", elem_id="masthead")
            page = Page(lab)
        with gr.Tabs(elem_id="tabs"):
            for title, tab in TABS.items():
                with gr.Tab(title, id=title.lower()):
                    tab.build(page)
        page.connect(blocks)
        for tab in TABS.values():
            if tab.endpoints is not None:
                tab.endpoints(lab)
    return blocks
