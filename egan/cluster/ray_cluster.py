"""A Ray cluster, joined or begun here, and tasks on its nodes that have this code. The only file that imports Ray.

A task that dies with its worker or its node is begun again by Ray.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any, TypeVar

from core_gans.foundation.errors import LabError
from egan.cluster.same_code import code, different

LOCAL, AUTO = "local", "auto"
RETRIES = 5  # of a task whose worker or node died
PATIENCE = 5.0  # seconds for a cluster's head to answer
SLOW = 120.0  # seconds for a node to say what it has
INSTALL = "pip install 'gan-lab[cluster]'"

Made = TypeVar("Made")
_held: dict[str, Any] = {}  # of a worker process: what was made of what is shared, by its reference


@dataclass(frozen=True)
class Shared:
    """Something that all tasks need; it travels once to each node. A list, so that a task gets the reference itself."""

    references: list[Any]
    code: dict[str, str]


class Cluster:
    """Tasks of one processor each, in turn on the nodes that have this code. Made by ``joined``."""

    def __init__(self, ray: Any, told: Callable[[str], None]) -> None:
        self.ray = ray
        nodes = self._fit_nodes(told)
        self.processors = len(nodes)
        self._nodes = cycle(nodes)
        self._tasks: dict[Callable[..., Any], Any] = {}

    def share(self, value: Any) -> Shared:
        """``value`` in the object store, for ``held`` in a task."""
        return Shared([self.ray.put(value)], code())

    def begin(self, call: Callable[..., Any], *given: Any) -> Any:
        """A task that calls ``call`` with ``given``; for ``answer``."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        if call not in self._tasks:
            self._tasks[call] = self.ray.remote(num_cpus=1, max_retries=RETRIES)(call)
        node = NodeAffinitySchedulingStrategy(next(self._nodes), soft=False)
        return self._tasks[call].options(scheduling_strategy=node).remote(*given)

    def answer(self, task: Any, what: str) -> Any:
        """What the task gave. LabError where it failed, or was lost for good; ``what`` is what it played."""
        try:
            return self.ray.get(task)
        except self.ray.exceptions.RayTaskError as error:
            raise LabError(f"{what} could not be played: {_last_line(error)}") from error
        except self.ray.exceptions.RayError as error:
            raise LabError(
                f"Ray lost {what} and could not play it again ({_last_line(error)}): all is saved up to its last "
                "rest; continue with the same command once the cluster is whole."
            ) from error

    def ended(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """The tasks as they end. Those that are under way when nobody asks for more are given up."""
        left = list(tasks)
        try:
            while left:
                done, left = self.ray.wait(left, num_returns=1)
                yield from done
        finally:
            for task in left:
                self.ray.cancel(task, force=True)

    def _fit_nodes(self, told: Callable[[str], None]) -> list[str]:
        """The nodes with this code, each as often as it has processors. LabError where there is none."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        alive = [node for node in self.ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
        ask = self.ray.remote(num_cpus=0, max_retries=0)(_asking())
        asked = [
            ask.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)).remote()
            for node in alive
        ]
        fit, left_out = [], []
        for node, answer in zip(alive, asked, strict=True):
            try:
                there = self.ray.get(answer, timeout=SLOW)
            except self.ray.exceptions.RayError as error:
                there = f"it does not answer ({_last_line(error)})"
            if why := unfit(there):
                left_out.append(f"node {node['NodeManagerAddress']} is left out: {why}")
            else:
                fit += [str(node["NodeID"])] * int(node["Resources"]["CPU"])
        if not fit:
            raise LabError("; ".join(left_out) or "the cluster has no node with a processor.")
        for line in left_out:
            told(f"warning: {line}")
        return fit


@contextmanager
def joined(address: str, workers: int, told: Callable[[str], None], otherwise: str) -> Iterator[Cluster]:
    """The cluster at ``address``, or for ``local`` one on this machine with ``workers`` processors; left in the end.

    ``told`` hears of nodes that are left out; ``otherwise`` says what is done without --address. LabError without Ray,
    without a cluster there, and where no node of it has this code.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anyone, unless a person says otherwise
    try:
        import ray
    except ImportError as error:
        raise LabError(
            f"--address {address} needs Ray, which is not installed: {INSTALL}; or leave --address out: {otherwise}."
        ) from error
    ours = not ray.is_initialized()
    if ours:
        _connect(ray, address, workers)
    try:
        yield Cluster(ray, told)
    finally:
        if ours:
            ray.shutdown()


def held(shared: Shared, make: Callable[[Any], Made]) -> Made:
    """In a task: what ``make`` made of what is shared, once in each process. LabError where the code is another."""
    import ray

    if found := different(shared.code, code()):
        raise LabError(f"a node has {found}: install the same there.")
    (reference,) = shared.references
    if reference.hex() not in _held:
        _held.clear()  # of a run before
        _held[reference.hex()] = make(ray.get(reference))
    made: Made = _held[reference.hex()]
    return made


def unfit(there: dict[str, str] | str) -> str:
    """Why a node with the code ``there``, or whose answer was an error, cannot play; empty where it can."""
    if isinstance(there, str):
        return f"{there}; install gan-lab there: {INSTALL}"
    found = different(code(), there)
    return f"it has {found}; install the same there" if found else ""


def _asking() -> Callable[[], dict[str, str] | str]:
    """What a node is asked: a function that it can open without this package."""

    def ask() -> dict[str, str] | str:
        try:
            from egan.cluster.same_code import code

            return code()
        except Exception as error:  # whatever is missing there is the answer
            return f"{type(error).__name__}: {error}"

    return ask


def _connect(ray: Any, address: str, workers: int) -> None:
    """Join the cluster; LabError where there is none."""
    quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
    if address == LOCAL:
        ray.init(address=LOCAL, num_cpus=workers, include_dashboard=False, **quiet)
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
