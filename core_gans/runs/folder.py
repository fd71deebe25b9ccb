"""A run is a folder: what was asked for, on what it ran, what came of it. Only one process may hold it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, count
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout

from core_gans.foundation.errors import LabError
from core_gans.foundation.whole_files import write_whole
from core_gans.runs import checkpoints
from core_gans.runs.changes import differing, undone
from core_gans.runs.configuration import FORMAT, read_config

LOCK = "run.lock"
NEWEST, BEST = "newest", "best"  # checkpoints by other names than their rounds
PACKAGES = ("gan-lab", "torch", "numpy", "deap", "scikit-learn", "opencv-python-headless", "gradio")


@dataclass
class Run:
    """An open run folder. ``config`` is the resolved configuration, as config.json has it."""

    folder: Path
    config: dict[str, Any]
    data: str = ""
    """A digest of what is learned from, which every checkpoint repeats."""
    _lock: FileLock | None = field(default=None, repr=False)

    def describe(self) -> dict[str, Any]:
        """What every checkpoint says of the run beside its state."""
        known = ("kind", "variant", "fields", "options", "evolution", "islands")
        return {key: self.config[key] for key in known if key in self.config} | {"data": self.data}

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    def latest_checkpoint(self) -> Path:
        """The newest checkpoint; LabError when there is none."""
        found = numbered(self.checkpoints, "safetensors")
        if not found:
            raise LabError(
                f"{self.folder} holds no checkpoint yet, so there is nothing to continue: start it anew with --like."
            )
        return found[-1]

    @classmethod
    def reading(cls, folder: Path) -> Run:
        """The run in ``folder`` to read from, which does not hold it: it may be training meanwhile."""
        return cls(folder, read_config(folder))

    def checkpoint_of(self, which: int | str | None) -> Path:
        """The checkpoint of a round, the ``best`` by the judge, or the ``newest``; LabError names those that are there.

        A round may be a text of digits; None is the newest.
        """
        if which is None or which == NEWEST:
            return self.latest_checkpoint()
        if which == BEST:
            return self._best_checkpoint()
        if not str(which).isdecimal():
            raise LabError(f"expected {NEWEST}, {BEST} or a round as the checkpoint, got {which!r}.")
        round = int(which)
        files = [*self.checkpoints.glob("best-*.safetensors"), *numbered(self.checkpoints, "safetensors")]
        found = {int(path.stem.rpartition("-")[2]): path for path in files}
        if round not in found:
            there = ", ".join(map(str, found)) or "none"
            raise LabError(f"{self.folder} has no checkpoint of round {round}: there are {there}; --keep keeps more.")
        return found[round]

    def _best_checkpoint(self) -> Path:
        found = sorted(self.checkpoints.glob("best-*.safetensors"))
        if not found:
            raise LabError(
                f"{self.folder} has no best checkpoint: one is kept of those rounds that the judge looks at, so train "
                "with --judge-every."
            )
        return found[-1]

    def set_aside_after(self, round: int) -> Path | None:
        """Move the checkpoints and the samples after ``round`` and a copy of the log out of the way.

        Where to, or None without any such checkpoint.
        """
        files = self.checkpoints.glob("*-*.safetensors")
        later = [path for path in files if int(path.stem.rpartition("-")[2]) > round]
        if not later:
            return None
        place = self.folder / "set_aside" / time.strftime("%Y%m%d-%H%M%S")
        place.mkdir(parents=True)
        log = self.folder / "metrics.jsonl"
        if log.exists():
            shutil.copy2(log, place / log.name)
        for path in later:
            path.rename(place / path.name)
        drawn = [path for path in self.folder.glob("samples/round-*.*") if int(path.stem.rpartition("-")[2]) > round]
        for path in drawn:
            (place / "samples").mkdir(exist_ok=True)
            path.rename(place / "samples" / path.name)
        return place

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Replace config.json, whole or not at all."""
        self.config = dict(config)
        _write_json(self.folder / "config.json", self.config)

    def load_checkpoint(self, which: int | str | None = None) -> dict[str, Any]:
        """The content of a checkpoint (``checkpoint_of``), by default the newest; LabError when it is corrupt, or was
        made with other settings than config.json names, now or before a change that happened since.
        """
        path = self.checkpoint_of(which)
        content = checkpoints.load(path)
        for key in ("kind", "variant"):
            if content.get(key) != self.config[key]:
                raise LabError(
                    f"{path} was made by {content.get('kind')} of {content.get('variant')}, but {self.folder} is "
                    f"{self.config['kind']} of {self.config['variant']}: put the right checkpoint back."
                )
        round = int(path.stem.rpartition("-")[2])
        other = differing(content, self.config)
        if other and all(differing(content, each) for each in undone(self.config, round)):
            raise LabError(
                f"{path} was made with other settings than config.json names ({'; '.join(other[:3])}): put them back, "
                "or ask for a change when you resume, as in --rate 1e-4 or --set NAME=VALUE."
            )
        for part in ("state", "watchers"):
            if not isinstance(content.get(part), dict):
                raise LabError(f"{path} lacks the {part} of a run: put the right checkpoint back.")
        return content

    def close(self) -> None:
        """Let others have the folder."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def create(runs: Path, name: str, config: Mapping[str, Any], *, or_numbered: bool = False) -> Run:
    """A new folder ``runs/name`` with config.json and environment.json; it must not hold anything yet.

    With ``or_numbered``, NAME-2 and so on where NAME is taken: by a run that began in the same second.
    """
    folder, number = runs / name, 1
    while True:
        try:
            folder.mkdir(parents=True)
            break
        except FileExistsError as error:
            if or_numbered:
                number += 1
                folder = runs / f"{name}-{number}"
                continue
            if folder.is_dir() and all(path.name == LOCK for path in folder.iterdir()):
                break
            raise LabError(
                f"{folder} exists already and is kept: give another --name, or continue it with `resume {folder}`."
            ) from error
    run = Run(folder, {"format": FORMAT, **config}, _lock=_lock(folder))
    with kept_once_begun(run, lambda: 0):
        _write_json(folder / "config.json", run.config)
        _write_json(folder / "environment.json", environment())
    return run


@contextmanager
def kept_once_begun(run: Run, played: Callable[[], int]) -> Iterator[None]:
    """Inside, a new run is made and played; where that fails before a round was ``played``, its folder is emptied.

    Nothing could be continued there, and so the name is free again.
    """
    try:
        yield
    except BaseException:
        if not played() and not numbered(run.checkpoints, "safetensors"):
            shutil.rmtree(run.folder, ignore_errors=True)  # Windows keeps the lock's file while it is held
        raise


def open_run(folder: Path) -> Run:
    """An existing run, held for writing. LabError when it is no run, of a newer version, or in use."""
    config = read_config(folder)
    return Run(folder, config, _lock=_lock(folder))


def numbered(folder: Path, suffix: str) -> list[Path]:
    """The files ``round-N.suffix`` of a folder in the order of N, however many digits it has."""
    return sorted(folder.glob(f"round-*.{suffix}"), key=lambda path: (len(path.name), path.name))


def default_name(*parts: str) -> str:
    """A name for a new run: its parts, the date and the time."""
    words = [Path(part).stem.replace(":", "-") for part in parts]  # module:name is no file name everywhere
    return "-".join([*words, time.strftime("%Y%m%d-%H%M%S")])


def new_folder(*parts: str, runs: Path = Path("runs")) -> Path:
    """A folder in ``runs`` with the default name of these parts, that is not there yet: NAME, NAME-2 and so on."""
    name = default_name(*parts)
    names = chain((name,), (f"{name}-{number}" for number in count(2)))
    return next(folder for each in names if not (folder := runs / each).exists())


def environment() -> dict[str, Any]:
    """On what a run ran: versions, processor, threads, command."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return {
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "packages": found,
        "command": sys.argv,
        "started": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def _lock(folder: Path) -> FileLock:
    """Hold the folder; the system lets go when the process ends, however it ends."""
    lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise LabError(f"{folder} is in use by another process: wait for it, or stop it first.") from error
    return lock


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    write_whole(path, json.dumps(content, indent=2) + "\n")
