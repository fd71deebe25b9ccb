"""The hour of a scene: sky and palette by day, at sunset and at night, and the light that finishes a picture."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from core_gans.data.scenes.canvas import UNITS, Colour
from core_gans.data.scenes.vocabulary import LABELS, Label

HOURS = ("day", "sunset", "night")
_HOUR_SHARES = (0.55, 0.26, 0.19)

_SKIES: dict[str, tuple[tuple[Colour, Colour, Colour], ...]] = {  # zenith, middle, horizon
    "day": (
        ((70, 140, 214), (134, 190, 234), (214, 234, 244)),
        ((84, 168, 210), (150, 208, 224), (232, 242, 228)),
        ((122, 158, 220), (178, 198, 234), (246, 234, 226)),
    ),
    "sunset": (
        ((84, 84, 156), (226, 134, 134), (255, 214, 142)),
        ((62, 98, 164), (216, 158, 150), (255, 220, 162)),
        ((118, 76, 142), (238, 122, 110), (255, 194, 116)),
    ),
    "night": (
        ((12, 18, 50), (26, 40, 88), (62, 82, 134)),
        ((24, 18, 54), (46, 38, 96), (92, 78, 142)),
        ((8, 26, 48), (18, 52, 84), (46, 98, 126)),
    ),
}
_TINTS: dict[str, Colour] = {"day": (1.0, 1.0, 1.0), "sunset": (1.0, 0.84, 0.76), "night": (0.44, 0.5, 0.72)}
_SUNS: dict[str, Colour] = {"day": (255, 226, 92), "sunset": (255, 238, 178), "night": (244, 240, 214)}
_GLOWS: dict[str, Colour] = {"day": (46, 34, 4), "sunset": (70, 52, 12), "night": (46, 50, 58)}
_WARM = np.asarray((150, 104, 40), np.float32)  # what a lamp adds to the dark around it


@dataclass(frozen=True)
class Light:
    """An hour, its sky, and where the light comes from."""

    hour: str
    sky: tuple[Colour, Colour, Colour]
    sun: tuple[float, float, float]  # x, y, radius in units
    visible: bool  # whether the sun or moon itself is drawn

    @property
    def side(self) -> int:
        """-1 where the light comes from the left, 1 from the right."""
        return -1 if self.sun[0] < UNITS / 2 else 1

    @property
    def lamps_burn(self) -> bool:
        """Whether street lamps and windows are lit."""
        return self.hour != "day"

    @property
    def disc(self) -> Colour:
        """The colour of the sun or the moon."""
        return _SUNS[self.hour]

    def on(self, colour: Colour, shade: float = 1.0) -> Colour:
        """A colour of daylight, seen at this hour; ``shade`` darkens (below 1) or lightens it (above 1)."""
        tint = _TINTS[self.hour]
        return (
            min(colour[0] * tint[0] * shade, 255.0),
            min(colour[1] * tint[1] * shade, 255.0),
            min(colour[2] * tint[2] * shade, 255.0),
        )

    def hazy(self, colour: Colour, haze: float) -> Colour:
        """A colour seen through ``haze`` (0 none, 1 all) of the air at the horizon."""
        return mix(self.on(colour), self.sky[2], haze)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """The colour at ``share`` (0 to 1) of the way from the first to the second."""
    return (
        first[0] + (second[0] - first[0]) * share,
        first[1] + (second[1] - first[1]) * share,
        first[2] + (second[2] - first[2]) * share,
    )


def choose_light(rng: np.random.Generator, horizon: float) -> Light:
    """An hour of the day; the sun is above ``horizon``, low at sunset, and often out of the picture at noon."""
    hour = HOURS[int(rng.choice(3, p=_HOUR_SHARES))]
    sky = _SKIES[hour][int(rng.integers(len(_SKIES[hour])))]
    x = rng.uniform(7, 24) if rng.random() < 0.5 else rng.uniform(40, 57)
    low, high = (0.52, 0.86) if hour == "sunset" else (0.22, 0.46)
    sun = (float(x), float(horizon * rng.uniform(low, high)), float(rng.uniform(3.4, 4.8)))
    return Light(hour, sky, sun, bool(rng.random() < {"day": 0.6, "sunset": 0.8, "night": 0.85}[hour]))


def sky_picture(light: Light, size: int, horizon: float) -> np.ndarray:
    """The empty sky with the glow around the sun: (H, W, 3) uint8, both of ``size``. It goes on below ``horizon``."""
    rows, columns = _grid(size)
    stops = np.asarray(light.sky)
    levels = np.stack([np.interp(rows, (0, horizon * 0.55, horizon), stops[:, i]) for i in range(3)], 1)
    x, y, radius = light.sun
    width = radius * (3.6 if light.hour == "sunset" else 2.6)
    across, down = np.exp(-(((columns - x) / width) ** 2)), np.exp(-(((rows - y) / width) ** 2))
    glow = np.outer(down, across)[:, :, None] * np.asarray(_GLOWS[light.hour]) if light.visible else 0.0
    return np.clip(levels[:, None] + glow, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Shadow:
    """A soft ellipse on the ground, in units."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Glow:
    """Lamp light around a point, in units; ``strength`` 1 is a street lamp."""

    x: float
    y: float
    radius: float
    strength: float


