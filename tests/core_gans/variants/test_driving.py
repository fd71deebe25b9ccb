"""Driving: two phases of turns, dreams in code space, and judges of drives that no network has a say in."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import cast

import pytest
import torch
from PIL import Image

from core_gans.__main__ import main
from core_gans.data import Batches
from core_gans.data.driven import Driven
from core_gans.data.road.data_set import drives
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.held_out import Held
from core_gans.metrics.drives import correlation, drive_figures, lane, lane_error, psnr
from core_gans.models import Model, load_model, open_answering, save_model
from core_gans.networks.world import World
from core_gans.runs import checkpoints
from core_gans.training import TrainingState, start, take_turn, train
from core_gans.variants import Driving, make
from core_gans.variants.driving import decoded, encoded
from tests.tiny import all_equal, chance, differences, weights

DATA = drives(12, 7, 16, 32)
FEW = {"width": 4, "code": 6, "memory": 5, "frames": 6}


def small(**fields: object) -> Driving:
    made = make("driving", shape=DATA.shape, **{**FEW, **fields})
    assert isinstance(made, Driving)
    return made


def played(game: Driving, rounds: int, state: TrainingState | None = None, data: Driven = DATA) -> TrainingState:
    return train(game, Batches(data, 3), rounds, rng=chance(), state=state)


def held() -> Batch:
    return Batch(DATA.images[:4].float() / 127.5 - 1, other=DATA.actions[:4])


class TestGame:
    def test_each_turn_teaches_its_own_part(self) -> None:
        state = start(small(), Batches(DATA, 3), chance())
        world = cast(World, state.nets["generator"])
        parts = {
            "discriminator": state.nets["discriminator"],
            "trunk": world.trunk,
            "growth": world.growth,
            "cell": world.cell,
            "next": world.next,
        }
        learning = ({"discriminator"}, {"trunk", "growth"}, {"cell", "next"})
        for turn, optimizer, own in zip(state.game.turns(), state.optimizers, learning, strict=True):
            before = {name: weights(part) for name, part in parts.items()}
            terms = take_turn(turn, state.nets, next(state.batches), optimizer, state.rng, state.compute)
            assert all(abs(float(term)) < 1e4 for term in terms.values())
            for name, part in parts.items():
                assert all_equal(before[name], weights(part)) == (name not in own), name

    def test_after_its_rounds_the_autoencoder_stays_as_it_is(self) -> None:
        game = small(autoencoder_rounds=2)
        state = played(game, 2)
        world = cast(World, state.nets["generator"])
        before = {name: weights(part) for name, part in state.nets.items()}
        fixed, moving = weights(world.trunk) + weights(world.growth), weights(world.cell)
        assert set(played(game, 3, state).terms) == {"transition"}
        assert all_equal(before["discriminator"], weights(state.nets["discriminator"]))
        assert all_equal(fixed, weights(world.trunk) + weights(world.growth))
        assert not all_equal(moving, weights(world.cell))
        assert int(world.rounds) == 3

    @pytest.mark.parametrize("stop", [1, 3])
    def test_resumed_equals_never_stopped_to_the_bit_in_either_phase(self, stop: int, tmp_path: Path) -> None:
        game = small(autoencoder_rounds=2)
        whole = played(game, 4)
        path = checkpoints.save(tmp_path / "stopped.safetensors", played(game, stop).state_dict())
        state = start(game, Batches(DATA, 3), chance(99))
        state.load_state_dict(checkpoints.load(path))
        assert differences(played(game, 4, state).state_dict(), whole.state_dict()) == []

    def test_without_features_and_verdict_no_discriminator_is_asked(self) -> None:
        game = small(likeness=0.0, realism=0.0)
        terms = played(game, 1).terms
        assert "likeness" not in terms
        assert "pixels" in terms

    def test_its_fields_survive_json_and_what_cannot_be_is_refused(self) -> None:
        game = small(cell="rnn")
        assert make("driving", **json.loads(json.dumps(dataclasses.asdict(game)))) == game
        with pytest.raises(LabError, match="of more than 5 frames"):
            make("driving", shape=(3, 5, 16, 32))
        with pytest.raises(LabError, match="transition_rate above 0"):
            small(transition_rate=0.0)
        with pytest.raises(LabError, match="with the steering of each frame"):
            game.transition_loss(start(game, Batches(DATA, 3), chance()).nets, Batch(held().real), chance())


class TestDreams:
    def test_known_codes_lead_on_and_then_its_own(self) -> None:
        world = World((3, 16, 32), 4, 6, 5, 1, "gru")
        codes, actions = torch.randn(2, 3, 6), torch.randn(2, 5, 1)
        memory, seen, expected = torch.zeros(2, 5), codes[:, 0], []
        for frame in range(5):
            seen = codes[:, frame] if frame < 3 else seen
            memory = world.cell(torch.cat((seen, actions[:, frame]), 1), memory)
            seen = world.next(memory)
            expected.append(seen)
        assert torch.equal(world.dream(codes, actions), torch.stack(expected, 1))

    def test_a_dream_in_parts_is_the_dream_as_a_whole(self) -> None:
        world = World((3, 16, 32), 4, 6, 5, 1, "rnn")
        codes, actions = torch.randn(2, 1, 6), torch.randn(2, 4, 1)
        code, memory = codes[:, 0], world.blank(2)
        for frame in range(4):
            code, memory = world.step(code, memory, actions[:, frame])
            torch.testing.assert_close(code, world.dream(codes, actions)[:, frame])

    def test_the_actions_matter_from_their_frame_on(self) -> None:
        game = small()
        nets, batch = start(game, Batches(DATA, 3), chance()).nets, held()
        assert batch.other is not None
        changed = batch.other.clone()
        changed[:, 5] += 1
        one, other = game.dreamt(nets, batch).free, game.dreamt(nets, Batch(batch.real, other=changed)).free
        assert one.shape == (4, 3, 2, 16, 32)
        assert torch.equal(one[:, :, 0], other[:, :, 0])
        assert not torch.equal(one[:, :, 1], other[:, :, 1])

    def test_frames_are_decoded_alone_or_among_others(self) -> None:
        world = World((3, 16, 32), 4, 6, 5, 1, "gru")
        clips = held().real
        codes = encoded(world, clips)
        torch.testing.assert_close(codes[1, 2], world.encode(clips[1, :, 2][None])[0])
        torch.testing.assert_close(decoded(world, codes)[1, :, 2], world.decode(codes[1, 2][None])[0])


class TestJudges:
    def test_the_truth_is_perfect_and_a_still_picture_is_not(self) -> None:
        truth = drives(20, 6, 32, 64).images.float() / 127.5 - 1
        noise = truth[:, :, 1:] + 0.02 * torch.randn(truth[:, :, 1:].shape, generator=chance())
        found = drive_figures(truth, noise, truth[:, :, :1])
        assert found["psnr"] == pytest.approx(40, abs=0.1)  # 10 log10(4 / 0.02^2)
        assert found["psnr[last code]"] < 30
        assert found["lane_error"] < 0.3 < found["lane_error[last code]"]
        assert found["steering"] > 0.9
        still = drive_figures(truth, truth[:, :, :1].expand_as(noise), truth[:, :, :1])
        assert still["steering"] == 0
        assert still["psnr"] == still["psnr[last code]"]

    def test_grey_is_as_wrong_as_the_farthest_place(self) -> None:
        truth = drives(2, 3, 32, 64).images.float() / 127.5 - 1
        assert lane_error(lane(torch.zeros_like(truth)), lane(truth)) == 4.5
        assert psnr(torch.zeros(2, 3), torch.ones(2, 3)) == pytest.approx(6.0206, abs=1e-3)
        line = torch.arange(6.0)
        assert correlation(line, 2 - 3 * line) == pytest.approx(-1)

    def test_they_measure_and_show_the_game_and_change_nothing(self) -> None:
        game = small()
        state = played(game, 1)
        before = {name: weights(net) for name, net in state.nets.items()}
        found = game.measure(state.nets, held(), chance())
        assert set(found) == {
            *("psnr[decoded]", "psnr", "psnr[last code]", "lane_error", "lane_error[last code]", "steering")
        }
        shown = game.show(state.nets, held(), chance())
        assert shown.shape == (4, 3, 7, 32, 32)
        assert torch.equal(shown[:, :, :, :16], held().real)
        assert all(all_equal(before[name], weights(net)) for name, net in state.nets.items())


def test_a_few_rounds_lower_every_error() -> None:
    data = drives(40, 7, 16, 32, seed=2)
    game = small(width=8, code=16, memory=32, frames=24, rate=2e-3, transition_rate=2e-3, pixels=10.0)
    state = train(game, Batches(data, 6), 1, rng=chance())
    parts = Held.of(data).batch()
    before = (dict(state.terms), game.measure(state.nets, parts, chance()))
    train(game, state.batches, 40, rng=state.rng, state=state)
    after = game.measure(state.nets, parts, chance())
    assert float(state.terms["pixels"]) < 0.3 * float(before[0]["pixels"])
    assert after["psnr[decoded]"] > before[1]["psnr[decoded]"] + 4
    assert after["psnr"] > before[1]["psnr"] + 3


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    runs = tmp_path_factory.mktemp("runs")
    main(
        [
            *("train", "driving", "--data", "road", "--size", "16", "--frames", "7", "--count", "20"),
            *("--batch", "3", "--rounds", "2", "--width", "4", "--code", "6", "--memory", "5"),
            *("--game-frames", "6", "--runs", str(runs), "--name", "drive"),
        ]
    )
    return runs / "drive"


class TestCommands:
    def test_a_run_is_made_goes_on_and_opens_as_a_model(self, run: Path, tmp_path: Path) -> None:
        assert (run / "samples" / "round-0000002.png").exists()
        main(["resume", str(run), "--rounds", "3"])
        model = open_answering(run)
        assert isinstance(model.game, Driving)
        path = save_model(tmp_path / "driving.safetensors", Model(model.net, model.game, card={"rounds": 3}))
        again = open_answering(path)
        assert again.game == model.game
        assert again.net.state_dict().keys() == model.net.state_dict().keys()
        with pytest.raises(LabError, match="draws from no latents"):
            load_model(path)

    def test_drives_are_written_as_a_film_and_as_a_sheet_and_judged(
        self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        film, sheet = tmp_path / "drive.gif", tmp_path / "drive.png"
        main(["sample", str(run), "--count", "2", "--out", str(film)])
        with Image.open(film) as found:
            assert getattr(found, "n_frames", 1) == 7
            assert found.width > 2 * 192
        main(["sample", str(run), "--count", "2", "--out", str(sheet)])
        with Image.open(sheet) as found:
            assert found.width > found.height
        assert "so it has hardly learned" in capsys.readouterr().out
        main(["judge", str(run)])
        assert "lane_error" in capsys.readouterr().out
        for words, why in (
            (("sample", str(run), "--out", str(film)), "exists already and is kept"),
            (("sample", str(run), "--out", str(tmp_path / "x.npz")), "as a .gif, an .mp4 or a .png"),
            (("sample", str(run), "--classes", "1"), "leave --classes, --text and --truncation out"),
            (("sample", str(run), "--text", "a road"), "leave --classes, --text and --truncation out"),
            (("sample", str(run), "--truncation", "0.5"), "leave --classes, --text and --truncation out"),
        ):
            with pytest.raises(SystemExit):
                main(list(words))
            assert why in " ".join(capsys.readouterr().out.split())

    def test_evolution_and_other_data_are_refused_in_a_line(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for words, told in (
            (("train", "driving", "--data", "digits"), "driving learns from clips, and digits holds images"),
            (("train", "dcgan", "--data", "road"), "dcgan learns from points or images, and road holds clips"),
        ):
            with pytest.raises(SystemExit):
                main([*words, "--count", "8", "--runs", str(tmp_path)])
            assert told in " ".join(capsys.readouterr().out.split())
