"""The findings' charts, by OpenCV: bars with intervals beside their control, lines of a dose, counts in a grid."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from core_gans.foundation.intervals import Change, Interval
from core_gans.foundation.sheets import INK, label
from dissect.directions.lettering import GREY, below, beside, framed
from dissect.report.sheets import Picture

LOWEST = -0.25  # of a curve
FINER = 3  # drawn this many times larger and reduced by area, for smooth lines
OURS, CONTROL, LIGHT, BACK = (60, 95, 150), (178, 182, 190), (205, 219, 242), (246, 247, 249)
NAME, ROW, PLOT, NUMBER = 128, 30, 420, 200  # pixels: names, height of a row, bars, numbers


@dataclass(frozen=True)
class Bar:
    """A row of a chart: a number with its interval, and that of the control, where there is one."""

    name: str
    ours: Interval
    control: Interval | None
    told: str  # written at its end


def bars(title: str, rows: Sequence[Bar], low: float, high: float, note: str) -> Picture:
    """Bars from 0, the control's below in grey; whiskers are the intervals. The scale runs from ``low`` to ``high``."""
    parts = [label(title, NAME + PLOT + NUMBER, 28, size=17)]
    for row in rows:
        plot = _blank(PLOT, ROW)
        _bar(plot, row.ours, low, high, OURS, 4, 17)
        if row.control is not None:
            _bar(plot, row.control, low, high, CONTROL, 19, 26)
        zero = _across(0, low, high)
        cv2.line(plot, (zero, 0), (zero, plot.shape[0]), GREY, FINER)
        name = label(row.name + "  ", NAME, ROW, size=14, align="right")
        parts.append(beside([name, _reduced(plot), label("  " + row.told, NUMBER, ROW, size=12, ink=GREY)]))
    parts.append(label(note, NAME + PLOT + NUMBER, 22, size=12, ink=GREY))
    return framed(below(parts))


def lines(
    title: str,
    across: Sequence[str],
    ours: Sequence[tuple[str, Change, tuple[int, int, int]]],
    control: Sequence[Change],
    width: int = 420,
    height: int = 220,
) -> Picture:
    """Named curves in percent over evenly spaced doses, each in its interval's band; the controls are grey.

    What falls below :data:`LOWEST` is cut off: random units may add a multiple of a small thing.
    """
    at = np.linspace(0.04, 0.96, len(across)) * width * FINER
    shown = [change for _, change, _ in ours] + list(control)
    top = max(1.0, *(float(change.high.max()) for change in shown))
    bottom = max(LOWEST, min(0.0, *(float(change.low.min()) for change in shown)))
    plot = _blank(width, height)

    def points(values: np.ndarray) -> np.ndarray:
        up = (1 - (values.clip(bottom) - bottom) / (top - bottom)) * (height * FINER - 1)
        return np.stack([at, up], axis=1).round().astype(np.int32)

    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        y = int(points(np.full(len(across), share))[0, 1])
        cv2.line(plot, (0, y), (plot.shape[1], y), (226, 228, 232), FINER)
    every = [(change, CONTROL) for change in control] + [(change, colour) for _, change, colour in ours]
    for change, colour in every:
        pale = tuple(round(0.75 * 255 + 0.25 * part) for part in colour)
        cv2.fillPoly(plot, [np.concatenate([points(change.low), points(change.high)[::-1]])], pale, cv2.LINE_AA)
    for change, colour in every:
        cv2.polylines(plot, [points(change.mean)], False, colour, 2 * FINER, cv2.LINE_AA)
        for x, y in points(change.mean).tolist():
            cv2.circle(plot, (x, y), 3 * FINER, colour, -1, cv2.LINE_AA)
    scale = _blank(44, height, finer=1)
    for share in (0.0, 0.5, 1.0):
        y = int(points(np.full(len(across), share))[0, 1] / FINER)
        start = min(max(y - 8, 0), height - 16)
        scale[start : start + 16] = label(f"{share:.0%} ", 44, 16, size=12, align="right", ink=GREY)
    feet = _blank(width, 18, finer=1)
    for x, name in zip(at / FINER, across, strict=True):
        start = min(max(int(x) - 20, 0), width - 40)
        feet[:, start : start + 40] = label(name, 40, 18, size=12, align="centre", ink=GREY)
    cut = ", cut off" if any(float(change.low.min()) < bottom for change in control) else ""
    names = [label(name, 150, 18, size=12, ink=colour) for name, _, colour in ours]
    names.append(label("random units" + cut, 150, 18, size=12, ink=CONTROL))
    return framed(
        below(
            [
                label(title, 44 + width, 26, size=15),
                beside([scale, _reduced(plot)]),
                beside([_blank(44, 18, finer=1), feet]),
                beside([_blank(44, 18, finer=1), *names]),
            ],
            4,
        )
    )


def grid(title: str, rows: Sequence[str], columns: Sequence[str], counts: np.ndarray, told: Sequence[str]) -> Picture:
    """Whole numbers ``counts`` (rows, columns) in cells, the darker the more; ``told`` stands behind each row."""
    across, top = 62, max(1, int(counts.max()))
    heads = [label(name, across, 22, size=12, align="centre", ink=GREY) for name in columns]
    parts = [
        label(title, NAME + across * len(columns) + 170, 28, size=17),
        beside([_blank(NAME, 22, finer=1), *heads]),
    ]
    for name, row, end in zip(rows, counts.tolist(), told, strict=True):
        cells = [label(name + "  ", NAME, 30, size=14, align="right")]
        for number in row:
            part = (number / top) ** 0.5
            colour = [round(250 + part * (ours - 250)) for ours in OURS]
            cell = np.full((28, across - 2, 3), colour, dtype=np.uint8)
            if number:
                light = part > 0.55
                word = label(str(number), across - 2, 28, size=13, align="centre", ink=INK).astype(float) / 255
                ink = np.array((255, 255, 255) if light else INK, dtype=float)
                cell = np.clip(np.rint(cell * word + ink * (1 - word)), 0, 255).astype(np.uint8)
            cells.append(np.pad(cell, ((1, 1), (1, 1), (0, 0)), constant_values=255))
        parts.append(beside([*cells, label("  " + end, 170, 30, size=12, ink=GREY)]))
    return framed(below(parts))


def _bar(
    plot: Picture, bounds: Interval, low: float, high: float, colour: tuple[int, int, int], top: int, bottom: int
) -> None:
    mean, least, most = bounds
    if mean != mean:
        return
    zero, end = _across(0, low, high), _across(mean, low, high)
    cv2.rectangle(plot, (zero, top * FINER), (end, bottom * FINER), colour, -1)
    middle, thick = (top + bottom) * FINER // 2, FINER + 1
    ends = (_across(least, low, high), _across(most, low, high))
    dark = tuple(round(0.6 * part) for part in colour)
    cv2.line(plot, (ends[0], middle), (ends[1], middle), dark, thick, cv2.LINE_AA)
    for x in ends:
        cv2.line(plot, (x, middle - 3 * FINER), (x, middle + 3 * FINER), dark, thick, cv2.LINE_AA)


def _across(value: float, low: float, high: float) -> int:
    return round((min(max(value, low), high) - low) / (high - low) * (PLOT * FINER - 1))


def _blank(width: int, height: int, finer: int = FINER) -> Picture:
    return np.full((height * finer, width * finer, 3), 255, dtype=np.uint8)


def _reduced(plot: Picture) -> Picture:
    size = (plot.shape[1] // FINER, plot.shape[0] // FINER)
    return np.asarray(cv2.resize(plot, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
