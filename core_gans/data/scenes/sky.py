"""What lies behind: the sky with its sun or moon, clouds, and mountains in the haze."""

from __future__ import annotations

import cv2
import numpy as np

from core_gans.data.scenes.canvas import UNITS, Canvas, Colour, Point
from core_gans.data.scenes.light import Light, mix, sky_picture
from core_gans.data.scenes.vocabulary import Label

_ROCKS: tuple[Colour, ...] = ((122, 128, 152), (134, 122, 140), (106, 130, 138))
_SNOW: Colour = (246, 248, 252)
_OUTSIDE = 14.0  # units beside the picture in which no cloud is seen: more than half of the widest


def draw_sky(canvas: Canvas, rng: np.random.Generator, light: Light, horizon: float) -> None:
    """The sky over the whole canvas, stars above ``horizon`` at night, and the sun or moon where it is in sight."""
    small = sky_picture(light, canvas.size, horizon)
    canvas.cells[:, :, :3] = cv2.resize(small, canvas.cells.shape[:2], interpolation=cv2.INTER_LINEAR)
    canvas.cells[:, :, 3] = Label.SKY
    if light.hour == "night":
        for x, y, brightness in rng.uniform(
            (1, 1, 0.5), (UNITS - 1, horizon * 0.8, 1.0), (int(rng.integers(7, 16)), 3)
        ):
            canvas.disc(x, y, 0.45, mix(light.sky[0], (255, 250, 226), brightness), Label.SKY)
    if light.visible:
        x, y, radius = light.sun
        if light.hour == "night":
            canvas.disc(x, y, radius, light.disc, Label.MOON)
            for dx, dy, size in ((-0.35, -0.25, 0.24), (0.3, 0.15, 0.3), (-0.2, 0.45, 0.16)):
                canvas.disc(x + dx * radius, y + dy * radius, size * radius, (220, 214, 190), Label.MOON)
        else:
            canvas.disc(x, y, radius, mix(light.disc, (255, 190, 70), 0.35), Label.SUN)
            canvas.disc(x, y, radius * 0.8, light.disc, Label.SUN)


def draw_clouds(canvas: Canvas, rng: np.random.Generator, light: Light, horizon: float, drift: float = 0.0) -> None:
    """A few soft clouds above ``horizon``, lit from above, flat below, ``drift`` units to the right of where they were.

    A cloud that has left the picture comes back on the other side.
    """
    count = int(rng.choice(5, p=(0.14, 0.26, 0.28, 0.2, 0.12)))
    white: Colour = {"day": (255, 255, 255), "sunset": (255, 214, 196), "night": (96, 108, 150)}[light.hour]
    grey: Colour = {"day": (206, 220, 236), "sunset": (206, 132, 150), "night": (58, 70, 112)}[light.hour]
    start = rng.uniform(0, UNITS)
    for i in range(count):
        x = (start + (i + rng.uniform(-0.2, 0.2)) * UNITS / count) % UNITS
        x = (x + drift + _OUTSIDE) % (UNITS + 2 * _OUTSIDE) - _OUTSIDE
        y = horizon * rng.uniform(0.14, 0.56)
        _cloud(canvas, rng, x, y, rng.uniform(5.5, 11), white, grey)


