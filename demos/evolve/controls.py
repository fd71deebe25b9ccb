"""What a person sets before an evolution starts: data, mutations, parents, what selects, how long."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr

from core_gans.foundation.html import tag
from demos.evolve.requests import FITNESSES, LONGEST, MOST_PARENTS, PAPERS, SELECTIONS, EvolutionRequest
from demos.evolve.settings import SETTINGS
from egan.mutations import KNOWN
from egan.pictures.colours import words

FIRST_DATA = "ring"
SELECTION_WORDS = {
    "best": "best: the fittest survive",
    "tournament": "tournament of two",
    "nsga2": "NSGA-II on quality and diversity",
    "nsga3": "NSGA-III: the same, by directions",
    "annealed": "annealed: a worse child now and then",
    "random": "random: the control",
    "fixed": "fixed: the first mutation always wins",
}
FITNESS_WORDS = {
    "paper": "the paper's: quality + γ · diversity",
    "frechet": "Fréchet distance to real examples",
    "kernel": "kernel distance to real examples",
}


@dataclass(frozen=True)
class Controls:
    """The controls, laid out where they were made."""

    data: gr.Radio
    mutations: gr.CheckboxGroup
    more: gr.CheckboxGroup
    parents: gr.Slider
    gamma: gr.Slider
    selection: gr.Dropdown
    fitness: gr.Dropdown
    seconds: gr.Slider

    @property
    def all(self) -> list[Any]:
        return [self.data, self.mutations, self.more, self.parents, self.gamma, self.seconds, self.selection,
                self.fitness]  # fmt: skip

    def showing(self, request: EvolutionRequest | None) -> list[Any]:
        """Values for all of them that ask for ``request``; they stay as they are where there is none."""
        if request is None:
            return [gr.skip()] * len(self.all)
        paper = [name for name in request.mutations if name in PAPERS]
        more = [name for name in request.mutations if name not in PAPERS]
        return [
            request.data,
            paper,
            more,
            request.parents,
            request.gamma,
            request.seconds,
            request.selection,
            request.fitness,
        ]


def controls() -> Controls:
    """Lay them out; call it inside a column."""
    setting = SETTINGS[FIRST_DATA]
    data = gr.Radio(list(SETTINGS), value=FIRST_DATA, label="Data", elem_id="evolve-data")
    about = gr.HTML(_about(FIRST_DATA), elem_classes="about")
    mutations = gr.CheckboxGroup(_named(PAPERS), value=list(PAPERS), label="Mutations", elem_id="evolve-mutations")
    with gr.Accordion("More mutations", open=False, elem_id="evolve-more"):
        others = [name for name in KNOWN if name not in PAPERS]
        more = gr.CheckboxGroup(_named(others), value=[], label="More mutations", show_label=False)
    parents = gr.Slider(1, MOST_PARENTS, 1, step=1, label="Parents that survive", elem_id="evolve-parents")
    gamma = gr.Slider(0, 1, setting.gamma, step=0.01, label="Weight of diversity (γ)", elem_id="evolve-gamma")
    with gr.Accordion("Who survives", open=False, elem_id="evolve-selecting"):
        selection = gr.Dropdown(
            [(SELECTION_WORDS[name], name) for name in SELECTIONS], value="best", label="Selection", filterable=False
        )
        fitness = gr.Dropdown(
            [(FITNESS_WORDS[name], name) for name in FITNESSES], value="paper", label="Fitness", filterable=False
        )
    seconds = gr.Slider(10, LONGEST, setting.seconds, step=10, label="Seconds", elem_id="evolve-seconds")

    def suit(name: Any) -> tuple[Any, ...]:
        known = SETTINGS.get(name) if isinstance(name, str) else None
        return (gr.skip(), gr.skip()) if known is None else (known.gamma, known.seconds)

    private: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    data.input(suit, data, [gamma, seconds], **private)
    data.change(_about, data, about, **private)  # also when a reload restores what was chosen
    return Controls(data, mutations, more, parents, gamma, selection, fitness, seconds)


def _named(names: Sequence[str]) -> list[tuple[str, str]]:
    return [(words(name).capitalize(), name) for name in names]


def _about(data: Any) -> str:
    known = SETTINGS.get(data) if isinstance(data, str) else None
    return "" if known is None else tag("p", known.about)
