"""What was measured, told: lines of a Markdown table, and a JSON file with the figures of every seed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from benchmarks.applications.row import Application, Row, spread

COLUMNS = ("", "measured on", "judged by", "measured", "baseline", "what it is", "goal", "CPU minutes", "seeds")


def header() -> str:
    """The two lines with which the table begins."""
    return f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def line(name: str, application: Application, minutes: float, rows: Sequence[Row]) -> str:
    """One line of it, from the rows of all seeds; further figures stand behind the one that is judged."""
    measured = [spread([row.figure for row in rows])]
    measured += [f"{other} {spread([row.others[other] for row in rows])}" for other in rows[0].others]
    cells = (
        name,
        application.data,
        application.judge,
        "; ".join(measured),
        spread([row.baseline for row in rows]),
        application.baseline,
        application.goal,
        f"{minutes:g}",
        str(len(rows)),
    )
    return f"| {' | '.join(cells)} |"


class Results:
    """The figures of every seed in a JSON file that was not there before, written as soon as they are known."""

    def __init__(self, path: Path | None) -> None:
        self.path, self.found = path, list[dict[str, object]]()
        if path is None:
            return
        try:
            path.open("x", encoding="utf-8").close()
        except FileExistsError:
            raise SystemExit(f"{path} is there already: give --out a new name, or move the file away.") from None
        except OSError as error:
            raise SystemExit(f"{path} cannot be written ({error.strerror}): give --out another place.") from None

    def add(self, name: str, minutes: float, seed: int, row: Row) -> None:
        """Keep what was measured of one seed."""
        figures = {"figure": row.figure, "baseline": row.baseline, "others": row.others}
        self.found.append({"name": name, "minutes": minutes, "seed": seed, **figures})
        if self.path is None:
            return
        content = {"date": time.strftime("%Y-%m-%d"), "torch": torch.__version__, "rows": self.found}
        beside = self.path.with_name(self.path.name + ".new")
        beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
        beside.replace(self.path)