def _cloud(
    canvas: Canvas, rng: np.random.Generator, x: float, y: float, half: float, white: Colour, grey: Colour
) -> None:
    """One cloud of half width ``half`` around x, with its foot at y."""
    s = canvas.scale
    rise = half * rng.uniform(0.5, 0.72)
    width, height = round((2 * half + 4) * s), round((rise + 4) * s)
    alpha = np.zeros((height, width), np.uint8)
    foot = height - round(1.6 * s)
    bumps = 4
    for i in range(bumps):
        place = (i + 0.5) / bumps + rng.uniform(-0.06, 0.06)
        radius = rise * (0.42 + 0.36 * np.sin(np.pi * place)) * rng.uniform(0.85, 1.15)
        cv2.circle(
            alpha, (round((2 + 2 * half * place) * s), foot - round(radius * 0.55 * s)), round(radius * s), 255, -1
        )
    cv2.ellipse(
        alpha, (width // 2, foot - round(0.4 * s)), (round(half * s), round(rise * 0.34 * s)), 0, 0, 360, 255, -1
    )
    alpha[foot:] = 0
    blur = max(round(0.7 * s), 1)
    soft = cv2.blur(alpha, (2 * blur + 1, 2 * blur + 1))

    left, top = round(x * s) - width // 2, round(y * s) - foot
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + width, canvas.cells.shape[1]), min(top + height, canvas.cells.shape[0])
    if x0 >= x1 or y0 >= y1:
        return
    part = soft[y0 - top : y1 - top, x0 - left : x1 - left]
    ramp = np.linspace(0, 1, height, dtype=np.float32)[y0 - top : y1 - top, None]
    colour = np.asarray(white, np.float32) + (np.asarray(grey, np.float32) - np.asarray(white, np.float32)) * ramp**1.5
    cells = canvas.cells[y0:y1, x0:x1]
    weight = part.astype(np.float32)[:, :, None] * (0.96 / 255)
    cells[:, :, :3] = cells[:, :, :3] * (1 - weight) + colour[:, None] * weight
    cells[:, :, 3][part > 127] = Label.CLOUD


def draw_mountains(canvas: Canvas, rng: np.random.Generator, light: Light, horizon: float) -> None:
    """A far range at ``horizon``, often a nearer one before it; the sides away from the light are dark."""
    rock = _ROCKS[int(rng.integers(len(_ROCKS)))]
    snowy = rng.random() < 0.7
    for near in range(int(rng.integers(1, 3))):
        count = int(rng.integers(2, 4))
        start = rng.uniform(-8, 8)
        for i in rng.permutation(count):
            x = start + (i + 0.5 + rng.uniform(-0.25, 0.25)) * UNITS / count
            height = rng.uniform(11, 19) * (0.66 if near else 1.0)
            half = height * rng.uniform(1.0, 1.35)
            _peak(
                canvas, rng, light, (x, horizon + 2), height + 2, half, rock, 0.18 if near else 0.42, snowy and not near
            )


def _peak(
    canvas: Canvas,
    rng: np.random.Generator,
    light: Light,
    foot: Point,
    height: float,
    half: float,
    rock: Colour,
    haze: float,
    snowy: bool,
) -> None:
    x, y = foot
    top = y - height
    sunny, dark = light.hazy(mix(rock, (255, 240, 220), 0.16), haze), light.hazy(mix(rock, (30, 36, 70), 0.3), haze)
    left, right, summit = (x - half, y), (x + half, y), (x, top)
    ridge = [
        summit,
        (x + height * 0.08, top + height * 0.32),
        (x - height * 0.05, top + height * 0.6),
        (x + height * 0.06, y),
    ]
    canvas.polygon([left, summit, right], sunny, Label.MOUNTAIN)
    shaded = right if light.side < 0 else left
    canvas.polygon([*ridge, shaded], dark, Label.MOUNTAIN)
    if snowy:
        depth = rng.uniform(0.26, 0.38)
        slope, low = half / height, top + height * depth
        reach = height * depth * slope
        white, blue = light.hazy(_SNOW, haze * 0.45), light.hazy((186, 202, 232), haze * 0.45)
        middle = low - height * depth * 0.35
        canvas.polygon(
            [
                summit,
                (x - reach, low),
                (x - reach * 0.5, middle),
                (x, low + 0.6),
                (x + reach * 0.5, middle),
                (x + reach, low),
            ],
            white,
            Label.MOUNTAIN,
        )
        side = -light.side
        canvas.polygon(
            [
                summit,
                (x + 0.2 * reach, middle),
                (x, low + 0.6),
                (x + side * reach * 0.5, middle),
                (x + side * reach, low),
            ],
            blue,
            Label.MOUNTAIN,
        )
