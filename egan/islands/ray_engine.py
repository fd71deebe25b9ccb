"""Islands over Ray: a leg is a task, its state goes through the object store as arrays. The only file that imports Ray.

A task that dies with its worker or its node is played again by Ray, from the same state.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from typing import Any

from core_gans.foundation.errors import LabError
from egan.islands.island import Leg, Played, Setup, play
from egan.islands.same_code import code, different
from egan.islands.settings import Islands
from egan.islands.transport import owned

LOCAL, AUTO = "local", "auto"
RETRIES = 5  # of a task whose worker or node died
PATIENCE = 5.0  # seconds for a cluster's head to answer
SLOW = 120.0  # seconds for a node to say what it has
INSTALL = "pip install 'gan-lab[cluster]'"

_setups: dict[str, Setup] = {}  # of a worker process, by their reference


@contextmanager
def over_ray(setup: Setup, settings: Islands, told: Callable[[str], None]) -> Iterator[RayEngine]:
    """An engine on the cluster at the settings' address, or on one of this machine's own for ``local``.

    LabError without Ray, without a cluster there, and where no node of it has this code.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anyone, unless a person says otherwise
    try:
        import ray
    except ImportError as error:
        raise LabError(
            f"--address {settings.address} needs Ray, which is not installed: {INSTALL}; or leave --address out: the "
            "islands are played here, with the same numbers."
        ) from error
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, settings)
    try:
        yield RayEngine(ray, setup, told)
    finally:
        if ours:
            ray.shutdown()


class RayEngine:
    """Plays legs as tasks on the nodes that have this code."""

    def __init__(self, ray: Any, setup: Setup, told: Callable[[str], None]) -> None:
        self.ray, self.told = ray, told
        self.setup = [ray.put(setup)]  # in a list, so that a task gets the reference: it looks it up once a process
        self.nodes = self._fit_nodes()
        self._task = ray.remote(num_cpus=1, max_retries=RETRIES)(_play)

    def play(self, legs: Sequence[Leg]) -> list[Played]:
        nodes = cycle(self.nodes or [None])
        tasks = [self._placed(next(nodes)).remote(self.setup, code(), leg) for leg in legs]
        try:
            return [owned_answer(self.ray.get(task)) for task in tasks]
        except self.ray.exceptions.RayTaskError as error:
            raise LabError(f"an island could not be played: {_last_line(error)}") from error
        except self.ray.exceptions.RayError as error:
            raise LabError(
                f"Ray lost an island and could not play it again ({_last_line(error)}): all is saved up to its last "
                "rest; continue with the same command once the cluster is whole."
            ) from error

    def _placed(self, node: str | None) -> Any:
        if node is None:
            return self._task
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return self._task.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node, soft=False))

    def _fit_nodes(self) -> list[str]:
        """The nodes with this code, each as often as it has processors; none where all have it. LabError where none."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        alive = [node for node in self.ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
        ask = self.ray.remote(num_cpus=0, max_retries=0)(_asking())
        asked = [
            ask.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
            for node in alive
        ]
        fit, told = [], []
        for node, answer in zip(alive, asked, strict=True):
            try:
                there = self.ray.get(answer, timeout=SLOW)
            except self.ray.exceptions.RayError as error:
                there = f"it does not answer ({_last_line(error)})"
            if why := unfit(there):
                told.append(f"node {node['NodeManagerAddress']} is left out: {why}")
            else:
                fit += [str(node["NodeID"])] * int(node["Resources"]["CPU"])
        if not fit:
            raise LabError("; ".join(told) or "the cluster has no node with a processor.")
        for line in told:
            self.told(f"warning: {line}")
        return fit if told else []


def unfit(there: dict[str, str] | str) -> str:
    """Why a node with the code ``there``, or whose answer was an error, cannot play; empty where it can."""
    if isinstance(there, str):
        return f"{there}; install gan-lab there: {INSTALL}"
    found = different(code(), there)
    return f"it has {found}; install the same there" if found else ""


def owned_answer(played: Played) -> Played:
    """The answer with arrays of this process's own, so that the object store is free again."""
    return Played(owned(played.state), played.lines, played.records, played.came, played.diverged)


def _play(setups: list[Any], here: dict[str, str], leg: Leg) -> Played:
    import ray

    if found := different(here, code()):
        raise LabError(f"a node has {found}: install the same there.")
    (reference,) = setups
    if reference.hex() not in _setups:
        _setups.clear()  # of a run before
        _setups[reference.hex()] = ray.get(reference)
    return play(_setups[reference.hex()], leg)


def _asking() -> Callable[[], dict[str, str] | str]:
    """What a node is asked: a function that it can open without this package."""

    def ask() -> dict[str, str] | str:
        try:
            from egan.islands.same_code import code

            return code()
        except Exception as error:  # whatever is missing there is the answer
            return f"{type(error).__name__}: {error}"

    return ask


def _connect(ray: Any, settings: Islands) -> None:
    """Join the cluster; LabError where there is none."""
    address = settings.address
    quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    if address == LOCAL:
        ray.init(address=LOCAL, num_cpus=settings.workers, include_dashboard=False, **quiet)
        return
    try:
        _require_answer(_found() if address == AUTO else address)
        ray.init(address=address, **quiet)
    except LabError:
        raise
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise LabError(
            f"there is no Ray cluster at --address {address} ({_last_line(error)}): start one with `ray start --head`, "
            "or leave --address out."
        ) from error


def _found() -> str:
    """The address that Ray takes for ``auto``, which may have ended long ago; ConnectionError without one."""
    from ray._private.services import get_ray_address_from_environment

    return str(get_ray_address_from_environment(AUTO, None))


def _require_answer(address: str) -> None:
    """LabError where nothing listens; Ray itself would ask for a minute."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise LabError(f"expected --address auto, local or HOST:PORT, got {address!r}.")
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except OSError as error:
        raise LabError(
            f"there is no Ray cluster at --address {address} ({error.strerror or error}): start one with "
            "`ray start --head`, or leave --address out."
        ) from error


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200] if lines else type(error).__name__
