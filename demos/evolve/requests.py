"""What a person asks of an evolution, and what a run was asked for: both checked, both summed up in a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from core_gans.foundation.errors import LabError
from demos.evolve.settings import SETTINGS
from demos.json_models import DISTINCT, JsonModel, expected, known, sequence
from egan.mutations import KNOWN, PAPER
from egan.options import Evolution, evolution_from
from egan.pictures.colours import words
from egan.selection import Name as SelectionName

SELECTIONS: tuple[str, ...] = get_args(SelectionName)
Fitness = Literal["paper", "frechet", "kernel"]
FITNESSES: tuple[str, ...] = get_args(Fitness)
PAPERS = tuple(each.name for each in PAPER)  # mutations
LEAST, LONGEST = 1.0, 900.0  # seconds of one evolution
MOST_PARENTS = 4
LARGEST_GAMMA = 10.0


class Seconds(JsonModel):
    """How long to evolve, or to go on."""

    seconds: float = expected(f"{LEAST:g} to {LONGEST:g} seconds", ge=LEAST, le=LONGEST, default=90.0)


class EvolutionRequest(Seconds):
    """What a person asks for. Every field is checked: it may come from anywhere."""

    data: Annotated[str, known("data set here", SETTINGS)] = expected("the name of a data set", default="ring")
    # A mutation module:name would import what a stranger names.
    mutations: Annotated[tuple[Annotated[str, known("mutation", KNOWN)], ...], DISTINCT] = sequence(
        "a list of at least one mutation, since without any there are no children", min_length=1, default=PAPERS
    )
    parents: int = expected(f"1 to {MOST_PARENTS} parents", ge=1, le=MOST_PARENTS, default=1)
    gamma: float = expected(f"a weight of diversity from 0 to {LARGEST_GAMMA:g}", ge=0, le=LARGEST_GAMMA, default=0.05)
    selection: SelectionName = expected(f"a selection out of {', '.join(SELECTIONS)}", default="best")
    fitness: Fitness = expected(f"a fitness out of {', '.join(FITNESSES)}", default="paper")

    def evolution(self) -> Evolution:
        """The same in the words of the command line."""
        return Evolution(
            mutations=self.mutations,
            parents=self.parents,
            gamma=self.gamma,
            selection=self.selection,
            fitness=self.fitness,
            strategy="plus" if self.selection == "annealed" else "comma",  # it chooses between a parent and its child
        )


@dataclass(frozen=True)
class RunSummary:
    """What a run evolves: of a request, or of a run that is there already."""

    variant: str
    data: str
    evolution: Evolution

    @classmethod
    def of_request(cls, request: EvolutionRequest) -> RunSummary:
        return cls(SETTINGS[request.data].variant, request.data, request.evolution())

    @classmethod
    def of_run(cls, config: Mapping[str, Any]) -> RunSummary:
        """What a run's config.json says. LabError when it is no evolution, or one that names code of its own."""
        evolution = evolution_from(config)
        named = (config["variant"], *evolution.mutations, *evolution.discriminator_mutations)
        if own := [name for name in named if ":" in name]:
            raise LabError(f"this run plays {own[0]}, which is code of its own: continue it with `egan resume`.")
        return cls(str(config["variant"]), str(config["options"]["data"]), evolution)

    @property
    def title(self) -> str:
        return f"{self.variant} on {Path(self.data).name}"

    @property
    def details(self) -> str:
        """Mutations, parents and what selects, in a line."""
        asked = self.evolution
        parents = "1 parent" if asked.parents == 1 else f"{asked.parents} parents"
        judged = f"γ {asked.gamma:g}" if asked.fitness == "paper" else f"{asked.fitness} distance"
        return f"{', '.join(map(words, asked.mutations))} · {parents} · {judged} · {asked.selection}"
