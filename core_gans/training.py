"""The one loop that plays any game, and the state that it leaves behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.data.batches import Batches
from core_gans.foundation.errors import DivergedError, LabError
from core_gans.foundation.notebook import shown
from core_gans.foundation.seeds import as_generator
from core_gans.game import Batch, Game, Nets, Turn
from core_gans.initialising import initialising
from core_gans.optimizers import load_moments
from core_gans.parallel import team
from core_gans.parallel.separable import require_separable
from core_gans.parallel.whole_batch import whole_batch
from core_gans.runs.attending import attended
from core_gans.runs.showing import png_of, samples_of, told

if TYPE_CHECKING:
    from core_gans.runs.watchers import WatchedState, Watcher


@dataclass(repr=False)
class TrainingState:
    """Everything that a run is at one moment; ``state_dict`` is enough to go on exactly."""

    game: Game
    nets: dict[str, nn.Module]
    batches: Batches
    rng: torch.Generator
    optimizers: list[torch.optim.Optimizer]  # one a turn
    compute: Compute = field(default_factory=Compute)
    round: int = 0  # rounds played
    seconds: float = 0.0  # spent playing, over all sessions
    images_seen: int = 0  # real examples drawn
    terms: dict[str, float | str] = field(default_factory=dict)  # the last round's losses
    averages: dict[str, nn.Module] = field(default_factory=dict)  # shadows of players, kept by a watcher
    watchers: Sequence[Watcher] = ()
    stop: bool = False  # a watcher sets this to end training after the round
    mid_round: bool = False  # True while a round is being played: no moment to save
    scaler: torch.amp.GradScaler | None = None  # of gradients in float16

    def sampling_nets(self) -> dict[str, nn.Module]:
        """The players, with the averaged ones in place of the raw ones where there are any."""
        return {**self.nets, **self.averages}

    def __repr__(self) -> str:
        return told(type(self).__name__, self, "round")

    def _repr_html_(self) -> str:
        return shown(repr(self), samples_of(self.game, self.sampling_nets()))

    def _repr_png_(self) -> bytes | None:
        return png_of(self.game, self.sampling_nets())

    def state_dict(self) -> dict[str, Any]:
        scaler = {} if self.scaler is None else {"scaler": self.scaler.state_dict()}
        return {
            "nets": {name: net.state_dict() for name, net in self.nets.items()},
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "rng": self.rng.get_state(),
            "batches": self.batches.state_dict(),
            "round": self.round,
            "seconds": self.seconds,
            "images_seen": self.images_seen,
            **scaler,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        for name, net in self.nets.items():
            net.load_state_dict(state["nets"][name])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            load_moments(optimizer, saved)
        if self.scaler is not None:
            self.scaler.load_state_dict(state["scaler"])
        self.rng.set_state(state["rng"])
        self.batches.load_state_dict(state["batches"])
        self.round, self.seconds, self.images_seen = state["round"], state["seconds"], state["images_seen"]


def start(game: Game, batches: Batches, rng: torch.Generator, compute: Compute | None = None) -> TrainingState:
    """A fresh state: players initialised from ``rng``, one optimiser a turn."""
    compute = compute or Compute(device=str(rng.device))
    nets = compute.place(fresh_players(game, rng))
    optimizers = [
        turn.optimizer.build([parameter for name in turn.players for parameter in nets[name].parameters()])
        for turn in game.turns()
    ]
    return TrainingState(game, nets, batches, rng, optimizers, compute, scaler=compute.scaler())


def fresh_players(game: Game, rng: torch.Generator) -> dict[str, nn.Module]:
    """The game's players, initialised from ``rng``; the global random state is left as it was."""
    seed = int(torch.randint(2**62, (), generator=rng, device=rng.device))
    with initialising(seed):
        return game.players()


def train(
    game: Game,
    batches: Batches,
    rounds: int | None,
    *,
    rng: torch.Generator | int,
    watchers: Sequence[Watcher] = (),
    state: TrainingState | None = None,
    compute: Compute | None = None,
    seconds: float | None = None,
    progress: bool | None = None,
) -> TrainingState:
    """Play ``game`` until ``rounds`` rounds have been played in all, or ``seconds`` have passed in this call.

    A ``state`` continues where it stands (its own rng, batches and compute count). Watchers look at the state after
    each round. A loss that is not finite raises DivergedError before it changes any weight. ``rng`` may be a seed.

    ``progress`` shows a bar, or none; by default there is one in a terminal and in a notebook. Ctrl-C and a notebook's
    Stop end the training after the round, and its state is returned. Inside ``parallel.joined`` every process calls
    this alike.
    """
    require_given(game, batches, rounds, seconds)
    state = state or start(game, batches, as_generator(rng, batches.device), compute)
    _require_together(state)

    def play() -> None:
        game.begin_round(state.nets, state.round / rounds if rounds else 0.0)
        state.terms = play_round(state)

    def watched(by: Sequence[Watcher]) -> None:
        run(state, play, rounds, seconds, by)

    attended(state, watched, watchers, "round", progress)
    return state


def _require_together(state: TrainingState) -> None:
    """LabError where several processes would not play what one plays."""
    if team().size == 1:
        return
    team().require_divisible(state.batches.size)
    if state.compute.micro_batch:
        raise LabError("a process computes its slice of a batch as a whole: leave --micro-batch out.")
    position = state.batches.state_dict()
    batch = next(state.batches)
    state.batches.load_state_dict(position)
    require_separable(state.game, state.nets, batch, state.rng, team())


