"""What there is in a scene: the class names, whose place is the value in a mask, and a colour for each."""

from __future__ import annotations

from enum import IntEnum


class Label(IntEnum):
    """The class of a pixel. Sun and moon are two: they never share a sky, and an edit may confuse them."""

    SKY = 0
    CLOUD = 1
    SUN = 2
    MOON = 3
    MOUNTAIN = 4
    GRASS = 5
    PATH = 6
    WATER = 7
    TREE = 8
    WALL = 9
    ROOF = 10
    DOOR = 11
    WINDOW = 12
    PERSON = 13
    LAMP = 14


LABELS: tuple[str, ...] = tuple(label.name.lower() for label in Label)

COLOURS: tuple[tuple[int, int, int], ...] = (  # RGB, for overlays and legends; chosen apart, not true to nature
    (135, 190, 235),
    (238, 242, 247),
    (255, 200, 40),
    (190, 180, 255),
    (140, 125, 165),
    (150, 205, 110),
    (225, 190, 130),
    (45, 125, 205),
    (25, 115, 65),
    (245, 225, 190),
    (215, 75, 60),
    (125, 65, 35),
    (0, 205, 215),
    (235, 60, 165),
    (70, 70, 80),
)
