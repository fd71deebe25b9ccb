"""Experiments: paired tests against counted values, contenders, smoothness, and a tiny one from end to end."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
import re
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from scipy import stats

from core_gans.commands.dispatch import read
from core_gans.comparison import ComparisonPlan, contenders, playing
from core_gans.comparison.plan import LOOKS, Source
from core_gans.comparison.playing import TimedRuns
from core_gans.comparison.summary import summarise
from core_gans.data import Batches, Examples
from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.recipes import kind_of, recipe_for
from core_gans.training import train
from egan import evolve
from egan.commands import COMMANDS
from egan.commands.experiment import Experiment
from egan.experiments import evolved, evolving, experiment, paired, path_length, plain
from egan.experiments.contenders import Evolved
from egan.experiments.experimenting import NAME, plan_of
from egan.experiments.findings import control, findings
from egan.experiments.keeping import keep, winning_shares
from egan.experiments.page import PICTURES, as_markdown, verdict
from egan.experiments.pairing import EXACT, bootstrap_interval, holm, sign_permutation, wilcoxon
from egan.experiments.presets import PRESETS, ExperimentPreset, preset
from egan.experiments.smoothness import paths
from egan.experiments.strips import paths_picture
from egan.experiments.winning import mean_shares
from egan.mutations import KNOWN
from egan.options import Evolution
from tests.tiny import SMALL, all_equal, chance, pictures, points, small, weights

TINY = ["width=4", "depth=1", "latent=2"]
RING = ExperimentPreset("ring", "gan", (), judged=500, kept=50)


def quiet() -> Console:
    return Console(markup=False, quiet=True)


def entrants(*words: str, shape: tuple[int, ...] = (2,)) -> list[Evolved]:
    return evolved(words, shape, "gan", TINY)


def ring_plan(*words: str, seeds: int = 2, seconds: float = 0.3) -> tuple[ComparisonPlan, list[Evolved]]:
    chosen = entrants(*words)
    plan = plan_of(RING, chosen, seeds, seconds, batch=16)
    return ComparisonPlan(**{**vars(plan), "source": Source("ring", count=400)}), chosen


# ---- paired tests


def test_three_positive_differences_have_the_smallest_p_that_three_can_have() -> None:
    """Of the eight sign patterns only (+, +, +) and (-, -, -) are as extreme."""
    differences = np.array([1.0, 2.0, 4.0])
    assert wilcoxon(differences) == sign_permutation(differences, chance()) == 0.25


def test_counted_by_hand() -> None:
    """Positive ranks of (3, -1, 2): 3 + 2 = 5; W of 5 or 6 has 2 of 8 patterns, so p = 1/2.

    Means of all signs: |3 + 1 + 2| / 3 twice and |3 - 1 + 2| / 3 twice reach the mean seen: p = 4/8.
    """
    differences = np.array([3.0, -1.0, 2.0])
    assert wilcoxon(differences) == 0.5
    assert sign_permutation(differences, chance()) == 0.5


def test_the_permutation_test_knows_sizes_and_the_rank_test_does_not() -> None:
    """(10, -1, -2): by ranks 3 against 1 + 2, nothing at all; by the mean only two patterns beat 10 - 1 - 2 = 7."""
    differences = np.array([10.0, -1.0, -2.0])
    assert wilcoxon(differences) == 1.0
    assert sign_permutation(differences, chance()) == 1.0  # |7|, |9|, |11|, |13|: 7 is the least
    assert sign_permutation(np.array([10.0, 1.0, -2.0]), chance()) == 6 / 8  # 9: 9, 11 and 13 of both signs


@pytest.mark.parametrize("count", [4, 9, 12])
def test_the_rank_test_agrees_with_scipy(count: int) -> None:
    differences = torch.randn(count, generator=chance(count)).double().numpy() + 0.4
    assert wilcoxon(differences) == pytest.approx(stats.wilcoxon(differences, method="exact").pvalue, abs=1e-12)


def test_ties_share_ranks_and_zeros_are_left_out() -> None:
    """|1|, |1|, |1| have rank 2 each: of 8 patterns 2 have all signs alike. Counted over all patterns for others."""
    assert wilcoxon(np.array([1.0, 1.0, 1.0, 0.0])) == 0.25
    differences = np.array([2.0, -2.0, 1.0, 3.0, 3.0])
    ranks = np.array([2.5, 2.5, 1.0, 4.5, 4.5])
    sums = [sum(rank for rank, sign in zip(ranks, signs, strict=True) if sign) for signs in _signs(5)]
    seen = 2.5 + 1.0 + 4.5 + 4.5
    tail = min(sum(each <= seen for each in sums), sum(each >= seen for each in sums)) / 32
    assert wilcoxon(differences) == pytest.approx(2 * tail)


def _signs(count: int) -> Any:
    return itertools.product((False, True), repeat=count)


def test_no_difference_is_no_finding() -> None:
    result = paired([0.5] * 6, [0.5] * 6, chance())
    assert (result.difference, result.low, result.high) == (0.0, 0.0, 0.0)
    assert result.wilcoxon == result.permutation == 1.0


def test_drawn_signs_agree_with_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = torch.randn(10, generator=chance(3)).double().numpy() + 0.5
    exact = sign_permutation(differences, chance())
    monkeypatch.setattr("egan.experiments.pairing.EXACT", 0)
    assert sign_permutation(differences, chance()) == pytest.approx(exact, abs=0.015)  # 4 deviations of 20,000 draws
    assert EXACT >= 10


def test_the_interval_is_that_of_the_mean() -> None:
    """For many normal differences the bootstrap interval is the mean ± 1.96 standard errors."""
    differences = torch.randn(400, generator=chance(5)).double().numpy()
    low, high = bootstrap_interval(differences, chance())
    error = differences.std() / math.sqrt(len(differences))
    assert low == pytest.approx(differences.mean() - 1.96 * error, abs=0.1 * error)
    assert high == pytest.approx(differences.mean() + 1.96 * error, abs=0.1 * error)


def test_a_planted_difference_is_found_where_the_spread_between_seeds_hides_it() -> None:
    seeds = torch.randn(10, generator=chance(7)) * 10
    ours = seeds + 0.5 + 0.1 * torch.randn(10, generator=chance(8))
    result = paired(ours.tolist(), seeds.tolist(), chance())
    assert result.permutation == result.wilcoxon == 2 / 2**10
    assert result.low is not None
    assert result.high is not None
    assert result.low < 0.5 < result.high
    assert stats.ttest_ind(ours, seeds).pvalue > 0.5  # unpaired, nothing would be seen


def test_a_planted_null_is_found_as_often_as_its_p_says() -> None:
    """Of 400 nulls about 20 have p <= 0.05: at most 38, which is four deviations more."""
    found = {"wilcoxon": 0, "permutation": 0}
    for seed in range(400):
        differences = torch.randn(8, generator=chance(seed)).double().numpy()
        found["wilcoxon"] += wilcoxon(differences) <= 0.05
        found["permutation"] += sign_permutation(differences, chance()) <= 0.05
    assert all(3 <= count <= 38 for count in found.values()), found


def test_pairs_must_be_pairs() -> None:
    with pytest.raises(ValueError, match="pairs of numbers, got 2 and 3"):
        paired([1.0, 2.0], [1.0, 2.0, 3.0], chance())
    with pytest.raises(ValueError, match="expected finite numbers"):
        paired([1.0, math.nan], [1.0, 2.0], chance())


def test_holm_s_example() -> None:
    """Sorted .01, .03, .04 times 3, 2, 1, never falling."""
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]


# ---- contenders


def test_words_become_evolutions_and_games() -> None:
    first, second, third = entrants("egan,gamma=0.5,selection=random,rate=0.01", "heuristic", "lottery,variant=lsgan")
    assert (first.evolution.gamma, first.evolution.selection, first.basis.fields["rate"]) == (0.5, "random", 0.01)
    assert first.label == "egan gamma=0.5 selection=random rate=0.01"
    assert (second.evolution.mutations, second.plain, first.plain) == (("heuristic",), True, False)
    assert (third.basis.variant, third.plain, third.evolution.mutations) == ("lsgan", True, Evolution().mutations)
    assert first.basis.fields["width"] == 4


def test_own_numbers_come_before_the_common_and_those_before_the_usual() -> None:
    (own, common), (usual,) = (
        evolved(["egan,gamma=3", "egan,parents=2"], (2,), "gan", [*TINY, "gamma=2"], {"gamma": 1.0}),
        evolved(["egan"], (2,), "gan", TINY, {"gamma": 1.0}),
    )
    assert [each.evolution.gamma for each in (own, common, usual)] == [3.0, 2.0, 1.0]


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("egna", "did you mean egan?"),
        ("heuristics", "did you mean heuristic?"),
        ("egan,gama=1", "did you mean gamma?"),
        ("egan,gamma=x", "expected a number for gamma"),
        ("egan,selection=bets", "did you mean best?"),
        ("egan,parents=0", "expected at least one parent"),
        ("egan,mutations=heuristic,minimal", "did you mean minimax?"),
        ("egan,evaluation_size=1", "expected an evaluation size of at least 2"),
        ("noise", "noise is more than an objective"),
        ("egan,widht=3", "did you mean width?"),
    ],
)
def test_a_mistake_in_the_words_is_told_in_one_line(word: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as error:
        entrants("lottery", word)
    assert "\n" not in str(error.value)


def test_a_contender_is_named_once() -> None:
    with pytest.raises(LabError, match="egan is given twice"):
        entrants("egan", "egan")


def test_what_only_chooses_differently_costs_the_same() -> None:
    best, chosen, larger, one, other, lottery = entrants(
        "egan", "egan,selection=random,gamma=2", "egan,evaluation_size=64", "minimax", "heuristic", "lottery"
    )
    assert best.cost == chosen.cost
    assert one.cost == other.cost == lottery.cost
    assert len({best.cost, larger.cost, one.cost}) == 3


def test_a_mutation_alone_is_the_plain_variant_to_the_bit() -> None:
    """The gan of core_gans minimises the heuristic: the same rounds, weights and random state."""
    examples = points()
    (ours,), (theirs,) = entrants("heuristic"), contenders(["gan"], (2,), common=TINY)
    state = ours.start(Batches(examples, 8, 3), chance(3), rounds=6)
    for _ in range(6):
        ours.play(state, 6)
        state.round += 1
    plain_run = train(theirs.game(6), Batches(examples, 8, 3), 6, rng=chance(3))
    assert all_equal(weights(state.nets["generator"]), weights(plain_run.nets["generator"]))
    assert all_equal(weights(state.nets["discriminator"]), weights(plain_run.nets["discriminator"]))
    assert torch.equal(state.rng.get_state(), plain_run.rng.get_state())


def test_a_relative_mutation_sees_real_scores_alone_too() -> None:
    (ours,) = evolved(["relativistic_average"], (2,), "gan", TINY)
    state = ours.start(Batches(points(), 8, 0), chance(), rounds=2)
    before = weights(state.nets["generator"])
    ours.play(state, 2)
    assert not all_equal(before, weights(state.nets["generator"]))


def test_the_lottery_draws_every_mutation_about_equally_often() -> None:
    state = plain.begin(small("gan", points()), Batches(points(), 2, 0), chance(), [KNOWN["minimax"], KNOWN["hinge"]])
    for _ in range(200):
        plain.play(state)
    assert 70 <= state.winners.count("minimax") <= 130  # four deviations
    assert set(state.winners) == {"minimax", "hinge"}


def test_an_evolution_plays_what_evolve_plays() -> None:
    examples, rounds = points(), 4
    (ours,) = entrants("egan,parents=2,gamma=0.5")
    state = ours.start(Batches(examples, 8, 1), chance(1), rounds)
    assert isinstance(state, evolving.Evolving)
    for _ in range(rounds):
        ours.play(state, rounds)
        state.round += 1
    scheme = ours.evolution.scheme()
    theirs = evolve(ours.basis.game(rounds), Batches(examples, 8, 1), rounds, rng=chance(1), scheme=scheme)
    assert all_equal(weights(state.nets["generator"]), weights(theirs.nets["generator"]))
    assert state.logbook.select("winner") == theirs.logbook.select("winner")


# ---- smoothness and winners


class Linear(torch.nn.Module):
    """G(z) = 3 z_0, 4 z_1: known in every way."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = torch.nn.Parameter(torch.tensor([3.0, 4.0]))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return z * self.scale


