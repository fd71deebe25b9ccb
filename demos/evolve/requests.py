"""What a person asks of an evolution, and what a run was asked for: both checked, both summed up in a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from demos.evolve.settings import SETTINGS
from egan.mutations import KNOWN
from egan.options import Evolution, evolution_from
from egan.pictures.colours import words
from egan.selection import Name

SELECTIONS: tuple[str, ...] = get_args(Name)
FITNESSES = ("paper", "frechet", "kernel")
LEAST, LONGEST = 1.0, 900.0  # seconds of one evolution
MOST_PARENTS = 4
LARGEST_GAMMA = 10.0


@dataclass(frozen=True)
class EvolutionRequest:
    """What a person asks for. Every field is checked: it may come from anywhere."""

    data: str = "ring"
    mutations: tuple[str, ...] = ("minimax", "heuristic", "least_squares")
    parents: int = 1
    gamma: float = 0.05
    selection: str = "best"
    fitness: str = "paper"
    seconds: float = 90.0

    def __post_init__(self) -> None:
        _require_known("data set here", self.data, SETTINGS)
        if not self.mutations:
            raise ValueError("choose at least one mutation: without any there are no children")
        for name in self.mutations:  # a mutation module:name would import what a stranger names
            _require_known("mutation", name, KNOWN)
        _require_known("selection", self.selection, SELECTIONS)
        _require_known("fitness", self.fitness, FITNESSES)
        if not 1 <= self.parents <= MOST_PARENTS:  # NaN is refused by these comparisons, too
            raise ValueError(f"expected 1 to {MOST_PARENTS} parents, got {self.parents}")
        if not 0 <= self.gamma <= LARGEST_GAMMA:
            raise ValueError(f"expected a weight of diversity from 0 to {LARGEST_GAMMA:g}, got {self.gamma}")
        require_seconds(self.seconds)

    def evolution(self) -> Evolution:
        """The same in the words of the command line."""
        return Evolution(
            mutations=self.mutations,
            parents=self.parents,
            gamma=self.gamma,
            selection=self.selection,  # type: ignore[arg-type]  # checked above
            fitness=self.fitness,  # type: ignore[arg-type]
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


def request_from(
    data: Any,
    mutations: Any,
    parents: Any,
    gamma: Any,
    seconds: Any,
    selection: Any = "best",
    fitness: Any = "paper",
) -> EvolutionRequest:
    """A request from what came from the browser, which may be anything. ValueError says what is wrong with it."""
    if not isinstance(mutations, list) or not all(isinstance(name, str) for name in mutations):
        raise ValueError(f"expected a list of mutations, got {_short(mutations)}")
    for what, name in (("data set", data), ("selection", selection), ("fitness", fitness)):
        if not isinstance(name, str):
            raise ValueError(f"expected the name of a {what}, got {_short(name)}")
    for what, number in (("parents", parents), ("weight of diversity", gamma), ("seconds", seconds)):
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ValueError(f"expected a number for {what}, got {_short(number)}")
    if parents != parents // 1:
        raise ValueError(f"expected a whole number of parents, got {_short(parents)}")
    return EvolutionRequest(
        data, tuple(dict.fromkeys(mutations)), int(parents), float(gamma), selection, fitness, float(seconds)
    )


def require_seconds(seconds: Any) -> float:
    """The seconds as a number. ValueError for what is none, or too short or too long."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not LEAST <= seconds <= LONGEST:
        raise ValueError(f"expected {LEAST:g} to {LONGEST:g} seconds, got {_short(seconds)}")
    return float(seconds)


def _require_known(kind: str, name: str, known: Mapping[str, Any] | tuple[str, ...]) -> None:
    if name not in known:
        raise unknown_name(kind, name[:80], known)


def _short(value: Any) -> str:
    return repr(value)[:80]
