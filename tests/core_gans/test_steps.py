"""Steps of the loop: micro-batches, scaled gradients, penalties every few steps, and what falls over the rounds."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import Tensor

from core_gans.compute import Compute
from core_gans.data import Batches, Examples
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses import objectives
from core_gans.losses.objectives import Objective
from core_gans.losses.penalties import zero_centred
from core_gans.optimizers import SGD, Adam, Schedule
from core_gans.runs import checkpoints
from core_gans.runs.averaging import Average
from core_gans.training import parts_of, start, take_turn, train
from core_gans.variants import make
from egan import evolve
from tests.tiny import batches, chance, differences, pictures, small, weights

PICTURES = pictures()


@dataclass(frozen=True)
class Given(AdversarialGame):
    """A game whose latents come with the batch, so that it draws nothing."""

    name: ClassVar[str] = "given"
    paper: ClassVar[str] = "none 2026"

    loss: str = "heuristic"

    @property
    def objective(self) -> Objective:
        return {each.name: each for each in (objectives.heuristic, objectives.relativistic_paired)}[self.loss]

    def latents_for(self, batch: Batch, rng: torch.Generator) -> Tensor:
        del rng
        assert batch.other is not None
        return batch.other


class TestMicroBatches:
    @pytest.mark.parametrize("loss", ["heuristic", "relativistic_paired"])
    @pytest.mark.parametrize("size", [3, 5])
    def test_they_equal_one_large_batch(self, loss: str, size: int) -> None:
        """Ten pictures at a time against parts of three or five, in float64, with R1 and R2, where nothing couples."""
        game = Given(
            shape=(1, 16, 16), latent=3, width=4, normalisation="none", generator_normalisation="none", loss=loss,
            r1=0.7, r2=0.3, method="sgd", rate=0.1,
        )  # fmt: skip
        batch = Batch(torch.rand(10, 1, 16, 16).double(), other=torch.randn(10, 3).double())
        after = {}
        for micro in (0, size):
            state = start(game, batches(PICTURES), chance(), Compute(micro_batch=micro))
            for turn in game.turns():
                nets = {name: net.double() for name, net in state.nets.items()}
                optimizer = turn.optimizer.build([p for name in turn.players for p in nets[name].parameters()])
                terms = take_turn(turn, nets, batch, optimizer, state.rng, state.compute)
            after[micro] = (terms, [weights(net) for net in state.nets.values()])
        torch.testing.assert_close(after[0], after[size], rtol=0, atol=1e-9)

    def test_parts_have_all_that_belongs_to_their_examples(self) -> None:
        batch = Batch(torch.arange(5.0), label=torch.arange(5), other=torch.arange(5.0) + 10)
        parts = list(parts_of(batch, 2))
        assert [share for _, share in parts] == [0.4, 0.4, 0.2]
        assert [part.real.tolist() for part, _ in parts] == [[0, 1], [2, 3], [4]]
        last = parts[-1][0]
        assert last.label is not None
        assert last.label.tolist() == [4]
        assert last.other is not None
        assert last.other.tolist() == [14]
        assert last.text is None
        assert list(parts_of(batch, 0)) == [(batch, 1.0)] == list(parts_of(batch, 5))

    def test_a_run_with_them_resumes_to_the_bit(self, tmp_path: Path) -> None:
        compute, game = Compute(micro_batch=3), small("hinge", PICTURES, discriminator_steps=1)

        def played(rounds: int) -> dict[str, Any]:
            return train(game, batches(PICTURES), rounds, rng=chance(), compute=compute).state_dict()

        path = checkpoints.save(tmp_path / "one.safetensors", played(1))
        state = start(game, batches(PICTURES), chance(9), compute)
        state.load_state_dict(checkpoints.load(path))
        assert differences(train(game, state.batches, 3, rng=0, state=state).state_dict(), played(3)) == []


class TestHalfPrecision:
    def test_float16_is_refused_where_there_is_no_cuda(self) -> None:
        with pytest.raises(LabError, match="--fp16 is for CUDA devices"):
            Compute(fp16=True)

    def test_scaled_gradients_make_the_same_step_and_their_scale_is_saved(self) -> None:
        game = small("hinge", PICTURES, discriminator_steps=1)
        plain = start(game, batches(PICTURES), chance())
        scaled = replace(
            start(game, batches(PICTURES), chance()), scaler=torch.amp.GradScaler("cpu", growth_interval=1)
        )
        for state in (plain, scaled):
            train(game, state.batches, 2, rng=state.rng, state=state)
        torch.testing.assert_close(
            [weights(net) for net in scaled.nets.values()], [weights(net) for net in plain.nets.values()]
        )
        saved = scaled.state_dict()["scaler"]
        assert saved["scale"] == 65536 * 2**4  # two rounds of two turns
        again = replace(start(game, batches(PICTURES), chance()), scaler=torch.amp.GradScaler("cpu"))
        again.load_state_dict(scaled.state_dict())
        assert again.state_dict()["scaler"] == saved
        assert "scaler" not in plain.state_dict()

    def test_evolution_refuses_what_it_does_not_do(self) -> None:
        with pytest.raises(LabError, match="evolution computes whole batches"):
            evolve(small("gan", PICTURES), batches(PICTURES), 1, rng=0, compute=Compute(micro_batch=2))


class TestLazyPenalties:
    def test_every_third_step_pays_three_times_as_much(self) -> None:
        game = small("dcgan", PICTURES, normalisation="none", r1=0.5, penalty_every=3)
        assert isinstance(game, AdversarialGame)
        state = start(game, batches(PICTURES), chance())
        discriminator, real = state.nets["discriminator"], torch.randn(4, 1, 16, 16)
        paid = []
        for _ in range(7):
            paid.append(game.penalty_terms(discriminator, real, real, chance()))
            game.after_discriminator(state.nets)
        assert [bool(terms) for terms in paid] == [True, False, False, True, False, False, True]
        torch.testing.assert_close(paid[3]["r1"], 3 * 0.5 * zero_centred(discriminator, real))

    def test_they_fall_over_the_rounds_and_resume(self) -> None:
        game = small(
            "dcgan", PICTURES, normalisation="none", r2=2.0, penalty_end=0.1, fall_rounds=4, fall_shape="cosine",
            discriminator_steps=2,
        )  # fmt: skip
        assert isinstance(game, AdversarialGame)
        nets = start(game, batches(PICTURES), chance()).nets
        fake = torch.randn(4, 1, 16, 16)
        whole = 2.0 * zero_centred(nets["discriminator"], fake)
        for round in range(6):
            left = 0.1 + 0.9 * (1 + math.cos(math.pi * min(1, round / 4))) / 2
            terms = game.penalty_terms(nets["discriminator"], fake, fake, chance())
            torch.testing.assert_close(terms["r2"], left * whole)
            assert int(nets["discriminator"].state_dict()["steps"]) == 2 * round
            game.after_discriminator(nets)
            game.after_discriminator(nets)

    def test_a_game_that_asks_for_neither_keeps_no_count(self) -> None:
        assert "steps" not in make("dcgan", shape=(1, 16, 16), width=4).players()["discriminator"].state_dict()

    def test_evolution_counts_its_steps_too(self) -> None:
        game = small("gan", PICTURES, family="dcgan", normalisation="none", r1=1.0, penalty_every=2)
        population = evolve(game, batches(PICTURES), 3, rng=chance())
        assert int(population.discriminator.state_dict()["steps"]) == 3

    def test_nonsense_is_refused(self) -> None:
        with pytest.raises(LabError, match="penalty_every of at least 1"):
            make("dcgan", penalty_every=0)
        with pytest.raises(LabError, match="penalty_end of at least 0"):
            make("dcgan", penalty_end=-1.0)
        with pytest.raises(LabError, match=r"beta2_end in \[0, 1\), with the method adam alone"):
            make("dcgan", beta2_end=0.99, method="sgd")
        with pytest.raises(LabError, match="lapgan pays its penalties alike"):
            make("lapgan", penalty_every=4)


class TestSchedules:
    def test_a_cosine_is_half_a_wave(self) -> None:
        schedule = Schedule(rounds=10, to=0.2, shape="cosine")
        assert [schedule.share(0), schedule.share(5), schedule.share(10), schedule.share(99)] == pytest.approx(
            [1, 0.6, 0.2, 0.2]
        )
        assert schedule.between(0.9, 0.99, 5) == pytest.approx(0.945)
        assert Schedule().between(0.9, 0.99, 5) == 0.9

    def test_beta2_goes_with_the_rate(self) -> None:
        optimizer = Adam(1e-3, 0.0, 0.9, 0.99, schedule=Schedule(4, 0.25, shape="cosine"))
        built = optimizer.build([torch.nn.Parameter(torch.zeros(1))])
        for round, rate, beta2 in ((0, 1e-3, 0.9), (2, 6.25e-4, 0.945), (4, 2.5e-4, 0.99)):
            optimizer.set_rate(built, round)
            assert built.param_groups[0]["lr"] == pytest.approx(rate)
            assert built.param_groups[0]["betas"] == (0.0, pytest.approx(beta2))
        assert isinstance(make("dcgan", method="sgd").turns()[0].optimizer, SGD)  # type: ignore[attr-defined]

    def test_the_averages_half_life_rises_along_a_cosine(self) -> None:
        average = Average(decay=0.5 ** (1 / 100), rises=10)
        assert average.decay_at(0) == 0
        assert average.decay_at(5) == pytest.approx(0.5 ** (1 / 50))
        assert average.decay_at(10) == average.decay_at(50) == pytest.approx(0.5 ** (1 / 100))
        assert Average(decay=0.999).decay_at(90) == 91 / 100

    def test_a_run_of_r3gan_that_falls_resumes_to_the_bit(self, tmp_path: Path) -> None:
        game = small("r3gan", PICTURES, family="r3gan", fall_rounds=4)
        data = Examples("noise", PICTURES.images)

        def played(rounds: int) -> dict[str, Any]:
            return train(game, Batches(data, 4), rounds, rng=chance()).state_dict()

        path = checkpoints.save(tmp_path / "two.safetensors", played(2))
        state = start(game, Batches(data, 4), chance(9))
        state.load_state_dict(checkpoints.load(path))
        assert differences(train(game, state.batches, 5, rng=0, state=state).state_dict(), played(5)) == []
        assert state.optimizers[0].param_groups[0]["betas"] == (0.0, pytest.approx(0.99))


class TestR3GAN:
    def test_its_defaults_and_those_of_the_paper(self) -> None:
        from core_gans.paper_presets import PAPER, paper_fields

        game = make("r3gan", shape=(3, 32, 32))
        assert isinstance(game, AdversarialGame)
        assert game.objective is objectives.relativistic_paired
        assert game.turns()[0].optimizer == Adam(2e-4, 0.0, 0.9, 0.99)
        paper = make("r3gan", **paper_fields("r3gan"))
        assert isinstance(paper, AdversarialGame)
        assert (paper.r1, paper.r2, paper.penalty_end, PAPER["r3gan"].batch) == (0.05, 0.05, 0.1, 512)
        assert paper.turns()[0].optimizer == Adam(2e-4, 0.0, 0.9, 0.99, schedule=Schedule(39_062, 0.25, 0.5, "cosine"))

    def test_the_discriminators_loss_is_that_of_the_paper(self) -> None:
        """E softplus(D(fake) - D(real)) + gamma / 2 (E |grad D(real)|^2 + E |grad D(fake)|^2), sums over pixels."""
        game = small("r3gan", PICTURES, family="r3gan", r1=0.3, r2=0.3)
        assert isinstance(game, AdversarialGame)
        discriminator = start(game, batches(PICTURES), chance()).nets["discriminator"]
        real, fake = torch.randn(2, 5, 1, 16, 16, generator=chance(1)).requires_grad_().unbind()
        terms = game.score_loss(discriminator, real, fake, chance())
        of_real, of_fake = discriminator(real), discriminator(fake)
        slopes = torch.autograd.grad((of_real.sum(), of_fake.sum()), (real, fake))
        squares = sum(slope.flatten(1).square().sum(dim=1).mean() for slope in slopes)
        truth = torch.log1p(torch.exp(of_fake - of_real)).mean() + 0.3 / 2 * squares
        torch.testing.assert_close(torch.stack(list(terms.values())).sum(), truth, rtol=1e-4, atol=1e-6)
