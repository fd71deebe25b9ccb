"""A watcher that draws an evolution into its run folder while it plays."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core_gans.foundation.pixels import write_png
from core_gans.foundation.whole_files import write_whole
from core_gans.runs.watchers import WatchedState, Watcher
from egan.curves import curves
from egan.population import Population

CHART, NUMBERS, TREE, FRONT = "evolution.png", "evolution.json", "family_tree.png", "pareto_front.png"


class EvolutionPictures(Watcher):
    """Writes evolution.png, evolution.json and family_tree.png every ``every`` generations, and at the end.

    And pareto_front.png where selection is by quality and diversity.

    Between two drawings at least ``rest`` seconds pass: a drawing takes about one, and generations of points are many.
    ``subject`` stands in the titles, such as "dcgan on ring".
    """

    def __init__(self, folder: Path, subject: str = "", every: int = 500, rest: float = 30.0) -> None:
        if every < 1:
            raise ValueError(f"expected at least one generation between drawings, got {every}.")
        self.folder, self.of, self.every, self.rest = folder, f" of {subject}" if subject else "", every, rest
        self._drawn_at, self._drawn_round = -rest, -1

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        self._drawn_at, self._drawn_round = time.monotonic(), -1

    def after_round(self, state: WatchedState) -> None:
        if state.round % self.every == 0 and time.monotonic() - self._drawn_at >= self.rest:
            self.draw(state)

    def end(self, state: WatchedState) -> None:
        if state.round != self._drawn_round:
            self.draw(state)

    def draw(self, state: WatchedState) -> None:
        """Write the files from the state's logbook and history; what has no generations yet is left out."""
        from egan.pictures.charts import evolution_picture  # matplotlib's import takes a second
        from egan.pictures.family_tree import family_picture
        from egan.pictures.front import front_picture

        assert isinstance(state, Population)  # of an evolution alone
        self._drawn_at, self._drawn_round = time.monotonic(), state.round
        if len(state.logbook) > 0:
            write_png(self.folder / TREE, family_picture(state.history, title=f"Family tree{self.of}"))
        if len(state.front):
            front = [placed.record for placed in state.front]
            write_png(self.folder / FRONT, front_picture(front, state.history, f"Pareto front{self.of}"))
        if len(state.logbook) > 1:
            course = curves(state.logbook)
            write_png(self.folder / CHART, evolution_picture(course, f"Evolution{self.of}"))
            write_json(self.folder / NUMBERS, course.to_json())


def write_json(path: Path, content: Mapping[str, Any]) -> Path:
    """Write ``content`` as JSON, whole or not at all."""
    return write_whole(path, json.dumps(content, allow_nan=False) + "\n")
