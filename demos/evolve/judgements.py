"""The judge's numbers during a run: the lines of its log that hold judgements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LOG = "metrics.jsonl"
MARKS = ("modes_covered", "classes_covered", "frechet[")  # a judgement holds one of them
COUNTERS = ("round", "seconds", "images_seen")  # of every line


@dataclass(frozen=True)
class Judgement:
    """The judge's numbers at a generation."""

    generation: int
    numbers: Mapping[str, float]


class Judgements:
    """Reads a run's log as it grows, each line once."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / LOG
        self.found: list[Judgement] = []
        self._place = 0

    def read(self) -> tuple[Judgement, ...]:
        """All judgements so far. A line that is cut short or damaged is left out."""
        if not self.path.is_file():
            return tuple(self.found)
        with self.path.open("rb") as file:
            file.seek(self._place)
            for line in file:
                if not line.endswith(b"\n"):  # it is being written
                    break
                self._place += len(line)
                if (judgement := _judgement(line)) is not None:
                    self.found.append(judgement)
        return tuple(self.found)


def _judgement(line: bytes) -> Judgement | None:
    try:
        values = json.loads(line)
        if not any(name.startswith(MARKS) for name in values):
            return None
        numbers = {name: float(value) for name, value in values.items() if name not in COUNTERS}
        return Judgement(int(values["round"]), numbers)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
