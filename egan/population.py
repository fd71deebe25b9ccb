"""The state of an evolution: parents, discriminator, and what DEAP keeps of their past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import torch
from deap import tools
from torch import nn

from core_gans.compute import Compute
from core_gans.data.batches import Batches
from core_gans.game import NoiseGame, Turn
from core_gans.training import fresh_players
from core_gans.watchers import Watcher
from egan.individual import Individual, Record
from egan.past import pack, unpack

MARKS = tuple(mark.name for mark in fields(Record))
HALL_SIZE = 3  # individuals of the highest fitness ever, which is not the best ever: the discriminator moves on


@dataclass
class Population:
    """Everything that an evolution is at one moment; ``state_dict`` is enough to go on exactly.

    Watchers of a training can watch it too: ``round`` counts generations, ``nets`` holds the best parent.
    """

    game: NoiseGame
    parents: list[Individual]  # best first
    discriminator: nn.Module
    optimizer: torch.optim.Optimizer  # the discriminator's
    batches: Batches
    rng: torch.Generator
    compute: Compute = field(default_factory=Compute)
    round: int = 0
    seconds: float = 0.0
    images_seen: int = 0
    born: int = 0
    terms: dict[str, float | str] = field(default_factory=dict)
    logbook: tools.Logbook = field(default_factory=tools.Logbook)
    hall_of_fame: tools.HallOfFame = field(default_factory=lambda: hall_of_fame())
    history: list[Record] = field(default_factory=list)  # every individual ever born, without weights: 0.3 kB each
    averages: dict[str, nn.Module] = field(default_factory=dict)
    watchers: Sequence[Watcher] = ()
    stop: bool = False
    mid_round: bool = False

    @property
    def nets(self) -> dict[str, nn.Module]:
        """The best parent and the discriminator."""
        return {"generator": self.parents[0].generator, "discriminator": self.discriminator}

    def sampling_nets(self) -> dict[str, nn.Module]:
        """The same, with averaged networks in place of the raw ones where there are any."""
        return {**self.nets, **self.averages}

    def state_dict(self) -> dict[str, Any]:
        return {
            "parents": [parent.state_dict() for parent in self.parents],
            "hall_of_fame": [member.state_dict() for member in self.hall_of_fame],
            "discriminator": self.discriminator.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "rng": self.rng.get_state(),
            "batches": self.batches.state_dict(),
            "round": self.round,
            "seconds": self.seconds,
            "images_seen": self.images_seen,
            "born": self.born,
            "logbook": pack(self.logbook),
            "history": pack([{mark: getattr(record, mark) for mark in MARKS} for record in self.history]),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for parent, saved in zip(self.parents, state["parents"], strict=True):
            parent.load_state_dict(saved)
        self.hall_of_fame = hall_of_fame()
        for saved in reversed(state["hall_of_fame"]):  # of equals, the one inserted last stands first
            member = found(self.game, torch.Generator().manual_seed(0), self.compute, 0)
            member.load_state_dict(saved)
            self.hall_of_fame.insert(member)
        self.discriminator.load_state_dict(state["discriminator"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.rng.set_state(state["rng"])
        self.batches.load_state_dict(state["batches"])
        self.round, self.seconds, self.born = state["round"], state["seconds"], state["born"]
        self.images_seen = state["images_seen"]
        self.logbook = tools.Logbook()
        for line in unpack(state["logbook"]):
            self.logbook.record(**line)
        self.history = [Record(**row) if isinstance(row, dict) else Record(*row) for row in unpack(state["history"])]


def hall_of_fame() -> tools.HallOfFame:
    """DEAP's hall of fame, which tells individuals apart by number."""
    return tools.HallOfFame(HALL_SIZE, similar=lambda one, other: one.number == other.number)


def start(
    game: NoiseGame, batches: Batches, rng: torch.Generator, parents: int = 1, compute: Compute | None = None
) -> Population:
    """A fresh population: ``parents`` founders initialised apart, and one discriminator."""
    if parents < 1:
        raise ValueError(f"expected at least one parent, got {parents}.")
    compute = compute or Compute(device=str(rng.device))
    founders = [found(game, rng, compute, number) for number in range(parents)]
    discriminator = compute.place(fresh_players(game, rng))["discriminator"]
    optimizer = turn_of(game, "discriminator").optimizer.build(discriminator.parameters())
    history = [founder.record for founder in founders]
    return Population(game, founders, discriminator, optimizer, batches, rng, compute, born=parents, history=history)


def found(game: NoiseGame, rng: torch.Generator, compute: Compute, number: int) -> Individual:
    """A founder: a freshly initialised generator."""
    generator = compute.place(fresh_players(game, rng))["generator"]
    optimizer = turn_of(game, "generator").optimizer.build(generator.parameters())
    return Individual(generator, optimizer, Record(number, parent=-1, mutation="founder", generation=0, survived=True))


def turn_of(game: NoiseGame, player: str) -> Turn:
    """The turn in which ``player`` learns; a ValueError when the game has no such turn."""
    for turn in game.turns():
        if turn.players == (player,):
            return turn
    raise ValueError(f"{game.name} has no turn in which the {player} learns alone, so it cannot be evolved.")
