"""The controls beside everything else: layer, segmenter, number of pictures, start, progress, cancel."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import gradio as gr

from core_gans.foundation.html import tag
from demos.dissecting.layout import RAW, Layout
from demos.dissecting.measuring import FEWEST, MOST, STEP, USUAL
from demos.dissecting.page_state import PageState
from demos.dissecting.progress import shown
from demos.page import told
from dissect.segmenters.named import SEGMENTERS, seeing

LOOK_SECONDS = 0.7  # between two questions about a job

ABOUT = (
    "<p>Early layers lay out the picture, late ones draw edges and colours; things are in the middle. "
    "✓ is dissected already.</p>"
)


class Controls:
    """What is to be dissected."""

    def __init__(self) -> None:
        self.layer = gr.Dropdown([], label="Layer", elem_id="dissect-layer", filterable=False)
        self.about = gr.HTML("", elem_classes="dissect-about")
        self.segmenter_choice = gr.Radio([], label="Segmenter", elem_id="dissect-eye")
        self.why = gr.HTML("", elem_classes="dissect-about")
        self.images = gr.Slider(FEWEST, MOST, USUAL, step=STEP, label="Pictures", elem_id="dissect-images",
                                info="More take longer, and make the numbers surer.")  # fmt: skip
        self.run = gr.Button("Dissect", variant="primary", elem_id="dissect-run")
        self.outputs: list[Any] = [self.layer, self.about, self.segmenter_choice, self.why, self.images, self.run]

    def connect(self, layout: Layout) -> None:
        """Connect the controls."""
        layout.connect(self.layer.input, PageState.choose_layer, [self.layer])
        layout.connect(self.segmenter_choice.input, PageState.choose_segmenter, [self.segmenter_choice])
        layout.connect(self.run.click, PageState.run, [self.layer, self.segmenter_choice, self.images])

    def show(self, state: PageState) -> Sequence[Any]:
        dissectable, dissected = state.dissectable, state.dissected()
        choices = [
            (f"{name}: {units} units, {height}×{width}{' ✓' if name in dissected else ''}", name)
            for name, (units, height, width) in dissectable.layers.items()
        ]
        return (
            gr.Dropdown(choices=choices, value=state.layer),
            ABOUT,
            gr.Radio(
                choices=[(each.title, name) for name, each in seeing(dissectable.shape).items()],
                value=state.segmenter_choice,
            ),
            tag("p", SEGMENTERS[state.segmenter_choice].told(dissectable.shape, dissectable.data)),
            state.images,
            gr.Button("Dissect again" if state.layer in dissected else "Dissect", interactive=not state.busy),
        )


class Progress:
    """How far the job is, and its end."""

    def __init__(self) -> None:
        self.reporter = gr.HTML("", elem_id="dissect-progress")
        self.cancel = gr.Button("Cancel", size="sm", visible=False, elem_id="dissect-cancel")
        self.timer = gr.Timer(LOOK_SECONDS, active=False)
        self.outputs: list[Any] = [self.reporter, self.cancel, self.timer]

    def connect(self, layout: Layout) -> None:
        """Connect the clock and the button."""

        def tick(token: Any) -> list[Any]:
            with told():
                state = layout.state(token)
                if state.settle():
                    return layout.page.lab.work.do(layout.show, state)
            mine = iter(self.show(state))
            return [next(mine) if output in self.outputs else gr.skip() for output in layout.outputs]

        layout.connect(self.cancel.click, PageState.cancel)
        free: dict[str, Any] = {
            "concurrency_id": "dissect-look",
            "concurrency_limit": None,
            "api_visibility": "private",
        }
        self.timer.tick(tick, layout.page.token, layout.outputs, **RAW, **free)

    def show(self, state: PageState) -> Sequence[Any]:
        ending = state.job is not None and state.job.asked_to_end
        return (
            shown(state.job, time.monotonic(), state.aside),
            gr.Button(visible=state.busy, interactive=not ending),
            gr.Timer(active=state.busy),
        )