def finish(
    picture: np.ndarray,
    mask: np.ndarray,
    light: Light,
    horizon: float,
    shadows: list[Shadow],
    glows: list[Glow],
    rng: np.random.Generator,
) -> np.ndarray:
    """Haze up to ``horizon``, soft shadows on the ground, lamp light, the paper's grain: (H, W, 3) uint8."""
    size = len(mask)
    rows, columns = _grid(size)
    depth = np.clip((rows - horizon) / (UNITS - horizon), 0, 1).astype(np.float32)
    dimming = _GROUND[mask] * ((0.16 if light.hour == "night" else 0.22) * depth)[:, None]
    if shadows:
        dimming += _GROUND[mask] * _shade(size, shadows)
    picture *= (1.0 - dimming)[:, :, None]

    haze = _MOUNTAIN[mask] * np.clip(1.0 - (horizon - rows) / 13.0, 0, 1).astype(np.float32)[:, None] * 0.62
    picture += (np.asarray(light.sky[2], np.float32) - picture) * haze[:, :, None]

    for glow in glows:
        across = np.exp(-(((columns - glow.x) / glow.radius) ** 2)).astype(np.float32)
        down = np.exp(-(((rows - glow.y) / glow.radius) ** 2)).astype(np.float32)
        picture += np.outer(down * glow.strength, across)[:, :, None] * _WARM

    grain, paper = _noise(size)
    top, left = (int(v) for v in rng.integers(0, size + 1, 2))
    picture *= paper[top : top + size, left : left + size, None]
    picture += grain[left : left + size, top : top + size]
    return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def _table(*labels: Label) -> np.ndarray:
    table = np.zeros(len(LABELS), np.float32)
    table[list(labels)] = 1.0
    return table


_ANGLES = np.arange(18) * (2 * np.pi / 18)
_CIRCLE = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], 1)
_GROUND = _table(Label.GRASS, Label.PATH)
_MOUNTAIN = _table(Label.MOUNTAIN)


def _shade(size: int, shadows: list[Shadow]) -> np.ndarray:
    """How dark the shadows make each pixel, in [0, 1]: (size, size)."""
    scale = size / UNITS * 16
    shade = np.zeros((size, size), np.uint8)
    for shadow in shadows:
        centre, axes = (shadow.x, shadow.y), (shadow.width, shadow.height)
        outline = _CIRCLE * axes + centre
        cv2.fillPoly(shade, [np.rint(outline * scale).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.blur(shade, (3, 3)).astype(np.float32) * (0.3 / 255)


@cache
def _grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """The middle of each row and column in units."""
    places = (np.arange(size) + 0.5) * (UNITS / size)
    return places, places


@cache
def _noise(size: int) -> tuple[np.ndarray, np.ndarray]:
    """A bank to cut from: grain (2 size, 2 size, 3) in levels and soft paper (2 size, 2 size), a factor near 1."""
    rng = np.random.default_rng(64)
    grain = rng.normal(0, 1.8, (2 * size + 1, 2 * size + 1, 3)).astype(np.float32)
    rough = rng.normal(0, 1, (2 * size + 1, 2 * size + 1)).astype(np.float32)
    soft = cv2.GaussianBlur(rough, (0, 0), 2.2 * size / UNITS + 0.3)
    return grain, 1.0 + 0.022 * soft / soft.std()
