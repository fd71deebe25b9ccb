"""``egan evolve --islands``, as a person types it: a run folder like any other."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core_gans.__main__ import main as core_gans
from core_gans.models import model_of_run
from core_gans.networks.mixture import Mixture
from core_gans.runs.folder import numbered
from egan.__main__ import main
from egan.past import history_from, logbook_from
from tests.egan.islands.patient_ray import PATIENT_RAY
from tests.killing import PATIENCE, final_checkpoint, metrics, rounds
from tests.tiny import differences

TINY = ["--data=ring", "--count=300", "--batch=16", "--width=8", "--latent=2", "--depth=1", "--fall-rounds=0"]
PATIENT = os.environ | PATIENT_RAY | {"OMP_NUM_THREADS": "1"}
ISLANDS = [*TINY, "--islands=2", "--migrate-every=3", "--outcome=mixture", "--samples-every=1000"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two islands after six generations."""
    folder = tmp_path_factory.mktemp("runs")
    main(["evolve", *ISLANDS, "--rounds=6", f"--runs={folder}", "--name=one"])
    return folder / "one"


def test_a_run_folder_holds_the_islands(run: Path) -> None:
    config = json.loads((run / "config.json").read_text())
    assert config["islands"] | {"islands": 2, "migrate_every": 3, "topology": "ring"} == config["islands"]
    table = json.loads((run / "islands.json").read_text())
    assert [row["generations"] for row in table["islands"]] == [6, 6]
    assert sum(row["share"] for row in table["islands"]) == pytest.approx(1)
    assert len(table["migrations"]) == 2  # after the third generation; none at the end
    assert [line["round"] for line in metrics(run)] == [1, 3, 6]
    assert {f"island {n}/{what}" for n in (1, 2) for what in ("fitness", "winner")} <= metrics(run)[-1].keys()
    assert (run / "family_tree.png").exists()


def test_islands_take_the_recipe_of_the_data_that_were_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "grey.npy", np.random.default_rng(0).integers(256, size=(60, 16, 16), dtype=np.uint8))
    words = [f"--data={tmp_path / 'grey.npy'}", "--size=16", "--width=4", "--batch=4", "--islands=2", "--rounds=1"]
    main(["evolve", *words, f"--runs={tmp_path}", "--name=one"])
    fields = json.loads((tmp_path / "one" / "config.json").read_text())["fields"]
    assert (fields["rate"], fields["width"], fields["normalisation"]) == (1e-3, 4, "spectral")
    assert "(chosen for the training of fresh networks)" in capsys.readouterr().out.replace("\n", " ")


def test_it_is_sampled_and_opened_like_any_other(run: Path, tmp_path: Path) -> None:
    core_gans(["sample", str(run), "--count=30", f"--out={tmp_path / 'points.npz'}"])
    (points,) = np.load(tmp_path / "points.npz").values()
    assert points.shape == (30, 2)
    model = model_of_run(run)
    table = json.loads((run / "islands.json").read_text())
    shares = [row["share"] for row in table["islands"] if row["share"]]
    assert isinstance(model.net, Mixture) == (len(shares) > 1)
    if isinstance(model.net, Mixture):
        assert model.net.shares.tolist() == pytest.approx(shares)
    state = final_checkpoint(run)["state"]  # who reads evolutions finds those of the chosen island
    assert logbook_from(state).select("generation") == [1, 2, 3, 4, 5, 6]
    assert {parent["record"]["number"] for parent in state["parents"]} <= {each.number for each in history_from(state)}


def test_it_goes_on_in_processes_to_the_same_bits(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["evolve", "--like", str(run), "--rounds=8", f"--runs={run.parent}", "--name=whole"])
    main(["resume", str(run), "--rounds=8", "--workers=2"])
    assert "share of samples" in capsys.readouterr().out
    assert differences(final_checkpoint(run), final_checkpoint(run.parent / "whole")) == []
    assert (run / "islands.json").read_bytes() == (run.parent / "whole" / "islands.json").read_bytes()
    lines = {line["round"]: line for line in metrics(run)}
    whole = metrics(run.parent / "whole")
    assert differences([lines[line["round"]] for line in whole], whole) == []
    assert json.loads((run / "config.json").read_text())["islands"]["workers"] == 2


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--migrate-every=0"], "expected --migrate-every of at least 1, got 0"),
        (["--migrants=2"], "expected at most as many migrants as an island has parents, got --migrants 2 and"),
        (["--islands=1"], "is of several islands: give --islands 2 or more"),
        (["--address=127.0.0.1:1"], "there is no Ray cluster at --address 127.0.0.1:1"),
        (["--address=here"], "expected --address auto, local or HOST:PORT, got 'here'"),
        (["--count=19"], "islands are judged by a tenth of the examples"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["evolve", *ISLANDS, *words, "--rounds=4", f"--runs={tmp_path}", "--name=none"])
    assert stopped.value.code == 2
    printed = capsys.readouterr()
    assert told in " ".join(re.sub("[│╭╮╰╯─]", "", printed.out + printed.err).split())  # tyro puts it into a box
    assert not (tmp_path / "none" / "config.json").exists()