def test_the_path_length_of_a_linear_generator_is_known() -> None:
    """|G(b) - G(a)|^2 of every pair; a, b of U(-1, 1): E (b - a)^2 = 2/3, so (9 + 16) 2/3."""
    game = small("gan", points(), latent=2, prior="uniform")
    assert isinstance(game, NoiseGame)
    rng = chance()
    begin, end = game.latents(4096, rng).double(), game.latents(4096, rng).double()
    exact = ((end - begin) * torch.tensor([3.0, 4.0])).square().sum(dim=1).mean()
    found = path_length(Linear(), game, chance())
    assert found == pytest.approx(float(exact), rel=1e-9)
    assert found == pytest.approx(25 * 2 / 3, rel=0.05)


def test_paths_are_straight_and_end_at_latents() -> None:
    game = small("gan", points(), latent=2)
    assert isinstance(game, NoiseGame)
    drawn = paths(Linear(), game, chance(), count=3, steps=5)
    assert drawn.shape == (3, 5, 2)
    assert torch.allclose(drawn[:, 2], (drawn[:, 0] + drawn[:, 4]) / 2, atol=1e-6)
    assert torch.allclose(drawn[:, 0], game.latents(3, chance()) * torch.tensor([3.0, 4.0]))


def test_shares_of_winners_are_counted_in_parts() -> None:
    assert winning_shares(["a", "a", "b", "a"], bins=2) == {"a": [1.0, 0.5], "b": [0.0, 0.5]}
    runs = [
        {"diverged": None, "winners": {"a": [1.0, 0.5], "b": [0.0, 0.5]}},
        {"diverged": None, "winners": {"a": [1.0, 1.0]}},
        {"diverged": {"round": 3}},
    ]
    found = mean_shares(runs)
    assert found["a"].tolist() == [1.0, 0.75]
    assert found["b"].tolist() == [0.0, 0.25]
    short = {"diverged": None, "winners": {"a": [1.0, 0.0], "b": [0.0, 1.0]}}  # of two generations
    long = {"diverged": None, "winners": {"a": [1.0, 1.0, 0.0, 0.0], "b": [0.0, 0.0, 1.0, 1.0]}}
    assert {name: line.tolist() for name, line in mean_shares([short, long]).items()} == {"a": [1, 0], "b": [0, 1]}


