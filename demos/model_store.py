"""The models of this computer that the app opens: those that come with the lab, and the runs in its folder of runs.

A page names a model by its key, never by a path: what is not in the store cannot be asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from core_gans import shipped
from core_gans.data.road.data_set import ROAD
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from core_gans.foundation.whole_files import write_whole
from core_gans.models import Model, load_model, model_of_run, open_answering, open_translator
from core_gans.runs import folder as runs
from core_gans.variants import SEQUENCES, TRANSLATIONS, VARIANTS, Driving, name_of
from demos.made_once import MadeOnce

Kind = Literal["images", "points", "translation", "drives"]

SHIPPED = "scenes"  # the key of the generator with which the app begins; shipped.SCENES has them all
DRIVES = "driving"  # the key of the driving model that comes with it
DISSECTIONS = "dissections"  # below the folder of runs: KEY/LAYER.safetensors
MENDED = "mended"  # below it, too: KEY.safetensors, each a model that is opened by mended-KEY
KEPT = 4  # models in memory


@dataclass(frozen=True)
class Entry:
    """A model in the store: its key, what it is called, and what it makes."""

    key: str
    title: str
    kind: Kind
    variant: str
    data: str


ENTRIES = 1024  # runs whose description is kept


@dataclass(frozen=True)
class Unreadable:
    """A run that is there and cannot be opened, and why, in one line."""

    key: str
    reason: str


class ModelStore:
    """Opens models by key, and knows where their dissections are. Safe to share between threads."""

    def __init__(self, runs_folder: Path = Path("runs")) -> None:
        self.runs_folder = runs_folder
        self._opened: MadeOnce[Model[Any]] = MadeOnce(KEPT)
        self._entries: MadeOnce[Entry | None] = MadeOnce(ENTRIES)

    def entries(self, kind: Kind | None = None) -> tuple[Entry, ...]:
        """The shipped models, those mended here, then the runs that have a checkpoint, the newest first of each.

        Those of ``kind`` alone if given.

        What cannot be opened is left out; see ``unreadable``.
        """
        found = [*_shipped_entries(), *(entry for entry in self._here() if isinstance(entry, Entry))]
        return tuple(entry for entry in found if kind is None or entry.kind == kind)

    def unreadable(self) -> tuple[Unreadable, ...]:
        """The runs that cannot be opened, the newest first: damaged, half written, or made by a newer version."""
        return tuple(run for run in self._here() if isinstance(run, Unreadable))

    def entry(self, key: Any, *kinds: Kind) -> Entry:
        """The entry called ``key``.

        LabError when it is not there, cannot be opened, or is not of one of ``kinds`` where some are given.
        """
        entries = {entry.key: entry for entry in self.entries()}
        for run in self.unreadable():
            if run.key == key:
                raise LabError(f"{run.key} cannot be opened: {run.reason}")
        require_known("model", key, entries)
        entry = entries[key]
        if kinds and entry.kind not in kinds:
            raise LabError(f"{entry.title} makes {entry.kind}: choose a model of {' or '.join(kinds)}.")
        return entry

    def model(self, key: Any) -> Model[Any]:
        """The generator called ``key`` in evaluation mode: of a run, its newest checkpoint.

        LabError with one line when it cannot be opened.
        """
        entry = self.entry(key)
        try:
            return self._opened.of(entry.key, (entry, self.stamp(entry.key)), lambda: self._open(entry))
        except (LabError, OSError) as error:
            raise LabError(self.told(error)) from error

    def fresh(self, key: Any) -> Model[Any]:
        """The same, opened anew: for who hooks into its layers while others run theirs. LabError as ``model``."""
        entry = self.entry(key)
        try:
            return self._open(entry)
        except (LabError, OSError) as error:
            raise LabError(self.told(error)) from error

    def stamp(self, key: str) -> int:
        """Changes with what is to be opened by ``key``. OSError or LabError where nothing is there."""
        if key in (*shipped.SCENES, DRIVES):
            return 0
        mended = self._mended_at(key)
        return _newest(self.runs_folder / key) if mended is None else mended.stat().st_mtime_ns

    def told(self, error: Exception) -> str:
        """What ``error`` says, with paths that begin at the folder of runs: where that is, is nobody's business."""
        said = str(error)
        for whole in (self.runs_folder.resolve(), self.runs_folder):
            said = said.replace(str(whole), self.runs_folder.name)
        return said

    def dissections(self, key: str) -> dict[str, Path]:
        """The files of the dissections of ``key`` by layer: the one shipped, and those made here, which go first."""
        self.entry(key)
        found = {}
        if key in shipped.SCENES:
            found[_shipped_layer(key)] = shipped.path(f"{key}-dissection")
        for path in sorted((self.runs_folder / DISSECTIONS / key).glob("*.safetensors")):
            found[path.stem] = path
        return found

    def path_of(self, key: str) -> str:
        """Where the run or the mended model called ``key`` lies below the folder of runs."""
        mended = self._mended_at(key)
        return key if mended is None else mended.relative_to(self.runs_folder).as_posix()

    def place_for(self, key: str, layer: str) -> Path:
        """Where a dissection of ``layer`` of the model called ``key`` is to be kept, so that it is found again."""
        self.entry(key)
        return self.runs_folder / DISSECTIONS / key / f"{layer}.safetensors"

    def keep_mended(self, key: str, layer: str, file: Path) -> None:
        """Put ``file``, the model ``key`` with ``layer`` mended, among the models, in place of an older one."""
        place = self.runs_folder / MENDED / f"{self.entry(key).key.removeprefix(f'{MENDED}-')}-{layer}.safetensors"
        place.parent.mkdir(parents=True, exist_ok=True)
        write_whole(place, file.read_bytes())

    def _mended_at(self, key: str) -> Path | None:
        """The file of a mended model; None for a key of anything else."""
        name = key.removeprefix(f"{MENDED}-")
        path = self.runs_folder / MENDED / f"{name}.safetensors"
        return path if name != key and path.is_file() else None

    def _here(self) -> list[Entry | Unreadable]:
        """The mended models, then the runs."""
        files = sorted((self.runs_folder / MENDED).glob("*.safetensors"), key=lambda path: -path.stat().st_mtime_ns)
        return [*(self._mended_entry(path) for path in files), *self._runs()]

    def _mended_entry(self, path: Path) -> Entry | Unreadable:
        key = f"{MENDED}-{path.stem}"
        try:
            found = self._entries.of(key, path.stat().st_mtime_ns, lambda: _described_model(key, path))
        except (LabError, OSError) as error:
            return Unreadable(key, self.told(error))
        return Unreadable(key, "it is no mended model of this lab.") if found is None else found

    def _runs(self) -> list[Entry | Unreadable]:
        if not self.runs_folder.is_dir():
            return []
        names = ("config.json", "checkpoints")  # one of them is enough for a run that was begun
        there = [path for path in self.runs_folder.iterdir() if not path.name.startswith(".")]
        folders = [path for path in there if any((path / name).exists() for name in names)]
        return [self._entry_of(path) for path in sorted(folders, key=_dated, reverse=True)]

    def _entry_of(self, folder: Path) -> Entry | Unreadable:
        try:
            found = self._entries.of(folder, _dated(folder), lambda: _described(folder))
            if found is None:
                code = "it is a game of somebody's own, whose code the app does not import: use the command line."
                return Unreadable(folder.name, code)
            _newest(folder)
        except (LabError, OSError) as error:
            return Unreadable(folder.name, self.told(error))
        except (KeyError, TypeError):
            return Unreadable(folder.name, "its config.json is not that of a run of this lab.")
        return found

    def _open(self, entry: Entry) -> Model[Any]:
        if entry.key in shipped.SCENES:
            return load_model(shipped.path(f"{entry.key}-generator"))
        if entry.key == DRIVES:
            return open_answering(shipped.path("driving"))
        if (mended := self._mended_at(entry.key)) is not None:
            return load_model(mended)
        folder = self.runs_folder / entry.key
        if entry.kind == "drives":
            return open_answering(folder)
        return open_translator(folder) if entry.kind == "translation" else model_of_run(folder)


