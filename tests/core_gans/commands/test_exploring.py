"""Paths between latents, arithmetic, nearest real examples, and a discriminator's features for a linear classifier."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from core_gans.__main__ import main
from core_gans.data import as_float, load
from core_gans.data.digits import digits
from core_gans.exploring import (
    concept,
    lerp,
    linear_accuracy,
    memorisation,
    move,
    nearest_real,
    slerp,
    trunk_features,
)
from core_gans.foundation import memory
from core_gans.foundation.errors import LabError
from core_gans.variants import make
from tests.tiny import chance


class TestPaths:
    def test_a_quarter_of_a_circle_in_thirds(self) -> None:
        begin, end = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 2.0]])
        angles = [0, math.pi / 6, math.pi / 3, math.pi / 2]
        truth = torch.tensor([[2 * math.cos(angle), 2 * math.sin(angle)] for angle in angles])
        torch.testing.assert_close(slerp(begin, end, 4)[0], truth)
        torch.testing.assert_close(lerp(begin, end, 3)[0], torch.tensor([[2.0, 0], [1, 1], [0, 2]]))

    def test_ends_are_the_latents_and_lengths_change_evenly(self, rng: torch.Generator) -> None:
        begin, end = torch.randn(5, 8, generator=rng), 2 * torch.randn(5, 8, generator=chance(1))
        way = slerp(begin, end, 7)
        torch.testing.assert_close(way[:, 0], begin)
        torch.testing.assert_close(way[:, -1], end)
        steps = way.norm(dim=2).diff(dim=1)
        torch.testing.assert_close(steps, steps[:, :1].expand_as(steps), atol=1e-5, rtol=1e-4)

    def test_latents_that_point_the_same_way_are_joined_straight(self) -> None:
        begin = torch.tensor([[1.0, 1.0]])
        torch.testing.assert_close(slerp(begin, 3 * begin, 3)[0], torch.tensor([[1.0, 1], [2, 2], [3, 3]]))

    def test_what_has_no_path(self) -> None:
        with pytest.raises(ValueError, match="opposite"):
            slerp(torch.ones(1, 2), -torch.ones(1, 2), 3)
        with pytest.raises(ValueError, match="at least the 2 ends"):
            lerp(torch.ones(1, 2), torch.zeros(1, 2), 1)
        with pytest.raises(ValueError, match="of one shape"):
            lerp(torch.ones(1, 2), torch.zeros(1, 3), 2)


class TestArithmetic:
    def test_a_concept_is_the_mean_of_the_surest(self) -> None:
        latents = torch.arange(10.0).reshape(5, 2)
        probabilities = torch.tensor([[0.1, 0.9], [0.02, 0.98], [0.9, 0.1], [0.05, 0.95], [0.01, 0.99]])
        assert concept(latents, probabilities, 1).tolist() == latents[[1, 3, 4]].mean(0).tolist()
        with pytest.raises(LabError, match=r"expected 3 images of class 0 with a probability of 0\.9, found 1 among 5"):
            concept(latents, probabilities, 0)

    def test_a_linear_generator_moves_by_the_difference(self, rng: torch.Generator) -> None:
        latents = torch.randn(4, 3, generator=rng)
        plus, minus = torch.tensor([1.0, 0, 2]), torch.tensor([0.0, 5, 0])
        assert torch.equal(move(latents, plus, minus, lambda z: 2 * z), 2 * (latents - minus + plus))


class TestNearest:
    def test_copies_are_found_and_betray_themselves(self, rng: torch.Generator) -> None:
        real = torch.randn(60, 4, generator=rng)
        chosen = torch.tensor([7, 0, 33])
        found = nearest_real(real[chosen], real, 2)
        assert found.index[:, 0].tolist() == chosen.tolist()
        assert (found.distance[:, 0] == 0).all()
        assert memorisation(real[chosen] + 1e-4, real) < 0.01

    def test_fresh_examples_of_the_same_kind_are_as_far_as_real_ones(self, rng: torch.Generator) -> None:
        real, fresh = torch.randn(800, 3, generator=rng), torch.randn(400, 3, generator=chance(1))
        assert memorisation(fresh, real) == pytest.approx(1, abs=0.15)

    def test_an_example_is_no_neighbour_of_itself(self) -> None:
        real = torch.tensor([[0.0], [1.0], [3.0]])
        assert nearest_real(real, real, 1, same=True).index.flatten().tolist() == [1, 0, 1]

    def test_distances_are_those_of_numpy_in_any_block(
        self, monkeypatch: pytest.MonkeyPatch, rng: torch.Generator
    ) -> None:
        samples, real = torch.randn(9, 5, generator=rng), torch.randn(20, 5, generator=chance(1))
        monkeypatch.setattr("core_gans.exploring.nearest.BLOCK", 40)
        apart = np.linalg.norm(samples.numpy()[:, None] - real.numpy()[None], axis=2)
        found = nearest_real(samples, real, 3)
        np.testing.assert_allclose(found.distance, np.sort(apart)[:, :3], rtol=1e-5)
        assert (found.index.numpy() == np.argsort(apart)[:, :3]).all()

    def test_too_few_real_examples(self) -> None:
        with pytest.raises(ValueError, match="expected 1 to 2 neighbours, got 3"):
            nearest_real(torch.zeros(1, 2), torch.zeros(3, 2), 3, same=True)


class TestTrunkFeatures:
    def test_they_are_the_pooled_maps_of_every_convolution(self, rng: torch.Generator) -> None:
        first, second = nn.Conv2d(1, 2, 3, padding=1), nn.Conv2d(2, 3, 3, stride=4)
        network = nn.Sequential(first, nn.ReLU(), second, nn.Flatten(), nn.Linear(12, 1))
        images = torch.randn(3, 1, 8, 8, generator=rng)
        found = trunk_features(network, images, batch_size=2)
        maps = first(images)
        one = maps.unfold(2, 2, 2).unfold(3, 2, 2).amax((-1, -2)).flatten(1)
        two = second(maps.relu()).flatten(1)
        torch.testing.assert_close(found, torch.cat((one, two), dim=1).detach())
        assert network.training

    def test_the_paper_s_discriminator_has_28672_of_them(self) -> None:
        game = make("dcgan", shape=(3, 32, 32), discriminator_channels=(256, 512, 1024))
        discriminator = game.players()["discriminator"]
        assert trunk_features(discriminator, torch.zeros(2, 3, 32, 32)).shape == (2, 28_672)

    @pytest.mark.parametrize("network", [nn.Linear(2, 1), nn.Conv2d(1, 1, 2)])
    def test_without_convolutions_before_the_score_there_are_none(self, network: nn.Module) -> None:
        with pytest.raises(LabError, match="expected a discriminator with convolutions"):
            trunk_features(network, torch.zeros(1, 2))

    def test_a_linear_classifier_reads_off_what_is_linear_and_no_more(self, rng: torch.Generator) -> None:
        points = torch.randn(600, 4, generator=rng)
        labels = (points[:, 0] > 0).long()
        shuffled = labels[torch.randperm(600, generator=chance(1))]
        assert linear_accuracy(points[:400], labels[:400], points[400:], labels[400:]) > 0.95
        assert linear_accuracy(points[:400], shuffled[:400], points[400:], shuffled[400:]) < 0.65


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run; fresh weights are small, so that all images would be equal in bytes."""
    folder = tmp_path_factory.mktemp("runs")
    main(["train", "dcgan", "--data", "digits", "--size", "16", "--width", "4", "--latent", "8", "--rounds", "30",
          "--batch", "8", "--runs", str(folder), "--name", "tiny"])  # fmt: skip
    return folder / "tiny"


