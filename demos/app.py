"""The app: one page, two tabs."""

from __future__ import annotations

import gradio as gr

from demos.endpoints import endpoints
from demos.evolve_tab import evolve_tab
from demos.evolving import Workshop
from demos.loops import within_a_loop
from demos.paint_tab import paint_tab
from demos.painter import Painter

TITLE = "GAN lab"


def build(painter: Painter | None = None, workshop: Workshop | None = None) -> gr.Blocks:
    """The app's page, not yet served.

    ``painter`` defaults to the generator that comes with the lab, ``workshop`` to one that keeps its runs in runs/.
    """
    painter, workshop = painter or Painter.shipped(), workshop or Workshop()
    return within_a_loop(lambda: _page(painter, workshop))


def _page(painter: Painter, workshop: Workshop) -> gr.Blocks:
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML("<h1>GAN lab</h1><p>Generative networks, evolved and opened up.</p>", elem_id="masthead")
        with gr.Tabs():
            with gr.Tab("Paint", id="paint"):
                paint_tab(painter)
            with gr.Tab("Evolve", id="evolve"):
                evolve_tab(workshop)
        endpoints(painter)
    return blocks
