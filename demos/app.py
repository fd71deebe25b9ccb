"""The app: one page, two tabs."""

from __future__ import annotations

import gradio as gr

from demos.paint_tab import paint_tab
from demos.painter import Painter

TITLE = "GAN lab"


def build(painter: Painter | None = None) -> gr.Blocks:
    """The app's page, not yet served. ``painter`` defaults to the generator that comes with the lab."""
    painter = painter or Painter.shipped()
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML("<h1>GAN lab</h1><p>Generative networks, evolved and opened up.</p>", elem_id="masthead")
        with gr.Tabs():
            with gr.Tab("Paint", id="paint"):
                paint_tab(painter)
    return blocks
