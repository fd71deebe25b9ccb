"""The part of the tab that tests what units cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from demos.dissecting.causes import cause, most_units, told, usual_units, wanted
from demos.dissecting.jobs import Job
from demos.dissecting.layout import Stage
from demos.dissecting.page_state import PageState

HINT = """
<p class="dissect-hint">A unit that lights up on trees need not <em>make</em> them. The test takes away the units that
agree best with a concept, counts every pixel again, and does the same with as many units chosen at random.</p>
"""


class Causes:
    """Concept, number of units, and what they were found to do."""

    def __init__(self) -> None:
        with gr.Row(elem_classes="ask"):
            self.concept = gr.Dropdown([], label="Concept", elem_id="dissect-concept", filterable=False, min_width=160)
            self.count = gr.Slider(1, 2, 1, step=1, label="Units", elem_id="dissect-count", min_width=220,
                                   info="Those that agree with it best.")  # fmt: skip
            self.test = gr.Button("Test", variant="primary", elem_id="dissect-test", min_width=110, scale=0)
        self.shown = gr.HTML("", elem_id="dissect-causes")
        self.outputs: list[Any] = [self.concept, self.count, self.test, self.shown]

    def connect(self, stage: Stage) -> None:
        """Connect the controls."""
        stage.connect(self.concept.input, choose, [self.concept])
        stage.connect(self.test.click, ask, [self.concept, self.count])

    def show(self, desk: PageState) -> Sequence[Any]:
        specimen = desk.specimen()
        if specimen is None or not (concepts := specimen.concepts()):
            return gr.Dropdown(choices=[], value=None), gr.skip(), gr.Button(interactive=False), ""
        best = specimen.dissection.best(desk.unit).concept
        concept = next(name for name in (desk.concept, best, *concepts) if name in concepts)
        known = desk.findings(specimen).causes.get(concept)
        count = usual_units(specimen) if known is None else len(known.effect.units)
        return (
            gr.Dropdown(choices=concepts, value=concept),
            gr.Slider(maximum=most_units(specimen), value=count),
            gr.Button(interactive=not desk.busy),
            HINT if known is None else told(known),
        )


def choose(desk: PageState, concept: Any) -> None:
    """Snapshot at what is known of another concept."""
    desk.concept = wanted(desk.opened(), concept, 1).concept


def ask(desk: PageState, concept: Any, count: Any) -> None:
    """Find out in the background what units of ``concept`` cause."""
    specimen = desk.opened()
    asked = wanted(specimen, concept, count)
    desk.concept = asked.concept
    found = desk.findings(specimen).causes

    def task(course: Any) -> None:
        found[asked.concept] = cause(specimen, asked, course)

    about = f"{desk.key}/{desk.layer}/causes/{id(desk)}"
    desk.start(Job(about, f"Testing what {asked.concept} units cause", task, stages=2))
