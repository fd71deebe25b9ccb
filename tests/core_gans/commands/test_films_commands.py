"""Films as a person types it: trained, gone on with, sampled, judged, explained and predicted; what does not fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core_gans.__main__ import main
from core_gans.data import load
from core_gans.data.clips.sources import frames_of, look_at
from core_gans.foundation.films import write_film
from core_gans.foundation.pixels import to_bytes
from core_gans.models import open_answering, open_model
from core_gans.runs.folder import Run
from core_gans.variants import VideoPrediction
from egan.__main__ import main as egan
from tests.tiny import differences

Command = Callable[..., str]
FEW = ["--count", 24, "--batch", 4, "--explain-every", 0, "--log-every", 1]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object, code: int = 0, program: Callable[[list[str]], None] = main) -> str:
        if code:
            with pytest.raises(SystemExit) as stopped:
                program([str(word) for word in words])
            assert stopped.value.code == code
        else:
            program([str(word) for word in words])
        return " ".join(capsys.readouterr().out.split())

    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of each, of three rounds, at 16 pixels."""
    folder = tmp_path_factory.mktemp("runs")
    for name, more in (
        ("videogan", ["--conditional", "--latent", 4]),
        ("video_prediction", ["--scales", 2, "--judge-every", 2]),
    ):
        words = ["train", name, "--data", "moving_digits", "--size", 16, "--frames", 6, "--width", 4, *FEW, *more]
        main([str(word) for word in [*words, "--rounds", 3, "--runs", folder, "--name", name]])
    return folder


def test_samples_are_films_in_every_form(runs: Path, command: Command, tmp_path: Path) -> None:
    drawn = open_model(runs / "videogan").game.sample({"generator": open_model(runs / "videogan").net}, 4, 0)
    expected = to_bytes(drawn.transpose(1, 2).flatten(0, 1)).reshape(4, 6, 16, 16, 3)
    for name in ("films.gif", "films.mp4", "films.png", "films.npz", "films"):
        assert "4 samples" in command("sample", runs / "videogan", "--count", 4, "--out", tmp_path / name)
    assert look_at(tmp_path / "films.gif").frames == look_at(tmp_path / "films.mp4").frames == 6
    with np.load(tmp_path / "films.npz") as file:
        assert np.array_equal(file["clips"], expected[..., 0])
        assert file["labels"].shape == (4,)
    found = load(tmp_path / "films", size=16, frames=6, takes=("clips",))
    assert len(found) == 4
    assert np.array_equal(np.sort(found.images.numpy().ravel()), np.sort(expected[..., 0].ravel()))
    asked = command("sample", runs / "videogan", "--count", 4, "--classes", 3, "--out", tmp_path / "right.npz")
    assert "4 samples" in asked
    with np.load(tmp_path / "right.npz") as file:
        assert file["labels"].tolist() == [3] * 4


def test_a_run_of_films_is_judged_on_its_motion(runs: Path, command: Command) -> None:
    told = command("judge", runs / "videogan", "--count", 20, "--metrics", "frechet", "still_pixels")
    assert "frechet[motion-cnn]" in told
    assert "still_pixels" in told


def test_a_run_of_prediction_is_judged_on_what_it_held_out(runs: Path, command: Command, tmp_path: Path) -> None:
    told = command("judge", runs / "video_prediction", "--out", tmp_path / "numbers.json")
    logged = [json.loads(line) for line in (runs / "video_prediction" / "metrics.jsonl").read_text().splitlines()]
    judged = next(line for line in logged if "psnr[copy]" in line)
    found = json.loads((tmp_path / "numbers.json").read_text())["samples"]
    assert found["psnr_moving[linear]"] == pytest.approx(judged["psnr_moving[linear]"])
    assert "psnr_moving[copy]" in told
    refused = command("judge", runs / "video_prediction", "--metrics", "kernel", code=2)
    assert "video_prediction has measures of its own" in refused


