"""What config.json says of a run, read and checked in one place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.foundation.parsing import as_annotated

FORMAT = 1


@dataclass(frozen=True)
class Configuration:
    """The keys of config.json. What is in ``fields``, ``options``, ``evolution`` and ``islands``, its readers check."""

    format: int
    kind: Literal["training", "evolution"]
    variant: str
    fields: dict[str, Any]
    options: dict[str, Any]
    evolution: dict[str, Any] | None = None
    islands: dict[str, Any] | None = None
    rounds: int | None = None
    seconds: float | None = None
    begun_from: dict[str, Any] | None = None
    """The run whose networks this one began with, and the round that they were of."""
    history: list[dict[str, Any]] | None = None
    """What was changed when the run was resumed."""


def reading_of(
    source: Path | None, resize: str | None = None, skip_broken: bool = False, *, own: bool = False
) -> dict[str, Any]:
    """How pictures are read beside size and channels, as ``data.load`` takes it: as the run in the folder ``source``
    read its own, where it is one, but for what is asked for here.

    ``own`` data that are drawn are drawn as the run drew them, from its seed and as many.
    """
    options = read_config(source)["options"] if source is not None and source.is_dir() else {}
    names = ("resize", "skip_broken", "seed", "count") if own else ("resize", "skip_broken")
    found = {name: options[name] for name in names if name in options}
    return found | ({"resize": resize} if resize else {}) | ({"skip_broken": True} if skip_broken else {})


def read_config(folder: Path) -> dict[str, Any]:
    """The configuration of a run, without holding the run; its bounds are there, None where none was given.

    LabError with one line where there is no run, or where its config.json is damaged, edited or of a newer version.
    """
    path = folder / "config.json"
    if not folder.is_dir():
        runs = sorted(each.parent.name for each in folder.parent.glob("*/config.json"))
        raise LabError(str(unknown_name("run folder", folder.name, runs)) if runs else f"there is no folder {folder}.")
    if not path.is_file():
        raise LabError(f"{folder} is no run: expected a config.json in it.")
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise LabError(f"{path} is not valid JSON ({error}): put the original back.") from error
    if isinstance(config, dict) and config.get("kind") == "model":
        raise LabError(
            f"{folder} is an exported model, not a run: give the run's folder, of which it is a copy of one player; "
            "sample, judge, explore and dissect take it as it is."
        )
    if not isinstance(config, dict) or not {"format", "kind", "variant", "fields", "options"} <= config.keys():
        raise LabError(f"{path} is not the configuration of a run: expected format, kind, variant, fields and options.")
    _require_format(config["format"], folder, path)
    as_annotated(Configuration, config, str(path))
    config = {"rounds": None, "seconds": None, **config}
    for name, least in (("rounds", "at least 1"), ("seconds", "above 0")):
        if config[name] is not None and config[name] <= 0:
            raise LabError(f"expected {name} {least} in {path}, got {config[name]}.")
    return config


def _require_format(found: Any, folder: Path, path: Path) -> None:
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise LabError(f"expected a whole number from 1 on for format in {path}, got {json.dumps(found)[:60]}.")
    if found > FORMAT:
        raise LabError(f"{folder} was made by a newer version (format {found}): update gan-lab to open it.")
