"""The part of the tab that mends."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import gradio as gr
from torch import Tensor

from demos.dissecting.jobs import Job
from demos.dissecting.layout import Layout
from demos.dissecting.marks import marks_html, marks_of
from demos.dissecting.page_state import PageState

if TYPE_CHECKING:
    from demos.dissecting.mending import Attempt

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
            self.mark = gr.Button("Mark by hand", elem_id="dissect-mark", scale=0, min_width=150)
        script = files("demos.dissecting").joinpath("marks.js").read_text(encoding="utf-8")
        self.marks = gr.HTML("", js_on_load=script, apply_default_css=False, elem_id="dissect-marks")
        self.shown = gr.HTML("", elem_id="dissect-mended")
        self.outputs: list[Any] = [self.start, self.file, self.mark, self.marks, self.shown]

    def connect(self, layout: Layout) -> None:
        """Connect the buttons."""
        layout.connect(self.start.click, mend)
        layout.connect(self.mark.click, begin_to_mark)
        layout.connect_choice(self.marks.mark, "places", mend_by_marks)

    def show(self, state: PageState) -> Sequence[Any]:
        found = state.attempt()
        file = None if found is None or found.file is None else str(found.file)
        return (
            gr.Button(interactive=not state.busy),
            gr.DownloadButton(value=file, visible=file is not None),
            gr.Button(interactive=not state.busy),
            marks_html(state.dissectable) if (state.key, state.layer) == state.marking else "",
            "" if found is None else _told(found),
        )


def begin_to_mark(state: PageState) -> None:
    """Show the pictures to mark."""
    state.marking = (state.key, state.layer)


def mend_by_marks(state: PageState, places: Any) -> None:
    """Try to mend the selected layer by the pictures that a person marked as bad."""
    mend(state, marks_of(places))


def mend(state: PageState, marks: Tensor | None = None) -> None:
    """Try to mend the selected layer, in the background."""
    from demos.dissecting.mending import STAGES, attempt  # with all that mends: not before somebody asks

    dissectable, layer = state.dissectable, state.layer
    folder, store = state.folder(f"mended-{dissectable.key}-{layer}"), state.shared.store
    state.marking = None

    def task(reporter: Any) -> None:
        found = attempt(dissectable, layer, folder, reporter, marks)
        if found.file is not None:
            store.keep_mended(dissectable.key, layer, found.file)
        state.attempts[dissectable.key, layer, dissectable.bound] = found

    state.start(Job(f"{dissectable.key}/{layer}/mend/{id(state)}", f"Mending {layer}", task, STAGES))


def _told(found: Attempt) -> str:
    from demos.dissecting.mended import told  # as above

    return told(found)
