"""What one page has open: the model, the layer, the unit, the job under way, and what was found.

Lives on the server for as long as the page does, so that a reload shows it again.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known
from demos.background import JobList
from demos.dissecting.causes import Cause
from demos.dissecting.dissectable_model import DissectableModel, Dissectables
from demos.dissecting.jobs import Job, dissection_jobs
from demos.dissecting.measuring import USUAL, kept, measure, question
from demos.dissecting.open_dissection import DissectionCache, OpenDissection
from demos.model_store import SHIPPED, ModelStore
from dissect import Dissection
from dissect.cause.context import Contexts
from dissect.cause.dose import Dose
from dissect.segmenters.named import seeing

if TYPE_CHECKING:
    from demos.dissecting.exporting import Report
    from demos.dissecting.mending import Attempt

ENDING = 15.0  # seconds that a page's end waits for its job: a thread cut short takes the program with it


@dataclass
class SharedState:
    """What all pages share."""

    store: ModelStore
    dissectables: Dissectables
    cache: DissectionCache = field(default_factory=DissectionCache)
    queue: JobList[Job] = field(default_factory=dissection_jobs)

    @classmethod
    def of(cls, store: ModelStore) -> SharedState:
        return cls(store, Dissectables(store))


@dataclass
class Findings:
    """What was found with one dissection, beyond the dissection itself."""

    causes: dict[str, Cause] = field(default_factory=dict)  # by concept, as the next two
    doses: dict[str, Dose] = field(default_factory=dict)
    contexts: dict[str, Contexts] = field(default_factory=dict)
    report: Report | None = None


class PageState:
    """Each method may be called from any thread; ValueError is for the person at the page."""

    def __init__(self, shared: SharedState) -> None:
        self.shared = shared
        self.key = ""
        self._dissectable: DissectableModel | None = None
        self._dissected: dict[str, Path] = {}
        self.layer = ""
        self.segmenter_choice = ""
        self.images = USUAL
        self.unit = 0
        self.concept = ""
        self.job: Job | None = None
        self.attempts: dict[tuple[str, str, str], Attempt] = {}  # to mend, by model, layer and digest of the weights
        self.marking: tuple[str, str] | None = None  # the model and layer whose pictures are being marked
        self.aside = ""  # to say when the job has ended
        self._taken = True  # the job's end has been shown
        self._found: dict[OpenDissection, Findings] = {}
        self._folder: Path | None = None
        self._gone = False
        self._lock = Lock()

    def open(self, key: Any) -> None:
        """Go to the model called ``key``: to the layer where most was found, or the middle one."""
        dissectable = self.shared.dissectables.of(key)
        self._dissectable = dissectable
        if dissectable.key == self.key:
            self.refresh()
            return
        self.key, self.unit = dissectable.key, 0
        self.refresh()
        self.segmenter_choice = next(iter(seeing(dissectable.shape)))
        layers = list(dissectable.layers)
        dissected = [layer for layer in self.dissected() if layer in layers]
        self.layer = dissected[0] if dissected else layers[len(layers) // 2]
        self._choose_best_unit()

    @property
    def dissectable(self) -> DissectableModel:
        """The selected model."""
        if self._dissectable is None:
            self.open(SHIPPED)
        assert self._dissectable is not None
        return self._dissectable

    @property
    def busy(self) -> bool:
        """Whether a job of this page is under way."""
        return self.job is not None and self.job.running

    def refresh(self) -> None:
        """Look again which layers have been dissected: files come and go."""
        self._dissected = self.shared.store.dissections(self.dissectable.key)

    def dissected(self) -> dict[str, Path]:
        """The dissections of the selected model, by layer, as of the last ``refresh``."""
        return self._dissected

    def choose_layer(self, layer: Any) -> None:
        """Go to another layer."""
        require_known("layer of this model", layer, self.dissectable.layers)
        if layer != self.layer:
            self.layer, self.unit = layer, 0
            self._choose_best_unit()

    def choose_segmenter(self, name: Any) -> None:
        """Let another segmenter look."""
        known = seeing(self.dissectable.shape)
        require_known("segmenter for these pictures", name, known)
        self.segmenter_choice = name

    def choose_unit(self, unit: Any) -> None:
        """Open another unit's sheet."""
        current = self.opened()
        if isinstance(unit, bool) or not isinstance(unit, int):
            raise ValueError(f"expected the number of a unit, got {repr(unit)[:40]}")
        current.dissection.best(unit)
        self.unit = unit

    def current(self) -> OpenDissection | None:
        """The dissection of the selected layer; None where there is none yet, or one that cannot be read."""
        path = self.dissected().get(self.layer)
        try:
            return None if path is None else self.shared.cache.of(self.dissectable, path)
        except (ValueError, OSError):
            return None

    def opened(self) -> OpenDissection:
        """The same; LabError where there is none yet."""
        current = self.current()
        if current is None:
            raise LabError(f"layer {self.layer} has not been dissected yet: do that first.")
        return current

    def findings(self, current: OpenDissection) -> Findings:
        """What was found with ``current`` on this page; of older ones that were replaced it is forgotten."""
        with self._lock:
            for other in list(self._found):
                same = (
                    other.dissectable.key == current.dissectable.key
                    and other.dissection.layer == current.dissection.layer
                )
                if other is not current and same:
                    del self._found[other]
            return self._found.setdefault(current, Findings())

    def attempt(self) -> Attempt | None:
        """What came of mending the selected layer, with the weights that the model has now; None where nobody tried."""
        return self.attempts.get((self.key, self.layer, self.dissectable.bound))

    def run(self, layer: Any, segmenter_choice: Any, images: Any) -> None:
        """Dissect in the background."""
        dissectable, asked = self.dissectable, question(self.dissectable, layer, segmenter_choice, images)
        place = self.shared.store.place_for(dissectable.key, asked.layer)
        self.layer, self.segmenter_choice, self.images = asked.layer, asked.segmenter_choice, asked.images
        about = f"{dissectable.key}/{asked.layer}"
        self.start(
            Job(about, f"Dissecting {asked.layer}", lambda reporter: measure(dissectable, asked, place, reporter))
        )

    def start(self, job: Job) -> None:
        """Work at ``job``, the only one of this page. LabError while there is another, or too many elsewhere."""
        with self._lock:
            if self.busy:
                raise LabError("something is running on this page already: cancel it, or wait until it is over.")
            job.after = self._tidy
            self.job, self.aside, self._taken = self.shared.queue.start(job), "", False

    def cancel(self) -> None:
        """Ask the job for its end."""
        if self.job is not None:
            self.job.stop()

    def settle(self) -> bool:
        """Whether the job has ended since this was last asked."""
        with self._lock:
            if self.job is None or self.job.running or self._taken:
                return False
            self._taken = True
        self.refresh()
        if self.job.snapshot.phase == "cancelled":
            self.aside = self._told_of_what_is_kept()
        elif self.current() is not None and self.job.snapshot.phase == "done":
            self.unit = min(self.unit, self.opened().dissection.count - 1)
            if not self.unit:
                self._choose_best_unit()
        return True

    def comparable(self, current: OpenDissection) -> dict[str, Dissection]:
        """The dissections of the model's layers over the same pictures by the same segmenter, in the model's order."""
        facts = ("segmenter", "seed", "generator")
        mine, dissected = current.dissection, self.dissected()
        opened = [
            self.shared.cache.of(current.dissectable, dissected[layer]).dissection
            for layer in current.dissectable.layers
            if layer in dissected
        ]
        same = {
            other.layer: other
            for other in opened
            if other.images == mine.images
            and all(other.provenance.get(fact) == mine.provenance.get(fact) for fact in facts)
        }
        return same if len(same) > 1 else {}

    def folder(self, name: str) -> Path:
        """Where this page's files for download called ``name`` are made; gone with the page."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="gan-lab-dissect-"))
            folder = self._folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def forget(self) -> None:
        """The page is gone."""
        self.cancel()
        self._gone = True
        if self.job is None or self.job.join(ENDING):
            self._tidy()

    def _tidy(self) -> None:
        """Remove the files of a page that is gone; a job under way would write some again."""
        with self._lock:
            if self._gone and self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)

    def _choose_best_unit(self) -> None:
        current = self.current()
        if current is not None:
            matches = [current.dissection.best(unit) for unit in range(current.dissection.count)]
            self.unit = max(matches, key=lambda match: (match.matched, match.score)).unit

    def _told_of_what_is_kept(self) -> str:
        asked = question(self.dissectable, self.layer, self.segmenter_choice, self.images)
        done = kept(self.dissectable, asked, self.shared.store.place_for(self.key, self.layer))
        return f"{done} pictures were counted and kept: Dissect goes on from there." if done else ""
