"""How wide a translation begins, and on how large batches: as this machine plays rounds enough of in its time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core_gans.foundation.errors import LabError
from core_gans.games.translators import Translator
from core_gans.training import TrainingState, play_round

Choice = Literal["width", "batch"]
CHOICES: tuple[Choice, ...] = ("width", "batch")
ENOUGH = 1_000  # rounds that the time of a run is to hold
LONGEST = 3_600.0  # seconds that are counted on where a number of rounds alone is given


@dataclass(frozen=True)
class Extent:
    """The width of the networks, the examples in a batch, and the seconds that a round of them took."""

    width: int
    batch: int
    seconds: float = 0.0


EXTENTS = (Extent(16, 4), Extent(32, 8), Extent(64, 16), Extent(64, 64))


def largest_extent(
    game: Translator, batch: int, free: Sequence[Choice], budget: float, measured: Callable[[Translator, int], float]
) -> Extent:
    """The largest of ``EXTENTS`` of which ``budget`` seconds hold ``ENOUGH`` rounds, or the smallest of them.

    ``free`` says what is to be chosen; what is not in it stays as ``game`` and ``batch`` have it. ``measured`` gives
    the seconds of a round, or raises LabError where it cannot be played. Extents are tried from the smallest on; the
    first one that is too slow ends the trial.
    """
    tried: list[Extent] = []
    for each in EXTENTS:
        wanted = Extent(
            each.width if "width" in free else game.width,
            each.batch if "batch" in free else batch,
        )
        if any((other.width, other.batch) == (wanted.width, wanted.batch) for other in tried):
            continue
        try:
            seconds = measured(replace(game, width=wanted.width), wanted.batch)
        except LabError:
            if not tried:
                raise
            break  # more memory than there is: the one before it stays
        tried.append(replace(wanted, seconds=seconds))
        if seconds * ENOUGH > budget:
            break
    return next((each for each in reversed(tried) if each.seconds * ENOUGH <= budget), tried[0])


def seconds_of_round(state: TrainingState, enough: float, clock: Callable[[], float] = time.perf_counter) -> float:
    """The seconds of a round that ``state`` plays: the shorter of two after a first one.

    Where the first alone takes more than twice ``enough``, that is the answer: on a slow machine it can be a minute.
    ``clock`` tells seconds. DivergedError as ``play_round``.
    """
    times = []
    for _ in range(3):
        begun = clock()
        state.game.begin_round(state.nets, 0.0)
        play_round(state)
        times.append(clock() - begun)
        if times[0] > 2 * enough:
            return times[0]
    return min(times[1:])


def told_of_extent(extent: Extent, free: Sequence[Choice], budget: float) -> str:
    """What to say of the extent that was chosen for a ``budget`` in seconds."""
    said = " and ".join(f"--{name} {getattr(extent, name)}" for name in free)
    return (
        f"note: begins with {said}: a round took {extent.seconds:.2g} seconds here, so {budget:,.0f} seconds hold "
        f"about {budget / extent.seconds:,.0f}. More time, or a --width and a --batch of your own, make it larger."
    )
