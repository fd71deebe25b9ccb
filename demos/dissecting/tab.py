"""The tab, laid out and connected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from core_gans.foundation.html import tag
from demos.dissecting.causes_part import Causes
from demos.dissecting.head import Controls, Progress
from demos.dissecting.layout import RAW, Layout
from demos.dissecting.mend_part import Mend
from demos.dissecting.page_state import PageState
from demos.dissecting.report_part import ReportPart
from demos.dissecting.units_part import Sheet, Summary, Units
from demos.glossary import term
from demos.job_queue import LISTENER
from demos.model_store import SHIPPED
from demos.page import Page, told
from demos.tab import Tab

INTRODUCTION = f"""
<h2>Open the network up.</h2> <p>A layer of a generator has many {term("unit", "units")}. Dissection asks which of them
are on where a thing is, and then tests it: remove them, and see whether the thing vanishes.</p>
"""


def dissect_tab(page: Page) -> None:
    """Lay out the tab and connect it; call it inside a ``gr.Tab``."""
    layout = Layout(page)
    gr.HTML(INTRODUCTION, elem_classes="introduction")
    notice = gr.HTML("", elem_id="dissect-notice")
    with gr.Row(elem_classes="panels dissecting", visible=True) as panels:
        with gr.Column(elem_classes="tools", scale=3, min_width=250):
            controls = Controls()
        with gr.Column(scale=9, min_width=320):
            summary = Summary()
            progress = Progress()
            with gr.Tabs(elem_id="dissect-tabs"):
                with gr.Tab("Units", id="units"):
                    units, sheet = _units()
                with gr.Tab("Causes", id="causes"):
                    causes = Causes()
                with gr.Tab("Mend", id="mend"):
                    mending = Mend()
                with gr.Tab("Report", id="report"):
                    report = ReportPart()
    layout.parts += [controls, progress, summary, units, sheet, causes, mending, report]
    units.connect(layout, sheet)
    for part in (controls, progress, causes, mending, report):
        part.connect(layout)

    around = [notice, panels]

    def show(state: PageState, key: Any) -> list[Any]:
        """Everything about the model called ``key``, or in one line why there is nothing to show."""
        try:
            state.open(key)
            shown = layout.show(state)
        except (ValueError, OSError) as error:
            line = tag("p", str(error), class_="dissect-empty")
            return [line, gr.Row(visible=False), *(gr.skip() for _ in layout.outputs)]
        return ["", gr.Row(visible=True), *shown]

    def restore(token: str) -> Sequence[Any]:
        chosen = page.chosen(token)
        there = any(entry.key == chosen for entry in page.lab.store.entries())
        return page.lab.work.do(show, layout.state(token), chosen if there else SHIPPED)

    def enter(token: Any, key: Any) -> list[Any]:
        with told():
            return page.lab.work.do(show, layout.state(token), key)

    page.on_entry(restore, [*around, *layout.outputs])
    page.model.change(enter, [page.token, page.model], [*around, *layout.outputs], **RAW, **LISTENER)


def _units() -> tuple[Units, Sheet]:
    with gr.Row(elem_classes="browse"):
        with gr.Column(scale=6, min_width=300):
            units = Units()
        with gr.Column(scale=7, min_width=300):
            sheet = Sheet()
    return units, sheet


TAB = Tab("Dissect", dissect_tab, css=Path(__file__).with_name("dissect.css"))
