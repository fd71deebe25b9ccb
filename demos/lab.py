"""What all pages of one app share."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from demos.evolve.workshop import Workshop
from demos.job_queue import Work
from demos.model_store import ModelStore
from demos.paint.painters import Painters
from demos.sessions import Sessions
from demos.variants.trials import Trials


@dataclass
class Lab:
    """The models, the queue of work, what runs in the background, and what each page has going on."""

    shelf: ModelStore
    workshop: Workshop
    painters: Painters
    work: Work = field(default_factory=Work)
    sessions: Sessions = field(default_factory=Sessions)
    trials: Trials = field(default_factory=Trials)

    @classmethod
    def at(cls, runs_folder: Path) -> Lab:
        """A lab whose runs are in ``runs_folder``."""
        shelf = ModelStore(runs_folder)
        return cls(shelf, Workshop(runs_folder), Painters(shelf))

    def close(self) -> None:
        """End everything in order."""
        self.sessions.close()
        self.workshop.close()
        self.trials.close()
        self.work.close()
