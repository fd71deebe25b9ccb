"""Serial, processes and Ray give the same bits, also when a worker is killed; an experiment goes over Ray, too."""

from __future__ import annotations

import builtins
import io
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import torch
from rich.console import Console

from core_gans.comparison.workers import workers
from core_gans.data import load
from core_gans.foundation.errors import LabError
from core_gans.runs.interrupt import SIGNALS
from core_gans.training import run
from egan.cluster import ray_cluster
from egan.cluster.ray_cluster import Cluster, unfit
from egan.cluster.same_code import code, different
from egan.commands.experiment import Experiment
from egan.experiments.contenders import evolved
from egan.experiments.experimenting import plan_of
from egan.experiments.over_ray import ClusterTeam
from egan.experiments.presets import preset
from egan.islands.archipelago import Archipelago
from egan.islands.engines import engine
from egan.islands.island import Leg
from egan.islands.settings import Islands
from egan.islands.watching import rows
from tests.egan.islands.patient_ray import PATIENT_RAY
from tests.egan.islands.small import a_setup, begun, played
from tests.killing import PATIENCE
from tests.tiny import differences

SETTINGS = Islands(islands=3, migrate_every=20, migrate_discriminators=True, outcome="mixture")
ROUNDS = 50
pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning"),
]


@pytest.fixture(scope="module")
def serial() -> Archipelago:
    """What all others must equal."""
    state = begun(SETTINGS)
    played(state, ROUNDS)
    return state


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    """A cluster of this machine, for all tests of the file; never one that others have started or left here."""
    ray = pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(prefix="r", ignore_cleanup_errors=True) as folder:
        for name, value in PATIENT_RAY.items():
            patch.setenv(name, value)
        quiet: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}
        try:
            ray.init(address="local", num_cpus=2, include_dashboard=False, _temp_dir=folder, **quiet)
        except (RuntimeError, OSError, ValueError, ray.exceptions.RayError) as error:
            pytest.skip(f"Ray is installed, but it does not start on this machine: {error}")
        yield ray
        ray.shutdown()


def require_equal(state: Archipelago, serial: Archipelago) -> None:
    assert differences(state.state_dict(), serial.state_dict()) == []
    assert rows(state) == rows(serial)


@contextmanager
def killing(found: Callable[[], list[int]], after: float = 0.1) -> Iterator[None]:
    """Inside, the first process that ``found`` names is killed, some seconds ``after`` it is there."""
    killed = []

    def kill() -> None:
        deadline = time.monotonic() + PATIENCE
        while not killed and time.monotonic() < deadline:
            if pids := found():
                time.sleep(after)
                os.kill(pids[0], signal.SIGKILL)
                killed.append(pids[0])
            time.sleep(0.01)

    thread = threading.Thread(target=kill)
    thread.start()
    yield
    thread.join()
    assert killed


def children(of: int) -> list[int]:
    """The processes that ``of`` started, and those that they started."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended meanwhile
            continue
        if parent == of:
            found += [int(path.parent.name), *children(int(path.parent.name))]
    return found


def at_work(title: bytes) -> list[int]:
    """Processes of this one whose command line holds ``title``."""
    found = []
    for pid in children(os.getpid()):
        try:
            if title in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
        except OSError:
            continue
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_processes_give_the_same_bits_also_when_one_is_killed(serial: Archipelago) -> None:
    state = begun(SETTINGS)
    with killing(lambda: [each.pid for each in multiprocessing.active_children() if each.pid], after=0.5):
        told = played(state, ROUNDS, workers=2)
    require_equal(state, serial)
    assert told
    assert all(line.startswith("warning: a process died; islands ") for line in told)
    assert not multiprocessing.active_children()


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found in /proc")
@pytest.mark.parametrize("number", SIGNALS)
def test_no_process_of_the_islands_hears_what_ends_a_job(serial: Archipelago, number: int) -> None:
    state, told = begun(SETTINGS), list[str]()
    with engine(state.setup, replace(SETTINGS, workers=2), told.append) as state.engine:
        run(state, lambda: state.play(20), 20, None, [])
        started = at_work(b"multiprocessing.forkserver")
        assert len(started) >= 3  # two that play, and the one that they were forked from
        for pid in started:
            os.kill(pid, number)
        run(state, lambda: state.play(ROUNDS), ROUNDS, None, [])
        assert at_work(b"multiprocessing.forkserver") == started
    state.engine = None
    require_equal(state, serial)
    assert told == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found in /proc")
def test_islands_outlive_the_process_that_forks_the_others(serial: Archipelago) -> None:
    state, told = begun(SETTINGS), list[str]()
    with engine(state.setup, replace(SETTINGS, workers=2), told.append) as state.engine:
        run(state, lambda: state.play(20), 20, None, [])
        os.kill(at_work(b"multiprocessing.forkserver")[0], signal.SIGKILL)
        run(state, lambda: state.play(ROUNDS), ROUNDS, None, [])
    state.engine = None
    require_equal(state, serial)
    assert told


class Fatal:
    """Who reads it ends at once."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


