"""Is it converging? Planted curves and planted players have a right answer, and healthy runs raise no alarm."""

from __future__ import annotations

import dataclasses
import io
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

from core_gans.convergence import Converging, explain_run, judge_curves, reading_of
from core_gans.convergence.measuring import measure
from core_gans.convergence.trend import highest, trend
from core_gans.convergence.watching import KEPT
from core_gans.foundation.errors import DivergedError, LabError
from core_gans.game import NoiseGame
from core_gans.losses.objectives import (
    Objective,
    boundary_equilibrium,
    energy_margin,
    f_divergence,
    goodfellow,
    heuristic,
    hinge,
    least_squares,
    loss_sensitive,
    minimax,
    relativistic_average,
    relativistic_paired,
    wasserstein,
)
from core_gans.runs import folder as runs
from core_gans.runs.watchers import Judged, Log
from core_gans.training import TrainingState, fresh_players, start, train
from tests.tiny import batches, chance, differences, pictures, points, small

History = list[dict[str, float]]


def game(name: str, **fields: Any) -> NoiseGame:
    found = small(name, points(), **fields)
    assert isinstance(found, NoiseGame)
    return found


def planted(count: int, noise: float = 0.0, seed: int = 0, **curves: Callable[[float], float]) -> History:
    """``count`` measurements of curves over [0, 1], with Gaussian noise."""
    draws = torch.randn(count, len(curves), generator=chance(seed)).tolist()
    return [
        {
            "round": 100.0 * (step + 1),
            **{
                name: curve(step / (count - 1)) + noise * draw
                for (name, curve), draw in zip(curves.items(), draws[step], strict=True)
            },
        }
        for step in range(count)
    ]


def state_of(objective: Objective, history: History) -> str:
    return judge_curves(reading_of(objective), history).state


class TestTrend:
    def test_of_a_line_is_the_line_whatever_a_third_of_wild_points_says(self) -> None:
        line = [(float(x), 3.0 - 0.5 * x) for x in range(20)]
        wild = [(x, 1e6 if x % 4 == 0 else y) for x, y in line]
        for points_given in (line, wild):
            found = trend(points_given)
            assert found is not None
            assert found.start == pytest.approx(3.0)
            assert found.end == pytest.approx(-6.5)
            assert found.falls(9.4)
            assert not found.rises(0)

    def test_noise_alone_is_no_trend(self) -> None:
        found = [trend(list(enumerate(torch.randn(20, generator=chance(seed)).tolist()))) for seed in range(100)]
        assert sum(line is not None and line.sure for line in found) <= 3

    def test_only_the_window_counts_and_fewer_than_six_points_are_none(self) -> None:
        assert trend([(float(x), 0.0) for x in range(5)]) is None
        found = trend([(float(x), float(max(0, 50 - x))) for x in range(100)])
        assert found is not None
        assert found.change == 0

    def test_a_lone_outlier_is_not_the_highest(self) -> None:
        assert highest([(0, 1.0), (1, 2.0), (2, 99.0), (3, 2.0), (4, 1.0)]) == 2.0


