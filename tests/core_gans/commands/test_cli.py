"""The command ``core-gans``, as a person types it."""

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from core_gans.__main__ import main
from core_gans.commands.beginning import suited
from core_gans.data import NAMES
from core_gans.data.scenes import LABELS
from core_gans.foundation.pixels import write_png
from core_gans.networks import FAMILIES
from core_gans.runs import checkpoints
from core_gans.runs import folder as runs
from core_gans.runs.folder import numbered
from core_gans.variants import VARIANTS, variant
from tests.killing import final_checkpoint, metrics
from tests.tiny import differences

Command = Callable[..., str]
TINY = ["--data", "ring", "--count", "300", "--batch", "16", "--width", "8", "--latent", "2", "--depth", "1"]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object) -> str:
        main([str(word) for word in words])
        return capsys.readouterr().out

    return run


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command that must fail: exit code 2 and, as its answer, one line that begins with "error:"."""

    def run(*words: object) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        assert stopped.value.code == 2
        told = capsys.readouterr().out.splitlines()
        (line,) = [line for line in told if not line.startswith(("recipe of", "training", "run folder"))]
        assert line.startswith("error: ")
        return line

    return run


@pytest.fixture
def trained(command: Command, tmp_path: Path) -> Path:
    command("train", "gan", *TINY, "--rounds", 6, "--runs", tmp_path / "runs", "--name", "one")
    return tmp_path / "runs" / "one"


class TestTrain:
    def test_a_run_folder_holds_everything(self, command: Command, tmp_path: Path) -> None:
        place = ["--runs", tmp_path, "--name", "[a] run"]
        told = command("train", "lsgan", *TINY, "--rounds", 12, "--log-every", 4, *place)
        folder = tmp_path / "[a] run"
        config = json.loads((folder / "config.json").read_text())
        assert [config[key] for key in ("kind", "variant", "rounds", "seconds")] == ["training", "lsgan", 12, None]
        assert config["fields"]["width"] == 8
        assert config["fields"]["shape"] == [2]
        assert config["fields"].keys() == {field.name for field in dataclasses.fields(variant("lsgan"))}
        assert config["options"]["batch"] == 16
        assert [line["round"] for line in metrics(folder)] == [1, 4, 8, 12]
        assert final_checkpoint(folder)["state"]["round"] == 12
        assert (folder / "environment.json").is_file()
        assert list((folder / "events").iterdir())
        with Image.open(folder / "training.gif") as film:
            assert film.n_frames > 1
        assert {"round-0000000.png", "round-0000012.png"} <= {path.name for path in (folder / "samples").iterdir()}
        assert f"run folder {folder}" in told
        assert "frechet[points]" in told
        assert "12 rounds in" in told
        assert f"continue with: core-gans resume '{folder}'" in told  # as a shell reads it

    def test_pictures_choose_the_dcgan_family_and_their_shape(self, command: Command, tmp_path: Path) -> None:
        few = ["--data", "digits", "--size", 16, "--batch", 8, "--width", 4, "--rounds", 1]
        command("train", "dcgan", *few, "--runs", tmp_path, "--name", "digits")
        fields = json.loads((tmp_path / "digits" / "config.json").read_text())["fields"]
        assert (fields["family"], fields["shape"]) == ("dcgan", [1, 16, 16])

    def test_how_many_rectangles_are_cut_to_their_centres_is_said(self, command: Command, tmp_path: Path) -> None:
        for number in range(5):
            shape = (64, 128, 3) if number < 3 else (64, 64, 3)
            write_png(tmp_path / "photos" / f"{number}.png", np.full(shape, 40 * number, np.uint8))
        few = [
            "--data",
            tmp_path / "photos",
            "--size",
            16,
            "--batch",
            2,
            "--width",
            4,
            "--rounds",
            1,
            "--runs",
            tmp_path,
        ]
        told = command("train", "dcgan", *few, "--name", "cut")
        (line,) = (line for line in told.splitlines() if "centres" in line)
        assert line.startswith("3 of 5 pictures are not square (as 128x64): their centres are kept; --resize pad or")
        assert "centres" not in command("train", "dcgan", *few, "--resize", "pad", "--name", "whole")

    @pytest.mark.parametrize("name", VARIANTS)
    def test_help_explains_every_field_with_its_default(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as stopped:
            main(["train", name, "--help-all"])
        assert stopped.value.code == 0
        told = capsys.readouterr().out
        for field in dataclasses.fields(variant(name)):
            assert f"--{field.name.replace('_', '-')}" in told
        assert f"(default: {suited(variant(name), [])[0].latent})" in told  # the recipe's for the digits

    def test_like_repeats_a_run_to_the_bit(self, command: Command, trained: Path) -> None:
        command("train", "--like", trained, "--runs", trained.parent, "--name", "two")
        again = trained.parent / "two"
        assert differences(final_checkpoint(again), final_checkpoint(trained)) == []
        configs = [json.loads((folder / "config.json").read_text()) for folder in (trained, again)]
        assert configs[0] == configs[1]

    def test_like_says_so_where_the_settings_changed_on_the_way(self, command: Command, trained: Path) -> None:
        command("resume", trained, "--rounds", 7, "--keep", 3)  # decides no number
        words = ("train", "--like", trained, "--rounds", 1, "--runs", trained.parent)
        assert "note:" not in command(*words)
        command("resume", trained, "--rounds", 8, "--rate", 0.001)
        assert "note: fields.rate changed while that run was played; here the last settings hold" in command(*words)

    def test_like_of_an_evolution_is_refused(self, refused: Command, trained: Path) -> None:
        config = json.loads((trained / "config.json").read_text())
        (trained / "config.json").write_text(json.dumps({**config, "kind": "evolution"}))
        assert f"not training: repeat it with `egan evolve --like {trained}`" in refused("train", "--like", trained)

    def test_seconds_bound_a_run(self, command: Command, tmp_path: Path) -> None:
        command("train", "gan", *TINY, "--seconds", 0, "--runs", tmp_path, "--name", "none")
        assert final_checkpoint(tmp_path / "none")["state"]["round"] == 0


class TestResume:
    def test_it_continues_to_more_rounds_exactly(self, command: Command, trained: Path) -> None:
        command("resume", trained, "--rounds", 15)
        command("train", "--like", trained, "--rounds", 15, "--runs", trained.parent, "--name", "whole")
        assert differences(final_checkpoint(trained), final_checkpoint(trained.parent / "whole")) == []

    def test_a_finished_run_has_nothing_left_to_play(self, command: Command, trained: Path) -> None:
        before = final_checkpoint(trained)
        command("resume", trained)
        assert differences(final_checkpoint(trained), before) == []

    def test_a_run_in_use_is_left_alone(self, refused: Command, trained: Path) -> None:
        with runs.open_run(trained):
            assert "one is in use by another process: wait for it, or stop it first." in refused("resume", trained)

    def test_an_evolution_is_not_a_training(self, refused: Command, trained: Path) -> None:
        path = trained / "config.json"
        path.write_text(path.read_text().replace('"training"', '"evolution"'))
        assert "continue it with `egan resume" in refused("resume", trained)

    def test_a_corrupt_checkpoint_changes_nothing(self, refused: Command, trained: Path) -> None:
        (path,) = numbered(trained / "checkpoints", "safetensors")
        damaged = bytearray(path.read_bytes())
        damaged[-5] ^= 1
        path.write_bytes(damaged)
        before = {file: file.read_bytes() for file in trained.rglob("*") if file.is_file()}
        assert "(its SHA-256 does not match; ask dissect inspect FILE)" in refused("resume", trained)
        assert {file: file.read_bytes() for file in trained.rglob("*") if file.is_file()} == before

    def test_a_checkpoint_of_another_variant_or_a_newer_version(
        self, refused: Command, trained: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (path,) = numbered(trained / "checkpoints", "safetensors")
        content: dict[str, Any] = checkpoints.load(path)
        checkpoints.save(path, content | {"variant": "wgan"}, overwrite=True)
        assert "was made by training of wgan" in refused("resume", trained)
        monkeypatch.setattr(checkpoints, "FORMAT", 2)
        checkpoints.save(path, content, overwrite=True)
        monkeypatch.setattr(checkpoints, "FORMAT", 1)
        assert "update gan-lab to read it" in refused("resume", trained)


class TestSample:
    def test_the_seed_decides_and_the_picture_is_kept(self, command: Command, refused: Command, trained: Path) -> None:
        one, same, other = (trained.parent / f"{name}.png" for name in "abc")
        assert f"9 samples: {one}" in command("sample", trained, "--count", 9, "--out", one)
        command("sample", trained, "--count", 9, "--out", same)
        command("sample", trained, "--count", 9, "--out", other, "--seed", 1)
        assert one.read_bytes() == same.read_bytes() != other.read_bytes()
        assert "exists already and is kept" in refused("sample", trained, "--out", one)

    def test_no_samples_at_all_are_refused(self, refused: Command, trained: Path) -> None:
        assert "at least one sample, got --count 0" in refused("sample", trained, "--count", 0)


class TestScenes:
    def test_they_are_written_with_masks_and_a_sheet(self, command: Command, refused: Command, tmp_path: Path) -> None:
        out, sheet = tmp_path / "scenes.npz", tmp_path / "sheet.png"
        command("data", "scenes", "--count", 5, "--size", 32, "--out", out, "--sheet", sheet)
        with np.load(out, allow_pickle=False) as file:
            assert file["images"].shape == (5, 32, 32, 3)
            assert file["masks"].max() < len(LABELS)
        with Image.open(sheet) as page:
            assert page.width > 32
        assert "exists already and is kept" in refused("data", "scenes", "--count", 5, "--out", out)

    def test_other_data_need_no_file(self, refused: Command) -> None:
        assert "expected `data scenes` or a path, got 'ring'" in refused("data", "ring")

    def test_what_cannot_be_is_refused(self, refused: Command, tmp_path: Path) -> None:
        assert "rings is not there" in refused("data", "rings")
        assert "a size of at least 1 pixel, got 0" in refused("data", "scenes", "--size", 0)
        sheet = tmp_path / "sheet.npz"
        assert "expected --sheet as a .png" in refused("data", "scenes", "--count", 1, "--sheet", sheet)


def test_the_list_names_every_variant_with_its_paper(command: Command) -> None:
    told = " ".join(command("list").split())
    for kind in VARIANTS.values():
        assert re.search(rf"│ {kind.name} +│ {kind.paper}", told), kind.name
    assert {"ring", "grid", "digits", "scenes", "moving_digits"} <= set(NAMES)
    assert f"data sets: {', '.join(NAMES)}, or a path" in told
    for name in (*NAMES, *FAMILIES, "modes_covered", "frechet", "still_pixels"):
        assert re.search(rf"│ {name}\b[^│]*│ \w", told), f"{name} without a line"


def test_without_words_the_command_explains_itself(command: Command) -> None:
    assert "core-gans train dcgan --data digits --seconds 60" in command() == command("--help")


class TestMistakes:
    def test_misspelt_names_list_the_nearest(self, refused: Command, tmp_path: Path) -> None:
        assert "no command is called 'trian': did you mean train or translate?" in refused("trian")
        assert "no variant is called 'dcgna': did you mean dcgan" in refused("train", "dcgna")
        assert "called 'digit': did you mean digits or moving_digits?" in refused("train", "gan", "--data", "digit")
        (tmp_path / "one").mkdir()
        (tmp_path / "one" / "config.json").touch()
        assert "no run folder is called 'onne': did you mean one?" in refused("resume", tmp_path / "onne")

    def test_a_misspelt_field_lists_the_nearest(self, refused: Command) -> None:
        assert "did you mean --width" in refused("train", "gan", "--widht", "3")

    def test_a_run_folder_that_exists_is_kept(self, refused: Command, trained: Path) -> None:
        before = final_checkpoint(trained)
        told = refused("train", "wgan", *TINY, "--rounds", 1, "--runs", trained.parent, "--name", trained.name)
        assert "exists already and is kept: give another --name" in told
        assert differences(final_checkpoint(trained), before) == []

    def test_a_size_that_cannot_be_drawn_leaves_no_folder_behind(self, refused: Command, tmp_path: Path) -> None:
        wrong = ["--data", "digits", "--size", 30, "--rounds", 1, "--runs", tmp_path, "--name", "x"]
        assert "choose --size 32" in refused("train", "dcgan", *wrong)
        assert list(tmp_path.iterdir()) == []

    def test_nan_in_the_data(self, refused: Command, tmp_path: Path) -> None:
        path = tmp_path / "broken.npz"
        images = np.zeros((9, 16, 16), np.float32)
        images[4, 3, 3] = np.nan
        np.savez(path, images=images)
        assert "NaN" in refused("train", "dcgan", "--data", path, "--size", 16, "--rounds", 1, "--runs", tmp_path)

    def test_a_folder_that_may_not_be_written(self, refused: Command) -> None:
        assert "/proc" in refused("train", "gan", *TINY, "--rounds", 1, "--runs", "/proc/runs", "--name", "x")

    def test_a_full_disk(self, refused: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(number: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", fail)
        told = refused("train", "gan", *TINY, "--rounds", 2, "--runs", tmp_path, "--name", "x")
        assert "No space left on device): is the disk full?" in told
        assert numbered(tmp_path / "x" / "checkpoints", "safetensors") == []


def test_ctrl_c_ends_a_command_in_a_line(command, monkeypatch, capsys):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("core_gans.commands.data.load", interrupted)
    with pytest.raises(SystemExit) as end:
        command("data", "photos.zip")
    assert end.value.code == 130
    assert capsys.readouterr().out.rstrip().endswith("stopped.")