def test_processes_that_die_again_and_again_are_no_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("egan.islands.engines.DEATHS", 2)
    told: list[str] = []
    with (
        engine(a_setup(), replace(SETTINGS, workers=2), told.append) as pool,
        pytest.raises(LabError, match="the processes of islands 5 died 2 times in a row"),
    ):
        pool.play([Leg(4, {"fatal": Fatal()}, (), 1)])
    assert told == ["warning: a process died; islands 5 go on from their last rest"]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found in /proc")
def test_what_was_begun_here_goes_on_over_ray_also_when_a_worker_is_killed(ray: Any, serial: Archipelago) -> None:
    state = begun(SETTINGS)
    played(state, 20)
    with killing(lambda: at_work(b"ray::_play")):
        played(state, ROUNDS, address="auto")
    require_equal(state, serial)


def test_runs_of_an_experiment_are_the_same_over_ray(ray: Any) -> None:
    ring = preset("ring")
    examples = load("ring", count=500)
    entrants = evolved(("egan", "heuristic"), examples.shape, "gan", ["width=8", "depth=2"], ())
    plan = replace(plan_of(ring, entrants, 2, 1e9, 16), by_seconds=False)
    jobs = [(0, 0, 3), (0, 1, 3), (1, 0, 3)]
    with workers(1, plan, examples) as here:
        expected = dict(here.play(jobs))
    with ClusterTeam(Cluster(ray, print))(2, plan, examples) as there:
        assert dict(there.calibrate([1])).keys() == {1}
        found = dict(there.play(jobs))
    assert found.keys() == expected.keys() == {(0, 0), (0, 1), (1, 0)}
    for key, alone in expected.items():
        assert alone.samples is not None
        assert torch.equal(found[key].samples, alone.samples)
        assert found[key].facts["scores"] == alone.facts["scores"]


def test_an_experiment_is_played_over_ray(ray: Any, tmp_path: Path) -> None:
    contenders = ("egan,width=8", "lottery,width=8")
    asked = Experiment("ring", 0.2, 1, contenders, against="lottery width=8", address="auto", out=tmp_path / "out")
    asked.run(Console(file=io.StringIO()))
    assert len(list((tmp_path / "out" / "runs").glob("*-seed0.json"))) == 2
    assert "lottery" in (tmp_path / "out" / "experiment.md").read_text(encoding="utf-8")


def test_a_node_with_other_code_is_left_out_with_a_line(ray: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    here = code()
    monkeypatch.setattr(ray_cluster, "code", lambda: {**here, "gan-lab": "9.9"})
    with pytest.raises(
        LabError, match=r"node .* is left out: it has gan-lab .* instead of 9\.9; install the same there"
    ):
        Cluster(ray, print)


class TestWhatANodeAnswers:
    def test_the_same_code_is_fit(self) -> None:
        assert unfit(dict(code())) == ""

    def test_another_version_and_no_package_are_not(self) -> None:
        assert unfit({**code(), "torch": "1.0"}).startswith("it has torch 1.0 instead of ")
        told = unfit("ModuleNotFoundError: No module named 'egan'")
        assert told.startswith("ModuleNotFoundError: No module named 'egan'; install gan-lab there: pip install")
        assert different({"a": "1"}, {}) == "a None instead of 1"

    def test_it_can_be_asked_where_the_package_is_missing(self) -> None:
        cloudpickle = pytest.importorskip("ray").cloudpickle
        asked = cloudpickle.dumps(ray_cluster._asking())
        program = f"import sys, pickle\nsys.modules['egan'] = None\nprint(pickle.loads({asked!r})())"
        answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert "Error: " in answer.stdout
        assert "egan" in answer.stdout


class TestNoCluster:
    def test_without_ray(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = builtins.__import__

        def without(name: str, *rest: Any, **named: Any) -> Any:
            if name == "ray":
                raise ImportError(name)
            return real(name, *rest, **named)

        monkeypatch.setattr(builtins, "__import__", without)
        with (
            pytest.raises(
                LabError, match=r"--address auto needs Ray, which is not installed: pip install 'gan-lab\[cl"
            ),
            engine(a_setup(), replace(SETTINGS, address="auto"), print),
        ):
            pass

    def test_nothing_at_the_address(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(LabError, match=f"there is no Ray cluster at --address {address} .*: start one with"):
            ray_cluster._require_answer(address)

    def test_no_address(self) -> None:
        with pytest.raises(LabError, match="expected --address auto, local or HOST:PORT, got 'somewhere'"):
            ray_cluster._require_answer("somewhere")