def require_given(game: object, batches: object, rounds: object, seconds: object) -> None:
    """LabError for what is no game, no batches, and no bound, as a name where the value belongs."""
    if not isinstance(game, Game):
        raise LabError(f"expected a Game, as core_gans.make('dcgan', shape=(1, 32, 32)), got {_short(game)}.")
    if not isinstance(batches, Iterator):
        raise LabError(f"expected Batches, as Batches('digits', 64), got {_short(batches)}.")
    for name, bound, kinds in (("rounds", rounds, int), ("seconds", seconds, int | float)):
        if bound is not None and (isinstance(bound, bool) or not isinstance(bound, kinds)):
            raise LabError(f"expected {name} as a number or None, got {_short(bound)}.")


def _short(given: object) -> str:
    return repr(given) if isinstance(given, str | bool) else f"a {type(given).__name__}"


def run(
    state: WatchedState,
    play: Callable[[], None],
    rounds: int | None,
    seconds: float | None,
    watchers: Sequence[Watcher],
) -> None:
    """Play up to ``rounds`` or ``seconds``, count both, and let the watchers look; shared with evolution.

    Watchers begin and look in their order and end in the opposite one, every one of them, whatever went wrong.
    ValueError without a bound.
    """
    if rounds is None and seconds is None:
        raise ValueError("expected a bound on the run: give rounds, seconds or both.")
    state.watchers, state.stop = watchers, False
    with ExitStack() as ends:
        for watcher in watchers:
            watcher.begin(state, rounds, seconds)
            ends.callback(watcher.end, state)
        begun = time.monotonic()
        while rounds is None or state.round < rounds:
            if team().agreed(state.stop or (seconds is not None and time.monotonic() - begun >= seconds)):
                break
            before = time.monotonic()
            state.mid_round = True
            play()
            state.round += 1
            state.mid_round = False
            state.seconds += time.monotonic() - before
            for watcher in watchers:
                watcher.after_round(state)


def play_round(state: TrainingState) -> dict[str, float | str]:
    """One round: every turn in order. Returns the last value of each named loss, and what the game lets be seen.

    DivergedError for a loss that is not finite; the weights are left as they were before that step.
    """
    terms: dict[str, Tensor] = {}
    batch = _draw(state)
    for turn, optimizer in zip(state.game.turns(), state.optimizers, strict=True):
        if not turn.when(state.nets):
            continue
        turn.optimizer.set_rate(optimizer, state.round)
        for step in range(turn.times):
            if step > 0:
                batch = _draw(state)
            terms |= take_turn(turn, state.nets, batch, optimizer, state.rng, state.compute, state.scaler)
    return {**{name: float(term) for name, term in terms.items()}, **state.game.observe(state.nets)}


def _draw(state: TrainingState) -> Batch:
    batch = next(state.batches)
    state.images_seen += len(batch.real)
    return batch


def take_turn(
    turn: Turn,
    nets: Nets,
    batch: Batch,
    optimizer: torch.optim.Optimizer,
    rng: torch.Generator,
    compute: Compute,
    scaler: torch.amp.GradScaler | None = None,
) -> dict[str, Tensor]:
    """Let the players of ``turn`` learn from one batch; the other networks are frozen.

    With ``compute.micro_batch``, from one part of it after the other: the step is that of the mean over all parts. Of
    several processes, each computes its part, and all take that step. Returns the terms of the loss by name, scalars.
    Raises DivergedError, before the step, where one is not finite.
    """
    for name, net in nets.items():
        net.requires_grad_(name in turn.players)
    optimizer.zero_grad(set_to_none=True)
    terms: dict[str, Tensor] = {}
    for part, share in parts_of(team().part_of(batch), compute.micro_batch):
        with compute.autocast(), whole_batch(team(), len(part.real)):
            found = turn.loss(nets, part, rng)  # named scalars; their sum is minimised
        total = share * torch.stack(list(found.values())).sum()
        means = team().averaged(found)
        require_finite(torch.stack(list(means.values())).sum(), "the loss of the " + " and ".join(turn.players))
        (total if scaler is None else scaler.scale(total)).backward()
        for name, term in means.items():
            terms[name] = terms.get(name, 0.0) + share * term
    _learn_together(turn, nets)
    if scaler is None:
        optimizer.step()
    else:
        scaler.step(optimizer)
        scaler.update()
    turn.after(nets)
    return terms


def _learn_together(turn: Turn, nets: Nets) -> None:
    """The mean of the processes' gradients, and of what the players keep, in every one of them."""
    if team().size == 1:
        return
    learned = [parameter.grad for name in turn.players for parameter in nets[name].parameters()]
    kept = [buffer for net in nets.values() for buffer in net.buffers() if buffer.is_floating_point()]
    team().average([gradient for gradient in learned if gradient is not None])
    team().average(kept)


def parts_of(batch: Batch, size: int) -> Iterator[tuple[Batch, float]]:
    """``batch`` in parts of ``size`` examples, each with its share of them; whole for a size of 0."""
    count = len(batch.real)
    if not 0 < size < count:
        yield batch, 1.0
        return
    for begin in range(0, count, size):
        held: dict[str, Any] = {field.name: getattr(batch, field.name) for field in fields(batch)}
        cut = {name: value[begin : begin + size] for name, value in held.items() if value is not None}
        part = replace(batch, **cut)
        yield part, len(part.real) / count


def require_finite(value: Tensor, what: str) -> None:
    """Raise DivergedError when ``value``, of any shape, holds NaN or infinity."""
    if not bool(torch.isfinite(value).all()):
        raise DivergedError(
            f"expected finite losses, but {what} became {float(value.detach().flatten()[0])}: the weights were left "
            "as they were before this step; look for NaN in the data, or try a lower learning rate."
        )
