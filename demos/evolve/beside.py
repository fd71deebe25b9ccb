"""What a run leaves beside its checkpoints and the page shows, where it is there: a Pareto front, and its islands."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FRONT, ISLANDS = "pareto_front.png", "islands.json"
LARGEST = 2**21  # bytes of a file that is shown
MOST = 64  # islands that are listed


@dataclass(frozen=True)
class IslandRow:
    """One island: its number, generations, distance to real examples, share of what is drawn, and who came."""

    island: int
    generations: int
    distance: float | None  # None where it diverged
    share: float
    came: int


def beside(folder: Path) -> dict[str, Any]:
    """The fields of a snapshot that show them; empty where there is nothing, or nothing that can be read."""
    front = folder / FRONT
    there = front.is_file() and front.stat().st_size <= LARGEST
    code = base64.b64encode(front.read_bytes()).decode() if there else ""
    return {"front": f"data:image/png;base64,{code}" if there else "", "islands": islands_in(folder / ISLANDS)}


def islands_in(path: Path) -> tuple[IslandRow, ...]:
    """The rows of islands.json; none where it is missing, too large, or something else."""
    try:
        if path.stat().st_size > LARGEST:
            return ()
        rows = json.loads(path.read_bytes())["islands"]
        return tuple(
            IslandRow(
                int(row["island"]),
                int(row["generations"]),
                None if row["distance"] is None else float(row["distance"]),
                float(row["share"]),
                int(row["came"]),
            )
            for row in rows[:MOST]
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ()
