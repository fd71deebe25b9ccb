"""A run is a folder that one process holds, that overwrites nothing, and whose checkpoint fits its configuration."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core_gans.foundation.errors import LabError
from core_gans.runs import checkpoints
from core_gans.runs import folder as runs
from core_gans.runs.folder import Run, create, default_name, numbered, open_run, read_config

CONFIG = {"kind": "training", "variant": "gan", "fields": {"width": 4, "shape": [2]}, "options": {}}


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with create(tmp_path, "one", CONFIG) as made:
        yield made


def rewrite(folder: Path, **changed: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


def test_a_new_run_tells_what_was_asked_for_and_on_what_it_ran(run: Run) -> None:
    assert json.loads((run.folder / "config.json").read_text()) == {"format": 1, **CONFIG} == run.config
    environment = json.loads((run.folder / "environment.json").read_text())
    assert environment["threads"] == 1
    assert environment["cores"] == os.cpu_count()
    assert environment["packages"]["torch"].startswith("2.")
    assert {"python", "system", "gpu", "command", "started"} <= environment.keys()


def test_a_folder_that_exists_is_kept(run: Run) -> None:
    (run.folder / "note.txt").write_text("mine")
    with pytest.raises(LabError, match="exists already and is kept: give another --name, or continue it with `resume"):
        create(run.folder.parent, "one", CONFIG | {"variant": "wgan"})
    assert run.config["variant"] == read_config(run.folder)["variant"] == "gan"
    assert (run.folder / "note.txt").read_text() == "mine"


def test_a_default_name_that_is_taken_gets_a_number(run: Run) -> None:
    for name in ("one-2", "one-3"):
        with create(run.folder.parent, "one", CONFIG, or_numbered=True) as made:
            assert made.folder.name == name
            assert read_config(made.folder)["variant"] == "gan"


def test_only_one_may_hold_a_run(run: Run) -> None:
    with pytest.raises(LabError, match="one is in use by another process: wait for it, or stop it first"):
        open_run(run.folder)
    assert read_config(run.folder) == run.config | {"rounds": None, "seconds": None}  # looking is free
    run.close()
    with open_run(run.folder) as again:
        assert again.config == run.config | {"rounds": None, "seconds": None}
        with pytest.raises(LabError, match="in use"):
            open_run(run.folder)
    open_run(run.folder).close()


def test_an_error_lets_go_of_the_run(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), create(tmp_path, "one", CONFIG):
        raise RuntimeError
    open_run(tmp_path / "one").close()


class TestWhatIsNoRun:
    def test_a_misspelt_folder_lists_its_neighbours(self, run: Run) -> None:
        with pytest.raises(LabError, match="no run folder is called 'onne': did you mean one"):
            open_run(run.folder.parent / "onne")

    def test_only_runs_are_neighbours(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "onnes.txt").touch()
        (tmp_path / "onner").mkdir()
        with pytest.raises(LabError, match=r"no run folder is called 'onnet': did you mean one\?$"):
            open_run(run.folder.parent / "onnet")

    def test_an_exported_model(self, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_text('{"format": 1, "kind": "model", "variant": "gan", "fields": {}}')
        with pytest.raises(LabError, match="is an exported model, not a run: give the run's folder"):
            open_run(tmp_path)

    def test_a_folder_without_a_configuration(self, tmp_path: Path) -> None:
        with pytest.raises(LabError, match=r"is no run: expected a config\.json in it"):
            open_run(tmp_path)

    @pytest.mark.parametrize("text", ["{", "\udcff", "[]", "{}", '{"format": 1}', "3"])
    def test_a_broken_configuration(self, run: Run, text: str) -> None:
        run.close()
        (run.folder / "config.json").write_bytes(text.encode(errors="surrogateescape"))
        with pytest.raises(LabError, match=r"config\.json is not (valid JSON|the configuration of a run)"):
            open_run(run.folder)

    def test_a_newer_version(self, run: Run) -> None:
        run.close()
        rewrite(run.folder, format=9)
        with pytest.raises(LabError, match=r"made by a newer version \(format 9\): update gan-lab"):
            open_run(run.folder)


class TestCheckpointsOfARun:
    def save(self, run: Run, number: int, **changed: Any) -> Path:
        content = (
            {key: CONFIG[key] for key in ("kind", "variant", "fields")}
            | {"state": {"round": number}, "watchers": {}}
            | changed
        )
        return checkpoints.save(run.checkpoints / f"round-{number:07d}.safetensors", content)

    def test_none_yet(self, run: Run) -> None:
        with pytest.raises(LabError, match=r"holds no checkpoint yet.*start it anew with --like"):
            run.load_checkpoint()

    def test_the_newest_one_counts(self, run: Run) -> None:
        for number in (10_000_000, 2, 9_999_999, 30):
            self.save(run, number)
        assert run.load_checkpoint()["state"] == {"round": 10_000_000}
        in_order = [int(path.stem[6:]) for path in numbered(run.checkpoints, "safetensors")]
        assert in_order == [2, 30, 9_999_999, 10_000_000]

    def test_one_of_another_variant(self, run: Run) -> None:
        self.save(run, 3, variant="wgan")
        with pytest.raises(LabError, match=r"was made by training of wgan, but .* is training of gan"):
            run.load_checkpoint()

    def test_one_of_another_kind(self, run: Run) -> None:
        self.save(run, 3, kind="evolution")
        with pytest.raises(LabError, match="was made by evolution of gan"):
            run.load_checkpoint()

    def test_one_of_other_fields(self, run: Run) -> None:
        self.save(run, 3, fields={"width": 5, "shape": (2,)})
        with pytest.raises(LabError, match=r"made with other settings than config\.json names \(fields\.width: 5 -> 4"):
            run.load_checkpoint()

    def test_tuples_in_a_checkpoint_are_lists_in_the_configuration(self, run: Run) -> None:
        self.save(run, 3, fields={"width": 4, "shape": (2,)})
        assert run.load_checkpoint()["state"] == {"round": 3}

    def test_a_corrupt_one(self, run: Run) -> None:
        path = self.save(run, 3)
        path.write_bytes(path.read_bytes()[:-3])
        with pytest.raises(LabError, match="is corrupt"):
            run.load_checkpoint()


def test_default_names_tell_what_and_when() -> None:
    name = default_name("dcgan", "/data/my faces.npz")
    assert name.startswith("dcgan-my faces-20")
    assert len(name) == len("dcgan-my faces-") + len("20260131-235959")


def test_a_folder_of_the_same_second_gets_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs.time, "strftime", lambda form: "20260131-235959")
    names = []
    for _ in range(3):
        (folder := runs.new_folder("names", runs=tmp_path)).mkdir()
        names.append(folder.name)
    assert names == [f"names-20260131-235959{end}" for end in ("", "-2", "-3")]


def test_the_environment_of_a_bare_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "PACKAGES", ("torch", "a-package-that-nobody-made"))
    assert runs.environment()["packages"]["a-package-that-nobody-made"] == "not installed"
