"""The weight average against its formula, and recalibrated statistics against exact ones."""

from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

from core_gans import make
from core_gans.data import data_set
from core_gans.held_out import Held, held_out_watchers
from core_gans.runs import checkpoints
from core_gans.runs.averaging import Average, recalibrate
from core_gans.runs.folder import Run
from core_gans.runs.watchers import Watcher
from core_gans.session import Options
from core_gans.texts import read_texts
from core_gans.texts.watching import text_watchers
from core_gans.training import TrainingState, start, train
from tests.tiny import batches, chance, differences, pictures, points, small


class Keep(Watcher):
    """Copies of the generator's state after each round."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Tensor]] = []

    def after_round(self, state: Any) -> None:
        self.kept.append({name: value.clone() for name, value in state.nets["generator"].state_dict().items()})


def begun() -> tuple[TrainingState, dict[str, Tensor]]:
    state = start(small("dcgan", pictures()), batches(pictures()), chance())
    return state, {name: value.clone() for name, value in state.nets["generator"].state_dict().items()}


@pytest.mark.parametrize("decay", [0.0, 0.3, 0.9])
def test_the_shadow_is_the_formula(decay: float) -> None:
    state, expected = begun()
    average, keep = Average(decay=decay), Keep()
    train(state.game, state.batches, 4, rng=state.rng, state=state, watchers=[average, keep])
    for number, now in enumerate(keep.kept, start=1):
        share = min(decay, (1 + number) / (10 + number))
        expected = {
            name: share * old + (1 - share) * now[name] if old.is_floating_point() else now[name]
            for name, old in expected.items()
        }
    assert average.shadow is not None
    found = average.shadow.state_dict()
    assert found.keys() == expected.keys()
    for name in found:
        torch.testing.assert_close(found[name], expected[name], atol=1e-6, rtol=1e-5)


def test_samples_are_drawn_from_the_shadow_and_the_game_is_played_without_it() -> None:
    average = Average(decay=0.9)
    averaged, plain = (
        train(small("dcgan", pictures()), batches(pictures()), 3, rng=chance(), watchers=watchers)
        for watchers in ([average], [])
    )
    assert averaged.sampling_nets()["generator"] is average.shadow
    assert averaged.sampling_nets()["discriminator"] is averaged.nets["discriminator"]
    assert plain.sampling_nets() == plain.nets
    assert differences(averaged.state_dict(), plain.state_dict()) == []


def test_the_shadow_survives_a_checkpoint_to_the_bit(tmp_path: Path) -> None:
    whole = Average()
    train(small("dcgan", pictures()), batches(pictures()), 5, rng=chance(), watchers=[whole])
    first = Average()
    state = train(small("dcgan", pictures()), batches(pictures()), 2, rng=chance(), watchers=[first])
    path = checkpoints.save(tmp_path / "two", {"state": state.state_dict(), "average": first.state_dict()})
    saved = checkpoints.load(path)
    second, (again, _) = Average(), begun()
    again.load_state_dict(saved["state"])
    second.load_state_dict(saved["average"])
    train(again.game, again.batches, 5, rng=again.rng, state=again, watchers=[second])
    assert differences(second.state_dict(), whole.state_dict()) == []


def test_any_player_can_be_averaged(rng: torch.Generator) -> None:
    average = Average("discriminator", 0.5)
    state = train(small("dcgan", points()), batches(points()), 1, rng=rng, watchers=[average])
    assert state.sampling_nets()["discriminator"] is average.shadow
    assert state.sampling_nets()["generator"] is state.nets["generator"]


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0, float("nan")])
def test_a_decay_out_of_range_is_refused(decay: float) -> None:
    with pytest.raises(ValueError, match=r"expected a decay in \[0, 1\)"):
        Average(decay=decay)


class TestRecalibrate:
    def generator(self) -> nn.Module:
        return small("dcgan", pictures()).players()["generator"]

    def test_the_statistics_of_one_batch_are_exact(self, rng: torch.Generator) -> None:
        generator, latents = self.generator(), torch.randn(40, 3, generator=rng)
        recalibrate(generator, latents, batch_size=40)
        block = generator.get_submodule("block4")
        before = block[1](block[0](latents))  # what the normalisation sees
        norm = block[2]
        torch.testing.assert_close(norm.running_mean, before.mean(dim=(0, 2, 3)))
        torch.testing.assert_close(norm.running_var, before.transpose(0, 1).flatten(1).var(dim=1))

    def test_several_batches_are_averaged_evenly_whatever_was_there_before(self, rng: torch.Generator) -> None:
        generator, latents = self.generator(), torch.randn(40, 3, generator=rng)
        norm = generator.get_submodule("block4")[2]
        norm.running_mean.fill_(1e6)
        recalibrate(generator, latents, batch_size=10)
        block = generator.get_submodule("block4")
        before = block[1](block[0](latents))
        torch.testing.assert_close(norm.running_mean, before.mean(dim=(0, 2, 3)))
        variances = [part.transpose(0, 1).flatten(1).var(dim=1) for part in before.split(10)]
        torch.testing.assert_close(norm.running_var, torch.stack(variances).mean(dim=0))

    @pytest.mark.parametrize("training", [True, False])
    def test_nothing_else_changes(self, training: bool, rng: torch.Generator) -> None:
        generator = self.generator().train(training)
        weights = [parameter.clone() for parameter in generator.parameters()]
        recalibrate(generator, torch.randn(8, 3, generator=rng))
        assert generator.training == training
        assert {m.momentum for m in generator.modules() if isinstance(m, nn.BatchNorm2d)} == {0.1}
        assert all(torch.equal(a, b) for a, b in zip(weights, generator.parameters(), strict=True))


@pytest.mark.parametrize("variant", ["video_prediction", "seqgan"])
def test_the_half_life_rises_in_every_kind_of_game(variant: str, tmp_path: Path) -> None:
    run, options, quiet = Run(tmp_path, {}), Options(average_rises=100), Console(quiet=True)
    if variant == "seqgan":
        lesson = read_texts("sentences", "grammar", count=40)
        watchers, _ = text_watchers(run, make(variant, **lesson.fields({})), options, lesson, quiet)  # type: ignore[arg-type]
    else:
        clips = data_set("moving_digits").load(count=4)
        game = make(variant, shape=clips.shape)
        watchers, _ = held_out_watchers(run, game, options, Held.of(clips), quiet)  # type: ignore[arg-type]
    assert [each.rises for each in watchers if isinstance(each, Average)] == [100]
