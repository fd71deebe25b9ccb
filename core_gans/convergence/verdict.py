"""A verdict on a run: one word, a sentence for a student, and the numbers behind both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

State = Literal["warming up", "improving", "steady", "stalled", "diverging", "collapsed", "saturated", "broken"]
WARNINGS: tuple[State, ...] = ("stalled", "diverging", "collapsed", "saturated", "broken")

History = Sequence[Mapping[str, float]]  # one mapping a measurement: its round, and named numbers


@dataclass(frozen=True)
class Verdict:
    """``sentence`` names the numbers that were seen and, where something is wrong, what to try."""

    state: State
    sentence: str
    numbers: dict[str, float] = field(default_factory=dict)

    @property
    def warns(self) -> bool:
        return self.state in WARNINGS


def curve(history: History, name: str) -> list[tuple[float, float]]:
    """(round, value) of the measurements that hold ``name``."""
    return [(entry["round"], entry[name]) for entry in history if name in entry]


def recent(history: History, name: str, count: int = 3) -> list[float]:
    """The last ``count`` values of ``name``, or none at all when there are fewer."""
    values = [value for _, value in curve(history, name)]
    return values[-count:] if len(values) >= count else []