class TestReading:
    @pytest.mark.parametrize(
        ("objective", "loss", "threshold"),
        [
            (minimax, 2 * math.log(2), 0.0),
            (heuristic, 2 * math.log(2), 0.0),
            (goodfellow("heuristic", 0.1), None, math.log(0.9 / 1.1)),  # D = 0.45 of 0.9 and 0
            (least_squares(0, 1, 1), 0.25, 0.5),
            (least_squares(-1, 1, 0), 1.0, 0.0),
            (hinge, 2.0, 0.0),
            (relativistic_average, 2 * math.log(2), 0.0),
            (relativistic_paired, math.log(2), 0.0),
            (energy_margin(10.0), 10.0, None),
            (f_divergence("kl"), 0.0, 1.0),  # f'(1) = 1 in table 6, where the activation is the identity
        ],
        ids=lambda value: getattr(value, "name", ""),
    )
    def test_of_a_discriminator_that_sees_no_difference(
        self, objective: Objective, loss: float | None, threshold: float | None
    ) -> None:
        found = reading_of(objective)
        if loss is not None:
            assert found.indifferent == pytest.approx(loss, abs=1e-4)
        assert found.threshold == (None if threshold is None else pytest.approx(threshold, abs=0.01))

    def test_kinds(self) -> None:
        kinds = {
            "bounded": [minimax, hinge, least_squares(), relativistic_average, energy_margin(1.0)],
            "divergence": [f_divergence(name) for name in ("kl", "pearson_chi2", "total_variation")],
            "critic": [wasserstein, loss_sensitive(0.0, 0.0, 1.0)],
            "equilibrium": [boundary_equilibrium(0.5)],
        }
        for kind, objectives in kinds.items():
            for objective in objectives:
                assert reading_of(objective).curve == kind, objective.name

    def test_one_s_own_objective_is_read_by_the_shape_of_its_loss(self) -> None:
        squared = Objective(
            "mine", lambda real, fake: ((real - 3) ** 2 + (fake - 1) ** 2).mean(), lambda fake: fake.sum()
        )
        found = reading_of(squared)
        assert (found.curve, found.indifferent, found.threshold) == ("bounded", pytest.approx(2.0), pytest.approx(2.0))
        endless = Objective("mine", lambda real, fake: (fake - 2 * real).mean(), lambda fake: -fake.mean())
        assert reading_of(endless).curve == "critic"

    def test_the_logistic_estimate_is_twice_the_jensen_shannon_divergence_at_the_best_discriminator(self) -> None:
        p, q = torch.tensor([0.1, 0.2, 0.7], dtype=torch.float64), torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
        scores = (p / q).log()
        loss = float((p * torch.nn.functional.softplus(-scores) + q * torch.nn.functional.softplus(scores)).sum())
        middle = (p + q) / 2
        divergence = 0.5 * float((p * (p / middle).log() + q * (q / middle).log()).sum())
        assert reading_of(heuristic).numbers(loss)["estimate"] == pytest.approx(2 * divergence)


def flat(value: float) -> Callable[[float], float]:
    return lambda at: value


def line(start: float, end: float) -> Callable[[float], float]:
    return lambda at: start + (end - start) * at


