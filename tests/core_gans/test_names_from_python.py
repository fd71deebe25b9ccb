"""What the command line takes by name, Python takes too, or refuses in a line that says what it takes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from core_gans.data import Batches, load
from core_gans.foundation.errors import LabError
from core_gans.metrics import Judge, evaluate
from core_gans.training import train
from core_gans.variants import DCGAN, make
from egan import FitnessRule, Scheme, evolve
from egan.selection import nsga2
from tests.tiny import all_equal, batches, chance, points, small, weights

GAME = small("gan", points())


def evolved(**changes: Any) -> list[torch.Tensor]:
    population = evolve(GAME, batches(points()), 3, rng=changes.pop("rng", chance(4)), **changes)
    return weights(population.nets["generator"])


def test_an_evolution_takes_the_words_of_its_command() -> None:
    from egan.mutations import KNOWN

    named = evolved(mutations=("minimax", "f_kl"), selection="nsga2", gamma=0.2, parents=2, convention="logit", rng=4)
    meant = evolved(
        mutations=(KNOWN["minimax"], KNOWN["f_kl"]), selection=nsga2, fitness=FitnessRule(0.2, "logit"), parents=2
    )
    assert all_equal(named, meant)


@pytest.mark.parametrize(
    "changes",
    [
        {"mutations": "hinge"},
        {"fitness": "kernel"},
        {"fitness": "frechet"},
        {"fitness": "paper"},
        {"selection": "fixed"},
        {"discriminators": 2, "discriminator_mutations": ("own", "hinge"), "evaluation_size": 32},
    ],
)
def test_other_words_of_it(changes: dict[str, Any]) -> None:
    assert all(bool(each.isfinite().all()) for each in evolved(**changes))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"selection": "nsga"}, "did you mean nsga3 or nsga2"),
        ({"mutations": ("minimx",)}, "no mutation is called 'minimx': did you mean minimax"),
        ({"fitness": "fretchet"}, "no fitness is called 'fretchet': did you mean frechet"),
        ({"fitness": "kernel", "gamma": 0.1}, "gamma: numbers of the paper's fitness, beside another one"),
        ({"strategy": "pluss"}, "expected strategy to be comma or plus, got 'pluss': did you mean plus"),
        ({"engine": "quick"}, "expected engine to be auto, reference or fast, got 'quick'"),
        ({"convention": "logits"}, "expected convention to be probability or logit, got 'logits': did you mean logit"),
        ({"gama": 0.1}, "no field of the scheme is called 'gama': did you mean gamma"),
        ({"rng": "0"}, "expected rng as a seed or a torch.Generator, got '0'"),
    ],
)
def test_words_that_are_none(changes: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=told) as error:
        evolved(**changes)
    assert "\n" not in str(error.value)


def test_a_scheme_of_names_says_where_names_go() -> None:
    for given in ({"mutations": ("minimax",)}, {"selection": "nsga2"}, {"fitness": "kernel"}, {"mutations": "hinge"}):
        with pytest.raises(LabError, match=r"a Scheme holds objects and got a name, .*: give names to evolve"):
            Scheme(**given)  # type: ignore[arg-type]


def test_a_training_takes_a_seed() -> None:
    one, same = (train(GAME, batches(points()), 3, rng=rng) for rng in (7, chance(7)))
    assert all_equal(weights(one.nets["generator"]), weights(same.nets["generator"]))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("gan", batches(points()), 3), r"expected a Game, as core_gans.make\('dcgan', .*, got 'gan'"),
        ((GAME, "ring", 3), r"expected Batches, as Batches\('digits', 64\), got 'ring'"),
        ((GAME, points(), 3), r"expected Batches, .*, got a Examples"),
        ((GAME, batches(points()), "3"), "expected rounds as a number or None, got '3'"),
    ],
)
def test_what_no_training_and_no_evolution_takes(given: tuple[Any, ...], told: str) -> None:
    for play in (train, evolve):
        with pytest.raises(LabError, match=told):
            play(*given, rng=0)


@pytest.mark.parametrize(("field", "value"), [("method", "adamm"), ("prior", "gauss"), ("normalisation", "batchnorm")])
def test_a_field_of_a_game_that_is_no_choice_of_it(field: str, value: str) -> None:
    for make_it in (DCGAN, lambda **given: make("cgan", **given)):
        with pytest.raises(ValueError, match=f"expected {field} to be .*, got '{value}'"):
            make_it(**{field: value})


class TestData:
    def test_batches_of_a_name(self) -> None:
        named, meant = Batches("ring", 16, 3), Batches(load("ring", seed=3), 16, 3)
        assert torch.equal(next(named).real, next(meant).real)
        with pytest.raises(ValueError, match="no data set is called 'rink': did you mean ring"):
            Batches("rink", 16)

    def test_a_path_object(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match="is not there"):
            load(tmp_path / "nothing.npz")
        with pytest.raises(ValueError, match="no data set is called 'rink'"):
            load(Path("rink"))


class TestMetrics:
    def test_one_metric_and_data_by_name(self) -> None:
        found = evaluate(points(100).images, "ring", "frechet")
        assert list(found) == ["frechet[points]"]
        judge = Judge(points(200), 50, metrics="kernel")
        assert judge.of_real(3) == judge.of_real(chance(3))

    def test_a_seed_for_samples(self) -> None:
        nets = GAME.players()
        one, same = (GAME.sample(nets, 5, rng) for rng in (3, chance(3)))  # type: ignore[attr-defined]
        assert torch.equal(one, same)

    @pytest.mark.parametrize(("name", "meant"), [("KID", "kernel"), ("is", "inception_style")])
    def test_names_that_belong_to_inception(self, name: str, meant: str) -> None:
        with pytest.raises(ValueError, match=f"{name} is measured on an Inception network.*did you mean {meant}"):
            Judge(points(), 20, metrics=(name,))
