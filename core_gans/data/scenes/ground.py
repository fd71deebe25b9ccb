"""What lies below: meadows, lakes, rivers, and the paths that lead through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core_gans.data.scenes.canvas import UNITS, Canvas, Colour, Point
from core_gans.data.scenes.light import Light, mix
from core_gans.data.scenes.vocabulary import Label

_MEADOWS: tuple[tuple[Colour, Colour], ...] = (  # far, near
    ((166, 200, 112), (104, 164, 78)),
    ((150, 196, 120), (88, 152, 84)),
    ((186, 204, 108), (128, 170, 74)),
    ((204, 194, 112), (166, 164, 80)),
)
_SAND: Colour = (226, 200, 152)
_SHORE: Colour = (196, 186, 130)
_LAKE: Colour = (72, 142, 190)
_FLOWERS: tuple[Colour, ...] = ((250, 240, 240), (246, 214, 80), (226, 92, 96), (196, 130, 214))


def draw_meadow(canvas: Canvas, rng: np.random.Generator, light: Light, horizon: float) -> None:
    """Three rolling stretches of grass below ``horizon``, the far ones paler, now and then flowers in the near one."""
    far, near = _MEADOWS[int(rng.choice(len(_MEADOWS), p=(0.34, 0.3, 0.22, 0.14)))]
    x = np.linspace(-1, UNITS + 1, 25)
    for i, share in enumerate((0.0, 0.5, 1.0)):
        level = horizon + (UNITS - horizon) * (0.0, 0.22, 0.55)[i]
        swing = (0.9, 1.5, 2.0)[i]
        wave = level + swing * np.sin(x / UNITS * rng.uniform(3, 7) + rng.uniform(0, 6.3))
        line = np.stack([x, wave], 1).tolist()
        colour = mix(light.on(mix(far, near, share)), light.sky[2], (0.16, 0.06, 0.0)[i])
        canvas.polygon([*line, (UNITS + 1, UNITS + 1), (-1, UNITS + 1)], colour, Label.GRASS)
    if rng.random() < 0.4:
        colour = light.on(_FLOWERS[int(rng.integers(len(_FLOWERS)))])
        for fx, fy in rng.uniform((1, horizon + 12), (UNITS - 1, UNITS - 1), (int(rng.integers(8, 18)), 2)):
            canvas.disc(fx, fy, 0.55, colour, Label.GRASS)


def draw_lake(canvas: Canvas, rng: np.random.Generator, light: Light, x: float, y: float, half: float) -> None:
    """A lake of half width ``half`` around (x, y), the sky in it and a pale shore around it."""
    tall = half * rng.uniform(0.26, 0.34)
    base = _water(light)
    canvas.ellipse(x, y + 0.3, half + 0.7, tall + 0.6, light.on(_SHORE), Label.GRASS)
    canvas.ellipse(x, y, half, tall, base, Label.WATER)
    canvas.ellipse(
        x,
        y - tall * 0.3,
        half * 0.8,
        tall * 0.5,
        mix(base, light.sky[2], 0.5 if light.hour == "sunset" else 0.35),
        Label.WATER,
    )
    for _ in range(4):
        dx, dy = rng.uniform(-0.5, 0.5) * half, rng.uniform(-0.5, 0.7) * tall
        length = rng.uniform(1.5, 3.5)
        canvas.box(x + dx - length, y + dy, x + dx + length, y + dy + 0.5, mix(base, (255, 255, 255), 0.4), Label.WATER)


def _water(light: Light) -> Colour:
    """Water is blue, and has the sky in it; at night little else."""
    return mix(light.on(_LAKE), light.sky[1], 0.36) if light.hour == "night" else mix(_LAKE, light.sky[0], 0.3)


def draw_river(canvas: Canvas, rng: np.random.Generator, light: Light, horizon: float, side: int) -> None:
    """A river from the horizon to the lower corner on one side (-1 left, 1 right)."""
    base = _water(light)
    t = np.linspace(0, 1, 14)
    begin, end = UNITS / 2 + side * rng.uniform(12, 22), UNITS / 2 + side * rng.uniform(22, 30)
    middle = begin + (end - begin) * t + side * rng.uniform(2.5, 4.5) * np.sin(t * rng.uniform(4.5, 6)) * (1 - 0.4 * t)
    half = 0.7 + 6.8 * t**1.4
    y = horizon + 1.2 + (UNITS + 1 - horizon) * t
    canvas.polygon(_ribbon(middle, y, half + 0.3 + 0.5 * t), light.on(_SHORE), Label.GRASS)
    canvas.polygon(_ribbon(middle, y, half), base, Label.WATER)
    canvas.polygon(
        _ribbon(middle + light.side * half * 0.25, y, half * 0.4),
        mix(base, light.sky[2], 0.5 if light.hour == "sunset" else 0.35),
        Label.WATER,
    )
    for i in rng.integers(5, 13, 3):
        canvas.box(
            middle[i] - half[i] * 0.5,
            y[i],
            middle[i] + half[i] * 0.3,
            y[i] + 0.5,
            mix(base, (255, 255, 255), 0.4),
            Label.WATER,
        )


@dataclass(frozen=True)
class Way:
    """The course of a path: from (x, y), ``width`` wide there, it widens down to x = ``end`` at the lower edge."""

    x: float
    y: float
    width: float
    end: float

    def middle(self, y: float) -> float:
        """Where the path is at the height y."""
        t = self._along(y)
        return self.x + (self.end - self.x) * t * t * (3 - 2 * t)

    def half(self, y: float) -> float:
        """Half its width at the height y."""
        return self.width / 2 + (UNITS - self.y) * 0.17 * self._along(y) ** 1.2

    def covers(self, x: float, y: float) -> bool:
        """Whether the point (``x``, ``y``), in units of the canvas, lies on it."""
        return y >= self.y and abs(x - self.middle(y)) < self.half(y)

    def _along(self, y: float) -> float:
        return min(max((y - self.y) / (UNITS + 1 - self.y), 0.0), 1.0)


def draw_path(canvas: Canvas, rng: np.random.Generator, light: Light, way: Way) -> None:
    """A sandy path with a darker edge and a few stones."""
    y = np.linspace(way.y, UNITS + 1, 12)
    middle, half = np.asarray([way.middle(v) for v in y]), np.asarray([way.half(v) for v in y])
    canvas.polygon(_ribbon(middle, y, half), light.on(_SAND, 0.86), Label.PATH)
    canvas.polygon(_ribbon(middle, y, half * 0.8), light.on(_SAND), Label.PATH)
    for i in rng.integers(3, 12, 3):
        px = middle[i] + rng.uniform(-0.5, 0.5) * half[i]
        canvas.ellipse(px, y[i], 0.8, 0.45, light.on(_SAND, 0.82), Label.PATH)


def _ribbon(middle: np.ndarray, y: np.ndarray, half: np.ndarray) -> list[Point]:
    """The outline of a band around a line that runs down the picture."""
    left, right = np.stack([middle - half, y], 1), np.stack([middle + half, y], 1)
    return [*left.tolist(), *right[::-1].tolist()]