# ---- findings


def run(label: str, seed: int, modes: float, quality: float) -> dict[str, Any]:
    return {
        "contender": label,
        "seed": seed,
        "rounds": 10,
        "seconds": 2.0,
        "stopped_early": False,
        "diverged": None,
        "scores": {"modes_covered": modes, "high_quality_share": quality},
        "curve": [],
        "path_length": 1.0 + seed,
    }


def test_a_planted_winner_is_found_and_an_equal_is_not() -> None:
    wobble = torch.randn(3, 10, generator=chance(2)) * 0.01
    runs = [
        *(run("chance", seed, 8, 0.80 + float(wobble[0, seed])) for seed in range(10)),
        *(run("equal", seed, 8, 0.80 + float(wobble[1, seed])) for seed in range(10)),
        *(run("better", seed, 8, 0.95 + float(wobble[2, seed])) for seed in range(9)),
        run("better", 9, 8, 0.5) | {"diverged": {"round": 3}, "scores": None},
    ]
    real = [{"modes_covered": 8.0, "high_quality_share": 0.99}]
    found = findings(summarise(runs, real, ["better", "chance", "equal"]), "chance", modes=8)
    assert found.solved == {"better": 9, "chance": 0, "equal": 0}
    verdicts = {(test.label, test.metric): verdict(test) for test in found.tests}
    assert verdicts["better", "high_quality_share"] == "yes"
    assert verdicts["equal", "high_quality_share"] == ""
    assert verdicts["better", "modes_covered"] == ""
    (better,) = [test.result for test in found.tests if (test.label, test.metric) == ("better", "high_quality_share")]
    assert better.count == 9
    assert better.difference == pytest.approx(0.15, abs=0.01)
    assert better.permutation == 2 / 2**9


