"""The watcher that measures while a game is played, and prints its verdict when it changes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rich.console import Console
from rich.markup import escape
from torch import Tensor

from core_gans.convergence.judgement import judge_curves
from core_gans.convergence.measuring import measure, require_finite_players
from core_gans.convergence.reading import reading_of
from core_gans.convergence.verdict import Verdict
from core_gans.foundation.errors import DivergedError
from core_gans.game import NoiseGame
from core_gans.runs.watchers import Judged, Log, WatchedState, Watcher, fixed_latents

PREFIX = "converging/"  # of its numbers in the log
KEPT = 200  # last measurements that are all kept; of the older ones, every second is forgotten now and then
AGREED = 2  # verdicts in a row before good news is reported


class Converging(Watcher):
    """Measures every ``every`` rounds on fixed examples and latents, and says in words what the curves mean.

    Rounds that take long are also measured every ``seconds`` of them, where that is given.

    ``real`` (N, ...), floats as a batch has them, N at least 3 (a hundred tells enough); ``kinds`` is the number of
    modes or classes in the data, 0 if unknown. It must stand after ``log`` and ``judged`` among the watchers, so that
    it sees the newest judgement and ends while the log is open. ``latest`` is the last verdict; with a ``console`` a
    line is printed whenever the state changes.
    """

    name = "converging"

    def __init__(
        self,
        game: NoiseGame,
        real: Tensor,
        log: Log | None = None,
        every: int = 100,
        *,
        judged: Judged | None = None,
        kinds: int = 0,
        console: Console | None = None,
        seed: int = 0,
        seconds: float = math.inf,
    ) -> None:
        if every < 1:
            raise ValueError(f"expected at least one round between measurements, got {every}.")
        if len(real) < 3:
            raise ValueError(f"expected at least three real examples to measure on, got {len(real)}.")
        self.game, self.log, self.every, self.judged, self.console = game, log, every, judged, console
        self.seconds, self._looked = seconds, 0.0
        self.real, self.latents, self.kinds = real, fixed_latents(game, len(real), seed), kinds
        self.reading = reading_of(game.objective)
        self.history: list[dict[str, float]] = []
        self.latest = Verdict("warming up", "Nothing has been measured yet.")
        self._told, self._pending, self._agreed = "warming up", "warming up", 0
        self._judgement: Mapping[str, float] | None = None

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        del rounds, seconds
        self._looked = state.seconds
        self.real, self.latents = self.real.to(state.rng.device), self.latents.to(state.rng.device)

    def after_round(self, state: WatchedState) -> None:
        if state.round % self.every == 0 or state.seconds - self._looked >= self.seconds:
            self._looked = state.seconds
            self._pronounce(state, self._look(state))

    def end(self, state: WatchedState) -> None:
        """A round that was broken off may have left NaN behind: say where."""
        if state.mid_round:
            try:
                require_finite_players(state.nets)
            except DivergedError as error:
                self._pronounce(state, _broken(error))

    def state_dict(self) -> dict[str, Any]:
        return {"history": self.history, "told": self._told, "pending": self._pending, "agreed": self._agreed}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.history = [dict(entry) for entry in state["history"]]
        self._told, self._pending, self._agreed = state["told"], state["pending"], state["agreed"]
        self.latest = judge_curves(self.reading, self.history)

    def _look(self, state: WatchedState) -> Verdict:
        try:
            numbers = measure(self.game, self.reading, state.nets, self.real, self.latents)
        except DivergedError as error:
            return _broken(error)
        entry = {"round": float(state.round), **numbers, **self.game.observe(state.nets), **self._judged()}
        if self.kinds:
            entry["kinds"] = float(self.kinds)
        verdict = judge_curves(self.reading, [*self.history, entry])
        finite = {name: value for name, value in entry.items() if math.isfinite(value)}
        self.history.append(finite)
        if len(self.history) > 2 * KEPT:
            self.history = [*self.history[:-KEPT:2], *self.history[-KEPT:]]
        return replace(verdict, numbers={**finite, **verdict.numbers})

    def _judged(self) -> dict[str, float]:
        """The judge's numbers, once for each judgement."""
        if self.judged is None or self.judged.latest is self._judgement:
            return {}
        self._judgement = self.judged.latest
        return {name: float(value) for name, value in self._judgement.items()}

    def _pronounce(self, state: WatchedState, verdict: Verdict) -> None:
        self.latest = verdict
        if self.log is not None:
            numbers = {PREFIX + name: value for name, value in verdict.numbers.items() if name != "round"}
            self.log.write(state, {**numbers, PREFIX + "state": verdict.state, PREFIX + "sentence": verdict.sentence})
        self._agreed = self._agreed + 1 if verdict.state == self._pending else 1
        self._pending = verdict.state
        if verdict.state != self._told and (verdict.state == "broken" or self._agreed >= AGREED):
            self._told = verdict.state
            if self.console is not None:
                colour = "yellow" if verdict.warns else "green"
                line = f"round {state.round:,}: [{colour}]{verdict.state}[/] {escape(verdict.sentence)}"
                self.console.print(line, markup=True, highlight=False, soft_wrap=True)


def _broken(error: DivergedError) -> Verdict:
    advice = "Go back to the last checkpoint, and try a lower learning rate or a gradient penalty."
    text = str(error)
    return Verdict("broken", f"{text[0].upper()}{text[1:]} {advice}")