class TestPlantedCurves:
    @pytest.mark.parametrize("objective", [heuristic, hinge, least_squares(), relativistic_average, energy_margin(5.0)])
    @pytest.mark.parametrize(
        ("told_apart", "noise", "separation", "state"),
        [
            (line(0.9, 0.2), 0.03, 0.9, "improving"),
            (flat(0.5), 0.03, 0.9, "steady"),
            (flat(0.02), 0.01, 0.55, "steady"),
            (flat(0.97), 0.005, 1.0, "stalled"),
            (line(0.3, 0.99), 0.02, 0.999, "diverging"),
            (line(0.1, 0.5), 0.02, 0.8, "steady"),  # a discriminator that learns is no alarm
            (lambda at: 0.4 + 0.5 * math.sin(40 * at), 0.05, 0.8, "stalled"),  # swings
            (flat(-20), 5.0, 0.5, "diverging"),
        ],
    )
    def test_bounded(
        self, objective: Objective, told_apart: Callable[[float], float], noise: float, separation: float, state: str
    ) -> None:
        history = planted(30, noise, told_apart=told_apart)
        history = [{**entry, "separation": separation} for entry in history]
        assert state_of(objective, history) == state

    @pytest.mark.parametrize("noise", [0.02, 0.1])
    def test_noise_alone_raises_no_alarm(self, noise: float) -> None:
        fell = [planted(40, noise, seed, estimate=lambda at: 1.0 if at < 0.3 else 0.2) for seed in range(100)]
        held = [planted(40, noise, seed, told_apart=flat(0.4)) for seed in range(100)]
        critic, margin = reading_of(wasserstein), reading_of(hinge)
        states = [judge_curves(critic, history).state for history in fell]
        states += [judge_curves(margin, history).state for history in held]
        assert states.count("steady") >= 190
        assert set(states) <= {"steady", "improving", "stalled"}
        assert states.count("stalled") <= 2

    @pytest.mark.parametrize("objective", [wasserstein, f_divergence("kl"), loss_sensitive(0.0)])
    @pytest.mark.parametrize("unit", [1e-4, 1.0, 1e4])
    @pytest.mark.parametrize(
        ("estimate", "noise", "state"),
        [
            (lambda at: math.exp(-3 * at), 0.01, "improving"),
            (flat(1.0), 0.05, "stalled"),
            (lambda at: math.exp(3 * at), 0.05, "diverging"),
            (flat(0.5), 1.0, "stalled"),  # swings
            (lambda at: 1.0 if at < 0.2 else 0.1, 0.01, "steady"),
            (lambda at: 1.0 if at < 0.2 else -0.5, 0.01, "stalled"),  # the critic lags behind
        ],
    )
    def test_estimates_in_any_unit(
        self, objective: Objective, unit: float, estimate: Callable[[float], float], noise: float, state: str
    ) -> None:
        history = planted(40, noise, estimate=estimate)
        assert state_of(objective, [{**entry, "estimate": unit * entry["estimate"]} for entry in history]) == state

    @pytest.mark.parametrize(
        ("measure_m", "k", "state", "words"),
        [
            (line(0.3, 0.1), 0.3, "improving", "falls"),
            (flat(0.3), 1.0, "stalled", "stuck at 1"),
            (line(0.3, 0.1), 1.0, "stalled", "stuck at 1"),
            (flat(0.3), 0.0, "stalled", "stuck at 0"),
            (flat(0.3), 0.4, "stalled", "does not fall"),
            (lambda at: 0.3 if at < 0.2 else 0.1, 0.4, "steady", "holds"),
            (line(0.1, 0.6), 0.4, "diverging", "rises"),
        ],
    )
    def test_began(self, measure_m: Callable[[float], float], k: float, state: str, words: str) -> None:
        history = [{**entry, "k": k} for entry in planted(30, 0.003, convergence=measure_m)]
        verdict = judge_curves(reading_of(boundary_equilibrium(0.5)), history)
        assert verdict.state == state
        assert words in verdict.sentence

    def test_nothing_is_said_before_six_measurements(self) -> None:
        history = planted(5, told_apart=line(0.9, 0.1), diversity=flat(0.0))
        assert state_of(heuristic, []) == "warming up"
        assert state_of(heuristic, history) == "warming up"

    @pytest.mark.parametrize(
        ("diversity", "count", "state"),
        [
            (line(1.0, 0.05), 30, "collapsed"),
            (flat(0.0), 6, "collapsed"),
            (flat(0.1), 20, "collapsed"),
            (line(0.05, 0.18), 8, "steady"),  # a young generator that spreads
            (line(0.05, 1.0), 30, "steady"),
            (flat(0.8), 30, "steady"),
            (flat(5.0), 30, "diverging"),
        ],
    )
    def test_diversity(self, diversity: Callable[[float], float], count: int, state: str) -> None:
        assert state_of(heuristic, planted(count, told_apart=flat(0.3), diversity=diversity)) == state

    def test_twins(self) -> None:
        history = planted(10, told_apart=flat(0.3), diversity=flat(0.9), duplicates=flat(0.8))
        verdict = judge_curves(reading_of(heuristic), history)
        assert verdict.state == "collapsed"
        assert "80% of the samples have a near twin" in verdict.sentence

    @pytest.mark.parametrize(
        ("covered", "quality", "state"),
        [
            ((8, 8, 3, 2), 0.9, "collapsed"),
            ((1, 2, 2, 2), 0.9, "collapsed"),  # good points, all of them in a few modes
            ((0, 1, 1, 2), 0.1, "steady"),  # nothing good yet is not collapse
            ((4, 6, 8, 8), 0.9, "steady"),
            ((8, 3, 8, 8), 0.9, "steady"),
        ],
    )
    def test_modes_that_the_judge_misses(self, covered: tuple[int, ...], quality: float, state: str) -> None:
        history = planted(12, told_apart=flat(0.3), diversity=flat(0.9), kinds=flat(8.0))
        for entry, modes in zip(history[2::3], covered, strict=True):
            entry |= {"modes_covered": float(modes), "high_quality_share": quality}
        assert state_of(heuristic, history) == state

    def test_a_balance_is_good_or_weak_as_the_judge_says(self) -> None:
        history = planted(20, told_apart=flat(0.02))
        for share, state, words in ((0.95, "steady", "good"), (0.1, "stalled", "too weak")):
            history[-1] |= {"high_quality_share": share}
            verdict = judge_curves(reading_of(least_squares()), history)
            assert verdict.state == state
            assert words in verdict.sentence

    def test_a_judge_that_sees_improvement_outweighs_a_flat_curve(self) -> None:
        history = planted(20, told_apart=flat(0.97), **{"frechet[digits-cnn]": line(50, 10)})
        verdict = judge_curves(reading_of(heuristic), history)
        assert verdict.state == "improving"
        assert "frechet[digits-cnn] falls, from 50 to 12.1" in verdict.sentence

    def test_saturation(self) -> None:
        won = {"told_apart": flat(1.0), "separation": flat(1.0)}
        assert state_of(minimax, planted(10, **won, pull=flat(1e-5))) == "saturated"
        assert state_of(heuristic, planted(10, **won, pull=flat(1.0), gradient=flat(1e-12))) == "saturated"
        assert state_of(heuristic, planted(10, **won, pull=flat(1.0), gradient=flat(0.5))) == "stalled"
        balanced = {"told_apart": flat(0.0), "separation": flat(0.5)}
        assert state_of(least_squares(), planted(10, **balanced, pull=flat(0.0), gradient=flat(0.0))) == "steady"
        edges = planted(10, told_apart=flat(0.5), edge_fake=flat(1.0), edge_real=flat(0.4))
        assert state_of(heuristic, edges) == "saturated"

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_a_number_that_is_none_is_named(self, bad: float) -> None:
        history = [*planted(3, told_apart=flat(0.5)), {"round": 400.0, "real_score": bad}]
        verdict = judge_curves(reading_of(heuristic), history)
        assert verdict.state == "broken"
        assert f"real score became {bad}" in verdict.sentence

    def test_every_sentence_of_a_warning_names_a_number(self) -> None:
        for curve in (flat(0.97), flat(-20), line(0.3, 0.99)):
            verdict = judge_curves(reading_of(heuristic), planted(30, told_apart=curve))
            assert verdict.warns
            assert any(sign.isdigit() for sign in verdict.sentence)
            assert verdict.numbers