def test_what_the_islands_explore_is_not_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["evolve", *TINY, "--islands=2", "--explore", "rate", "--rounds=1", f"--runs={tmp_path}", "--name=one"])
    before = (tmp_path / "one" / "config.json").read_bytes()
    for change in (["--rate=0.5"], ["--set", "fields.rate=0.5"]):
        with pytest.raises(SystemExit):
            main(["resume", str(tmp_path / "one"), "--rounds=2", *change])
        assert "rate is explored by the islands" in capsys.readouterr().out
    assert (tmp_path / "one" / "config.json").read_bytes() == before
    main(["resume", str(tmp_path / "one"), "--rounds=2", "--set", "gamma=0.5"])  # no gene


def test_workers_are_of_islands_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["evolve", *TINY, "--rounds=2", f"--runs={tmp_path}", "--name=plain"])
    with pytest.raises(SystemExit):
        main(["resume", str(tmp_path / "plain"), "--rounds=3", "--workers=2"])
    assert "is an evolution without islands: leave --workers out" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of a job are those of a POSIX system")
def test_a_job_that_is_taken_off_its_machine_is_saved_and_goes_on(tmp_path: Path) -> None:
    options = [*ISLANDS, f"--runs={tmp_path}", "--checkpoint-every=10"]
    command = [sys.executable, "-m", "egan", "evolve", *options, "--rounds=1000000", "--workers=2", "--name=ended"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    deadline = time.monotonic() + PATIENCE
    while not numbered(tmp_path / "ended" / "checkpoints", "safetensors") and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGTERM)  # as a scheduler does: to every process of the job
    assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    said = " ".join((tmp_path / "log").read_text().split())
    assert "ended by SIGTERM, and saved; continue with: egan resume" in said
    last = rounds(tmp_path / "ended")[-1]
    main(["resume", str(tmp_path / "ended"), f"--rounds={last + 5}", "--workers=1"])
    main(["evolve", *options, f"--rounds={last + 5}", "--name=whole"])
    assert differences(final_checkpoint(tmp_path / "ended"), final_checkpoint(tmp_path / "whole")) == []


@pytest.fixture
def two_nodes(tmp_path: Path) -> Iterator[str]:
    """The address of a cluster of two nodes on this machine, each with one processor."""
    host = pytest.importorskip("ray").util.get_node_ip_address()  # Ray takes this one also where 127.0.0.1 is written
    with socket.socket() as free:
        try:
            free.bind((host, 0))
        except OSError as error:
            pytest.skip(f"Ray's address for this machine, {host}, is none of its own: {error}")
        port = free.getsockname()[1]
    address = f"{host}:{port}"
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1", f"--node-ip-address={host}"]
    folder = tempfile.mkdtemp(prefix="r")  # a short name: those of sockets lie in it
    head = [*ray, "--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder}"]
    nodes = []
    try:
        for number, command in enumerate((head, [*ray, f"--address={address}"])):
            with (tmp_path / f"node-{number}").open("w") as log:
                node = subprocess.Popen(command, stdout=log, stderr=log, env=PATIENT, start_new_session=True)
            nodes.append(node)
            deadline = time.monotonic() + 2 * PATIENCE
            while "Ray runtime started" not in (said := (tmp_path / f"node-{number}").read_text()):
                if nodes[-1].poll() is not None or time.monotonic() > deadline or "Traceback" in said:
                    pytest.skip("Ray's node did not start: it gives its own parts 15 seconds, too few where many work")
                time.sleep(0.5)
        yield address
    finally:
        for node in reversed(nodes):
            os.killpg(node.pid, signal.SIGTERM)
            node.wait(PATIENCE)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Ray's clusters are tested on POSIX systems")
@pytest.mark.timeout(600)
def test_two_nodes_give_the_bits_of_one_process(two_nodes: str, tmp_path: Path) -> None:
    words = ["evolve", *ISLANDS, "--rounds=9", f"--runs={tmp_path}"]
    there = [sys.executable, "-m", "egan", *words, "--name=there", f"--address={two_nodes}"]
    told = subprocess.run(there, capture_output=True, text=True, env=PATIENT, timeout=400)
    assert told.returncode == 0, told.stdout + told.stderr
    main([*words, "--name=here"])
    assert differences(final_checkpoint(tmp_path / "there"), final_checkpoint(tmp_path / "here")) == []
