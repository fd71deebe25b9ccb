"""The state of an evolution: parents, discriminator, and what DEAP keeps of their past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import torch
from deap import tools
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.data.batches import Batches
from core_gans.foundation.errors import LabError
from core_gans.foundation.notebook import shown
from core_gans.game import Batch, Game, NoiseGame, Turn, nothing
from core_gans.games.adversarial import AdversarialGame
from core_gans.optimizers import load_moments
from core_gans.runs.showing import png_of, samples_of, told
from core_gans.runs.watchers import Watcher
from core_gans.training import fresh_players
from egan.discriminators import Discriminator
from egan.individual import Individual, Record
from egan.pareto import Placed, pareto_front
from egan.past import history_from, logbook_from, pack, unpack

MARKS = tuple(mark.name for mark in fields(Record))
HALL_SIZE = 3  # individuals of the highest fitness ever, which is not the best ever: the discriminator moves on


@dataclass(repr=False)
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
    returns: int = 0  # generations in a row that ended where they began, because too few children lived
    discriminators: list[Discriminator] = field(default_factory=list)
    """Where several evolve (CDE-GAN): all of them, best first; the first is ``discriminator`` with ``optimizer``."""
    credits: dict[str, float] = field(default_factory=dict)  # of the mutations that a bandit draws (egan.bandit)
    drawn: str = ""  # the mutation that it drew for this generation
    recycled: Tensor | None = None  # (b, ...) latents on which the parents were judged, for their next variation
    terms: dict[str, float | str] = field(default_factory=dict)
    logbook: tools.Logbook = field(default_factory=tools.Logbook)
    hall_of_fame: tools.HallOfFame = field(default_factory=lambda: hall_of_fame())
    front: tools.ParetoFront = field(default_factory=pareto_front)
    """Where selection is by quality and diversity: the records that none of the run dominates, as each was judged."""
    history: list[Record] = field(default_factory=list)  # every individual ever born, without weights: 0.3 kB each
    averages: dict[str, nn.Module] = field(default_factory=dict)
    stats: tools.Statistics | tools.MultiStatistics | None = None  # of a generation's candidates, into the logbook
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

    def __repr__(self) -> str:
        parents = f"{len(self.parents)} parent{'' if len(self.parents) == 1 else 's'}"
        return told(type(self).__name__, self, "generation", parents)

    def _repr_html_(self) -> str:
        return shown(repr(self), samples_of(self.game, self.sampling_nets()))

    def _repr_png_(self) -> bytes | None:
        return png_of(self.game, self.sampling_nets())

    @property
    def dtype(self) -> torch.dtype:
        """In which the networks compute."""
        return next(self.discriminator.parameters()).dtype

    def draw_latents(self, count: int) -> Tensor:
        """Fresh latents (count, ...) in the networks' precision."""
        return self.game.latents(count, self.rng).to(self.dtype)

    def draw_batch(self) -> Batch:
        """The next batch of the data in the networks' precision."""
        batch = next(self.batches)
        return replace(batch, real=self.game.with_condition(batch).to(self.dtype))

    def next_number(self) -> int:
        """The number of an individual that is being born."""
        self.born += 1
        return self.born - 1

    def state_dict(self) -> dict[str, Any]:
        return {
            "parents": [parent.state_dict() for parent in self.parents],
            "hall_of_fame": [member.state_dict() for member in self.hall_of_fame],
            "discriminator": self.discriminator.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "discriminators": [rival.state_dict() for rival in self.discriminators[1:]],
            "rng": self.rng.get_state(),
            "batches": self.batches.state_dict(),
            "round": self.round,
            "seconds": self.seconds,
            "images_seen": self.images_seen,
            "born": self.born,
            "returns": self.returns,
            "credits": dict(self.credits),
            "recycled": self.recycled,
            "logbook": pack(self.logbook),
            "chapters": {name: pack(chapter) for name, chapter in self.logbook.chapters.items()},
            "front": pack([marks_of(placed.record) for placed in self.front]),
            "history": pack([marks_of(record) for record in self.history]),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for parent, saved in zip(self.parents, state["parents"], strict=True):
            parent.load_state_dict(saved)
        self.hall_of_fame = hall_of_fame()
        for saved in reversed(state["hall_of_fame"]):  # of equals, the one inserted last stands first
            member = self.parents[0].child(turn_of(self.game, "generator").optimizer, Record(0, -1, "", 0))
            member.load_state_dict(saved)
            self.hall_of_fame.insert(member)
        self.discriminator.load_state_dict(state["discriminator"])
        load_moments(self.optimizer, state["optimizer"])
        self._load_discriminators(state.get("discriminators", []))  # the first checkpoints have but one
        self.rng.set_state(state["rng"])
        self.batches.load_state_dict(state["batches"])
        self.round, self.seconds, self.born = state["round"], state["seconds"], state["born"]
        self.images_seen = state["images_seen"]
        self.returns = state.get("returns", 0)  # the first checkpoints do not know of these
        self.credits = dict(state.get("credits", {}))
        recycled = state.get("recycled")
        self.recycled = None if recycled is None else recycled.to(self.batches.device)
        self.logbook, self.history = logbook_from(state), history_from(state)
        self.front = pareto_front()
        self.front.update([Placed(Record(**row)) for row in unpack(state.get("front", []))])  # the first know of none
        known = {record.number: record for record in self.history}
        for parent in self.parents:  # a parent that lives on goes on marking its own line of the history
            parent.record = known[parent.number]

    def _load_discriminators(self, states: Sequence[dict[str, Any]]) -> None:
        self.discriminators = [Discriminator(self.discriminator, self.optimizer)] if states else []
        for saved in states:
            rival = found_discriminator(self.game, torch.Generator().manual_seed(0), self.compute)
            rival.network.to(self.dtype)
            rival.load_state_dict(saved)
            self.discriminators.append(rival)


def hall_of_fame() -> tools.HallOfFame:
    """DEAP's hall of fame, which tells individuals apart by number."""
    return tools.HallOfFame(HALL_SIZE, similar=same_number)


def marks_of(record: Record) -> dict[str, Any]:
    """A record as a row of ``pack``."""
    return {mark: getattr(record, mark) for mark in MARKS}


def same_number(one: Individual, other: Individual) -> bool:
    """Whether two are the same individual. A function of its own, so that what holds it can be pickled."""
    return one.number == other.number


def start(
    game: Game, batches: Batches, rng: torch.Generator, parents: int = 1, compute: Compute | None = None
) -> Population:
    """A fresh population: ``parents`` founders initialised apart, and one discriminator.

    ValueError for a game that cannot be evolved (``require_evolvable``).
    """
    if parents < 1:
        raise ValueError(f"expected at least one parent, got {parents}.")
    game = require_evolvable(game)
    compute = compute or Compute(device=str(rng.device))
    if compute.micro_batch or compute.fp16:
        raise LabError("evolution computes whole batches, in float32 or bfloat16: leave --micro-batch and --fp16 out.")
    founders = [found(game, rng, compute, number) for number in range(parents)]
    first = found_discriminator(game, rng, compute)
    history = [founder.record for founder in founders]
    return Population(
        game, founders, first.network, first.optimizer, batches, rng, compute, born=parents, history=history
    )


def found(game: NoiseGame, rng: torch.Generator, compute: Compute, number: int) -> Individual:
    """A founder: a freshly initialised generator, known by its ``number``.

    ValueError for a game whose generator does not learn alone.
    """
    generator = compute.place(fresh_players(game, rng))["generator"]
    optimizer = turn_of(game, "generator").optimizer.build(generator.parameters())
    return Individual(generator, optimizer, Record(number, parent=-1, mutation="founder", generation=0, survived=True))


def found_discriminator(game: NoiseGame, rng: torch.Generator, compute: Compute) -> Discriminator:
    """A freshly initialised discriminator with its optimiser.

    ValueError for a game whose discriminator does not learn alone.
    """
    network = compute.place(fresh_players(game, rng))["discriminator"]
    return Discriminator(network, turn_of(game, "discriminator").optimizer.build(network.parameters()))


def turn_of(game: NoiseGame, player: str) -> Turn:
    """The turn in which ``player`` learns; a ValueError when the game has no such turn."""
    for turn in game.turns():
        if turn.players == (player,):
            return turn
    raise ValueError(f"{game.name} has no turn in which the {player} learns alone, so it cannot be evolved.")


def require_latents(kind: type[Game]) -> None:
    """LabError for games that draw from no latents, whatever they are played on."""
    if not issubclass(kind, NoiseGame):
        raise LabError(f"{kind.name} has no latents, so it cannot be evolved: choose a variant that draws from noise.")


def require_evolvable(game: Game) -> NoiseGame:
    """The game itself, if competing children can take the place of its generator's turn. LabError if not."""
    require_latents(type(game))
    assert isinstance(game, NoiseGame)
    if not game.scores_suffice:
        raise LabError(f"{game.name}'s discriminator learns from labels, too, so it cannot be evolved: train it.")
    for player in ("discriminator", "generator"):
        turn = turn_of(game, player)
    if len(game.turns()) != 2:
        others = [" and ".join(each.players) for each in game.turns()]
        raise LabError(f"{game.name} has the turns of {', '.join(others)}: only those of two players can be evolved.")
    if isinstance(game, AdversarialGame) and game.family == "progressive":
        raise LabError(
            f"{game.name} is played by networks that grow, and evolution has no place for that: train it, or choose "
            "networks that do not grow (--family dcgan)."
        )
    if turn.after != nothing:
        raise LabError(
            f"{game.name} does something after its generator's steps that competing children have no place for, "
            "so it cannot be evolved: choose another variant."
        )
    return game
