"""The lines of a run's log, metrics.jsonl: read with care, since a kill may tear the last one and a disk any."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple


class LogLines(NamedTuple):
    """The good lines of a log, as they are written and as they are read, and the numbers (from 1) of damaged ones."""

    texts: list[str]
    values: list[dict[str, Any]]
    damaged: list[int]


def read_lines(path: Path) -> LogLines:
    """The lines of the log at ``path``; a last line without its end is no damage: the process was killed meanwhile."""
    written = path.read_bytes().decode("utf-8", errors="replace").split("\n")
    found = LogLines([], [], [])
    for number, text in enumerate(written, start=1):
        values = _parsed(text)
        if values is not None:
            found.texts.append(text)
            found.values.append(values)
        elif text and number < len(written):
            found.damaged.append(number)
    return found


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except json.JSONDecodeError:
        return None
    return found if isinstance(found, dict) and isinstance(found.get("round"), int) else None
