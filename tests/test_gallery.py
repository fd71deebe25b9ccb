"""The gallery: rows are trained with their recipes, kept, read again, shown, recorded, and told with their commands."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from benchmarks.gallery import pages
from benchmarks.gallery.__main__ import Gallery, own_rows, play
from benchmarks.gallery.sets import SETS, GallerySet
from benchmarks.gallery.training import Trained, game_of, train_row
from core_gans.__main__ import main as core_gans
from core_gans.commands.train import Train, train
from core_gans.data import Examples, load
from core_gans.metrics import Judge
from core_gans.models import model_of_run
from core_gans.recipes import Measured, choosing, kind_of, recipe_for, rows
from core_gans.runs.watchers import fixed_latents
from core_gans.variants import VARIANTS, make


def noise() -> Examples:
    pixels = torch.randint(256, (40, 1, 16, 16), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    return Examples("noise", pixels, torch.arange(40) % 10, tuple("0123456789"))


TINY = GallerySet("tiny", "noise", noise, "digits", ("frechet",), "", "pca-pixels")
DIGITS = replace(TINY, load=lambda: load("digits"))


def measured(row: str, data: str = "digits") -> Measured:
    return Measured(row, "grey", data, "", "2026-11-29", "here", 0, 24.0, 400, 300, {"frechet[digits-cnn]": 5.0})


def test_rows_that_are_there_are_not_trained_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = Gallery(only=("lsgan",), seconds=0.01, out=tmp_path)
    play(TINY, ["lsgan"], asked)
    first = capsys.readouterr().out
    assert "lsgan: 1 rounds" in first
    play(TINY, ["lsgan"], asked)
    assert "rounds" not in capsys.readouterr().out
    kept = pages.read_row(tmp_path / "tiny", "lsgan")
    assert kept is not None
    assert kept.samples.shape == (16, 1, 16, 16)
    assert kept.measured.settings == recipe_for("lsgan", "grey", count=40).settings  # type: ignore[union-attr]
    assert (tmp_path / "gallery-tiny.jpg").is_file()
    assert (tmp_path / "tiny.md").read_text(encoding="utf-8").count("\n| lsgan |") == 1


def test_a_row_whose_recipe_changed_is_trained_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = Trained(replace(measured("lsgan", "tiny"), settings="older"), torch.zeros(16, 1, 16, 16))
    pages.save_row(tmp_path / "tiny", old)
    play(TINY, ["lsgan"], Gallery(seconds=0.01, out=tmp_path))
    assert "lsgan: 1 rounds" in capsys.readouterr().out


def test_every_row_but_a_default_that_has_its_own_is_shown() -> None:
    assert set(rows()) - set(own_rows()) == {"fgan"}  # whose default divergence is gan


@pytest.mark.parametrize("row", ["wgan", "fgan/kl", "gan/minimax"])
def test_the_command_beside_a_row_trains_it(row: str) -> None:
    words = shlex.split(pages.command(SETS["digits"], measured(row)))
    assert words[:2] == ["core-gans", "train"]
    command = train("core-gans train", words[2:])
    assert isinstance(command, Train)
    variant, chosen = choosing(row)
    assert type(command.game) is VARIANTS[variant]
    recipe = recipe_for(variant, "grey", chosen)
    assert recipe is not None
    assert {**recipe.fields, **chosen}.items() <= vars(command.game).items()
    assert (command.rounds, command.options.seed, command.options.data) == (400, 0, "digits")


def test_the_command_plays_the_same_rounds(tmp_path: Path) -> None:
    examples = load("digits")
    judge = Judge(examples, 20, classifier="pca-pixels", metrics=("frechet",))
    trained = train_row("fgan/kl", DIGITS, examples, judge, None, seconds=0.01, seed=3)
    assert trained.measured.rounds == 1
    words = shlex.split(pages.command(DIGITS, trained.measured))[1:]
    core_gans([*words, f"--runs={tmp_path}", "--name=one"])
    generator = model_of_run(tmp_path / "one").net
    with torch.no_grad():
        assert torch.equal(generator(fixed_latents(make("fgan", recipe="grey"), 16, 4)), trained.samples)


def test_points_are_trained_for_seconds() -> None:
    told = pages.command(SETS["ring"], replace(measured("ebgan", "ring"), kind="points"))
    assert told == "core-gans train ebgan --data ring --seconds 24 --seed 0 --threads 1"


def test_games_are_those_of_the_recipes() -> None:
    data = noise()
    for row in (row for row in own_rows() if row in rows("grey")):
        variant, chosen = choosing(row)
        recipe = recipe_for(variant, kind_of(data.shape), chosen, len(data))
        assert recipe is not None
        game = game_of(recipe, data)
        known = {name: value for name, value in recipe.fields.items() if name in vars(game)}
        assert {**known, **chosen}.items() <= vars(game).items()


def test_new_measurements_take_the_place_of_old_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "measured.json"
    path.write_text("[]", encoding="utf-8")
    monkeypatch.setattr(pages, "MEASURED", path)
    samples = torch.zeros(1)
    pages.record([Trained(measured("wgan"), samples), Trained(measured("wgan", "mnist"), samples)])
    pages.record([Trained(replace(measured("wgan"), rounds=9), samples)])
    lines = [Measured(**line) for line in json.loads(path.read_text(encoding="utf-8"))]
    assert [(line.data, line.rounds) for line in lines] == [("digits", 9), ("mnist", 400)]


def test_clips_are_drawn_by_those_who_draw_them_and_shown_as_frames(tmp_path: Path) -> None:
    few = load("moving_digits", count=20, frames=4, size=16)
    of = replace(SETS["moving_digits"], load=lambda: few)
    play(of, ["lsgan", "videogan"], Gallery(seconds=0.01, out=tmp_path))
    assert pages.read_row(tmp_path / "moving_digits", "lsgan") is None
    kept = pages.read_row(tmp_path / "moving_digits", "videogan")
    assert kept is not None
    assert kept.samples.shape == (16, 1, 4, 16, 16)
    assert {"frechet[motion-cnn]", "still_pixels"} <= set(kept.measured.figures)
    frames = pages._pictures(torch.arange(16.0).view(2, 1, 8, 1, 1).expand(-1, -1, -1, 2, 2), 8)
    assert frames[:, 0, 0, 0].tolist() == [0, 2, 4, 6, 8, 10, 12, 14]
