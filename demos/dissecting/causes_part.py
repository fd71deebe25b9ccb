"""The part of the tab that tests what units cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import gradio as gr

from demos.dissecting.causes import Asked, cause, most_units, told, usual_units, wanted
from demos.dissecting.jobs import Job, ProgressReporter
from demos.dissecting.layout import Layout
from demos.dissecting.open_dissection import OpenDissection
from demos.dissecting.page_state import PageState
from demos.dissecting.responses import contexts, contexts_told, dose, dose_told

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
        with gr.Row(elem_classes="ask further"):
            self.dose = gr.Button("How many does it take?", elem_id="dissect-dose", min_width=190, scale=0)
            self.put = gr.Button("Where can it be put?", elem_id="dissect-put", min_width=170, scale=0)
        self.shown = gr.HTML("", elem_id="dissect-causes")
        self.outputs: list[Any] = [self.concept, self.count, self.test, self.dose, self.put, self.shown]

    def connect(self, layout: Layout) -> None:
        """Connect the controls."""
        layout.connect(self.concept.input, choose, [self.concept])
        for button, step in ((self.test, ask), (self.dose, ask_dose), (self.put, ask_contexts)):
            layout.connect(button.click, step, [self.concept, self.count])

    def show(self, state: PageState) -> Sequence[Any]:
        current = state.current()
        if current is None or not (concepts := current.concepts()):
            closed = [gr.Button(interactive=False)] * 3
            return gr.Dropdown(choices=[], value=None), gr.skip(), *closed, ""
        best = current.dissection.best(state.unit).concept
        concept = next(name for name in (state.concept, best, *concepts) if name in concepts)
        found = state.findings(current)
        known = found.causes.get(concept)
        parts = [
            HINT if known is None else told(known),
            dose_told(found.doses[concept]) if concept in found.doses else "",
            contexts_told(found.contexts[concept], current) if concept in found.contexts else "",
        ]
        count = usual_units(current) if known is None else len(known.effect.units)
        return (
            gr.Dropdown(choices=concepts, value=concept),
            gr.Slider(maximum=most_units(current), value=count),
            *[gr.Button(interactive=not state.busy)] * 3,
            "".join(parts),
        )


def choose(state: PageState, concept: Any) -> None:
    """Look at what is known of another concept."""
    state.concept = wanted(state.opened(), concept, 1).concept


def ask(state: PageState, concept: Any, count: Any) -> None:
    """Find out in the background what units of ``concept`` cause."""
    _ask(state, concept, count, cause, state.findings(state.opened()).causes, 2)


def ask_dose(state: PageState, concept: Any, count: Any) -> None:
    """How much of ``concept`` goes with how many of its units."""
    _ask(state, concept, count, dose, state.findings(state.opened()).doses, 1)


def ask_contexts(state: PageState, concept: Any, count: Any) -> None:
    """Where units of ``concept`` draw it."""
    _ask(state, concept, count, contexts, state.findings(state.opened()).contexts, 1)


def _ask(
    state: PageState,
    concept: Any,
    count: Any,
    measure: Callable[[OpenDissection, Asked, ProgressReporter], Any],
    found: dict[str, Any],
    stages: int,
) -> None:
    current = state.opened()
    asked = wanted(current, concept, count)
    state.concept = asked.concept

    def task(reporter: ProgressReporter) -> None:
        found[asked.concept] = measure(current, asked, reporter)

    about = f"{state.key}/{state.layer}/causes/{id(state)}"
    state.start(Job(about, f"Testing what {asked.concept} units cause", task, stages))