def test_a_score_that_is_none_pairs_with_nothing() -> None:
    runs = [run("chance", seed, 8, 0.8) for seed in range(6)] + [run("other", seed, 8, 0.9) for seed in range(6)]
    runs[2]["scores"]["high_quality_share"] = math.nan
    runs[8]["path_length"] = math.nan
    outcome = summarise(runs, [{"modes_covered": 8.0, "high_quality_share": 0.99}], ["other", "chance"])
    assert outcome.rows[1].scores["high_quality_share"].mean == pytest.approx(0.8)
    found = findings(outcome, "chance", modes=8)
    counts = {test.metric: test.result.count for test in found.tests}
    assert counts == {"modes_covered": 6, "high_quality_share": 5, "path_length": 5}
    assert all(math.isfinite(test.result.permutation) for test in found.tests)


def test_the_control_is_whoever_selects_by_chance() -> None:
    assert control(entrants("egan", "heuristic", "egan,selection=random")) == "egan selection=random"
    assert control(entrants("heuristic", "egan")) == "heuristic"


# ---- from end to end


@pytest.fixture(scope="module", autouse=True)
def _patient() -> Iterator[None]:
    """No run is stopped for being slow: what it plays must not depend on the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(playing, "PATIENCE", math.inf)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[ComparisonPlan, list[Evolved], Path]:
    plan, chosen = ring_plan("egan", "egan,selection=random")
    out = tmp_path_factory.mktemp("experiment") / "out"
    experiment(plan, chosen, out, console=quiet())
    return plan, chosen, out


def test_all_files_stand_and_the_pictures_open(finished: tuple[ComparisonPlan, list[Evolved], Path]) -> None:
    plan, _, out = finished
    assert {path.name for path in out.iterdir()} == {NAME, "experiment.md", *PICTURES, "runs"}
    assert len(list((out / "runs").glob("*-seed*.json"))) == len(list((out / "runs").glob("*.safetensors"))) == 4
    for name in PICTURES:
        with Image.open(out / name) as page:
            assert np.asarray(page).std() > 5
    content = json.loads((out / NAME).read_text())
    assert content["plan"] == json.loads(json.dumps(plan.described()))


def test_the_outcome_follows_from_the_runs(finished: tuple[ComparisonPlan, list[Evolved], Path]) -> None:
    _, chosen, out = finished
    outcome = json.loads((out / NAME).read_text())["outcome"]
    assert outcome["against"] == "egan selection=random"
    runs = {row["label"]: row["runs"] for row in outcome["rows"]}
    assert runs["egan"][0]["rounds_bought"] == runs["egan selection=random"][0]["rounds_bought"]
    (test,) = [test for test in outcome["tests"] if test["metric"] == "frechet[points]"]
    ours, theirs = ([run["scores"]["frechet[points]"] for run in runs[each.label]] for each in chosen)
    assert test["difference"] == pytest.approx(statistics.fmean(ours) - statistics.fmean(theirs))
    for shares in (run["winners"] for each in runs.values() for run in each):
        total = np.sum(list(shares.values()), axis=0)
        assert np.allclose(total, 1.0)
    assert all(run["path_length"] >= 0 for each in runs.values() for run in each)
    assert all(run["curve"][-1]["round"] == run["rounds"] for each in runs.values() for run in each)
    page = (out / "experiment.md").read_text()
    assert "Against egan selection=random" in page
    assert "With 2 seeds no p can be below 0.50." in page


def test_a_lost_run_is_played_again_and_nothing_else(finished: tuple[ComparisonPlan, list[Evolved], Path]) -> None:
    plan, chosen, out = finished
    (lost,) = (out / "runs").glob("01-*-seed1.json")
    before = json.loads(lost.read_text())
    lost.unlink()
    others = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in (out / "runs").glob("*.json")}
    experiment(plan, chosen, out, console=quiet())
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in others} == others
    after = json.loads(lost.read_text())
    assert (after["contender"], after["seed"]) == (before["contender"], before["seed"])
    assert after["seconds"] >= plan.seconds  # which end a run, so that its rounds are not the same twice


def test_a_finished_experiment_is_told_again_without_playing(
    finished: tuple[ComparisonPlan, list[Evolved], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, chosen, out = finished
    monkeypatch.setattr(TimedRuns, "__init__", lambda *_: pytest.fail("nothing was left to play"))
    found = experiment(plan, chosen, out, against="egan", console=quiet())
    assert {test.label for test in found.tests} == {"egan selection=random"}
    with pytest.raises(ValueError, match="no contender is called 'egna'"):
        experiment(plan, chosen, out, against="egna", console=quiet())


def test_other_settings_in_the_same_folder_are_refused(finished: tuple[ComparisonPlan, list[Evolved], Path]) -> None:
    _, _, out = finished
    plan, chosen = ring_plan("egan,gamma=1", "egan,selection=random")
    with pytest.raises(LabError, match=r"other settings \(contenders\) and is kept"):
        experiment(plan, chosen, out, console=quiet())


def test_a_run_is_its_seed() -> None:
    """Scores, winners and what is kept follow from the seed; others differ."""
    plan, chosen = ring_plan("egan")
    plan = dataclasses.replace(plan, by_seconds=False)  # seconds are never the same twice
    timed_runs = TimedRuns(plan.source.load(), full=plan.full)
    one, same, other = (timed_runs.play(chosen[0], plan, seed, 10) for seed in (0, 0, 1))
    assert one.facts["scores"] == same.facts["scores"] != other.facts["scores"]
    assert one.facts["winners"] == same.facts["winners"]
    assert torch.equal(one.tensors["paths"], same.tensors["paths"])
    assert one.tensors["looks"].shape == (LOOKS - 1, plan.kept, 2)  # ten rounds have eleven moments


def test_images_keep_rows_of_images(tmp_path: Path) -> None:
    examples = pictures(count=8, size=16)
    (ours,) = evolved(["egan"], examples.shape, "dcgan", [f"{name}={value}" for name, value in SMALL.items()][:2])
    state = ours.start(Batches(examples, 4, 0), chance(), 1)
    facts, tensors = keep(state, chance())
    assert facts["winners"] == {}
    assert tensors["paths"].shape == (4, 11, 1, 16, 16)
    page = paths_picture({"a": tensors["paths"], "b": None}, {"a": "1", "b": "-"}, examples, "Between")
    assert page.shape[1] > 11 * 64


def test_the_command_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GANLAB_DATA", str(tmp_path))
    with pytest.raises(LabError, match=r"mnist_28\.npz is not shipped: set GANLAB_DATA"):
        Experiment("mnist").run(quiet())
    with pytest.raises(ValueError, match="did you mean ring"):
        preset("rink")
    with pytest.raises(ValueError, match="at least one worker"):
        Experiment("ring", workers=0).run(quiet())


@pytest.mark.parametrize(("name", "colours"), [("digits", 1), ("mnist", 1), ("cifar", 3)])
def test_experiments_on_images_play_what_such_images_are_trained_with(name: str, colours: int) -> None:
    recipe = recipe_for("dcgan", kind_of((colours, 32, 32)))
    assert recipe is not None
    before = {"normalisation": "batch", "r1": 0.0, "penalty_every": 1}  # as the experiments were made
    assert dict(preset(name).fields) == {**recipe.fields, **(before if colours == 1 else {})}


def test_every_preset_s_contenders_can_be_made() -> None:
    for name, given in PRESETS.items():
        shape = (2,) if name in ("ring", "grid") else (1, 32, 32)
        labels = [each.label for each in evolved(given.contenders, shape, given.game, ["width=4"], given.usual)]
        assert {"egan", "egan selection=random", "minimax", "heuristic", "least_squares"} <= set(labels)


@pytest.mark.slow
def test_the_command_plays_in_processes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = "ring --seconds 0.2 --seeds 1 --batch 16 --workers 2 --contenders egan heuristic --out"
    words = [*options.split(), str(tmp_path / "out"), "--set", *TINY]
    read(COMMANDS["experiment"], "egan experiment", words).run(Console(markup=False, width=160))
    told = capsys.readouterr().out
    assert "heuristic, seed 0:" in told
    assert (tmp_path / "out" / "experiment.md").exists()


def test_the_page_tells_of_runs_that_diverged() -> None:
    runs = [run("chance", 0, 8, 0.9), run("wild", 0, 8, 0.9) | {"diverged": {"round": 3}, "scores": None}]
    outcome = summarise(runs, [{"modes_covered": 8.0, "high_quality_share": 0.99}], ["chance", "wild"])
    found = findings(outcome, "chance", modes=8)
    assert found.tests == ()
    plan, _ = ring_plan("egan", seeds=1)
    environment: dict[str, Any] = dict.fromkeys(("started", "system", "processor", "cores", "python"), "x")
    environment |= {"packages": {"torch": "1", "gan-lab": "1"}, "command": ["egan", "experiment"]}
    page = as_markdown(found, plan, environment, Examples("ring", torch.zeros(3, 2)))
    assert "| wild (1 of 1 diverged) | 0 of 1 | - | - | - |" in page
    assert "- wild, seed 0: diverged at generation 3" in page
