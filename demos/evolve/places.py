"""A page's two places for evolutions, A and B, so that one can be compared with the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from core_gans.foundation.errors import LabError
from demos.evolve.evolution_queue import EvolutionQueue
from demos.evolve.evolving import Evolving
from demos.evolve.kept_places import KeptPlace, KeptPlaces
from demos.evolve.requests import EvolutionRequest, Seconds

NAMES = ("A", "B")
RESTARTED = "The lab was restarted: this is the newest checkpoint, and it can go on."


@dataclass
class EvolutionPlace:
    """One place: the evolution that stands there, and whether the page is being asked if it is to be deleted."""

    evolving: Evolving | None = None
    asked: bool = False


@dataclass
class EvolutionPlaces:
    """What a page has going on in this tab. Safe to share between threads."""

    evolutions: EvolutionQueue
    kept: KeptPlaces | None = None  # where the page's places are written down
    request: EvolutionRequest | None = None  # the last one that was begun here
    by_name: Mapping[str, EvolutionPlace] = field(default_factory=lambda: {name: EvolutionPlace() for name in NAMES})
    _lock: Any = field(default_factory=Lock, repr=False)
    _recalled: bool = False

    def of(self, name: Any) -> EvolutionPlace:
        """The place called ``name``. ValueError for another name."""
        if not isinstance(name, str) or name not in self.by_name:
            raise ValueError(f"expected {' or '.join(NAMES)} as the place of an evolution, got {repr(name)[:80]}")
        return self.by_name[name]

    @property
    def running(self) -> bool:
        """Whether anything here is at work."""
        return any(place.evolving is not None and place.evolving.running for place in self.by_name.values())

    def recall(self, opened: Callable[[str], Evolving]) -> None:
        """Once: put back what a page had here before the lab was restarted, as ``opened`` finds it by its key.

        LabError where a run cannot be opened any more; the other place is filled all the same.
        """
        with self._lock:
            if self._recalled or self.kept is None:
                return
            self._recalled, troubles = True, []
            for name, place in self.kept.read().items():
                if name not in self.by_name:
                    continue
                try:
                    evolving = opened(place.key)
                except (ValueError, OSError) as error:
                    troubles.append(f"the lab was restarted, and {place.key} cannot be shown again: {error}")
                    continue
                evolving.mine = place.mine
                evolving.change(note=" ".join((RESTARTED, evolving.snapshot.note)).strip())
                self.by_name[name].evolving = evolving
        if troubles:
            raise LabError(" ".join(troubles))

    def start(self, name: Any, request: EvolutionRequest) -> None:
        """A new evolution in the place ``name``; what rested there stays among the runs."""
        with self._lock:
            place = self._free(name)
            place.evolving, place.asked = self.evolutions.start(request), False
            self.request = request
            self._write_down()

    def put(self, name: Any, evolving: Evolving) -> None:
        """Show ``evolving``, a run from the store, in the place ``name``. LabError when the other place shows it."""
        with self._lock:
            place = self._free(name)
            for other in self.by_name.values():
                if other is not place and other.evolving is not None and other.evolving.folder == evolving.folder:
                    raise LabError("this run is shown here already.")
            place.evolving, place.asked = evolving, False
            self._write_down()

    def press(self, name: Any, more: Any) -> None:
        """Pause what runs; let go on what rests, for ``more`` seconds if its own are over.

        ValueError when these are needed and out of range.
        """
        with self._lock:
            place = self.of(name)
            if place.evolving is None:
                return
            place.asked = False
            if place.evolving.running:
                place.evolving.pause()
            elif place.evolving.snapshot.phase == "paused":
                self.evolutions.go_on(place.evolving)
            else:
                self.evolutions.go_on(place.evolving, Seconds.read({"seconds": more}).seconds)

    def stop(self, name: Any) -> None:
        """End what is in the place ``name``; it stays to look at, and among the runs."""
        if (evolving := self.of(name).evolving) is not None:
            evolving.stop()

    def put_away(self, name: Any) -> None:
        """Empty the place; the run stays among the runs. LabError while it is at work."""
        with self._lock:
            place = self._free(name)
            place.evolving, place.asked = None, False
            self._write_down()

    def ask(self, name: Any, asked: bool) -> None:
        """Ask whether the run is to be deleted, or stop asking."""
        place = self.of(name)
        place.asked = asked and place.evolving is not None and place.evolving.mine

    def throw_away(self, name: Any) -> None:
        """Delete the run that was begun here. LabError unless that was asked before."""
        with self._lock:
            place = self.of(name)
            if place.evolving is None or not place.asked:
                raise LabError("nothing was thrown away: press Throw away first.")
            place.evolving.discard()
            place.evolving, place.asked = None, False
            self._write_down()

    def forget(self) -> None:
        """The page is gone: pause what runs, so that others may continue it."""
        for place in self.by_name.values():
            if place.evolving is not None and place.evolving.running:
                place.evolving.pause()

    def _write_down(self) -> None:
        if self.kept is not None:
            there = {name: place.evolving for name, place in self.by_name.items() if place.evolving is not None}
            self.kept.write({name: KeptPlace(each.folder.name, each.mine) for name, each in there.items()})

    def _free(self, name: Any) -> EvolutionPlace:
        place = self.of(name)
        if place.evolving is not None and place.evolving.running:
            raise LabError(f"an evolution is at work in {name}: stop it first, or choose the other place.")
        return place
