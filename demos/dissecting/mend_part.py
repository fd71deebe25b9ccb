"""The part of the tab that mends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from demos.dissecting.jobs import Job
from demos.dissecting.layout import Stage
from demos.dissecting.mended import told
from demos.dissecting.mending import STAGES, attempt
from demos.dissecting.page_state import PageState

HINT = """
<p class="dissect-hint">Some units light up in pictures that look wrong. The lab suspects those whose brightest pictures
are furthest from real ones, takes the worst of the layer away, and measures on other pictures whether the generator
comes nearer to real ones. Random units are the control. It takes a minute or more.</p>
"""


class Mend:
    """Start, and what came of it."""

    def __init__(self) -> None:
        self.hint = gr.HTML(HINT)
        with gr.Row(elem_classes="ask"):
            self.start = gr.Button("Find and mend", variant="primary", elem_id="dissect-mend", scale=0, min_width=160)
            self.file = gr.DownloadButton("Mended generator", visible=False, elem_id="dissect-mended-file", scale=0,
                                          min_width=180)  # fmt: skip
        self.shown = gr.HTML("", elem_id="dissect-mended")
        self.outputs: list[Any] = [self.start, self.file, self.shown]

    def connect(self, stage: Stage) -> None:
        """Connect the button."""
        stage.connect(self.start.click, mend)

    def show(self, desk: PageState) -> Sequence[Any]:
        found = desk.attempts.get((desk.key, desk.layer))
        file = None if found is None or found.file is None else str(found.file)
        return (
            gr.Button(interactive=not desk.busy),
            gr.DownloadButton(value=file, visible=file is not None),
            "" if found is None else told(found),
        )


def mend(desk: PageState) -> None:
    """Try to mend the layer at hand, in the background."""
    subject, layer = desk.subject, desk.layer
    folder = desk.folder(f"mended-{subject.key}-{layer}")

    def task(course: Any) -> None:
        desk.attempts[subject.key, layer] = attempt(subject, layer, folder, course)

    desk.start(Job(f"{subject.key}/{layer}/mend/{id(desk)}", f"Mending {layer}", task, STAGES))
