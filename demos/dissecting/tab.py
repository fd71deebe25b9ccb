"""The tab, laid out and connected."""

from __future__ import annotations

import gradio as gr

from demos.page import Page


def dissect_tab(page: Page) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    del page
    gr.HTML("", elem_classes="introduction")
