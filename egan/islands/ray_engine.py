"""Islands over Ray: a leg is a task, its state goes through the object store as arrays.

A leg that dies with its worker or its node is played again, from the same state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from egan.cluster.ray_cluster import Cluster, Shared, held, joined
from egan.islands.island import Leg, Played, Setup, play
from egan.islands.settings import Islands
from egan.islands.transport import owned

OTHERWISE = "the islands are played here, with the same numbers"


@contextmanager
def over_ray(setup: Setup, settings: Islands, told: Callable[[str], None]) -> Iterator[RayEngine]:
    """An engine on the cluster at the settings' address; LabError as of ``joined``."""
    with joined(settings.address, settings.workers, told, OTHERWISE) as cluster:
        yield RayEngine(cluster, setup)


class RayEngine:
    """Plays legs as tasks."""

    def __init__(self, cluster: Cluster, setup: Setup) -> None:
        self.cluster, self.setup = cluster, cluster.share(setup)

    def play(self, legs: Sequence[Leg]) -> list[Played]:
        tasks = [self.cluster.begin(_play, self.setup, leg) for leg in legs]
        return [owned_answer(self.cluster.answer(task, "an island")) for task in tasks]


def owned_answer(played: Played) -> Played:
    """The answer with arrays of this process's own, so that the object store is free again."""
    return Played(owned(played.state), played.lines, played.records, played.came, played.diverged)


def _play(setup: Shared, leg: Leg) -> Played:
    return play(held(setup, lambda given: given), leg)
