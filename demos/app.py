"""The app: one page, five tabs that share one model picker."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from demos.dissecting.tab import dissect_tab
from demos.evolve.tab import evolve_tab
from demos.exploring.tab import explore_tab
from demos.lab import Lab
from demos.loops import within_a_loop
from demos.page import Page
from demos.paint.endpoints import endpoints
from demos.paint.tab import paint_tab
from demos.variants.tab import variants_tab

TITLE = "GAN lab"
TABS = {
    "Paint": paint_tab,
    "Evolve": evolve_tab,
    "Dissect": dissect_tab,
    "Explore": explore_tab,
    "Variants": variants_tab,
}


def build(lab: Lab | None = None) -> gr.Blocks:
    """The app's page, not yet served; ``lab`` defaults to one that keeps its runs in runs/."""
    lab = lab or Lab.at(Path("runs"))
    return within_a_loop(lambda: _page(lab))


def _page(lab: Lab) -> gr.Blocks:
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        with gr.Row(elem_id="top"):
            gr.HTML("<h1>GAN lab</h1><p>Generative networks, evolved and opened up.</p>", elem_id="masthead")
            page = Page(lab)
        with gr.Tabs(elem_id="tabs"):
            for name, tab in TABS.items():
                with gr.Tab(name, id=name.lower()):
                    tab(page)
        page.connect(blocks)
        endpoints(lab)
    return blocks
