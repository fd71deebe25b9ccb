"""How runs end when they are told to, and how they go on: with what they were made with, or with named changes."""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from core_gans import make
from core_gans.__main__ import main
from core_gans.convergence import explain_run
from core_gans.data import Batches, Examples, data_set
from core_gans.data.points import ring
from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.metrics.measures import merit
from core_gans.models import open_model
from core_gans.run_kind import Going
from core_gans.runs.changes import changed, digest
from core_gans.runs.checkpoints import load, save
from core_gans.runs.folder import Run
from core_gans.runs.watchers import Checkpoint, Judged, Log
from core_gans.session import Options
from core_gans.training import train
from egan.experiment import resume_evolution, run_evolution
from egan.islands.held_out import split
from egan.islands.run import resume_islands, run_islands
from egan.islands.settings import Islands
from egan.options import Evolution
from tests.tiny import differences

OLD = Path(__file__).parents[2] / "old_runs"
QUIET = Console(quiet=True)
FIELDS = {"family": "mlp", "width": 4, "latent": 2, "depth": 1}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A training of 6 rounds on the ring, with a checkpoint at each of the last four."""
    options = Options("ring", count=60, batch=8, log_every=1, explain_every=0, checkpoint_every=1, keep=4)
    return run_training("gan", FIELDS, options, rounds=6, runs_folder=tmp_path, name="run", console=QUIET).folder


def edit(folder: Path, *path: str, value: Any) -> None:
    config = json.loads((folder / "config.json").read_text())
    inner = config
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    (folder / "config.json").write_text(json.dumps(config))


def state_of(folder: Path, round: int) -> dict[str, Any]:
    return load(folder / "checkpoints" / f"round-{round:07d}.safetensors")["state"]


def pictures(path: Path, count: int, width: int = 16) -> Path:
    """A file of ``count`` grey pictures of noise, the same first ones every time."""
    noise = torch.randint(0, 256, (count, 16, width), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    np.savez(path, images=noise.numpy())
    return path


class TestAnotherExperiment:
    @pytest.mark.parametrize(
        ("place", "value"),
        [
            (("options", "data"), "grid"),
            (("options", "average"), 0.5),
            (("options", "bf16"), True),
            (("options", "log_every"), 7),
            (("options", "seed"), 3),
            (("fields", "rate"), 0.5),
        ],
    )
    def test_an_edited_configuration_is_refused_by_name(self, run: Path, place: tuple[str, str], value: Any) -> None:
        before = sorted(run.rglob("*"))
        edit(run, *place, value=value)
        with pytest.raises(
            LabError, match=rf"other settings than config\.json names \({'.'.join(place)}: .* -> {value}"
        ):
            resume_training(run, rounds=7, console=QUIET)
        assert sorted(run.rglob("*")) == before

    def test_so_is_an_edited_evolution(self, tmp_path: Path) -> None:
        folder = tmp_path / "run"
        shutil.copytree(OLD / "evolve-ring", folder)
        resume_evolution(folder, rounds=7, console=QUIET)  # whose checkpoint repeats the evolution's numbers
        edit(folder, "evolution", "gamma", value=0.75)
        with pytest.raises(LabError, match=r"evolution\.gamma: .* -> 0\.75"):
            resume_evolution(folder, rounds=8, console=QUIET)

    @pytest.mark.parametrize("name", ["device", "threads", "keep", "checkpoint_every"])
    def test_what_decides_no_number_may_change(self, run: Path, name: str) -> None:
        edit(run, "options", name, value="cpu" if name == "device" else 1)
        assert resume_training(run, rounds=7, console=QUIET).state.round == 7

    def test_other_pictures_under_the_same_name_are_refused(self, tmp_path: Path, rng: torch.Generator) -> None:
        data = tmp_path / "mine.npz"
        pictures = torch.randint(0, 256, (20, 16, 16), generator=rng, dtype=torch.uint8).numpy()
        np.savez(data, images=pictures)
        options = Options(str(data), size=16, batch=4, explain_every=0, log_every=1)
        fields = {"family": "mlp", "width": 4, "latent": 2, "depth": 1}
        folder = run_training("gan", fields, options, rounds=2, runs_folder=tmp_path, name="r", console=QUIET).folder
        np.savez(data, images=pictures[::-1])
        with pytest.raises(LabError, match=r"mine\.npz does not hold what .* learned from.*--data"):
            resume_training(folder, rounds=3, console=QUIET)
        asked = Going(changes={"data": str(data)})
        assert resume_training(folder, rounds=3, console=QUIET, going=asked).state.round == 3

    def test_the_digest_is_of_what_is_learned_and_not_of_its_name(self, rng: torch.Generator) -> None:
        images = torch.randint(0, 256, (4, 1, 8, 8), generator=rng, dtype=torch.uint8)
        labels = torch.tensor([0, 1, 0, 1])
        one = digest(Examples("here", images, labels, ("a", "b")))
        assert digest(Examples("there", images.clone(), labels.clone(), ("a", "b"))) == one
        assert digest(Examples("here", images.flip(0), labels, ("a", "b"))) != one
        assert digest(Examples("here", images, labels.flip(0), ("a", "b"))) != one
        assert digest(Examples("here", images, labels, ("b", "a"))) != one


class TestWantedChanges:
    def test_a_rate_is_changed_and_stands_in_the_history(self, run: Path) -> None:
        main(["resume", str(run), "--rounds", "8", "--rate", "0.001", "--set", "samples_every=100"])
        config = json.loads((run / "config.json").read_text())
        assert config["fields"]["rate"] == 0.001
        assert config["options"]["samples_every"] == 100
        (entry,) = config["history"]
        assert entry["round"] == 6
        assert entry["fields.rate"] == [2e-4, 0.001]
        optimizers = state_of(run, 8)["optimizers"]
        assert [group["lr"] for each in optimizers for group in each["param_groups"]] == [0.001, 0.001]
        main(["resume", str(run), "--rounds", "9"])  # goes on with it, and asks nothing
        assert json.loads((run / "config.json").read_text())["history"] == [entry]

    def test_a_change_before_which_nothing_more_was_played_leaves_a_run_that_opens(self, run: Path) -> None:
        for rate in ("0.001", "0.002"):  # six rounds are played already; a run that is killed at once stands alike
            main(["resume", str(run), "--rounds", "6", "--rate", rate])
        assert open_model(run).card["rounds"] == 6
        optimizers = resume_training(run, rounds=7, console=QUIET).state.state_dict()["optimizers"]
        assert {group["lr"] for each in optimizers for group in each["param_groups"]} == {0.002}
        config = json.loads((run / "config.json").read_text())
        config["fields"]["rate"] = 0.5  # nobody asked for that
        (run / "config.json").write_text(json.dumps(config))
        with pytest.raises(LabError, match="made with other settings"):
            open_model(run)

    def test_checkpoints_before_a_change_open_and_can_be_gone_on_from(self, run: Path) -> None:
        for start, rounds, rate in ((None, 8, 0.001), (5, 7, 0.002), (None, 8, 0.003)):
            going = Going(start=start, changes={"rate": rate})
            resume_training(run, rounds=rounds, console=QUIET, going=going)
        assert open_model(run, checkpoint=5).card["rounds"] == 5  # of the first rate: two changes before the last one
        assert open_model(run, checkpoint=7).card["rounds"] == 7  # of the second one
        told = Console(record=True, file=io.StringIO(), width=500)
        state = resume_training(run, rounds=6, console=told, going=Going(start=5)).state
        assert "settings were changed after that checkpoint and hold from here on (fields.rate: 0.0002 -> 0.003)" in (
            told.export_text()
        )
        assert {group["lr"] for each in state.optimizers for group in each.param_groups} == {0.003}
        edit(run, "fields", "rate", value=0.5)  # nobody asked for that
        for round in (5, 6):
            with pytest.raises(LabError, match=r"made with other settings.*fields\.rate: .* -> 0\.5"):
                open_model(run, checkpoint=round)

    def test_a_run_goes_on_from_an_earlier_checkpoint_and_loses_nothing(self, run: Path) -> None:
        straight = state_of(run, 6)
        later = {path.name: path.read_bytes() for path in (run / "checkpoints").iterdir()}
        sheet = (run / "samples" / "round-0000006.png").read_bytes()
        log = (run / "metrics.jsonl").read_bytes()
        resume_training(run, rounds=6, console=QUIET, going=Going(start=4))
        assert differences(state_of(run, 6), straight) == []  # nothing was changed, so it is the same to the bit
        (aside,) = (run / "set_aside").iterdir()
        assert (aside / "metrics.jsonl").read_bytes() == log
        for name in ("round-0000005.safetensors", "round-0000006.safetensors"):
            assert (aside / name).read_bytes() == later[name]
        assert (aside / "samples" / "round-0000006.png").read_bytes() == sheet

    def test_a_diverged_run_is_left_by_an_earlier_checkpoint_and_a_lower_rate(self, run: Path) -> None:
        path = run / "checkpoints" / "round-0000006.safetensors"
        content = load(path)
        first = next(iter(content["state"]["nets"]["generator"]))
        content["state"]["nets"]["generator"][first].fill_(float("nan"))
        save(path, content, overwrite=True)
        result = resume_training(run, rounds=7, console=QUIET, going=Going(start=4, changes={"rate": 1e-5}))
        assert result.state.round == 7
        assert all(value.isfinite().all() for value in result.state.nets["generator"].state_dict().values())

    def test_what_is_none_of_its_settings_is_refused_before_anything_changes(self, run: Path) -> None:
        before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file() and path.name != "run.lock"}
        for wrong, told in (
            (Going(changes={"raet": 1.0}), "no setting of this run is called 'raet': did you mean rate"),
            (Going(start=1), r"has no checkpoint of round 1: there are 3, 4, 5, 6"),
            (Going(changes={"rate": -1.0}), "expected a learning rate above 0"),
        ):
            with pytest.raises(ValueError, match=told):
                resume_training(run, rounds=9, console=QUIET, going=wrong)
        assert before == {path: path.read_bytes() for path in before}

    def test_a_name_of_two_sections_must_say_which(self) -> None:
        config = {"options": {}, "fields": {"gamma": 1.0}, "evolution": {"gamma": 2.0}}
        with pytest.raises(LabError, match=r"say fields\.gamma or evolution\.gamma"):
            changed(config, {"gamma": 3.0}, 1)
        assert changed(config, {"evolution.gamma": 3.0}, 1)["evolution"] == {"gamma": 3.0}

    def test_as_many_checkpoints_stay_as_are_asked_for(self, run: Path) -> None:
        assert len(list((run / "checkpoints").iterdir())) == 4
        resume_training(run, rounds=12, console=QUIET, going=Going(changes={"keep": 6}))
        assert len(list((run / "checkpoints").iterdir())) == 6

    def test_one_more_picture_begins_a_fresh_stream_that_a_plain_resume_repeats(self, tmp_path: Path) -> None:
        data, more = pictures(tmp_path / "mine.npz", 40), tmp_path / "more.npz"
        folders = [tmp_path / "stopped", tmp_path / "whole"]
        for folder in folders:
            options = Options(str(data), size=16, batch=4, explain_every=0, log_every=1, average=0)
            run_training("gan", FIELDS, options, rounds=3, runs_folder=tmp_path, name=folder.name, console=QUIET)
        pictures(more, 41)
        told = Console(record=True, file=io.StringIO(), width=500)
        first = resume_training(folders[0], rounds=5, console=told, going=Going(changes={"data": str(more)})).state
        assert "a fresh stream of batches begins" in told.export_text()
        assert first.batches.state_dict() == {"position": 2, "seed": 0, "size": 4, "count": 41}
        resume_training(folders[0], rounds=7, console=QUIET)
        resume_training(folders[1], rounds=7, console=QUIET, going=Going(changes={"data": str(more)}))
        assert differences(state_of(folders[0], 7), state_of(folders[1], 7)) == []

    @pytest.mark.parametrize(
        ("changes", "stream"),
        [
            ({"batch": 4}, {"position": 1, "seed": 0, "size": 4, "count": 60}),
            ({"options.seed": 3}, {"position": 1, "seed": 3, "size": 8, "count": 60}),
            ({"count": 50}, {"position": 1, "seed": 0, "size": 8, "count": 50}),
            ({"rate": 1e-3}, {"position": 7, "seed": 0, "size": 8, "count": 60}),
        ],
    )
    def test_batch_seed_and_count_may_change(self, run: Path, changes: dict[str, Any], stream: dict[str, int]) -> None:
        state = resume_training(run, rounds=7, console=QUIET, going=Going(changes=changes)).state
        assert state.batches.state_dict() == stream

    def test_so_they_may_where_the_run_was_stopped_before_it_played_on(self, run: Path) -> None:
        resume_training(run, rounds=6, console=QUIET, going=Going(changes={"batch": 4, "seed": 3}))
        state = resume_training(run, rounds=7, console=QUIET).state
        assert state.batches.state_dict() == {"position": 1, "seed": 3, "size": 4, "count": 60}

    def test_pictures_may_be_read_in_another_way(self, tmp_path: Path) -> None:
        options = Options(str(pictures(tmp_path / "wide.npz", 8, width=24)), size=16, batch=4, explain_every=0)
        folder = run_training("gan", FIELDS, options, rounds=1, runs_folder=tmp_path, name="r", console=QUIET).folder
        going = Going(changes={"resize": "pad"})
        assert resume_training(folder, rounds=2, console=QUIET, going=going).state.batches.position == 1
        with pytest.raises(LabError, match=r"made for shape \(1, 16, 16\), and wide has \(3, 16, 16\)"):
            resume_training(folder, rounds=3, console=QUIET, going=Going(changes={"colours": 3}))

    def test_a_path_of_other_data_is_kept_as_an_absolute_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = Options(str(pictures(tmp_path / "a.npz", 8)), size=16, batch=4, explain_every=0)
        folder = run_training("gan", FIELDS, options, rounds=1, runs_folder=tmp_path, name="r", console=QUIET).folder
        other = pictures(tmp_path / "b.npz", 9)
        monkeypatch.chdir(tmp_path)
        resume_training(folder, rounds=2, console=QUIET, going=Going(changes={"data": other.name}))
        assert json.loads((folder / "config.json").read_text())["options"]["data"] == str(other.resolve())

    @pytest.mark.parametrize("islands", [1, 2])
    def test_an_evolution_takes_another_batch_and_other_data(self, islands: int, tmp_path: Path) -> None:
        options = Options("ring", count=200, batch=8, explain_every=0)
        evolution = Evolution(recycle=True, common_latents=True)
        many = Islands(islands=2, migrate_every=1)
        if islands == 1:
            run_evolution("gan", FIELDS, options, evolution, rounds=2, runs_folder=tmp_path, name="r", console=QUIET)
        else:
            run_islands(
                "gan", FIELDS, options, evolution, many, rounds=2, runs_folder=tmp_path, name="r", console=QUIET
            )
        resume: Any = resume_evolution if islands == 1 else resume_islands
        going = Going(changes={"batch": 4, "count": 100})
        resume(tmp_path / "r", rounds=4, console=QUIET, going=going)
        assert resume(tmp_path / "r", rounds=5, console=QUIET).state.round == 5
        state = state_of(tmp_path / "r", 5)
        learned = 100 if islands == 1 else len(split(data_set("ring").load(count=100), 0)[0])
        for each in state.get("islands", [state]):
            assert {**each["batches"], "seed": 0, "position": 0} == {
                "position": 0,
                "seed": 0,
                "size": 4,
                "count": learned,
            }

    @pytest.mark.parametrize("islands", [1, 2])
    def test_an_evolution_keeps_its_parents_and_discriminators(self, islands: int, tmp_path: Path) -> None:
        options, evolution = Options("ring", count=200, batch=8, explain_every=0), Evolution(discriminators=2)
        many: dict[str, Any] = {"islands": Islands(islands=2)} if islands == 2 else {}
        begin: Any = run_islands if many else run_evolution
        run = tmp_path / "r"
        begin("gan", FIELDS, options, evolution, **many, rounds=1, runs_folder=tmp_path, name="r", console=QUIET)
        resume: Any = resume_islands if many else resume_evolution
        for changes, told in (
            ({"parents": 2}, "begun with --parents 1, which cannot become 2"),
            ({"evolution.discriminators": 1}, "begun with --discriminators 2, which cannot become 1"),
        ):
            with pytest.raises(LabError, match=told):
                resume(run, rounds=2, console=QUIET, going=Going(changes=changes))
        assert json.loads((run / "config.json").read_text())["evolution"]["discriminators"] == 2

    def test_an_older_run_takes_an_option_that_it_was_made_without(self, tmp_path: Path) -> None:
        run = tmp_path / "run"
        shutil.copytree(OLD / "train-gan-ring", run)
        assert "keep" not in json.loads((run / "config.json").read_text())["options"]
        begun = resume_training(run, rounds=7, console=QUIET, going=Going(changes={"keep": 1})).state.round
        assert begun == 7
        assert len(list((run / "checkpoints").iterdir())) == 1


class TestTheBest:
    def test_the_best_by_the_judge_stays_and_can_be_gone_on_from(self, tmp_path: Path) -> None:
        scores = {2: 1.0, 4: 3.0, 6: 2.0, 8: 3.0}
        log = Log(tmp_path, 100)
        judged = Judged(lambda state: {"modes_covered": scores[state.round]}, log, 2)
        kept = Checkpoint(tmp_path / "checkpoints", {"kind": "training"}, 100, keep=1, judged=judged, merit=merit)
        game = make("gan", shape=(2,), **FIELDS)
        rng = torch.Generator().manual_seed(0)
        data = ring(50, rng)
        train(game, Batches(data, 8), 8, rng=rng, watchers=[log, judged, kept])
        names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
        assert names == ["best-0000004.safetensors", "round-0000008.safetensors"]
        content = load(tmp_path / "checkpoints" / names[0])
        assert (content["merit"], content["state"]["round"]) == (3.0, 4)
        assert Run(tmp_path, {}).checkpoint_of(4).name == names[0]

    def test_one_that_other_data_judged_gives_way(self, tmp_path: Path) -> None:
        game, rng = make("gan", shape=(2,), **FIELDS), torch.Generator().manual_seed(0)
        log, folder = Log(tmp_path, 100), tmp_path / "checkpoints"
        state, bests = None, []
        for round, (data, score) in enumerate((("a", 5.0), ("b", 2.0), ("b", 1.0), ("b", 3.0)), start=1):
            judged = Judged(lambda _, score=score: {"modes_covered": score}, log, 1)
            kept = Checkpoint(folder, {"data": data}, 100, keep=1, judged=judged, merit=merit)
            batches = Batches(ring(50, torch.Generator().manual_seed(0)), 8)
            state = train(game, batches, round, rng=rng, watchers=[log, judged, kept], state=state)
            bests.append([path.name for path in folder.glob("best-*")])
        assert bests == [[f"best-000000{round}.safetensors"] for round in (1, 2, 2, 4)]

    def test_distances_are_to_be_small_and_modes_many(self) -> None:
        assert merit({"classes_covered": 4.0, "frechet[pixels]": 2.5}) == -2.5
        assert merit({"modes_covered": 7.0, "high_quality_share": 0.5, "frechet[points]": 9.0}) == 7.5
        assert merit({"exact_match": 0.5, "bleu": 30.0, "bleu[untranslated]": 3.0}) == 30.0
        assert merit({"oracle_nll": 2.0, "possible_share": 1.0, "held_out_nll": 1.0}) == -2.0
        assert merit({"psnr[decoded]": 30.0, "psnr": 20.0}) == 20.0
        assert merit({"l1": 0.5, "l1[mean]": 0.2}) == -0.5
        assert math.isnan(merit({}))


class TestThreads:
    @pytest.mark.parametrize(("asked", "expected"), [(0, 1), (2, 2)])
    def test_points_take_one_unless_more_are_asked_for(self, asked: int, expected: int, tmp_path: Path) -> None:
        before = torch.get_num_threads()
        torch.set_num_threads(3)
        try:
            options = Options("ring", count=40, batch=8, explain_every=0, threads=asked)
            folder = run_training("gan", FIELDS, options, rounds=1, runs_folder=tmp_path, console=QUIET).folder
            assert json.loads((folder / "environment.json").read_text())["threads"] == expected
            assert torch.get_num_threads() == 3
        finally:
            torch.set_num_threads(before)


class TestADamagedLog:
    def test_damage_inside_costs_that_line_alone_and_the_original_is_kept(self, run: Path) -> None:
        log = run / "metrics.jsonl"
        lines = log.read_bytes().split(b"\n")
        lines[1] = lines[1].replace(b'"round"', b'"r\xffund"')
        lines[3] = lines[3][:-4]
        damaged = b"\n".join(lines)
        log.write_bytes(damaged)
        assert any("line 2, 4" in sentence for sentence in explain_run(run))
        resume_training(run, rounds=7, console=QUIET)
        kept = [json.loads(line)["round"] for line in log.read_text().splitlines()]
        assert kept == [1, 3, 5, 6, 7]
        (original,) = run.glob("metrics.damaged-*.jsonl")
        assert original.read_bytes() == damaged

    def test_a_torn_last_line_is_no_damage(self, run: Path) -> None:
        log = run / "metrics.jsonl"
        log.write_text(log.read_text()[:-9])
        resume_training(run, rounds=7, console=QUIET)
        assert [json.loads(line)["round"] for line in log.read_text().splitlines()] == [1, 2, 3, 4, 5, 7]
        assert list(run.glob("metrics.damaged-*")) == []


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_job_that_is_ended_saves_first(number: signal.Signals, status: int, tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    command = [sys.executable, "-m", "core_gans", "train", "gan", "--data", "ring", "--count", "60", "--batch", "8"]
    command += ["--width", "4", "--latent", "2", "--family", "mlp", "--explain-every", "0", "--seconds", "100"]
    command += ["--runs", str(tmp_path), "--name", "a run"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # tests may run where it is ignored
    )
    until = time.monotonic() + 100
    while not list(folder.glob("checkpoints/*.safetensors")):  # the first comes in seconds, not after a minute
        assert time.monotonic() < until
        time.sleep(0.1)
    process.send_signal(number)
    told, _ = process.communicate(timeout=60)
    assert process.returncode == status
    assert f"continue with: core-gans resume '{folder}'" in told.replace("\n", " ")
    (newest,) = sorted((folder / "checkpoints").glob("round-*"))[-1:]
    rounds = load(newest)["state"]["round"]
    assert resume_training(folder, rounds=rounds + 2, console=QUIET).state.round == rounds + 2
