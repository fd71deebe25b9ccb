"""The state of an evolution on islands: what each of them is at rest, their pasts, and what the run draws from."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from core_gans.data.batches import Batches
from core_gans.foundation.errors import DivergedError
from core_gans.game import NoiseGame
from core_gans.networks.mixture import Mixture
from core_gans.runs.showing import told
from core_gans.runs.watchers import Watcher
from core_gans.training import fresh_players
from egan.individual import Record
from egan.islands.choosing import Chosen, choose
from egan.islands.engines import Engine
from egan.islands.genes import exploited, explored
from egan.islands.held_out import HeldOut
from egan.islands.island import PAST, Leg, Played, Setup
from egan.islands.migration import Arrival, State, arrivals, everyone_of, taken_over, with_discriminators_moved
from egan.islands.settings import Islands
from egan.islands.transport import packed, unpacked
from egan.past import history_from, pack, unpack
from egan.population import MARKS, Population

STRETCH = 50  # generations at most between two rests,
SECONDS = 60.0  # and about so long, so that a run can be seen and stopped; a rest anywhere changes no number, but costs


@dataclass
class Island:
    """An island at rest: its state in arrays, and its past."""

    state: dict[str, Any]
    lines: list[dict[str, Any]] = field(default_factory=list)  # of its logbook
    records: dict[int, dict[str, Any]] = field(default_factory=dict)  # of all who were born there or came, by number
    diverged: str = ""  # why it rests for good; its state is that of its last good generation
    genes: dict[str, Any] = field(default_factory=dict)  # settings of its own

    @property
    def round(self) -> int:
        """Generations that it has played."""
        return int(self.state["round"])

    def saved(self) -> dict[str, Any]:
        """A population's state_dict, with what an island has beside it."""
        past = {"logbook": pack(self.lines), "chapters": {}, "history": pack(list(self.records.values()))}
        return {**unpacked(self.state), **past, "diverged": self.diverged, "genes": self.genes}

    @classmethod
    def of(cls, saved: Mapping[str, Any]) -> Island:
        """What ``saved`` gave."""
        records = {record.number: _marks(record) for record in history_from(saved)}
        state = {name: each for name, each in saved.items() if name not in (*PAST, "diverged", "genes")}
        return cls(packed(state), list(unpack(saved["logbook"])), records, saved["diverged"], saved["genes"])

    def drawn_by(self) -> dict[str, Any]:
        """The weights that its samples are drawn with: its best parent's average, or that parent's own."""
        shadows = self.state["shadows"]
        return shadows[0] if shadows is not None else self.state["parents"][0]["generator"]


