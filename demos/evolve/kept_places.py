"""What a page has in its places, written down, so that a lab which was restarted finds it again.

One small file for each page, named after a digest of the page's own name, in the folder of runs.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core_gans.foundation.whole_files import write_whole

FOLDER = ".pages"  # below the folder of runs
FORGOTTEN_AFTER = 7 * 24 * 3600.0  # seconds


@dataclass(frozen=True)
class KeptPlace:
    """The run in a place, by its key, and whether it was begun there."""

    key: str
    mine: bool


class KeptPlaces:
    """The record of the page called ``token``."""

    def __init__(self, runs_folder: Path, token: str) -> None:
        self.path = runs_folder / FOLDER / f"{hashlib.sha256(token.encode()).hexdigest()[:32]}.json"

    def read(self) -> dict[str, KeptPlace]:
        """What was written; nothing where that is no such record, or is not there."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return {name: KeptPlace(str(place["key"]), place["mine"] is True) for name, place in found.items()}
        except (OSError, ValueError, AttributeError, KeyError, TypeError):
            return {}

    def write(self, places: Mapping[str, KeptPlace]) -> None:
        """Write it down, and forget the records of pages long gone. OSError where the disk does not take it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        for old in self.path.parent.glob("*.json"):
            if time.time() - old.stat().st_mtime > FORGOTTEN_AFTER:
                old.unlink(missing_ok=True)
        write_whole(self.path, json.dumps({name: vars(place) for name, place in places.items()}))