def test_a_run_of_prediction_is_explained_by_its_losses_and_its_judge(runs: Path, command: Command) -> None:
    told = command("explain", runs / "video_prediction")
    assert "loss: error" in told
    assert "judge: psnr_moving" in told
    assert "judge: psnr_moving[copy]" in told
    assert (runs / "video_prediction" / "samples" / "round-0000003.png").is_file()


def test_a_clip_goes_on_as_the_model_predicts(runs: Path, command: Command, tmp_path: Path) -> None:
    clip = load("moving_digits", size=16, frames=6, count=1).images
    path = write_film(tmp_path / "clip.gif", clip[0, 0, :, :, :, None].expand(-1, -1, -1, 3).numpy())
    for name in ("on.gif", "on.mp4", "on.png"):
        told = command("predict", runs / "video_prediction", path, "--frames", 3, "--out", tmp_path / name)
        assert "4 frames given and 3 predicted" in told
    model = open_answering(runs / "video_prediction")
    assert isinstance(model.game, VideoPrediction)
    given = clip[:, :, 2:].float().div(127.5).sub(1)
    expected = torch.cat((given, model.game.predict({"generator": model.net}, given, 3)), dim=2)
    found = np.stack(list(frames_of(tmp_path / "on.gif")))
    assert found.shape == (7, 128, 128)
    assert np.array_equal(found[:, ::8, ::8], to_bytes(expected[0].transpose(0, 1))[..., 0])
    write_film(tmp_path / "short.gif", np.zeros((1, 16, 16, 3), np.uint8))
    assert "needs 4 to go on from" in command(
        "predict", runs / "video_prediction", tmp_path / "short.gif", "--out", tmp_path / "no.gif", code=2
    )
    assert "does not answer given examples" in command(
        "predict", runs / "videogan", path, "--out", tmp_path / "no.gif", code=2
    )


@pytest.mark.parametrize("name", ["videogan", "video_prediction"])
def test_resumed_equals_never_stopped(name: str, runs: Path, command: Command, tmp_path: Path) -> None:
    options = json.loads((runs / name / "config.json").read_text())
    more = ["--conditional", "--latent", 4] if name == "videogan" else ["--scales", 2, "--judge-every", 2]
    words = ["train", name, "--data", "moving_digits", "--size", 16, "--frames", 6, "--width", 4, *FEW, *more]
    command(*words, "--rounds", 2, "--runs", tmp_path, "--name", "again")
    command("resume", tmp_path / "again", "--rounds", 3)
    best = [*(tmp_path / "again" / "checkpoints").glob("best-*")]
    assert len(best) == ("--judge-every" in more)
    states = [Run(folder, options).load_checkpoint()["state"] for folder in (runs / name, tmp_path / "again")]
    assert differences(*states) == []


def test_what_does_not_fit_is_refused_in_a_line(runs: Path, command: Command, tmp_path: Path) -> None:
    few = ["--rounds", 1, "--runs", tmp_path]
    told = command("train", "videogan", "--data", "digits", *few, code=2)
    assert "videogan learns from clips, and digits holds images" in told
    told = command("train", "dcgan", "--data", "moving_digits", "--count", 4, *few, code=2)
    assert "dcgan learns from points or images, and moving_digits holds clips" in told
    assert "have no frames" in command("train", "dcgan", "--data", "digits", "--frames", 4, *few, code=2)
    told = command("train", "video_prediction", "--data", "moving_digits", "--count", 4, "--frames", 4, *few, code=2)
    assert "ask for more --frames" in told
    assert "nofile.gif is not there: check the path" in command(
        "predict", runs / "video_prediction", "nofile.gif", code=2
    )
    words = ["evolve", "video_prediction", "--data", "moving_digits", "--count", 4, *few]
    assert "has no latents, so it cannot be evolved" in command(*words, code=2, program=egan)
