"""The controls beside everything else: layer, segmenter, number of pictures, start, progress, cancel."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import gradio as gr

from core_gans.foundation.html import tag
from demos.dissecting.layout import RAW, Stage
from demos.dissecting.measuring import FEWEST, MOST, STEP, USUAL
from demos.dissecting.page_state import PageState
from demos.dissecting.progress import shown
from demos.page import told
from dissect.segmenters.named import SEGMENTERS, seeing

LOOK_SECONDS = 0.7  # between two looks at a job

ABOUT = (
    "<p>Early layers lay out the picture, late ones draw edges and colours; things are in the middle. "
    "✓ is dissected already.</p>"
)


class Controls:
    """What is to be dissected."""

    def __init__(self) -> None:
        self.layer = gr.Dropdown([], label="Layer", elem_id="dissect-layer", filterable=False)
        self.about = gr.HTML("", elem_classes="dissect-about")
        self.eye = gr.Radio([], label="Who says what is seen", elem_id="dissect-eye")
        self.why = gr.HTML("", elem_classes="dissect-about")
        self.images = gr.Slider(FEWEST, MOST, USUAL, step=STEP, label="Pictures", elem_id="dissect-images",
                                info="More take longer, and make the numbers surer.")  # fmt: skip
        self.run = gr.Button("Dissect", variant="primary", elem_id="dissect-run")
        self.outputs: list[Any] = [self.layer, self.about, self.eye, self.why, self.images, self.run]

    def connect(self, stage: Stage) -> None:
        """Connect the controls."""
        stage.connect(self.layer.input, PageState.choose_layer, [self.layer])
        stage.connect(self.eye.input, PageState.choose_eye, [self.eye])
        stage.connect(self.run.click, PageState.run, [self.layer, self.eye, self.images])

    def show(self, desk: PageState) -> Sequence[Any]:
        subject, dissected = desk.subject, desk.dissected()
        choices = [
            (f"{name}: {units} units, {height}×{width}{' ✓' if name in dissected else ''}", name)
            for name, (units, height, width) in subject.layers.items()
        ]
        return (
            gr.Dropdown(choices=choices, value=desk.layer),
            ABOUT,
            gr.Radio(choices=[(each.title, name) for name, each in seeing(subject.shape).items()], value=desk.eye),
            tag("p", SEGMENTERS[desk.eye].told(subject.shape, subject.data)),
            desk.images,
            gr.Button("Dissect again" if desk.layer in dissected else "Dissect", interactive=not desk.busy),
        )


class Progress:
    """How far the job is, and its end."""

    def __init__(self) -> None:
        self.course = gr.HTML("", elem_id="dissect-course")
        self.cancel = gr.Button("Cancel", size="sm", visible=False, elem_id="dissect-cancel")
        self.timer = gr.Timer(LOOK_SECONDS, active=False)
        self.outputs: list[Any] = [self.course, self.cancel, self.timer]

    def connect(self, stage: Stage) -> None:
        """Connect the clock and the button."""

        def tick(token: Any) -> list[Any]:
            with told():
                desk = stage.desk(token)
                if desk.settle():
                    return stage.page.lab.work.do(stage.show, desk)
            mine = iter(self.show(desk))
            return [next(mine) if output in self.outputs else gr.skip() for output in stage.outputs]

        stage.connect(self.cancel.click, PageState.cancel)
        free: dict[str, Any] = {
            "concurrency_id": "dissect-look",
            "concurrency_limit": None,
            "api_visibility": "private",
        }
        self.timer.tick(tick, stage.page.token, stage.outputs, **RAW, **free)

    def show(self, desk: PageState) -> Sequence[Any]:
        ending = desk.job is not None and desk.job.ending
        return (
            shown(desk.job, time.monotonic(), desk.aside),
            gr.Button(visible=desk.busy, interactive=not ending),
            gr.Timer(active=desk.busy),
        )
