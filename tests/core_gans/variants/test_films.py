"""Films and predicted frames: the formulas of Vondrick et al. 2016 and Mathieu et al. 2016, and what follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from benchmarks.sequences import clips as measured_clips
from benchmarks.sequences import films
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.losses.frames import gradient_difference, lp
from core_gans.networks.films import FilmDiscriminator, FilmGenerator, composed, growth
from core_gans.networks.scales import NextFrame, halved, sides
from core_gans.training import start
from core_gans.variants import VideoGAN, VideoPrediction
from core_gans.variants.video_prediction import stacked
from core_gans.variants.videogan import film_generator
from tests.tiny import batches, chance, clips, small


class TestFilms:
    def test_where_the_mask_is_zero_all_frames_are_the_background_to_the_bit(self) -> None:
        generator = FilmGenerator((3, 8, 16, 16), latent=5, width=4).eval()
        with torch.no_grad():
            generator.mask[0].weight.zero_()
            generator.mask[0].bias.fill_(-200)  # a sigmoid of 0 in float32
            latents = torch.randn(3, 5, generator=chance())
            film, (_, mask, background) = generator(latents), generator.streams(latents)
        assert not mask.any()
        assert film.shape == (3, 3, 8, 16, 16)
        assert torch.equal(film, background.expand_as(film))
        assert (film[:, :, 1:] == film[:, :, :-1]).all()

    def test_a_film_is_composed_as_equation_2_says(self) -> None:
        foreground, mask, background = (
            torch.full((1, 1, 2, 1, 1), 0.5),
            torch.tensor([0.0, 0.25]),
            torch.full((1, 1, 1, 1, 1), -1.0),
        )
        film = composed(foreground, mask.view(1, 1, 2, 1, 1), background)
        assert film.flatten().tolist() == [-1.0, 0.25 * 0.5 - 0.75]

    @pytest.mark.parametrize(
        ("shape", "block"),
        [
            ((3, 32, 64, 64), (2, 4, 4)),
            ((1, 8, 32, 32), (1, 4, 4)),
            ((3, 16, 32, 48), (2, 4, 6)),
            ((1, 5, 16, 16), (5, 4, 4)),
        ],
    )
    def test_films_of_many_lengths_grow_from_a_small_block(
        self, shape: tuple[int, ...], block: tuple[int, int, int]
    ) -> None:
        assert growth(shape).block == block
        film = FilmGenerator(shape, latent=3, width=2)(torch.zeros(2, 3))
        assert film.shape == (2, *shape)
        assert FilmDiscriminator(shape, width=2)(film).shape == (2,)

    @pytest.mark.parametrize("normalisation", ["batch", "instance", "spectral", "none"])
    def test_the_discriminator_has_the_normalisation_that_is_asked_for(self, normalisation: str) -> None:
        scores = small("videogan", clips(), normalisation=normalisation).players()["discriminator"]
        films = torch.randn(3, *clips().shape, generator=chance())
        if normalisation == "spectral":
            scores(films)  # the power iteration makes a step with each call in training
            scores.eval()
            assert all(hasattr(each, "parametrizations") for each in scores.net if isinstance(each, torch.nn.Conv3d))
        alone = torch.cat([scores(film[None]) for film in films])
        coupled = not torch.allclose(scores(films), alone, atol=1e-6)
        assert coupled == (normalisation == "batch")

    def test_of_the_papers_shape_the_networks_are_the_papers(self) -> None:
        with torch.device("meta"):
            players = VideoGAN(shape=(3, 32, 64, 64), width=64).players()
        layers = [each for each in players["generator"].moving if isinstance(each, torch.nn.ConvTranspose3d)]
        assert [each.out_channels for each in layers] == [512, 256, 128, 64]
        assert layers[0].kernel_size == (2, 4, 4)
        scoring = [each for each in players["discriminator"].net if isinstance(each, torch.nn.Conv3d)]
        assert [each.out_channels for each in scoring] == [64, 128, 256, 512, 1]

    def test_the_generator_pays_for_the_mean_of_its_mask(self) -> None:
        examples = clips()
        game = small("videogan", examples, sparsity=0.3)
        assert isinstance(game, VideoGAN)
        state = start(game, batches(examples), chance())
        batch = next(state.batches)
        latents = game.latents_for(batch, chance(4))
        _, mask, _ = film_generator(state.nets["generator"]).streams(latents)
        terms = game.generator_loss(state.nets, batch, chance(4))
        assert terms["mask"].item() == pytest.approx(0.3 * mask.mean().item())
        one = small("videogan", examples, streams=1)
        assert isinstance(one, VideoGAN)
        assert set(one.generator_loss(one.players(), batch, chance())) == {"generator"}

    def test_films_of_a_class_are_asked_for_and_shown_with_it(self) -> None:
        examples = clips()
        game = small("videogan", examples, conditional=True, classes=2)
        assert isinstance(game, VideoGAN)
        state = start(game, batches(examples), chance())
        asked = game.latents(4, chance(), torch.tensor([0, 1, 1, 0]))
        found = game.asked(asked)
        assert found is not None
        assert found.tolist() == [0, 1, 1, 0]
        shown = game.with_condition(Batch(torch.zeros(2, *examples.shape), torch.tensor([1, 0])))
        assert shown.shape == (2, 3, *examples.shape[1:])
        assert shown[0, 1:].mean((1, 2, 3)).tolist() == [0.0, 1.0]
        terms = [turn.loss(state.nets, next(state.batches), chance()) for turn in game.turns()]
        assert all(term.isfinite() for each in terms for term in each.values())
        assert game.sample(state.nets, 3, 0).shape == (3, *examples.shape)

    def test_wrong_shapes_and_fields_are_refused(self) -> None:
        with pytest.raises(LabError, match=r"films are drawn as clips \(C, T, H, W\)"):
            VideoGAN(shape=(1, 32, 32)).players()
        with pytest.raises(LabError, match="expected 1 or 2 streams, got 3"):
            VideoGAN(streams=3)
        with pytest.raises(LabError, match="at least one class of a conditional game"):
            VideoGAN(conditional=True).players()


class TestPrediction:
    def test_the_losses_are_those_of_equations_5_and_6(self) -> None:
        drawn, true = torch.tensor([[[[0.0, 1.0], [0.5, 0.0]]]]), torch.tensor([[[[0.0, 0.0], [1.0, 1.0]]]])
        assert lp(drawn, true, 1).item() == pytest.approx((0 + 1 + 0.5 + 1) / 4)
        assert lp(drawn, true, 2).item() == pytest.approx((0 + 1 + 0.25 + 1) / 4)
        across, down = (abs(0 - 1), abs(0 - 0.5)), (abs(1 - 0.5), abs(1 - 1))
        assert gradient_difference(drawn, true).item() == pytest.approx(sum(across) / 2 + sum(down) / 2)
        squares = sum(each**2 for each in across) / 2 + sum(each**2 for each in down) / 2
        assert gradient_difference(drawn, true, 2).item() == pytest.approx(squares)
        assert gradient_difference(true + 0.3, true).item() == pytest.approx(0, abs=1e-6)

    def test_the_generators_loss_is_the_weighted_sum_of_all_scales(self) -> None:
        examples = clips()
        game = small("video_prediction", examples, adversarial=0.2, gradient=0.7, error=0.4, power=1)
        assert isinstance(game, VideoPrediction)
        state = start(game, batches(examples), chance())
        batch = next(state.batches)
        terms = game.generator_loss(state.nets, batch, chance(3))
        given, true = game.window(batch.real, chance(3))
        coarse, fine = state.nets["generator"].at_scales(given)
        small_true = F.avg_pool2d(true, 2)
        assert terms["error"].item() == pytest.approx(0.4 * (lp(coarse, small_true, 1) + lp(fine, true, 1)).item())
        edges = gradient_difference(coarse, small_true) + gradient_difference(fine, true)
        assert terms["gradient"].item() == pytest.approx(0.7 * edges.item())
        seen = [torch.cat((F.avg_pool2d(given, 2), coarse), 1), torch.cat((given, fine), 1)]
        scores = state.nets["discriminator"](seen)
        assert terms["generator"].item() == pytest.approx(0.2 * sum(F.softplus(-each).mean() for each in scores).item())

    def test_a_network_that_draws_nothing_copies_the_last_frame_or_leaves_it_empty(self) -> None:
        given = torch.rand(2, 4, 16, 16, generator=chance())
        for from_last, expected in ((True, given[:, 3:]), (False, torch.zeros(2, 1, 16, 16))):
            drawing = NextFrame(1, 4, scales=2, width=2, from_last=from_last)
            for parameter in drawing.parameters():
                parameter.data.zero_()
            assert torch.equal(drawing(given), expected)

    def test_several_frames_are_predicted_one_by_one(self) -> None:
        game = small("video_prediction", clips())
        assert isinstance(game, VideoPrediction)
        nets = start(game, batches(clips()), chance()).nets
        whole = torch.rand(3, 1, 5, 16, 16, generator=chance()) * 2 - 1
        three = game.predict(nets, whole, 3)
        clip = whole
        for step in range(3):
            following = game.predict(nets, clip, 1)
            torch.testing.assert_close(following[:, :, 0], three[:, :, step], rtol=0, atol=0)
            clip = torch.cat((clip, following), dim=2)
        assert nets["generator"].training

    def test_a_window_is_of_frames_in_their_order(self) -> None:
        numbered = torch.arange(6.0).view(1, 1, 6, 1, 1).expand(2, 1, 6, 16, 16)
        game = small("video_prediction", clips())
        assert isinstance(game, VideoPrediction)
        starts = set()
        for seed in range(8):
            given, true = game.window(numbered, chance(seed))
            first = given[0, 0, 0, 0].item()
            starts.add(first)
            assert given[0, :, 0, 0].tolist() == [first, first + 1, first + 2, first + 3]
            assert true[0, 0, 0, 0].item() == first + 4
        assert starts == {0.0, 1.0}
        colours = torch.arange(6.0).view(1, 2, 3, 1, 1)
        assert stacked(colours).flatten().tolist() == [0, 3, 1, 4, 2, 5]  # the colours of a frame beside each other

    def test_the_twin_of_the_squared_error_has_no_discriminators_turn(self) -> None:
        game = small("video_prediction", clips(), adversarial=0.0, gradient=0.0, power=2)
        assert [turn.players for turn in game.turns()] == [("generator",)]
        state = start(game, batches(clips()), chance())
        assert set(game.turns()[0].loss(state.nets, next(state.batches), chance())) == {"error"}

    def test_scales_are_halves_and_what_cannot_be_halved_is_refused(self) -> None:
        assert sides((1, 8, 32, 48), 4) == [(4, 6), (8, 12), (16, 24), (32, 48)]
        pictures = torch.arange(16.0).view(1, 1, 4, 4)
        assert halved(pictures, 3)[0].item() == pytest.approx(7.5)
        with pytest.raises(LabError, match="cannot be halved 3 times down to 4 pixels"):
            VideoPrediction(shape=(1, 8, 16, 16))
        with pytest.raises(LabError, match="of more frames than the 4 that are given"):
            VideoPrediction(shape=(1, 4, 32, 32))
        game = small("video_prediction", clips())
        assert isinstance(game, VideoPrediction)
        with pytest.raises(LabError, match=r"expected clips \(N, 1, at least 4, H, W\)"):
            game.predict(game.players(), torch.zeros(1, 1, 3, 16, 16))


def test_the_measurements_run_at_their_smallest_and_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for module, name in ((measured_clips, "CLIPS"), (measured_clips, "HELD"), (films, "JUDGED")):
        monkeypatch.setattr(module, name, 20)
    twin = films.TRIALS["prediction_digits_l2"]
    monkeypatch.setitem(films.TRIALS, "prediction_digits_l2", replace(twin, first=2, rounds=1))
    words = [
        "films_two_streams",
        "prediction_digits_l2",
        "--seconds",
        "0.01",
        "--seeds",
        "1",
        "--folder",
        str(tmp_path),
    ]
    threads = torch.get_num_threads()
    try:
        films.main(words)
        first = capsys.readouterr().out
        assert "| frechet[motion-cnn] |" in first
        assert "| psnr_moving[linear] |" in first
        assert {path.name for path in tmp_path.iterdir()} == {
            f"{name}-0.{end}" for name in words[:2] for end in ("json", "gif")
        }
        monkeypatch.setattr(films, "measure", None)  # all is there: nothing is trained again
        films.main(words)
        assert capsys.readouterr().out == first
    finally:
        torch.set_num_threads(threads)
