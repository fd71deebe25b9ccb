"""Houses: seen from the long side, from the gable, or across the corner; each with a door and windows in its walls."""

from __future__ import annotations

import numpy as np

from core_gans.data.scenes.canvas import Canvas, Colour, Point
from core_gans.data.scenes.house_painter import House, HousePainter
from core_gans.data.scenes.light import Light

ROOFS: dict[str, Colour] = {
    "red": (196, 64, 54),
    "orange": (228, 132, 62),
    "brown": (134, 90, 66),
    "blue": (72, 104, 166),
    "grey": (112, 116, 126),
    "green": (76, 130, 100),
}
_WALLS: tuple[Colour, ...] = (
    (244, 232, 204),
    (246, 242, 234),
    (234, 198, 132),
    (178, 206, 222),
    (238, 198, 186),
    (204, 212, 174),
    (178, 78, 64),
)
_DOORS: tuple[Colour, ...] = ((112, 66, 44), (36, 106, 112), (160, 44, 46), (46, 64, 116), (52, 100, 66))
_FACES = ("long", "gable", "corner")


def choose_house(rng: np.random.Generator, left: float, foot: float, width: float, taken: str = "") -> House:
    """A house from ``left``, ``width`` wide, that stands at the height ``foot``, in units of the canvas.

    Its roof has another colour than ``taken``, the neighbour's, as often as not.
    """
    face = _FACES[int(rng.choice(3, p=(0.38, 0.22, 0.4)))] if width >= 19 else _FACES[int(rng.integers(2))]
    wall = max(9.4, width * rng.uniform(0.42, 0.5))
    rise = width * rng.uniform(0.3, 0.4) if face != "gable" else width * rng.uniform(0.4, 0.5)
    names = [name for name in ROOFS if name != taken or rng.random() < 0.5]
    roof = names[int(rng.integers(len(names)))]
    mirrored = bool(rng.random() < 0.5)
    place = {"long": 0.5, "gable": 0.5, "corner": 0.74 if mirrored else 0.26}[face]
    if face == "long" and width >= 21:
        place += float(rng.choice((-0.2, 0.0, 0.2)))
    return House(left, foot, width, wall, rise, face, roof, left + width * place, mirrored)


def draw_house(canvas: Canvas, rng: np.random.Generator, light: Light, house: House, instance: int) -> list[Point]:
    """Draw it; returns the middles of the windows that are lit."""
    walls = _WALLS[:-1] if house.roof in ("red", "brown", "orange") else _WALLS
    wall = walls[int(rng.integers(len(walls)))]
    doors = [door for door in _DOORS if sum(abs(a - b) for a, b in zip(door, wall, strict=True)) > 150]
    painter = HousePainter(canvas, light, house, instance, wall, ROOFS[house.roof])
    if rng.random() < 0.6:
        painter.chimney(house.left + house.width * rng.choice((0.36, 0.64)))
    burning = light.lamps_burn and rng.random() < (0.9 if light.hour == "night" else 0.5)
    windows = {"long": painter.long, "gable": painter.gable, "corner": painter.corner}[house.face]()
    painter.door(doors[int(rng.integers(len(doors)))], bool(rng.random() < 0.4))
    for x, y, size in windows:
        painter.window(x, y, size, burning)
    return [(x, y) for x, y, _ in windows] if burning else []
