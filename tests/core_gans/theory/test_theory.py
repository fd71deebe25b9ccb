"""The theory of the papers on densities whose answers are known."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import integrate, stats

from core_gans import theory
from core_gans.foundation.errors import LabError
from core_gans.losses.f_divergences import NAMES, FDivergence, f_divergence
from core_gans.theory import meeting
from core_gans.theory import pictures as theory_pictures
from core_gans.theory.densities import Density, gaussian, laplace, mixture, uniform

LOG2, LOG4 = math.log(2), math.log(4)
SHIFT, STRETCH = 0.6, 1.25
P, Q = gaussian(0, 1), gaussian(SHIFT, STRETCH)
APART = uniform(0, 1), uniform(2, 3.5)
EVERY_ROW = [f_divergence(name) for name in NAMES] + [
    f_divergence("weighted_jensen_shannon", pi=0.2),
    f_divergence("alpha", alpha=2.5),
    f_divergence("alpha", alpha=-0.5),
]
rows = pytest.mark.parametrize("row", EVERY_ROW, ids=lambda row: f"{row.name}-{row.top:.3g}")


def close(value: torch.Tensor, expected: float) -> bool:
    return value.item() == pytest.approx(expected, abs=1e-9)


class TestDensities:
    @pytest.mark.parametrize(
        ("density", "oracle"),
        [
            (gaussian(0.3, 0.7), stats.norm(0.3, 0.7)),
            (laplace(-1, 0.4), stats.laplace(-1, 0.4)),
            (uniform(-2, 1), stats.uniform(-2, 3)),
        ],
        ids=["gaussian", "laplace", "uniform"],
    )
    def test_closed_forms(self, density: Density, oracle: stats.rv_continuous) -> None:
        x = torch.linspace(-4, 4, 101, dtype=torch.float64)
        assert np.allclose(density.pdf(x), oracle.pdf(x.numpy()), atol=1e-15)
        assert np.allclose(density.cdf(x), oracle.cdf(x.numpy()), atol=1e-15)

    def test_a_mixture_is_a_density_with_its_own_cumulative_distribution(self) -> None:
        both = mixture([gaussian(-3, 0.01), laplace(2, 5)], [1, 3])
        x, weights = theory.quadrature(both)
        assert close((weights * both.pdf(x)).sum(), 1)
        at = torch.tensor([-2.99, 0.0, 4.0], dtype=torch.float64)
        expected = stats.norm(-3, 0.01).cdf(at) / 4 + stats.laplace(2, 5).cdf(at) * 3 / 4
        assert np.allclose(both.cdf(at), expected)

    @pytest.mark.parametrize("make", [lambda: gaussian(0, 0), lambda: laplace(0, -1), lambda: uniform(1, 1)])
    def test_empty_ones_are_refused(self, make: object) -> None:
        assert callable(make)
        with pytest.raises(ValueError, match="expected"):
            make()

    def test_mixtures_need_a_weight_for_each_part(self) -> None:
        with pytest.raises(ValueError, match="expected 2 weights above 0"):
            mixture([P, Q], [1])


class TestDistances:
    def test_gaussians_have_closed_forms(self) -> None:
        parameters = (0, 1, SHIFT, STRETCH)
        swapped = (SHIFT, STRETCH, 0, 1)
        assert close(theory.kl(P, Q), theory.gaussian_kl(*parameters))
        assert close(theory.reverse_kl(P, Q), theory.gaussian_kl(*swapped))
        assert close(theory.wasserstein1(P, Q), theory.gaussian_wasserstein1(*parameters))

    def test_against_another_quadrature(self) -> None:
        p, q = stats.norm(0, 1).pdf, stats.norm(SHIFT, STRETCH).pdf

        def integral(f: object) -> float:
            assert callable(f)
            return integrate.quad(f, -30, 30, epsabs=1e-12, limit=400, points=(0, 1))[0]

        def entropy(a: float, b: float) -> float:
            return a * math.log(a / b)

        middle = integral(lambda x: entropy(p(x), (p(x) + q(x)) / 2) + entropy(q(x), (p(x) + q(x)) / 2)) / 2
        assert close(theory.jensen_shannon(P, Q), middle)
        assert close(theory.pearson_chi2(P, Q), integral(lambda x: (p(x) - q(x)) ** 2 / q(x)))
        assert close(theory.neyman_chi2(P, Q), integral(lambda x: (p(x) - q(x)) ** 2 / p(x)))
        assert theory.total_variation(P, Q).item() == pytest.approx(integral(lambda x: abs(p(x) - q(x))) / 2, abs=1e-6)

    def test_shifted_ones(self) -> None:
        for density in (gaussian, laplace):
            assert close(theory.wasserstein1(density(0, 0.5), density(-3, 0.5)), 3)
        half_way = 2 * stats.norm.cdf(SHIFT / 2) - 1
        assert theory.total_variation(P, gaussian(SHIFT, 1)).item() == pytest.approx(half_way, abs=1e-6)

    def test_disjoint_densities_are_as_far_apart_as_can_be_except_for_wasserstein(self) -> None:
        assert close(theory.jensen_shannon(*APART), LOG2)
        assert close(theory.total_variation(*APART), 1)
        assert close(theory.wasserstein1(*APART), 2.25)
        for infinite in (theory.kl, theory.reverse_kl, theory.pearson_chi2, theory.neyman_chi2):
            assert infinite(*APART).item() == math.inf

    def test_equal_densities_have_no_distance(self) -> None:
        for distance in (theory.kl, theory.jensen_shannon, theory.pearson_chi2, theory.total_variation):
            assert close(distance(P, gaussian(0, 1)), 0)

    def test_they_can_be_differentiated(self) -> None:
        shift = torch.tensor(0.8, requires_grad=True)
        theory.kl(gaussian(shift, 1), gaussian(0, 1)).backward()
        assert shift.grad is not None
        assert shift.grad.item() == pytest.approx(0.8)  # of shift^2 / 2

    @settings(max_examples=20, deadline=None)
    @given(shift=st.floats(-3, 3), std=st.floats(0.3, 2))
    def test_inequalities(self, shift: float, std: float) -> None:
        q = gaussian(shift, std)
        jsd, tv = theory.jensen_shannon(P, q).item(), theory.total_variation(P, q).item()
        assert -1e-12 <= jsd <= LOG2 * tv + 1e-9  # Lin 1991, theorem 3
        assert 2 * tv**2 <= theory.kl(P, q).item() + 1e-9  # Pinsker
        assert jsd == pytest.approx(theory.jensen_shannon(q, P).item(), abs=1e-12)


class TestOptimalDiscriminator:
    def test_its_value_is_the_divergence(self) -> None:
        value = theory.game_value(theory.optimal_discriminator(P, Q), P, Q)
        assert close(value, 2 * theory.jensen_shannon(P, Q).item() - LOG4)

    def test_equal_gives_minus_log_4_and_disjoint_gives_0(self) -> None:
        assert close(theory.game_value(theory.optimal_discriminator(P, P), P, P), -LOG4)
        assert close(theory.game_value(theory.optimal_discriminator(*APART), *APART), 0)

    def test_no_other_does_better(self) -> None:
        best = theory.optimal_discriminator(P, Q)
        value = theory.game_value(best, P, Q)
        for bend in (-0.2, -0.01, 0.01, 0.2):
            other = theory.game_value(lambda x, bend=bend: torch.sigmoid(torch.logit(best(x)) + bend * x.sin()), P, Q)
            assert other < value

    def test_nowhere_is_a_half(self) -> None:
        assert theory.optimal_discriminator(*APART)(torch.tensor([1.5], dtype=torch.float64)).item() == 0.5

    def test_a_trained_network_finds_it_from_samples_alone(self) -> None:
        rng = torch.Generator().manual_seed(0)
        data = torch.cat([torch.randn(6000, generator=rng) * 0.5 - 1, torch.randn(6000, generator=rng) * 0.7 + 1])
        model = torch.randn(12000, generator=rng) * 1.2
        net = torch.nn.Sequential(
            torch.nn.Linear(1, 16), torch.nn.Tanh(), torch.nn.Linear(16, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1)
        )
        with torch.no_grad():
            for parameter in net.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=rng) * 0.5)
        optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
        x = torch.cat([data, model])[:, None]
        target = torch.cat([torch.ones_like(data), torch.zeros_like(model)])
        for _ in range(300):
            optimizer.zero_grad()
            torch.nn.functional.binary_cross_entropy_with_logits(net(x)[:, 0], target).backward()
            optimizer.step()
        p, q = mixture([gaussian(-1, 0.5), gaussian(1, 0.7)]), gaussian(0, 1.2)
        where = torch.linspace(-4, 4, 400, dtype=torch.float64)
        where = where[(p.pdf(where) + q.pdf(where)) > 0.05]
        answers = torch.sigmoid(net(where.float()[:, None])[:, 0])
        assert (answers - theory.optimal_discriminator(p, q)(where)).abs().max() < 0.05

    def test_least_squares_minimise_a_pearson_divergence(self) -> None:
        """Mao et al. 2017, theorem 1: with b - c = 1 and b - a = 2, 2 C(G) = chi2(p + q | 2 q)."""
        a, b, c = -1.0, 1.0, 0.0
        x, weights = theory.quadrature(P, Q)
        p, q = P.pdf(x), Q.pdf(x)
        best = (b * p + a * q) / (p + q).clamp(min=1e-300)
        cost = (weights * (p + q) * (best - c) ** 2).sum()
        chi2 = (weights * (p + q - 2 * q) ** 2 / (p + q).clamp(min=1e-300)).sum()
        assert close(cost, chi2.item())
        row = f_divergence("pearson_chi2")
        halves = theory.f_divergence_of(row, Q, mixture([P, Q]))  # both of mass 1: the same, on the scale of two
        assert close(cost, 2 * halves.item())


class TestBound:
    @rows
    def test_it_is_tight_at_the_optimum(self, row: FDivergence) -> None:
        divergence = theory.f_divergence_of(row, P, Q).item()
        bound = theory.f_bound(row, theory.optimal_critic(row, P, Q), P, Q).item()
        assert bound == pytest.approx(divergence, abs=1e-6)

    @rows
    def test_any_other_critic_gives_less(self, row: FDivergence) -> None:
        divergence = theory.f_divergence_of(row, P, Q).item()
        for score in (lambda x: 0 * x, lambda x: -x, lambda x: x.sin(), lambda x: -(x.tanh()) / 3):
            assert theory.f_bound(row, lambda x, score=score: row.activation(score(x)), P, Q).item() < divergence

    @rows
    def test_it_is_tight_for_disjoint_densities_where_it_is_finite(self, row: FDivergence) -> None:
        divergence = theory.f_divergence_of(row, *APART).item()
        bound = theory.f_bound(row, theory.optimal_critic(row, *APART), *APART).item()
        if math.isfinite(divergence):
            assert bound == pytest.approx(divergence, abs=1e-6)
        else:
            assert bound > 100

    def test_the_rows_are_the_divergences_of_their_names(self) -> None:
        def of(name: str, **fields: float) -> float:
            return theory.f_divergence_of(f_divergence(name, **fields), P, Q).item()

        kl, reverse, jsd = theory.kl(P, Q).item(), theory.reverse_kl(P, Q).item(), theory.jensen_shannon(P, Q).item()
        overlap = math.sqrt(2 * STRETCH / (1 + STRETCH**2)) * math.exp(-(SHIFT**2) / (4 * (1 + STRETCH**2)))
        expected = {
            "kl": kl,
            "reverse_kl": reverse,
            "jeffrey": kl + reverse,
            "pearson_chi2": theory.pearson_chi2(P, Q).item(),
            "neyman_chi2": theory.neyman_chi2(P, Q).item(),
            "squared_hellinger": 2 - 2 * overlap,
            "jensen_shannon": 2 * jsd,
            "weighted_jensen_shannon": jsd,
            "gan": 2 * jsd - LOG4,
            "total_variation": theory.total_variation(P, Q).item(),
            "alpha": 4 - 4 * overlap,
        }
        assert set(expected) == set(NAMES)
        for name, value in expected.items():
            assert of(name) == pytest.approx(value, abs=1e-9), name

    def test_a_critic_outside_the_domain_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"at most 0, the end of dom f\* of reverse_kl, got"):
            theory.f_bound(f_divergence("reverse_kl"), lambda x: x.abs() + 1, P, Q)


class TestMeeting:
    def test_descending_the_divergence_brings_the_model_nearer_by_every_measure(self) -> None:
        target = gaussian(0, 0.8)
        moments = meeting.meet(target, steps=60)
        first, last = moments[0], moments[-1]
        assert len(moments) == 61
        assert last.jensen_shannon < first.jensen_shannon / 10
        assert last.kl < first.kl / 10
        assert last.wasserstein1 < first.wasserstein1 / 3
        assert last.kl == pytest.approx(theory.kl(target, last.model).item()), "later steps leave a moment alone"
        assert theory.kl(target, first.model).item() == pytest.approx(first.kl)

    def test_its_discriminator_finds_the_optimum(self) -> None:
        p, q = gaussian(-0.5, 0.7), gaussian(0.8, 0.5)
        net = meeting.trained_discriminator(p, q, 150, torch.Generator().manual_seed(0))
        x = torch.linspace(-1.5, 2, 100, dtype=torch.float64)
        assert (torch.sigmoid(net(x)) - theory.optimal_discriminator(p, q)(x)).abs().max() < 0.03

    def test_quantiles_undo_the_cumulative_distribution(self) -> None:
        shares = torch.linspace(0.02, 0.98, 25)
        x = meeting.quantiles(meeting.DATA, shares, -4, 4)
        assert torch.allclose(meeting.DATA.cdf(x), shares.double(), atol=2e-3)


class TestPictures:
    def test_picture_and_film_are_written_and_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        few = meeting.meet(gaussian(0, 1), steps=14)
        monkeypatch.setattr(theory_pictures, "meet", lambda: few)
        monkeypatch.setattr(theory_pictures, "FRAMES", 3)
        monkeypatch.setattr(theory_pictures, "LATE", 20)
        picture, film = theory_pictures.write_theory(tmp_path / "new" / "folder")
        assert {path.name for path in picture.parent.iterdir()} == {"theory.png", "theory.gif"}
        with Image.open(picture) as page:
            pixels = np.asarray(page.convert("RGB"))
        assert pixels.std(axis=(0, 1)).min() > 10, "something is drawn"
        with Image.open(film) as frames:
            frames.seek(2)
            with pytest.raises(EOFError):
                frames.seek(3)
        before = picture.read_bytes()
        with pytest.raises(LabError, match=r"exists already and is kept.*--out"):
            theory_pictures.write_theory(picture.parent)
        assert picture.read_bytes() == before