class Fixed(nn.Module):
    """A player with a given answer."""

    def __init__(self, answer: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(x)


def looked(of: NoiseGame, nets: Mapping[str, nn.Module], rounds: int = 12, **given: Any) -> Converging:
    """A watcher that has seen ``nets`` at a number of rounds."""
    data = points(64)
    state = start(of, batches(data), chance())
    state.nets = dict(nets)
    watcher = Converging(of, data.images, every=1, **given)
    watcher.begin(state, None, None)
    for _ in range(rounds):
        state.round += 1
        watcher.after_round(state)
    return watcher


class TestPlantedPlayers:
    def test_a_constant_generator_is_collapsed(self, rng: torch.Generator) -> None:
        of = game("gan")
        players = fresh_players(of, rng)
        watcher = looked(of, {**players, "generator": Fixed(lambda z: torch.ones(len(z), 2))})
        assert watcher.latest.state == "collapsed"
        assert "0.0% of the real examples' diversity" in watcher.latest.sentence

    def test_huge_scores_saturate_the_minimax_generator_and_not_the_heuristic_one(self) -> None:
        # real points lie at a distance of 1.414 from the origin, generated ones within 0.1
        sure = Fixed(lambda x: 60 * (x.norm(dim=1) - 0.7))
        near = Fixed(lambda z: 0.09 * z[:, :2].sin() + 0.01)
        for kind, state in (("minimax", "saturated"), ("heuristic", "stalled")):
            of = game("gan", generator_objective=kind)
            watcher = looked(of, {"generator": near, "discriminator": sure}, rounds=7)
            assert watcher.latest.state == state, watcher.latest
            assert watcher.latest.numbers["accuracy_real"] == watcher.latest.numbers["accuracy_fake"] == 1
        assert watcher.latest.numbers["pull"] == pytest.approx(1, abs=1e-3)

    def test_a_critic_s_estimate_is_the_distance_by_which_points_were_moved(self) -> None:
        of = game("wgan_gp")
        critic = Fixed(lambda x: x[:, 0])
        data = points(64)
        latents = torch.zeros(64, 3)
        for shift in (3.0, 0.5):
            moved = Fixed(lambda z, shift=shift: data.images - torch.tensor([shift, 0.0]))
            nets = {"generator": moved, "discriminator": critic}
            found = measure(of, reading_of(of.objective), nets, data.images, latents)
            assert found["estimate"] == pytest.approx(shift, rel=1e-5)
            assert found["diversity"] == pytest.approx(1, rel=1e-5)
            assert found["pull"] == pytest.approx(1)

    def test_a_generator_that_comes_nearer_improves(self, rng: torch.Generator) -> None:
        of = game("wgan_gp")
        data = points(64)
        state = start(of, batches(data), rng)
        watcher = Converging(of, data.images, every=1)
        for step in range(12):
            state.nets["generator"] = Fixed(lambda z, step=step: data.images - torch.tensor([3.0 - 0.2 * step, 0.0]))
            state.nets["discriminator"] = Fixed(lambda x: x[:, 0])
            state.round = step + 1
            watcher.after_round(state)
        assert watcher.latest.state == "improving"
        assert "Wasserstein estimate is 1 and falls (it was 3)" in watcher.latest.sentence

    def test_began_with_k_stuck_at_one(self) -> None:
        of = small("began", points(), family="autoencoder")
        assert isinstance(of, NoiseGame)
        nets = fresh_players(of, chance())
        nets["discriminator"].get_buffer("k").fill_(1.0)
        nets["discriminator"].get_buffer("real_loss").fill_(0.3)
        with torch.no_grad():
            nets["generator"].get_parameter("out.weight").normal_(0, 2, generator=chance())
        watcher = looked(of, nets)
        assert watcher.latest.state == "stalled", watcher.latest
        assert "stuck at 1" in watcher.latest.sentence

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    def test_a_broken_weight_is_named_with_its_player(self, bad: float, rng: torch.Generator) -> None:
        of = game("gan", family="mlp")
        nets = fresh_players(of, rng)
        name, weight = list(nets["discriminator"].named_parameters())[1]
        weight.data[0] = bad
        watcher = looked(of, nets, rounds=1)
        assert watcher.latest.state == "broken"
        assert f"discriminator's {name} became {bad} (1 of" in watcher.latest.sentence
        assert watcher.history == []

    def test_broken_samples_are_told_from_broken_weights(self, rng: torch.Generator) -> None:
        of = game("gan")
        nets = {**fresh_players(of, rng), "generator": Fixed(lambda z: z[:, :2] / 0)}
        with pytest.raises(DivergedError, match="generator's samples"):
            measure(of, reading_of(of.objective), nets, points(8).images, torch.ones(8, 3))

    def test_images_at_the_edges_and_twins_are_counted(self) -> None:
        data = pictures(16)
        real = data.images.float() / 127.5 - 1
        of = small("dcgan", data)
        assert isinstance(of, NoiseGame)
        nets = fresh_players(of, chance())
        signs = torch.randn(8, 1, 16, 16, generator=chance()).sign()
        nets["generator"] = Fixed(lambda z: signs.repeat(2, 1, 1, 1))
        found = measure(of, reading_of(of.objective), nets, real, torch.zeros(16, 3))
        assert found["edge_fake"] == 1
        assert found["edge_real"] < 0.1
        assert found["duplicates"] == 1


class TestWatching:
    @pytest.mark.parametrize("name", ["gan", "dcgan", "hinge", "began", "fgan", "wgan_gp"])
    def test_a_watched_run_equals_an_unwatched_one_to_the_bit(self, name: str) -> None:
        data = pictures()
        of = small(name, data, family="autoencoder") if name == "began" else small(name, data)
        assert isinstance(of, NoiseGame)
        before = torch.get_rng_state()
        watcher = Converging(of, data.images[:8].float() / 127.5 - 1, every=1)
        watched = train(of, batches(data), 3, rng=chance(), watchers=[watcher])
        assert torch.equal(before, torch.get_rng_state())
        unwatched = train(of, batches(data), 3, rng=chance())
        assert len(watcher.history) == 3
        assert differences(watched.state_dict(), unwatched.state_dict()) == []
        assert all(net.training for net in watched.nets.values())

    def test_history_survives_a_restart_as_json(self) -> None:
        of, data = game("lsgan"), points()

        def played(rounds: int, watcher: Converging, state: TrainingState | None = None) -> TrainingState:
            return train(of, batches(data), rounds, rng=chance(), watchers=[watcher], state=state)

        def fresh() -> Converging:
            return Converging(of, data.images, every=2)

        whole, first, second = fresh(), fresh(), fresh()
        played(20, whole)
        state = played(9, first)
        second.load_state_dict(json.loads(json.dumps(first.state_dict())))
        assert second.latest.state == first.latest.state
        played(20, second, state)
        assert second.state_dict() == whole.state_dict()
        assert second.latest == whole.latest

    def test_numbers_and_words_go_into_the_log(self, tmp_path: Path, rng: torch.Generator) -> None:
        of, data = game("lsgan"), points()
        log = Log(tmp_path, every=100)
        judged = Judged(lambda state: {"modes_covered": 3.0}, log, every=4)
        watcher = Converging(of, data.images, log, every=2, judged=judged, kinds=8)
        train(of, batches(data), 4, rng=rng, watchers=[log, judged, watcher])
        lines = [json.loads(text) for text in (tmp_path / "metrics.jsonl").read_text().splitlines()]
        found = [line for line in lines if "converging/state" in line]
        assert [line["round"] for line in found] == [2, 4]
        assert found[1]["converging/state"] == "warming up"
        assert found[1]["converging/diversity"] == watcher.history[-1]["diversity"]
        assert "modes_covered" not in watcher.history[0]
        assert (watcher.history[1]["modes_covered"], watcher.history[1]["kinds"]) == (3.0, 8.0)

    def test_a_change_is_told_once(self, rng: torch.Generator) -> None:
        out = io.StringIO()
        console = Console(file=out, width=300)
        of = game("gan")
        nets = {**fresh_players(of, rng), "generator": Fixed(lambda z: torch.ones(len(z), 2))}
        looked(of, nets, rounds=20, console=console)
        told = [text for text in out.getvalue().splitlines() if text]
        assert len(told) == 1
        assert "collapsed Mode collapse" in told[0]

    def test_a_round_that_broke_off_tells_where_nan_stands(self, rng: torch.Generator) -> None:
        of = game("gan", family="mlp")
        state = start(of, batches(points()), rng)
        watcher = Converging(of, points().images)
        state.mid_round = True
        watcher.end(state)
        assert watcher.latest.state == "warming up"
        state.nets["generator"].get_parameter("out.bias").data.fill_(math.nan)
        watcher.end(state)
        assert watcher.latest.state == "broken"
        assert "generator's out.bias" in watcher.latest.sentence

    def test_memory_is_bounded(self, rng: torch.Generator) -> None:
        of = game("gan")
        watcher = looked(of, fresh_players(of, rng), rounds=2 * KEPT + 5)
        assert KEPT < len(watcher.history) <= 2 * KEPT
        assert [entry["round"] for entry in watcher.history[-KEPT:]] == list(range(KEPT + 6, 2 * KEPT + 6))

    @pytest.mark.parametrize(("every", "count", "words"), [(0, 8, "at least one round"), (1, 2, "at least three")])
    def test_what_cannot_be_measured_is_refused(self, every: int, count: int, words: str) -> None:
        with pytest.raises(ValueError, match=words):
            Converging(game("gan"), points(count).images, every=every)

    def test_no_alarm_on_a_healthy_ring(self, rng: torch.Generator) -> None:
        data = points(2000)
        of = game("lsgan", latent=8, width=64, depth=3, rate=1e-3, r1=0.1)
        alarms = []

        class Hear(Converging):
            def after_round(self, state: Any) -> None:
                super().after_round(state)
                alarms.extend([(state.round, self.latest)] if self.latest.warns else [])

        train(of, batches(data, 64), 400, rng=rng, watchers=[Hear(of, data.images[:128], every=20)])
        assert alarms == []


class TestExplaining:
    def run(self, folder: Path, rounds: int, watched: bool, name: str = "lsgan") -> Path:
        data = points()
        of = game(name)
        config = {"kind": "training", "variant": name, "fields": dataclasses.asdict(of), "options": {}}
        with runs.create(folder, "run", config) as run:
            log = Log(run.folder, every=1)
            watchers = [log, Converging(of, data.images, log, every=1)] if watched else [log]
            train(of, batches(data), rounds, rng=chance(), watchers=watchers)
            self.watcher = watchers[-1]
        return run.folder

    def test_says_afterwards_what_was_said_in_the_end(self, tmp_path: Path) -> None:
        folder = self.run(tmp_path, 12, watched=True)
        assert isinstance(self.watcher, Converging)
        said = f"{self.watcher.latest.state}: {self.watcher.latest.sentence}"
        sentences = explain_run(folder)
        assert said in sentences
        assert sentences[0] == "rounds 1 to 5: warming up"

    @pytest.mark.parametrize("name", ["gan", "wgan", "fgan", "hinge", "gls_gan"])
    def test_reads_the_losses_of_a_run_that_nobody_watched(self, name: str, tmp_path: Path) -> None:
        sentences = explain_run(self.run(tmp_path, 8, watched=False, name=name))
        assert sentences[0].split(":")[0] in ("improving", "steady", "stalled", "diverging")
        assert "losses of training alone" in sentences[1]

    def test_a_planted_log(self, tmp_path: Path) -> None:
        folder = self.run(tmp_path, 1, watched=False, name="wgan")
        rows = [{"round": r, "discriminator": -math.exp(-r / 200)} for r in range(1, 600)]
        rows[100] |= {"frechet[points]": 9.0}
        rows[500] |= {"frechet[points]": 2.0}
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "metrics.jsonl").write_text(text + '{"round": 600, "disc')
        sentences = explain_run(folder)
        assert sentences[0].startswith("improving: The Wasserstein estimate is 0.0")
        assert sentences[-1] == "judge: frechet[points] 9 at round 101, 2 at round 501"
        (folder / "metrics.jsonl").write_text(text + '{"round": 600, "discriminator": NaN}\n')
        assert explain_run(folder)[0].startswith("broken: ")

    def test_a_folder_without_a_log_is_one_clear_line(self, tmp_path: Path) -> None:
        folder = self.run(tmp_path, 1, watched=False)
        (folder / "metrics.jsonl").write_text("")
        with pytest.raises(LabError, match="is empty"):
            explain_run(folder)
        (folder / "metrics.jsonl").unlink()
        with pytest.raises(LabError, match=r"holds no metrics\.jsonl"):
            explain_run(folder)
        with pytest.raises(LabError):
            explain_run(tmp_path / "nowhere")
