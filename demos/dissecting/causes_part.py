"""The part of the tab that tests what units cause."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from demos.dissecting.causes import cause, most_units, told, usual_units, wanted
from demos.dissecting.jobs import Job
from demos.dissecting.layout import Layout
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

    def connect(self, layout: Layout) -> None:
        """Connect the controls."""
        layout.connect(self.concept.input, choose, [self.concept])
        layout.connect(self.test.click, ask, [self.concept, self.count])

    def show(self, state: PageState) -> Sequence[Any]:
        current = state.current()
        if current is None or not (concepts := current.concepts()):
            return gr.Dropdown(choices=[], value=None), gr.skip(), gr.Button(interactive=False), ""
        best = current.dissection.best(state.unit).concept
        concept = next(name for name in (state.concept, best, *concepts) if name in concepts)
        known = state.findings(current).causes.get(concept)
        count = usual_units(current) if known is None else len(known.effect.units)
        return (
            gr.Dropdown(choices=concepts, value=concept),
            gr.Slider(maximum=most_units(current), value=count),
            gr.Button(interactive=not state.busy),
            HINT if known is None else told(known),
        )


def choose(state: PageState, concept: Any) -> None:
    """Look at what is known of another concept."""
    state.concept = wanted(state.opened(), concept, 1).concept


def ask(state: PageState, concept: Any, count: Any) -> None:
    """Find out in the background what units of ``concept`` cause."""
    current = state.opened()
    asked = wanted(current, concept, count)
    state.concept = asked.concept
    found = state.findings(current).causes

    def task(reporter: Any) -> None:
        found[asked.concept] = cause(current, asked, reporter)

    about = f"{state.key}/{state.layer}/causes/{id(state)}"
    state.start(Job(about, f"Testing what {asked.concept} units cause", task, stages=2))