@dataclass(repr=False)
class Archipelago:
    """Everything that an evolution on islands is at one moment; ``state_dict`` is enough to go on exactly.

    ``round`` counts the generations of each island. Watchers of a training can watch it: ``nets`` are those of the
    chosen island.
    """

    setup: Setup
    settings: Islands
    game: NoiseGame
    judge: HeldOut
    batches: Batches  # of the first island's data: their device and their examples
    rng: torch.Generator  # which nothing draws from
    islands: list[Island]
    every: Sequence[int] = ()  # further numbers of generations at whose multiples all islands rest
    engine: Engine | None = None
    tell: Callable[[str], None] = print
    round: int = 0
    seconds: float = 0.0
    images_seen: int = 0  # by all islands
    migrations: list[dict[str, int]] = field(default_factory=list)  # who came where, a line each
    terms: dict[str, float | str] = field(default_factory=dict)
    averages: dict[str, nn.Module] = field(default_factory=dict)
    watchers: Sequence[Watcher] = ()
    stop: bool = False
    mid_round: bool = False
    _chosen: tuple[int, Chosen] | None = None
    _pace: float = 0.0  # generations a second of all islands; not known before the first stretch, which is of one

    def __repr__(self) -> str:
        return told(type(self).__name__, self, "generation", f"{len(self.islands)} islands")

    @property
    def living(self) -> list[int]:
        """The islands that have not diverged."""
        return [number for number, island in enumerate(self.islands) if not island.diverged]

    @property
    def chosen(self) -> Chosen:
        """What the run draws from now; judged once a rest."""
        if self._chosen is None or self._chosen[0] != self.round:
            weights = [unpacked(island.drawn_by()) for island in self.islands]
            self._chosen = self.round, choose(self.game, self.judge, weights, self.settings, self.setup.options.seed)
        return self._chosen[1]

    def population(self, island: int) -> Population:
        """The population of an island, as ``evolve`` would leave it."""
        found = self.setup.with_genes(self.islands[island].genes).found(island)
        found.load_state_dict(self.islands[island].saved())
        return found

    @property
    def nets(self) -> dict[str, nn.Module]:
        """The best parent and the discriminator of the chosen island."""
        return self.population(self.chosen.best).nets

    def sampling_nets(self) -> dict[str, nn.Module]:
        """The generator that the run draws from: an island's, or a mixture."""
        return {"generator": self.sampler()}

    def sampler(self) -> nn.Module:
        """The chosen island's generator, or the mixture of those that have a share."""
        sources = self.chosen.mixed or [self.chosen.best]
        fresh = [fresh_players(self.game, torch.Generator().manual_seed(0))["generator"] for _ in sources]
        for generator, source in zip(fresh, sources, strict=True):
            generator.load_state_dict(unpacked(self.islands[source].drawn_by()))
            generator.to(self.setup.options.device)
        if not self.chosen.mixed:
            return fresh[0]
        return Mixture(fresh, [self.chosen.shares[source] for source in sources]).to(self.setup.options.device)

    def play(self, rounds: int | None) -> None:
        """All islands up to their next rest; before it, at its time, the migration. Whoever calls counts the last one.

        DivergedError when the last island has diverged.
        """
        assert self.engine is not None
        legs = self._legs(self._next_rest(rounds))
        begun = time.monotonic()
        for leg, played in zip(legs, self.engine.play(legs), strict=True):
            self._take(leg, played)
        self._pace = legs[0].generations / max(time.monotonic() - begun, 1e-6)
        if not self.living:
            raise DivergedError(f"all islands diverged; the last: {self.islands[legs[-1].island].diverged}")
        self.terms = self._terms()
        self.images_seen = sum(int(island.state["images_seen"]) for island in self.islands)
        self.round += legs[0].generations - 1

    def _legs(self, until: int) -> list[Leg]:
        """What each island plays next, after the migration where it is due."""
        living, generations = self.living, until - self.round
        states: Sequence[State] = [self.islands[number].state for number in living]
        coming: Sequence[Sequence[Arrival]] = [()] * len(living)
        due = self.round > 0 and self.round % self.settings.migrate_every == 0
        if due and len(living) > 1:
            coming = arrivals(states, self.settings)
            coming = [[replace(each, origin=living[each.origin]) for each in who] for who in coming]
            states = with_discriminators_moved(states) if self.settings.migrate_discriminators else states
        plans = zip(living, states, coming, strict=True)
        legs = {plan[0]: Leg(*plan, generations, self.islands[plan[0]].genes) for plan in plans}
        if due and self.settings.explore:
            legs |= self._copies(generations)
        return [legs[number] for number in sorted(legs)]

    def _copies(self, generations: int) -> dict[int, Leg]:
        """The legs of the islands that become copies of better ones, with genes changed by chance."""
        chance = random.Random(f"{self.setup.options.seed}/{self.round}")
        far = float("inf")
        distances = {
            number: far if island.diverged else self.chosen.distances[number]
            for number, island in enumerate(self.islands)
        }
        found = {}
        for loser, winner in exploited(distances, self.settings.exploit, chance).items():
            source = self.islands[winner]
            state = {**taken_over(self.islands[loser].state, source.state), "round": self.round, "returns": 0}
            who = everyone_of(source.state, winner)
            found[loser] = Leg(loser, state, who, generations, explored(source.genes, chance))
        return found

    def _next_rest(self, rounds: int | None) -> int:
        steps = (self.settings.migrate_every, STRETCH, *(each for each in self.every if each))
        until = min((self.round // step + 1) * step for step in steps)
        until = min(until, self.round + max(1, int(SECONDS * self._pace)))
        return until if rounds is None else min(until, rounds)

    def _take(self, leg: Leg, played: Played) -> None:
        island = self.islands[leg.island]
        island.state, island.genes, island.diverged = played.state, dict(leg.genes), ""
        island.lines += played.lines
        island.records.update({record["number"]: record for record in played.records})
        for origin, there, here in played.came:
            self.migrations.append(
                {"generation": self.round, "from": origin, "number": there, "to": leg.island, "as": here}
            )
        if played.diverged:
            island.diverged = played.diverged
            self.tell(f"warning: island {leg.island + 1} rests from generation {island.round} on: {played.diverged}")

    def _terms(self) -> dict[str, float | str]:
        """The last line of every island's logbook, under its number."""
        return {
            f"island {number + 1}/{name}": value
            for number, island in enumerate(self.islands)
            if island.lines and not island.diverged
            for name, value in island.lines[-1].items()
            if name in ("fitness", "quality", "diversity", "discriminator", "winner")
        } | {
            f"island {number + 1}/gene {name}": " ".join(value) if isinstance(value, tuple) else value
            for number, island in enumerate(self.islands)
            for name, value in island.genes.items()
        }

    def state_dict(self) -> dict[str, Any]:
        """Beside the islands, the chosen one's parents and past, so that it can be read as any evolution's."""
        best = self.islands[self.chosen.best].saved()
        sampler = {"weights": self.sampler().state_dict(), "mixed": len(self.chosen.mixed)}
        return {
            "parents": best["parents"],
            "logbook": best["logbook"],
            "history": best["history"],
            "sampler": sampler,
            "islands": [island.saved() for island in self.islands],
            "migrations": pack(self.migrations),
            "round": self.round,
            "seconds": self.seconds,
            "images_seen": self.images_seen,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        if len(state["islands"]) != len(self.islands):
            raise ValueError(f"expected {len(self.islands)} islands, got {len(state['islands'])}")
        for number, saved in enumerate(state["islands"]):
            self.setup.found(number).load_state_dict({**saved})  # refuses what does not fit
            self.islands[number] = Island.of(saved)
        self.migrations = list(unpack(state["migrations"]))
        self.round, self.seconds, self.images_seen = state["round"], state["seconds"], state["images_seen"]
        self._chosen = None


def _marks(record: Record) -> dict[str, Any]:
    return {mark: getattr(record, mark) for mark in MARKS}
