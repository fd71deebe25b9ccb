"""What moves in a scene: clouds drift, the sun or moon sets, people walk. All else stands still to the bit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core_gans.data.scenes.light import Light


@dataclass(frozen=True)
class Moved:
    """How far they have come since the first frame, in units (a picture is 64 wide and high)."""

    clouds: float = 0.0
    """To the right."""
    sun: float = 0.0
    """Down."""
    people: float = 0.0
    """To the right."""

    def light(self, light: Light) -> Light:
        """The light with its sun or moon where it is now."""
        x, y, radius = light.sun
        return replace(light, sun=(x, y + self.sun, radius))


STILL = Moved()
