"""EBGAN and BEGAN: energies, the hinge of each sample, the pulling-away term, and the trace of k."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core_gans.data import Examples
from core_gans.data.digits import digits
from core_gans.data.examples import as_float
from core_gans.foundation.errors import LabError
from core_gans.game import Batch
from core_gans.losses.objectives import boundary_equilibrium, energy_margin
from core_gans.losses.penalties import pulling_away
from core_gans.networks import Architecture, autoencoder
from core_gans.networks.architecture import Energy
from core_gans.networks.autoencoder import EnergyAutoencoder
from core_gans.runs import checkpoints
from core_gans.training import TrainingState, start, train
from core_gans.variants import BEGAN, EBGAN, make
from tests.tiny import batches, chance, differences, pictures, points, small

SHAPES = {"points": (2,), "pictures": (1, 16, 16)}


def network(shape: tuple[int, ...], energy: Energy, width: int = 8) -> EnergyAutoencoder:
    return seeded(Architecture(shape, width=width, depth=2, code=4, energy=energy))


def seeded(architecture: Architecture) -> EnergyAutoencoder:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return autoencoder.discriminator(architecture)


def numpy_energy(x: Tensor, y: Tensor, energy: Energy) -> np.ndarray:
    difference = (x.double() - y.double()).flatten(1).numpy()
    if energy == "euclidean":
        return np.sqrt((difference**2).sum(axis=1))
    return np.abs(difference).mean(axis=1) if energy == "absolute" else (difference**2).mean(axis=1)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("energy", ["euclidean", "absolute", "square"])
class TestAutoencoder:
    def test_the_score_is_minus_the_distance_to_the_reconstruction(
        self, shape: tuple[int, ...], energy: Energy, rng: torch.Generator
    ) -> None:
        net = network(shape, energy)
        examples = torch.randn(7, *shape, generator=rng)
        reconstructed = net.decoder(net.encode(examples)).detach()
        assert reconstructed.shape == examples.shape
        scores = net.eval()(examples).detach()
        reconstructed = net.decoder(net.encode(examples)).detach()
        np.testing.assert_allclose(-scores, numpy_energy(examples, reconstructed, energy), rtol=1e-5)
        assert scores.shape == (7,)
        assert (scores < 0).all()

    def test_encode_then_score_is_the_forward_pass(
        self, shape: tuple[int, ...], energy: Energy, rng: torch.Generator
    ) -> None:
        net = network(shape, energy).eval()
        examples = torch.randn(5, *shape, generator=rng)
        codes = net.encode(examples)
        assert codes.shape == (5, 4)
        assert torch.equal(net.score(examples, codes), net(examples))
        assert not torch.allclose(net.score(examples, codes + 100), net(examples))

    def test_energies_of_bf16_are_float32(self, shape: tuple[int, ...], energy: Energy) -> None:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert network(shape, energy)(torch.ones(3, *shape)).dtype == torch.float32

    def test_what_is_reconstructed_exactly_has_no_energy_and_a_finite_gradient(
        self, shape: tuple[int, ...], energy: Energy, rng: torch.Generator
    ) -> None:
        exact = EnergyAutoencoder(nn.Identity(), nn.Identity(), energy)
        examples = torch.randn(3, *shape, generator=rng).requires_grad_()
        scores = exact(examples)
        assert scores.abs().max() == 0
        assert torch.autograd.grad(scores.sum(), examples)[0].isfinite().all()


@pytest.mark.parametrize("energy", ["euclidean", "absolute", "square"])
def test_the_autoencoder_learns_the_ring_and_not_what_lies_elsewhere(energy: Energy) -> None:
    net = seeded(Architecture((2,), width=32, depth=2, code=1, energy=energy))
    ring = points(256).images.float()
    before = -net(ring).mean().item()
    optimizer = torch.optim.Adam(net.parameters(), 1e-2)
    for _ in range(50):
        optimizer.zero_grad()
        (-net(ring).mean()).backward()
        optimizer.step()
    after = -net(ring).mean().item()
    assert after < 0.6 * before  # measured: 0.21 to 0.42 of it
    assert -net(10 * ring).mean().item() > 5 * after


@pytest.mark.parametrize("energy", ["euclidean", "absolute", "square"])
def test_the_autoencoder_learns_digits_and_not_their_negatives(energy: Energy) -> None:
    net = seeded(Architecture((1, 16, 16), width=8, code=16, energy=energy, normalisation="none"))
    real = as_float(digits(16).images[:256])
    before = -net(real).mean().item()
    optimizer = torch.optim.Adam(net.parameters(), 5e-3)
    for step in range(50):
        optimizer.zero_grad()
        (-net(real[step % 4 :: 4]).mean()).backward()
        optimizer.step()
    after = -net(real).mean().item()
    assert after < 0.6 * before  # measured: 0.18 to 0.42 of it
    assert -net(-real).mean().item() > 1.5 * after


class TestEBGAN:
    def test_the_hinge_is_of_each_sample(self) -> None:
        energies = torch.tensor([1.0, 19.0])  # their mean, 10, keeps the margin of 10; the first alone does not
        objective = energy_margin(10)
        at = (-energies).requires_grad_()
        loss = objective.discriminator(torch.zeros(2), at)
        assert loss.item() == 4.5  # (9 + 0) / 2, where a hinge of the mean has 0
        assert torch.autograd.grad(loss, at)[0].tolist() == [0.5, 0]

    def test_the_paper_s_two_losses(self) -> None:
        real, fake = torch.tensor([-1.0, -3.0]), torch.tensor([-4.0, -12.0])
        assert energy_margin(10).discriminator(real, fake).item() == 2 + (6 + 0) / 2
        assert energy_margin(10).generator(fake).item() == 8

    def test_the_pulling_away_term_is_there_when_asked(self) -> None:
        for weight in (0.0, 0.1, 0.4):
            game = small("ebgan", points(), pulling_away=weight)
            state = start(game, batches(points()), chance())
            batch = Batch(points(8).images.float())
            terms = game.turns()[1].loss(state.nets, batch, chance(3))
            assert ("pulling_away" in terms) == bool(weight)
            assert isinstance(game, EBGAN)
            fake = state.nets["generator"](game.latents(8, chance(3)))
            discriminator = state.nets["discriminator"]
            assert isinstance(discriminator, EnergyAutoencoder)
            torch.testing.assert_close(terms["generator"], -discriminator(fake).mean())
            if weight:
                torch.testing.assert_close(terms["pulling_away"], weight * pulling_away(discriminator.encode(fake)))

    @pytest.mark.parametrize("margin", [0.0, -1.0, float("nan")])
    def test_a_margin_must_be_above_zero(self, margin: float) -> None:
        with pytest.raises(LabError, match="expected a margin m above 0, got"):
            EBGAN(margin=margin)
        with pytest.raises(ValueError, match="expected a margin m above 0, got"):
            energy_margin(margin)


@pytest.mark.parametrize("name", ["ebgan", "began"])
def test_another_family_cannot_reconstruct(name: str) -> None:
    with pytest.raises(
        LabError, match=f"{name} needs a discriminator that reconstructs: --family autoencoder, not mlp"
    ):
        make(name, family="mlp")


def losses(state: TrainingState, real: float, generated: float) -> TrainingState:
    """The state with these losses as the last round's."""
    for name, value in (("real_loss", real), ("generated_loss", generated)):
        state.nets["discriminator"].get_buffer(name).fill_(value)
    return state


