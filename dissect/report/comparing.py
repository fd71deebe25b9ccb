"""Comparing a dissection done again with what a report says: the largest difference of each number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from torch import Tensor

from core_gans.foundation.pixels import to_bytes
from dissect.cause.causal import CausalEffect
from dissect.measure.dissection import Dissection

SHARE = 0.005  # of anything from 0 to 1: another processor rounds differently, and some pixels change sides
GREY = 4.0  # of 255, in a picture
RELATIVE = 0.01  # of a unit's activation


@dataclass(frozen=True)
class Difference:
    """The largest difference of one number between the report and the replay, and how large it may be."""

    name: str
    largest: float
    allowed: float

    @property
    def agrees(self) -> bool:
        """Whether it is small enough; NaN is not."""
        return self.largest <= self.allowed


def compare_dissection(said: Mapping[str, Any], again: Dissection) -> list[Difference]:
    """Differences between ``report.json`` as read and a dissection of the same sample.

    Raises ValueError if they are not about the same layer, labels, images and units.
    """
    for name, found in (("layer", again.layer), ("labels", list(again.labels)), ("images", again.images)):
        if said[name] != found:
            raise ValueError(f"the report is about the {name} {said[name]!r}, the replay about {found!r}")
    if len(said["units"]) != again.count:
        raise ValueError(f"the report has {len(said['units'])} units, the replay {again.count}")
    differences = [
        Difference(name, _largest(_numbers(said[name]), getattr(again, name)), SHARE)
        for name in ("score", "iou", "iqr", "share")
    ]
    high = _numbers(said["high"])
    differences.append(Difference("high", _largest(high, again.high), RELATIVE * float(np.nanmax(np.abs(high)))))
    swapped = sum(
        unit["concept"] != match.concept and unit["score"] - match.score > SHARE
        for unit, match in zip(said["units"], map(again.best, range(again.count)), strict=True)
    )
    return [*differences, Difference("units with another concept", float(swapped), 0.0)]


def compare_effect(name: str, said: Mapping[str, Any], again: CausalEffect) -> list[Difference]:
    """Differences of what untouched images hold and of what ablation changes, which no chance has a part in.

    Of units that were changed in squares at random places, only the untouched images can be compared, by their
    interval of ablation: it must meet that of the report.
    """
    if said["patch"] is not None:
        low = np.maximum(_numbers(said["ablation"]["low"]), again.ablation.low)
        high = np.minimum(_numbers(said["ablation"]["high"]), again.ablation.high)
        return [Difference(f"{name}: gap between intervals", float((low - high).max()), SHARE)]
    return [
        Difference(f"{name}: before", _largest(_numbers(said["before"]), again.before), SHARE),
        Difference(f"{name}: ablation", _largest(_numbers(said["ablation"]["mean"]), again.ablation.mean), SHARE),
    ]


def compare_pictures(paths: Sequence[Path], images: Tensor) -> list[Difference]:
    """The mean difference, in grey levels, between PNG files and ``images`` (N, C, H, W) in [-1, 1]; the largest."""
    gaps = [
        float(np.abs(_read(path).astype(int) - picture.astype(int)).mean())
        for path, picture in zip(paths, to_bytes(images), strict=True)
    ]
    return [Difference(f"pictures, {paths[0].stem} and so on", max(gaps), GREY)] if gaps else []


def verdict(differences: Sequence[Difference]) -> tuple[str, bool]:
    """A table to print, and whether all agree."""
    width = max(len(difference.name) for difference in differences)
    lines = [
        f"{difference.name:{width}}  {difference.largest:10.3g}  {'agrees' if difference.agrees else 'DIFFERS'}"
        for difference in differences
    ]
    agreed = all(difference.agrees for difference in differences)
    lines.append("The replay agrees with the report." if agreed else "The replay does not agree with the report.")
    return "\n".join(lines), agreed


def _numbers(said: object) -> npt.NDArray[np.float64]:
    return np.array(said, dtype=float)  # null becomes NaN


def _largest(said: npt.NDArray[np.float64], found: npt.NDArray[np.float64]) -> float:
    """The largest difference; numbers that are not finite in both agree, in one only they differ without bound."""
    if said.shape != found.shape:
        raise ValueError(f"the report has numbers of the shape {said.shape}, the replay of {found.shape}")
    known, also = np.isfinite(said), np.isfinite(found)
    if (known != also).any():
        return float("inf")
    return float(np.abs(said - found)[known].max(initial=0.0))


def _read(path: Path) -> npt.NDArray[np.uint8]:
    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path} is no picture, or is not there: keep replay.py in the report's folder")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), dtype=np.uint8)
