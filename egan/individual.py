"""An individual of the population: a generator with its optimiser, its fitness and its descent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from deap import base
from torch import Tensor, nn

from core_gans.optimizers import Optimizer, load_moments
from egan.cloning import cloned, cloned_optimizer


class Fitness(base.Fitness):
    """One number, to be maximised: what a ``Rule`` makes of quality and diversity."""

    weights = (1.0,)


@dataclass
class Record:
    """An individual's descent and marks, without its weights: what the history and the family tree need."""

    number: int  # unique in a population, in order of birth
    parent: int  # the parent's number, the better one's after a crossover; -1 for a founder
    mutation: str
    generation: int
    quality: float = float("nan")
    diversity: float = float("nan")
    survived: bool = False
    until: int = -1  # the last generation whose selection it survived; -1 for none
    other: int = -1  # the second parent's number after a crossover

    @property
    def alive_in(self) -> int:
        """The last generation that it lived to see the end of; -1 when it died at birth."""
        return max(self.until, self.generation if self.survived else -1)


@dataclass(repr=False)
class Individual:
    """A generator. Its optimiser belongs to it: children inherit a copy of the moments, siblings share nothing."""

    generator: nn.Module
    optimizer: torch.optim.Optimizer
    record: Record
    fitness: Fitness = field(default_factory=Fitness)
    rate: float = 1.0  # factor of its learning rate, inherited
    history_index: int = field(init=False, compare=False)
    """Given by DEAP's ``History``, which finds a child's parent by it; there is none without a history."""

    def __repr__(self) -> str:
        fitness = f"{self.fitness.values[0]:.4g}" if self.fitness.valid else "not judged"
        of = f"number {self.number}, {self.record.mutation} of generation {self.record.generation}"
        return f"Individual({of}, fitness {fitness})"

    @property
    def number(self) -> int:
        """Its name: the number by which its record knows it."""
        return self.record.number

    @property
    def alive(self) -> bool:
        """Whether its fitness is finite."""
        return self.fitness.valid and abs(self.fitness.values[0]) < float("inf")  # False for NaN

    def child(self, optimizer: Optimizer, record: Record) -> Individual:
        """A copy under its own name, which may be changed without touching this individual."""
        generator = cloned(self.generator)
        child = Individual(generator, cloned_optimizer(self.optimizer, optimizer, generator), record, rate=self.rate)
        if hasattr(self, "history_index"):
            child.history_index = self.history_index
        return child

    def set_rate(self, optimizer: Optimizer, round: int) -> None:
        """The learning rate of the round after ``round`` played ones, times its own factor."""
        optimizer.set_rate(self.optimizer, round)
        for group in self.optimizer.param_groups:
            group["lr"] *= self.rate

    def step(self, gradients: Sequence[Tensor]) -> None:
        """One step of the optimiser along ``gradients``, one of any shape for each parameter of the generator."""
        for parameter, gradient in zip(self.generator.parameters(), gradients, strict=True):
            parameter.grad = gradient
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def state_dict(self) -> dict[str, Any]:
        return {
            "generator": self.generator.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "record": vars(self.record).copy(),
            "fitness": list(self.fitness.values),
            "rate": self.rate,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.generator.load_state_dict(state["generator"])
        load_moments(self.optimizer, state["optimizer"])
        self.record = Record(**state["record"])
        if state["fitness"]:
            self.fitness.values = tuple(state["fitness"])
        self.rate = state.get("rate", 1.0)  # the first checkpoints know no such factor