class TestBEGAN:
    def test_the_two_losses(self) -> None:
        real, fake = torch.tensor([-1.0, -3.0]), torch.tensor([-4.0, -8.0])
        assert boundary_equilibrium(0.25).discriminator(real, fake).item() == 2 - 0.25 * 6
        assert boundary_equilibrium(torch.tensor(0.25)).discriminator(real, fake).item() == 0.5
        assert boundary_equilibrium(0.25).generator(fake).item() == 6

    def test_k_follows_the_balance_and_stays_between_its_clamps(self, rng: torch.Generator) -> None:
        game = small("began", points(), k_rate=0.5, gamma=0.5)
        assert isinstance(game, BEGAN)
        state = start(game, batches(points()), rng)
        trace = []
        for real, generated in ((1.0, 0.75), (2.0, 0.2), (1.0, 0.3), (4.0, 0.0), (1.0, 1.0), (0.0, 0.5), (0.0, 9.0)):
            game.balance(losses(state, real, generated).nets)
            trace.append(game.observe(state.nets)["k"])
        # k + 0.5 (0.5 L(x) - L(G)): -0.125 is held at 0, 0.4 + 0.1 + 1 at 1
        assert trace == pytest.approx([0, 0.4, 0.5, 1, 0.75, 0.5, 0])

    def test_samples_like_the_data_are_no_equilibrium_below_a_gamma_of_one(self, rng: torch.Generator) -> None:
        """Equal distributions have equal losses under any autoencoder: k falls by lambda (1 - gamma) L(x) a round."""
        game = small("began", points(), k_rate=0.5, gamma=0.6)
        assert isinstance(game, BEGAN)
        state = start(game, batches(points()), rng)
        discriminator = state.nets["discriminator"]
        loss = -float(discriminator(points().images.float()).mean().detach())
        discriminator.get_buffer("k").fill_(1.0)
        for played in (1, 2):
            game.balance(losses(state, loss, loss).nets)
            assert game.observe(state.nets)["k"] == pytest.approx(max(0.0, 1 - played * 0.5 * 0.4 * loss))

    def test_convergence_is_the_loss_and_the_distance_from_balance(self, rng: torch.Generator) -> None:
        game = small("began", points(), gamma=0.4)
        state = start(game, batches(points()), rng)
        for real, generated in ((1.0, 0.1), (1.0, 0.7), (2.5, 1.0)):
            seen = game.observe(losses(state, real, generated).nets)
            assert seen["convergence"] == pytest.approx(real + abs(0.4 * real - generated))

    @pytest.mark.parametrize("gamma", [0.0, 1.0])
    def test_the_trace_by_hand_over_rounds_that_are_really_played(self, gamma: float, rng: torch.Generator) -> None:
        """gamma 0 drives k against its lower clamp, gamma 1 and a fast k against its upper one."""
        data = points()
        game = small("began", data, gamma=gamma, k_rate=8.0)
        state = start(game, batches(data), rng)
        k, trace = 0.0, []
        for played in range(1, 25):
            train(game, state.batches, played, rng=state.rng, state=state)
            discriminator = state.nets["discriminator"]
            real, generated = (float(discriminator.get_buffer(n)) for n in ("real_loss", "generated_loss"))
            terms = {name: float(value) for name, value in state.terms.items()}
            assert terms["generator"] == pytest.approx(generated)
            assert terms["convergence"] == pytest.approx(real + abs(gamma * real - generated), rel=1e-5)
            k = min(1.0, max(0.0, k + 8.0 * (gamma * real - generated)))
            assert terms["k"] == pytest.approx(k, abs=1e-5)
            trace.append(k)
        assert (0.0 if gamma == 0 else 1.0) in trace

    def test_the_discriminator_s_loss_uses_the_k_of_the_round_before(self, rng: torch.Generator) -> None:
        game = small("began", points())
        state = start(game, batches(points()), rng)
        state.nets["discriminator"].get_buffer("k").fill_(0.3)
        batch = Batch(points(8).images.float())
        terms = game.turns()[0].loss(state.nets, batch, chance(3))
        assert isinstance(game, BEGAN)
        fake = state.nets["generator"](game.latents(8, chance(3)))
        of_real, of_fake = (-state.nets["discriminator"](x).mean() for x in (batch.real, fake))
        torch.testing.assert_close(terms["discriminator"], of_real - 0.3 * of_fake)

    @pytest.mark.parametrize("data", [points(), pictures()], ids=["points", "pictures"])
    def test_k_goes_on_over_a_resume(self, data: Examples, tmp_path: Path) -> None:
        game = small("began", data, gamma=1.0, k_rate=0.2)

        def fresh(seed: int) -> TrainingState:
            return start(game, batches(data), chance(seed))

        whole, part, resumed = fresh(0), fresh(0), fresh(99)
        train(game, whole.batches, 8, rng=whole.rng, state=whole)
        train(game, part.batches, 4, rng=part.rng, state=part)
        path = checkpoints.save(tmp_path / "four.safetensors", part.state_dict())
        resumed.load_state_dict(checkpoints.load(path))
        assert game.observe(resumed.nets) == game.observe(part.nets)
        train(game, resumed.batches, 8, rng=resumed.rng, state=resumed)
        assert differences(resumed.state_dict(), whole.state_dict()) == []
        assert game.observe(resumed.nets)["k"] != game.observe(part.nets)["k"]

    @pytest.mark.parametrize("gamma", [-0.1, 1.1, float("nan")])
    def test_a_ratio_outside_zero_to_one_is_refused(self, gamma: float) -> None:
        with pytest.raises(LabError, match=r"expected a diversity ratio gamma in \[0, 1\], got"):
            BEGAN(gamma=gamma)

    def test_a_negative_rate_of_k_is_refused(self) -> None:
        with pytest.raises(LabError, match=r"expected a k_rate \(lambda\) of at least 0, got -1"):
            BEGAN(k_rate=-1.0)
