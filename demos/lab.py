"""What all pages of one app share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from demos.background import JobList
from demos.evolve.evolution_queue import EvolutionQueue
from demos.job_queue import Work
from demos.model_store import ModelStore
from demos.paint.painters import Painters
from demos.sessions import Sessions
from demos.variants.side_by_side import SideBySide, side_by_side_jobs


@dataclass
class Lab:
    """The models, the queue of work, what runs in the background, and what each page has going on."""

    store: ModelStore
    evolutions: EvolutionQueue
    painters: Painters
    work: Work = field(default_factory=Work)
    sessions: Sessions = field(default_factory=Sessions)
    side_by_side: JobList[SideBySide] = field(default_factory=side_by_side_jobs)

    @classmethod
    def at(cls, runs_folder: Path) -> Lab:
        """A lab whose runs are in ``runs_folder``."""
        store = ModelStore(runs_folder)
        return cls(store, EvolutionQueue(runs_folder), Painters(store))

    def close(self) -> None:
        """End everything in order."""
        self.sessions.close()
        self.evolutions.close()
        self.side_by_side.close()
        self.painters.close()
        self.work.close()