class TestCommand:
    def test_a_run_is_explored(self, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        main(["explore", str(run), "--out", str(tmp_path / "x"), "--paths", "3", "--steps", "4"])
        assert "note: this model has played 30 rounds, so it has hardly learned" in capsys.readouterr().out
        found = json.loads((tmp_path / "x" / "exploration.json").read_text())
        assert found["memorisation[digits-cnn]"] > 0
        with Image.open(tmp_path / "x" / "paths.png") as page:
            assert page.width > 150 + 4 * 66  # the words of a row, and its images
            assert np.asarray(page).std() > 5
        with Image.open(tmp_path / "x" / "paths.gif") as film:
            assert 1 < film.n_frames <= 48  # equal frames are joined
        assert (tmp_path / "x" / "neighbours.png").stat().st_size > 0

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ("--steps 900000000000", "error: expected 2 to 1,000 paths of 2 to 1,000 steps, got 6 of 900000000000."),
            (
                "--paths 1000 --steps 1000",
                "error: 2,000,000 images on paths would take 24.9 GiB of memory, and 1.0 GiB are free: "
                "lower --steps or --paths.",
            ),
        ],
    )
    def test_paths_that_do_not_fit_in_memory_are_refused(
        self, words: str, told: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:  # fmt: skip
        monkeypatch.setattr(memory, "available", lambda device="cpu": 2**30)
        with pytest.raises(SystemExit) as end:
            main(["explore", str(run), "--out", str(tmp_path / "x"), *words.split()])
        assert end.value.code == 2
        assert told in " ".join(capsys.readouterr().out.split())
        assert not (tmp_path / "x").exists()

    def test_samples_that_are_copies_of_what_was_learned_are_found(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = ["--size", "16", "--width", "4", "--latent", "8", "--rounds", "1", "--batch", "8", "--seed", "7"]
        main(["train", "dcgan", "--data", "scenes", "--count", "24", *options, "--runs", str(tmp_path), "--name", "r"])
        learned = load("scenes", size=16, count=24, seed=7).images
        copies = as_float(learned)[torch.arange(2000) % 24]
        monkeypatch.setattr("core_gans.commands.explore.generate", lambda net, latents: copies[: len(latents)])
        main(["explore", str(tmp_path / "r"), "--out", str(tmp_path / "x"), "--paths", "2", "--steps", "2"])
        found = json.loads((tmp_path / "x" / "exploration.json").read_text())
        assert found["memorisation[pca-pixels]"] == pytest.approx(0, abs=1e-3)

    def test_what_is_there_is_kept(self, run: Path, tmp_path: Path) -> None:
        with pytest.raises(SystemExit):
            main(["explore", str(run), "--out", str(tmp_path)])
        assert list(tmp_path.iterdir()) == []


def test_the_neighbours_of_a_digit_are_digits_of_its_class() -> None:
    data = digits(16)
    real: Tensor = data.images.float()
    found = nearest_real(real[:200], real[200:], 1)
    assert (data.labels[200:][found.index[:, 0]] == data.labels[:200]).float().mean() > 0.9
