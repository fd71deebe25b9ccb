"""What is taken on the ground: by things that stand there, by water, and by paths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from core_gans.data.scenes.canvas import UNITS
from core_gans.data.scenes.ground import Way


@dataclass(frozen=True)
class Box:
    """The upright box something fills in the picture, in units; its foot is at ``bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, gap: float) -> bool:
        """Whether the two come nearer than ``gap``."""
        apart = (
            self.right + gap <= other.left
            or other.right + gap <= self.left
            or self.bottom + gap <= other.top
            or other.bottom + gap <= self.top
        )
        return not apart


@dataclass
class GroundPlan:
    """Everything that a newcomer has to keep clear of."""

    horizon: float
    solid: list[Box] = field(default_factory=list)  # houses, trees, people and lamps, as they appear
    ways: list[Way] = field(default_factory=list)
    wet: Callable[[float, float], bool] = lambda x, y: False  # whether there is water at (x, y)

    def depth(self, foot: float) -> float:
        """How near the height ``foot`` is: 0 at the horizon, 1 at the lower edge."""
        return (foot - self.horizon) / (UNITS - self.horizon)

    def taken(self, box: Box, gap: float) -> bool:
        """Whether something stands in the box, or nearer to it than ``gap``."""
        return any(box.meets(other, gap) for other in self.solid)

    def trodden(self, x: float, y: float) -> bool:
        """Whether there is a path at (x, y)."""
        return any(way.covers(x, y) for way in self.ways)

    def before_a_door(self, box: Box) -> bool:
        """Whether the box would hide where a path begins."""
        return any(
            box.left < way.x + 2.5 and box.right > way.x - 2.5 and box.top < way.y < box.bottom for way in self.ways
        )
