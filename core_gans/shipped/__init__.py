"""What comes with the package: a scenes generator evolved by ``egan``, and its discriminator, segmenter and so on.

Each file carries a SHA-256 of its own and is listed, with its size, in index.json; MODEL_CARD.md says how each was
made and what was measured.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import did_you_mean, require_known

FOLDER = Path(__file__).parent
DATA = "scenes"  # what the generators of scenes learned from, and their segmenters
SCENES = {"scenes": 64, "scenes-128": 128}
"""Generators of scenes by name, and the side of their pictures: the files NAME-generator and NAME-dissection."""


def names() -> tuple[str, ...]:
    """The names of the shipped files, without their ending."""
    return tuple(sorted(_index()))


def path(name: str) -> Path:
    """The file called ``name``, checked against its checksum. ValueError for a name that is not there."""
    index = _index()
    require_known("shipped model", name, index)
    file = FOLDER / f"{name}.safetensors"
    if not file.is_file() or hashlib.sha256(file.read_bytes()).hexdigest() != index[name]:
        raise LabError(f"{file} is missing or damaged: install gan-lab again.")
    return file


def placed(given: str | Path) -> Path:
    """The shipped file that ``given`` names, unless something of that name is there; else ``given`` itself.

    LabError where there is nothing, and the name is much like that of a shipped one.
    """
    if Path(given).exists():
        return Path(given)
    if str(given) in _index():
        return path(str(given))
    if Path(given).parent == Path() and (hint := did_you_mean(str(given), names())):
        raise LabError(f"there is nothing at {given}: {hint}")
    return Path(given)


def _index() -> dict[str, str]:
    return json.loads((FOLDER / "index.json").read_text(encoding="utf-8"))
