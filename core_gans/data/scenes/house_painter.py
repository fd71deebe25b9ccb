"""The strokes of one house: walls, roof, chimney, door and windows, from each of the sides it may show."""

from __future__ import annotations

from dataclasses import dataclass

from core_gans.data.scenes.canvas import Canvas, Colour, Point, code
from core_gans.data.scenes.light import Light, mix
from core_gans.data.scenes.vocabulary import Label

DOOR_WIDTH = 5.0
_DOOR_HEIGHT = 7.2


@dataclass(frozen=True)
class House:
    """A house whose foot is the line y from ``left`` to ``left + width``, in units."""

    left: float
    foot: float
    width: float
    wall: float  # height of the wall
    rise: float  # height of the roof above it
    face: str
    roof: str
    door: float  # where the middle of the door is
    mirrored: bool

    @property
    def right(self) -> float:
        """The x of its right wall, in units of the canvas."""
        return self.left + self.width

    @property
    def top(self) -> float:
        """The y of its ridge, in units of the canvas."""
        return self.foot - self.wall - self.rise


Windows = list[tuple[float, float, float]]  # middle x, middle y, half width


class HousePainter:
    """The strokes of one house."""

    def __init__(self, canvas: Canvas, light: Light, house: House, instance: int, wall: Colour, roof: Colour) -> None:
        self.canvas, self.light, self.house = canvas, light, house
        self.WALL, self.ROOF = code(Label.WALL, instance), code(Label.ROOF, instance)
        self.DOOR, self.WINDOW = code(Label.DOOR, instance), code(Label.WINDOW, instance)
        self.wall, self.roof = wall, roof
        self.eaves = house.foot - house.wall

    def long(self) -> Windows:
        """The long side: a broad roof over a broad wall."""
        h, light, eaves = self.house, self.light, self.eaves
        self.canvas.box(h.left, eaves, h.right, h.foot, light.on(self.wall), self.WALL)
        shaded = h.left if light.side > 0 else h.right - h.width * 0.12
        self.canvas.box(shaded, eaves, shaded + h.width * 0.12, h.foot, light.on(self.wall, 0.88), self.WALL)
        self.canvas.box(h.left, eaves, h.right, eaves + 1.3, light.on(self.wall, 0.78), self.WALL)
        slope = h.width * 0.14
        self._roof([(h.left - 1.4, eaves), (h.left + slope, h.top), (h.right - slope, h.top), (h.right + 1.4, eaves)])
        size = min(1.9, h.width * 0.09)
        y = eaves + h.wall * 0.46
        gaps = ((h.left, h.door - DOOR_WIDTH / 2), (h.door + DOOR_WIDTH / 2, h.right))
        windows: Windows = []
        for begin, end in gaps:
            room = end - begin
            if room > 13:
                windows += [(begin + room * 0.29, y, size), (begin + room * 0.71, y, size)]
            elif room > 2 * size + 2.6:
                windows.append(((begin + end) / 2, y, size))
        return windows

    def gable(self) -> Windows:
        """The gable: a pointed wall between two slopes."""
        h, light, eaves = self.house, self.light, self.eaves
        middle = h.left + h.width / 2
        self._pointed_wall(h.left, h.right)
        shade = h.left if light.side > 0 else h.right
        self.canvas.polygon(
            [
                (shade, h.foot),
                (shade, eaves),
                (middle, h.top),
                (shade + (middle - shade) * 0.3, eaves),
                (shade + (middle - shade) * 0.3, h.foot),
            ],
            light.on(self.wall, 0.88),
            self.WALL,
        )
        self._slope(h.left, middle, light.side < 0)
        self._slope(h.right, middle, light.side > 0)
        windows: Windows = [(middle, eaves - h.rise * 0.18, 1.6)]
        room = (h.width - DOOR_WIDTH) / 2
        if room > 5.2:
            size = min(1.9, room * 0.28)
            windows += [
                (h.left + room / 2, eaves + h.wall * 0.5, size),
                (h.right - room / 2, eaves + h.wall * 0.5, size),
            ]
        return windows

    def corner(self) -> Windows:
        """Across the corner: the gable with the door in front, the long side and its roof beside it."""
        h, light, eaves = self.house, self.light, self.eaves
        front = h.width * 0.52
        x0, x1, x2 = (h.right, h.right - front, h.left) if h.mirrored else (h.left, h.left + front, h.right)
        away = 1 if x2 > x0 else -1
        apex = (x0 + x1) / 2
        front_lit = away != light.side
        self.canvas.box(
            min(x1, x2), eaves, max(x1, x2), h.foot, light.on(self.wall, 0.8 if front_lit else 1.0), self.WALL
        )
        self.canvas.box(min(x1, x2), eaves, max(x1, x2), eaves + 1.2, light.on(self.wall, 0.7), self.WALL)
        self._pointed_wall(min(x0, x1), max(x0, x1), 1.0 if front_lit else 0.84)
        end = x2 + away * 1.2
        self._roof(
            [
                (x1 + away * 0.9, eaves + 0.7),
                (apex, h.top - 0.6),
                (x2 - away * front * 0.28, h.top - 0.6),
                (end, eaves + 0.7),
            ]
        )
        self._slope(x0, apex, True)
        side = (x1 + x2) / 2
        room = abs(x2 - x1)
        size = min(1.9, room * 0.17)
        y = eaves + h.wall * 0.48
        windows: Windows = (
            [(side - room * 0.22, y, size), (side + room * 0.22, y, size)] if room > 10.5 else [(side, y, size)]
        )
        if front > 12.5:
            windows.append((apex, eaves - h.rise * 0.12, 1.5))
        return windows

    def _pointed_wall(self, left: float, right: float, shade: float = 1.0) -> None:
        h = self.house
        outline = [
            (left, h.foot),
            (right, h.foot),
            (right, self.eaves),
            ((left + right) / 2, h.top),
            (left, self.eaves),
        ]
        self.canvas.polygon(outline, self.light.on(self.wall, shade), self.WALL)

    def _slope(self, foot: float, apex: float, lit: bool) -> None:
        """The edge of a roof seen from the gable, from beyond the wall at ``foot`` up to the apex."""
        h = self.house
        out = foot + (1.4 if foot > apex else -1.4)
        low = self.eaves + 1.4 * h.rise / abs(foot - apex)
        outline = [(out, low), (apex, h.top - 0.6), (apex, h.top + 2.0), (out, low + 2.2)]
        self.canvas.polygon(outline, self.light.on(self.roof, 1.06 if lit else 0.8), self.ROOF)

    def _roof(self, outline: list[Point]) -> None:
        """A slope in full view: lighter above, with two rows of tiles and a dark edge."""
        light = self.light
        self.canvas.polygon(outline, light.on(self.roof), self.ROOF)
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = outline
        for share, shade in ((0.0, 1.14), (0.36, 0.86), (0.66, 0.86), (0.92, 0.74)):
            thick = 0.26 if share == 0 else 0.09
            rows = []
            for t in (share, min(share + thick, 1.0)):
                rows.append(((bx + (ax - bx) * t, by + (ay - by) * t), (cx + (dx - cx) * t, cy + (dy - cy) * t)))
            self.canvas.polygon([rows[0][0], rows[0][1], rows[1][1], rows[1][0]], light.on(self.roof, shade), self.ROOF)

    def chimney(self, x: float) -> None:
        """A chimney behind the roof at ``x``; it counts as roof."""
        h, brick = self.house, mix(self.roof, (120, 80, 70), 0.5)
        top, bottom = h.top - 1.8, self.eaves - h.rise * 0.2
        self.canvas.box(x - 1.3, top, x + 1.3, bottom, self.light.on(brick), self.ROOF)
        self.canvas.box(x - 1.7, top - 0.6, x + 1.7, top + 0.4, self.light.on(brick, 0.75), self.ROOF)

    def door(self, colour: Colour, round_top: bool) -> None:
        """The door, where the house has it."""
        h, light = self.house, self.light
        left, right, top = h.door - DOOR_WIDTH / 2, h.door + DOOR_WIDTH / 2, h.foot - _DOOR_HEIGHT
        if round_top:
            self.canvas.disc(h.door, top + 1.2, DOOR_WIDTH / 2 - 0.1, light.on(colour), self.DOOR)
            top += 1.2
        self.canvas.box(left, top, right, h.foot, light.on(colour), self.DOOR)
        dark = light.on(colour, 0.72)
        self.canvas.box(h.door - 1.5, top + 1.0, h.door + 1.5, top + 2.6, dark, self.DOOR)
        self.canvas.disc(right - 1.1, h.foot - 3.0, 0.5, light.on((240, 206, 110)), self.DOOR)

    def window(self, x: float, y: float, half: float, burning: bool) -> None:
        """A window with its middle at (``x``, ``y``), twice ``half`` wide; ``burning``: there is light in it."""
        light = self.light
        tall = half * 1.1
        frame = light.on((250, 248, 240))
        pane: Colour = (255, 214, 112) if burning else light.on((84, 118, 150))
        self.canvas.box(x - half, y - tall, x + half, y + tall, frame, self.WINDOW)
        self.canvas.box(x - half + 0.5, y - tall + 0.5, x + half - 0.5, y + tall - 0.5, pane, self.WINDOW)
        if burning:
            frame = mix(pane, (150, 96, 60), 0.7)
        self.canvas.box(x - 0.25, y - tall + 0.5, x + 0.25, y + tall - 0.5, frame, self.WINDOW)
