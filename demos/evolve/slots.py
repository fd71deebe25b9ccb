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
class Slot:
    """One place: the evolution that stands there, and whether the page is being asked if it is to be deleted."""

    evolving: Evolving | None = None
    asked: bool = False


@dataclass
class Slots:
    """What a page has going on in this tab. Safe to share between threads."""

    evolutions: EvolutionQueue
    kept: KeptPlaces | None = None  # where the page's places are written down
    request: EvolutionRequest | None = None  # the last one that was begun here
    places: Mapping[str, Slot] = field(default_factory=lambda: {name: Slot() for name in NAMES})
    _lock: Any = field(default_factory=Lock, repr=False)
    _recalled: bool = False

    def of(self, name: Any) -> Slot:
        """The place called ``name``. ValueError for another name."""
        if not isinstance(name, str) or name not in self.places:
            raise ValueError(f"expected {' or '.join(NAMES)} as the place of an evolution, got {repr(name)[:80]}")
        return self.places[name]

    @property
    def running(self) -> bool:
        """Whether anything here is at work."""
        return any(slot.evolving is not None and slot.evolving.running for slot in self.places.values())

    def recall(self, opened: Callable[[str], Evolving]) -> None:
        """Once: put back what a page had here before the lab was restarted, as ``opened`` finds it by its key.

        LabError where a run cannot be opened any more; the other place is filled all the same.
        """
        with self._lock:
            if self._recalled or self.kept is None:
                return
            self._recalled, troubles = True, []
            for name, place in self.kept.read().items():
                if name not in self.places:
                    continue
                try:
                    evolving = opened(place.key)
                except (ValueError, OSError) as error:
                    troubles.append(f"the lab was restarted, and {place.key} cannot be shown again: {error}")
                    continue
                evolving.mine = place.mine
                evolving.change(note=" ".join((RESTARTED, evolving.snapshot.note)).strip())
                self.places[name].evolving = evolving
        if troubles:
            raise LabError(" ".join(troubles))

    def start(self, name: Any, request: EvolutionRequest) -> None:
        """A new evolution in the place ``name``; what rested there stays among the runs."""
        with self._lock:
            slot = self._free(name)
            slot.evolving, slot.asked = self.evolutions.start(request), False
            self.request = request
            self._write_down()

    def put(self, name: Any, evolving: Evolving) -> None:
        """Show ``evolving``, a run from the store, in the place ``name``. LabError when the other place shows it."""
        with self._lock:
            slot = self._free(name)
            for other in self.places.values():
                if other is not slot and other.evolving is not None and other.evolving.folder == evolving.folder:
                    raise LabError("this run is shown here already.")
            slot.evolving, slot.asked = evolving, False
            self._write_down()

    def press(self, name: Any, more: Any) -> None:
        """Pause what runs; let go on what rests, for ``more`` seconds if its own are over.

        ValueError when these are needed and out of range.
        """
        with self._lock:
            slot = self.of(name)
            if slot.evolving is None:
                return
            slot.asked = False
            if slot.evolving.running:
                slot.evolving.pause()
            elif slot.evolving.snapshot.phase == "paused":
                self.evolutions.go_on(slot.evolving)
            else:
                self.evolutions.go_on(slot.evolving, Seconds.read({"seconds": more}).seconds)

    def stop(self, name: Any) -> None:
        """End what is in the place ``name``; it stays to look at, and among the runs."""
        if (evolving := self.of(name).evolving) is not None:
            evolving.stop()

    def put_away(self, name: Any) -> None:
        """Empty the place; the run stays among the runs. LabError while it is at work."""
        with self._lock:
            slot = self._free(name)
            slot.evolving, slot.asked = None, False
            self._write_down()

    def ask(self, name: Any, asked: bool) -> None:
        """Ask whether the run is to be deleted, or stop asking."""
        slot = self.of(name)
        slot.asked = asked and slot.evolving is not None and slot.evolving.mine

    def throw_away(self, name: Any) -> None:
        """Delete the run that was begun here. LabError unless that was asked before."""
        with self._lock:
            slot = self.of(name)
            if slot.evolving is None or not slot.asked:
                raise LabError("nothing was thrown away: press Throw away first.")
            slot.evolving.discard()
            slot.evolving, slot.asked = None, False
            self._write_down()

    def forget(self) -> None:
        """The page is gone: pause what runs, so that others may continue it."""
        for slot in self.places.values():
            if slot.evolving is not None and slot.evolving.running:
                slot.evolving.pause()

    def _write_down(self) -> None:
        if self.kept is not None:
            there = {name: slot.evolving for name, slot in self.places.items() if slot.evolving is not None}
            self.kept.write({name: KeptPlace(each.folder.name, each.mine) for name, each in there.items()})

    def _free(self, name: Any) -> Slot:
        slot = self.of(name)
        if slot.evolving is not None and slot.evolving.running:
            raise LabError(f"an evolution is at work in {name}: stop it first, or choose the other place.")
        return slot
