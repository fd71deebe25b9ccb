"""What the driver sees: road, lines, grass, hills and another car, in perspective, by day or by night.

A point z metres ahead and x to the right of the camera is seen at column W/2 + ACROSS W x/z, and ground z ahead at row
HORIZON H + HEIGHT DOWN H/z, so that a picture of any size shows the same. Edges are averaged over each pixel, so the
picture changes with every centimetre.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from core_gans.data.road.car import Car
from core_gans.data.road.course import Course
from core_gans.data.road.floats import Floats

HEIGHT = 3.0  # m, of the camera
ACROSS, DOWN, HORIZON = 0.45, 1.2, 0.3
HALF_ROAD = 4.0  # m
LINE, LINE_PLACE = 0.22, 3.6  # m: half the width of a line, and where the outer ones are
DASH, STRIPE = 12.0, 24.0  # m, from one to the next
CAR_HALF, CAR_HIGH, CAR_NEAR = 0.8, 0.95, 3.0  # m
LAMPS = 22.0  # m to where the headlights have lost two thirds of their light
AT_ONCE = 128  # pictures drawn together

GRASS, ASPHALT, WHITE = (70, 150, 60), (95, 95, 100), (235, 235, 225)
HILL, SKY, HAZE = (88, 118, 110), (110, 165, 225), (205, 222, 232)
NIGHT_SKY, NIGHT_HAZE, NIGHT_HILL = (8, 12, 34), (28, 34, 66), (12, 16, 30)
GLASS, TAIL = (40, 45, 60), (200, 40, 30)


def distances(height: int) -> Floats:
    """How far ahead (R,) the ground is in the rows below the horizon, m, the nearest last."""
    rows = np.arange(height, dtype=np.float64) + 0.5 - HORIZON * height
    found: Floats = HEIGHT * DOWN * height / rows[rows > 0.5]
    return found


def pictures(course: Course, car: Car, frame: Floats, height: int, width: int) -> Tensor:
    """What the drivers see in the frames ``frame`` (N,): (N, 3, height, width) uint8."""
    parts = [
        _pictures(course.rows(at), Car(car.place[at], car.offset[at], car.heading[at]), frame[at], height, width)
        for at in (np.arange(first, min(first + AT_ONCE, len(car))) for first in range(0, len(car), AT_ONCE))
    ]
    return torch.from_numpy(np.concatenate(parts))


def _pictures(course: Course, car: Car, frame: Floats, height: int, width: int) -> np.ndarray:
    page = np.empty((len(car), 3, height, width), np.float32)
    ground = distances(height)
    above = height - len(ground)
    page[:, :, :above] = _sky(course, car, above, height, width)
    page[:, :, above:] = _ground(course, car, ground, height, width)
    _draw_other(page, course, car, frame)
    return np.rint(page).clip(0, 255).astype(np.uint8)


def _sky(course: Course, car: Car, rows: int, height: int, width: int) -> np.ndarray:
    """(N, 3, rows, W): a gradient, and hills that turn with the car."""
    night = course.night[:, None, None, None]
    low = np.linspace(0, 1, rows)[:, None]
    day = _mixed(SKY, HAZE, low)[None]
    dark = _mixed(NIGHT_SKY, NIGHT_HAZE, low)[None]
    turned = (course.heading(car.place) + car.heading)[:, None] + np.arctan(_columns(width) / (ACROSS * width))
    ridge = 0.055 + 0.03 * np.cos(3 * turned) + 0.02 * np.cos(8 * turned) + 0.012 * np.cos(19 * turned)  # even
    up = HORIZON * height - (np.arange(rows) + 0.5)
    hill = np.clip(ridge[:, None] * height - up[:, None] + 0.5, 0, 1)[:, None]
    hills = night * _colour(NIGHT_HILL) + (1 - night) * _colour(HILL)
    sky = night * dark + (1 - night) * day
    found: np.ndarray = sky + hill * (hills - sky)
    return found


def _ground(course: Course, car: Car, ahead: Floats, height: int, width: int) -> np.ndarray:
    """(N, 3, R, W): grass in stripes, the road and its lines, in the light of the day or of the headlights."""
    pixel = (ahead / (ACROSS * width)).astype(np.float32)[:, None]  # m of a pixel's width
    x = (_columns(width) * pixel).astype(np.float32)  # (R, W)
    middle = _middle(course, car, ahead).astype(np.float32)[..., None]
    q = x - middle  # (N, R, W), from the middle of the road
    deep = ahead**2 / (HEIGHT * DOWN * height)  # m of a pixel's height on the ground
    place = car.place[:, None] + ahead
    stripe = (np.cos(2 * np.pi * place / STRIPE) * _seen(deep, STRIPE))[..., None].astype(np.float32)
    dash = np.clip(0.5 + 1.5 * np.cos(2 * np.pi * place / DASH) * _seen(deep, DASH), 0, 1)[..., None].astype(np.float32)
    road = np.clip((HALF_ROAD - np.abs(q)) / pixel + 0.5, 0, 1)
    line = np.clip((LINE + pixel / 2 - np.abs(np.abs(q) - LINE_PLACE)) / pixel, 0, np.minimum(1, 2 * LINE / pixel))
    line = line + dash * np.clip((LINE + pixel / 2 - np.abs(q)) / pixel, 0, np.minimum(1, 2 * LINE / pixel))
    night = course.night[:, None, None].astype(np.float32)
    light = 1 - night * (0.86 - 0.86 * np.exp(-ahead / LAMPS)).astype(np.float32)[:, None]
    grass = 1 + 0.16 * stripe
    channels = []
    for field, tar, white in zip(GRASS, ASPHALT, WHITE, strict=True):
        there = field * grass + road * (tar - field * grass)
        channels.append(light * (there + line * (white - there)))
    return np.stack(channels, axis=1)


def _draw_other(page: np.ndarray, course: Course, car: Car, frame: Floats) -> None:
    """Draw the other car of each road that has one in sight into ``page`` (N, 3, H, W)."""
    height, width = page.shape[2:]
    away = course.other_ahead(frame)
    seen = (course.other > 0) & (away > CAR_NEAR)
    z = np.where(seen, away, 1.0)
    x = _middle(course, car, z[:, None])[:, 0] + course.lane
    column, wide = width / 2 + ACROSS * width * x / z, ACROSS * width * CAR_HALF / z
    low = HORIZON * height + HEIGHT * DOWN * height / z
    high = DOWN * height * CAR_HIGH / z
    night = course.night[:, None, None]

    def draw(left: Floats, right: Floats, top: Floats, bottom: Floats, colour: np.ndarray) -> None:
        across, down = _covered(left, right, width), _covered(top, bottom, height)
        share = (seen[:, None, None] * down[:, :, None] * across[:, None, :]).astype(np.float32)
        page[:] += share[:, None] * (colour[:, :, None, None] - page)

    body = (30 + 200 * course.paint)[:, None] * np.array([0.8, 0.8, 1.0]) * (1 - 0.6 * night[..., 0])
    draw(column - wide, column + wide, low - high * 0.65, low, body)
    draw(column - 0.75 * wide, column + 0.75 * wide, low - high, low - high * 0.6, np.tile(GLASS, (len(body), 1)))
    lamp = np.where((course.speed < -2)[:, None], np.array([255.0, 255.0, 235.0]), np.array(TAIL))
    for side in (-1, 1):
        middle = column + side * 0.72 * wide
        draw(middle - 0.2 * wide, middle + 0.2 * wide, low - high * 0.5, low - high * 0.28, lamp)


def _middle(course: Course, car: Car, ahead: Floats) -> Floats:
    """How far (N, R) to the right of the camera the middle of the road is, ``ahead`` (R,) or (N, R) m before it.

    To first order in the car's heading.
    """
    found: Floats = course.aside(car.place, ahead) - car.offset[:, None] - car.heading[:, None] * ahead
    return found


def _covered(low: Floats, high: Floats, count: int) -> Floats:
    """Which share of each of ``count`` pixels lies between ``low`` and ``high`` (N,): (N, count)."""
    edge = np.arange(count)
    found: Floats = np.clip(np.minimum(high[:, None], edge + 1) - np.maximum(low[:, None], edge), 0, 1)
    return found


def _seen(deep: Floats, period: float) -> Floats:
    """What is left of a wave that is averaged over ``deep`` m."""
    left: Floats = np.where(deep < period, np.sinc(deep / period), 0.0)
    return left


def _columns(width: int) -> Floats:
    found: Floats = np.arange(width, dtype=np.float64) + 0.5 - width / 2
    return found


def _colour(colour: tuple[int, int, int]) -> np.ndarray:
    return np.array(colour, np.float32)[:, None, None]


def _mixed(one: tuple[int, int, int], other: tuple[int, int, int], share: np.ndarray) -> np.ndarray:
    return _colour(one) + share * (_colour(other) - _colour(one))
