"""The part of the tab that writes the report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from core_gans.foundation.html import tag
from demos.dissecting.jobs import Job
from demos.dissecting.layout import Layout
from demos.dissecting.page_state import PageState

HINT = """
<p class="dissect-hint">A page that stands alone: every unit with its pictures, the concepts, the causes tested here,
the layers compared, and what the numbers do not say. The ZIP adds every number as JSON and CSV, the pictures as PNG,
and a script that does it all again.</p>
"""


class ReportPart:
    """Start, and the files."""

    def __init__(self) -> None:
        self.hint = gr.HTML(HINT)
        with gr.Row(elem_classes="ask"):
            self.start = gr.Button("Write the report", variant="primary", elem_id="dissect-report", scale=0,
                                   min_width=160)  # fmt: skip
            self.page = gr.DownloadButton("The page", visible=False, elem_id="dissect-report-page", scale=0,
                                          min_width=120)  # fmt: skip
            self.everything = gr.DownloadButton("Everything (ZIP)", visible=False, elem_id="dissect-report-zip",
                                                scale=0, min_width=150)  # fmt: skip
        self.told = gr.HTML("", elem_id="dissect-report-told")
        self.outputs: list[Any] = [self.start, self.page, self.everything, self.told]

    def connect(self, layout: Layout) -> None:
        """Connect the button."""
        layout.connect(self.start.click, write)

    def show(self, state: PageState) -> Sequence[Any]:
        current = state.current()
        if current is None:
            nothing = gr.DownloadButton(visible=False)
            return gr.Button("Write the report", interactive=False), nothing, nothing, ""
        found = state.findings(current)
        tested = ", ".join(found.causes) or "none yet; the part Causes tests them"
        there = found.report is not None
        page, everything = (str(found.report.page), str(found.report.everything)) if found.report else (None, None)
        return (
            gr.Button("Write it again" if there else "Write the report", interactive=not state.busy),
            gr.DownloadButton(value=page, visible=there),
            gr.DownloadButton(value=everything, visible=there),
            tag("p", f"Causes tested for this layer: {tested}.", class_="dissect-hint"),
        )


def write(state: PageState) -> None:
    """Write the report of the selected layer, in the background."""
    from demos.dissecting.exporting import export  # with all that writes reports: not before somebody asks

    current = state.opened()
    found, folder = state.findings(current), state.folder(f"report-{state.key}-{state.layer}")
    effects = [cause.effect for cause in found.causes.values()]
    layers, model = state.comparable(current), state.shared.store.path_of(state.key)

    def task(reporter: Any) -> None:
        found.report = export(current, effects, layers, folder, reporter, model)

    state.start(Job(f"{state.key}/{state.layer}/report/{id(state)}", "Writing the report", task, stages=2))
