"""A player in a folder for others: back to the bit, the same as ONNX, and its card tells what is known."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core_gans.__main__ import main
from core_gans.exporting import onnx
from core_gans.exporting.folder import export
from core_gans.foundation.errors import LabError
from core_gans.models import Model, open_model, open_player
from core_gans.variants import make
from dissect.commands.opening import Source
from dissect.commands.real_images import data_of

OLD = Path(__file__).parents[1] / "old_runs"


def test_what_is_exported_comes_back_to_the_bit_and_other_programs_can_draw_it(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    model = open_model(OLD / "train-dcgan-digits")
    folder = tmp_path / "given"
    difference = export(model, folder, run=OLD / "train-dcgan-digits", onnx=True)
    assert {path.name for path in folder.iterdir()} == {
        *("model.safetensors", "config.json", "README.md", "samples.png", "model.onnx")
    }
    latents = model.game.latents(5, torch.Generator().manual_seed(7))
    wanted = model.net(latents)
    assert torch.equal(open_model(folder).net(latents), wanted)
    assert open_player(folder).game == model.game
    (drawn,) = runtime.InferenceSession(folder / "model.onnx").run(None, {"latents": latents.numpy()})
    np.testing.assert_allclose(drawn, wanted.numpy(), atol=1e-4)
    assert 0 <= difference < 1e-4
    config = json.loads((folder / "config.json").read_text())
    assert (config["variant"], config["takes"], config["gives"]["shape"]) == ("dcgan", {"latents": [3]}, [1, 16, 16])
    card = (folder / "README.md").read_text()
    assert "learned from `digits`, seed 0" in card
    assert "- rounds: 6\n" in card
    assert "(count, 3)" in card
    with pytest.raises(FileExistsError, match="exists already and is kept"):
        export(model, folder)


def test_the_card_tells_what_the_judge_found_of_the_very_checkpoint(tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(OLD / "train-gan-ring", run)
    rounds = open_player(run).card["rounds"]
    lines = [(rounds - 1, 7.0), (rounds, 5.0), (rounds + 1, 3.0)]
    log = "".join(json.dumps({"round": round, "frechet[points]": value}) + "\n" for round, value in lines)
    (run / "metrics.jsonl").write_text(log + '{"round": 9, "frechet[poi')  # torn by a kill
    export(open_player(run), tmp_path / "given", run=run)
    assert "| frechet[points] | 5 |" in (tmp_path / "given" / "README.md").read_text()


def test_the_command_exports_and_others_open_the_folder_like_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["export", str(OLD / "train-gan-ring"), str(tmp_path / "given"), "--half"])
    assert "hardly learned" in capsys.readouterr().out
    assert not (tmp_path / "given" / "model.onnx").exists()
    main(["sample", str(tmp_path / "given"), "--count", "4", "--out", str(tmp_path / "drawn.npz")])
    assert np.load(tmp_path / "drawn.npz")["points"].shape == (4, 2)
    main(["judge", str(tmp_path / "given"), "--data", "ring", "--count", "40"])
    assert "modes_covered" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["judge", str(tmp_path / "given"), "--count", "40"])
    assert "does not say what it was trained on: give --data" in capsys.readouterr().out
    with pytest.raises(ValueError, match="name digits, scenes, or a folder"):
        data_of(Source(tmp_path / "given"), "")


def test_what_is_exported_is_explored_beside_the_data_that_are_named(tmp_path: Path) -> None:
    export(open_model(OLD / "train-dcgan-digits"), tmp_path / "given")
    main(["explore", str(tmp_path / "given"), "--data", "digits", "--paths", "2", "--out", str(tmp_path / "out")])
    assert (tmp_path / "out" / "neighbours.png").exists()


def test_a_translator_is_exported_too_but_not_as_onnx(tmp_path: Path) -> None:
    model = open_player(OLD / "train-cyclegan-scenes")
    export(model, tmp_path / "given")
    assert open_player(tmp_path / "given").game == model.game
    pytest.importorskip("onnxruntime")
    with pytest.raises(LabError, match="ONNX is for generators that draw from latents"):
        export(model, tmp_path / "other", onnx=True)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("fields", [{"family": "r3gan"}, {"family": "dcgan", "generator_normalisation": "virtual"}])
def test_the_onnx_form_draws_other_numbers_of_images_than_it_was_traced_with(fields: dict[str, Any]) -> None:
    pytest.importorskip("onnxruntime")
    game = make("gan", shape=(1, 16, 16), width=4, latent=3, **fields)
    written, difference = onnx.onnx_of(Model(game.players()["generator"].eval().requires_grad_(False), game))
    assert written
    assert difference < 1e-4


class OfTwo(nn.Module):
    """Draws as many points as it was traced with."""

    def forward(self, latents: Tensor) -> Tensor:
        return latents.view(len(latents), 2) * torch.ones(len(latents), 2)


def test_an_onnx_form_that_cannot_be_played_is_refused_in_a_line() -> None:
    pytest.importorskip("onnxruntime")
    game = make("gan", family="mlp", shape=(2,), latent=2)
    with pytest.raises(LabError, match=r"ONNX form of the generator of gan cannot be played \(.*leave --onnx out"):
        onnx.onnx_of(Model(OfTwo(), game))


def test_an_onnx_form_that_draws_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnxruntime")
    model = open_model(OLD / "train-gan-ring")
    monkeypatch.setattr(onnx, "MOST", -1.0)
    with pytest.raises(LabError, match="draws something else than torch"):
        onnx.onnx_of(model)
