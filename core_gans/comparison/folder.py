"""The folder of a comparison: one file for each finished run, so that an interrupted comparison can be continued.

``comparison.json`` holds the plan from the first moment, and the outcome from the last. Finished runs are never
written again; the tables and pictures, which follow from them, are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from core_gans.comparison.plan import ComparisonPlan
from core_gans.comparison.playing import Played
from core_gans.foundation.errors import LabError
from core_gans.foundation.whole_files import write_whole
from core_gans.runs.folder import environment

NAME = "comparison.json"


@dataclass(frozen=True)
class Folder:
    """A comparison's files. ``path`` is the folder, ``name`` the file that holds its plan and outcome."""

    path: Path
    plan: ComparisonPlan
    name: str = NAME

    @property
    def runs(self) -> Path:
        return self.path / "runs"

    def run_path(self, contender: int, seed: int) -> Path:
        """Where the run of the contender with this number in the plan, from ``seed``, is or will be."""
        return self.runs / f"{self._stem(contender)}-seed{seed}.json"

    def rounds_path(self, contender: int) -> Path:
        """Where the calibration of that contender is or will be."""
        return self.runs / f"{self._stem(contender)}-rounds.json"

    def rounds(self, contender: int) -> int | None:
        """What the budget buys that contender, or None when nobody has measured it yet."""
        path = self.rounds_path(contender)
        return int(_read(path)["rounds"]) if path.exists() else None

    def write_rounds(self, contender: int, rounds: int) -> None:
        label = self.plan.contenders[contender].label
        write_json(self.rounds_path(contender), {"contender": label, "rounds": rounds})

    def run(self, contender: int, seed: int) -> dict[str, Any] | None:
        """The facts of a finished run, or None."""
        path = self.run_path(contender, seed)
        return _read(path) if path.exists() else None

    def samples(self, contender: int, seed: int) -> Tensor | None:
        """The samples kept of a finished run; None of a diverged one."""
        return self.tensors(contender, seed).get("samples")

    def tensors(self, contender: int, seed: int) -> dict[str, Tensor]:
        """All tensors kept of a finished run, ``samples`` among them; none of a diverged one."""
        path = self.run_path(contender, seed).with_suffix(".safetensors")
        if not path.exists():
            return {}
        try:
            return load_file(path)
        except SafetensorError as error:
            raise LabError(
                f"{path} is damaged: delete it and the .json beside it, and the run is played again."
            ) from error

    def write_run(self, contender: int, seed: int, played: Played) -> None:
        """Samples first: a run is finished when its .json stands."""
        path = self.run_path(contender, seed)
        if played.samples is not None:
            kept = {"samples": played.samples, **played.tensors}
            code = save({name: tensor.contiguous() for name, tensor in kept.items()})
            write_whole(path.with_suffix(".safetensors"), code)
        write_json(path, played.facts)

    def _stem(self, contender: int) -> str:
        label = re.sub(r"[^\w.=-]+", "_", self.plan.contenders[contender].label)[:80]
        return f"{contender + 1:02d}-{label}"


def open_folder(path: Path, plan: ComparisonPlan, name: str = NAME) -> Folder:
    """The folder for ``plan``: a new one, or the one in which the same comparison was begun.

    LabError when it holds something else, or a comparison that was made otherwise.
    """
    file = path / name
    if file.exists():
        before, now = _read(file).get("plan", {}), json.loads(json.dumps(plan.described()))
        other = sorted(key for key in {*before, *now} if before.get(key) != now.get(key))
        if other:
            raise LabError(
                f"{path} holds a comparison with other settings ({', '.join(other)}) and is kept: give the same "
                "command to continue it, or another --out."
            )
    elif path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise LabError(f"{path} exists already, holds no {name}, and is kept: give another --out.")
    folder = Folder(path, plan, name)
    folder.runs.mkdir(parents=True, exist_ok=True)
    if not file.exists():
        write_json(file, {"plan": plan.described(), "environment": environment(), "outcome": None})
    return folder


@contextmanager
def kept_once_begun(folder: Folder) -> Iterator[None]:
    """Inside, the runs are made ready; where that fails and none was ever measured, the folder's name is free again."""
    try:
        yield
    except BaseException:
        if not any(folder.runs.iterdir()):
            folder.runs.rmdir()
            (folder.path / folder.name).unlink()
            if not any(folder.path.iterdir()):
                folder.path.rmdir()
        raise


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write ``content`` whole or not at all."""
    write_whole(path, json.dumps(content, indent=2) + "\n")


def read_comparison(path: Path, name: str = NAME) -> dict[str, Any]:
    """What ``comparison.json`` in the folder holds: plan, environment, outcome (None before the end)."""
    return _read(path / name)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{path} is not valid JSON ({error}): delete it to have it made again.") from error
    if not isinstance(content, dict):
        raise LabError(f"{path} is no file of a comparison: delete it to have it made again.")
    return content