def _shipped_entries() -> tuple[Entry, ...]:
    scenes = [
        Entry(key, f"Scenes, {side} px (comes with the lab)", "images", "dcgan", shipped.DATA)
        for key, side in shipped.SCENES.items()
    ]
    drives = Entry(DRIVES, "Driving (comes with the lab)", "drives", Driving.name, ROAD.name)
    return (*scenes, drives) if DRIVES in shipped.names() else (*scenes,)


@lru_cache(maxsize=len(shipped.SCENES))
def _shipped_layer(key: str) -> str:
    from dissect import Dissection

    return Dissection.load(shipped.path(f"{key}-dissection")).layer


def _dated(folder: Path) -> int:
    config = folder / "config.json"
    return (config if config.is_file() else folder).stat().st_mtime_ns


def _described(folder: Path) -> Entry | None:
    """The entry of a run by its configuration; None for a game of the user's own code, which the app does not open."""
    config = runs.read_config(folder)
    variant, data = str(config["variant"]), str(config["options"]["data"])
    kind = _kind(variant, config["fields"])
    if kind is None:
        return None
    return Entry(folder.name, f"{variant} on {Path(data).name} · {folder.name}", kind, variant, data)


def _described_model(key: str, path: Path) -> Entry | None:
    """The entry of a mended model by its file; None for another model."""
    model = load_model(path)
    told = model.card.get("mended")
    if not isinstance(told, dict) or not isinstance(told.get("data"), str):
        return None
    title = f"Mended: {told.get('of')} · {path.stem}"
    return Entry(key, title, "images", name_of(model.game), told["data"])


def _kind(variant: str, fields: Mapping[str, Any]) -> Kind | None:
    if variant in TRANSLATIONS:
        return "translation"
    if variant in SEQUENCES and issubclass(SEQUENCES[variant], Driving):
        return "drives"
    if variant not in VARIANTS:
        return None  # a game of the user's own: the app imports no code that a run names
    return "points" if len(fields.get("shape", ())) == 1 else "images"


def _newest(folder: Path) -> int:
    """When the newest checkpoint in ``folder`` was written. OSError or LabError where there is none."""
    return runs.Run(folder, {}).latest_checkpoint().stat().st_mtime_ns
