"""What is refused before the first generation, in one clear line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from core_gans.foundation.errors import DivergedError, LabError
from core_gans.game import Game, Nets, NoiseGame, Turn
from core_gans.variants import GAN, VARIANTS, make
from egan.evolution import changed, evolve
from egan.fitness import FitnessRule
from egan.mutations import heuristic
from egan.options import Evolution
from egan.population import start
from egan.scheme import Scheme
from egan.selection import Annealed, Fixed
from egan.settings import Offspring
from tests.tiny import batches, differences, pictures, points, small


def evolved(game: Game, data: Any = None, **changes: Any) -> None:
    evolve(game, batches(data or points()), 1, rng=torch.Generator().manual_seed(0), **changes)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"mutations": ()}, "at least one mutation, got none"),
        ({"parents": 0}, "at least one parent, got 0"),
        ({"children": 0}, "at least one child of each parent by each mutation, got 0"),
        ({"evaluation_size": -1}, "evaluation size of at least 1, or 0 for enough, got -1"),
        ({"inertia": 1.0}, r"inertia in \[0, 1\), got 1.0"),
        ({"inertia": float("nan")}, r"inertia in \[0, 1\), got nan"),
        ({"recycle": True}, "use common latents"),
        ({"crossover": "distillation"}, "at least two parents for a crossover, got 1"),
    ],
)
def test_schemes_that_could_not_be_played(fields: Mapping[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Scheme(**fields)


@pytest.mark.parametrize("gamma", [float("nan"), float("inf")])
def test_a_gamma_that_is_no_number(gamma: float) -> None:
    with pytest.raises(ValueError, match=f"a finite weight of diversity gamma, got {gamma}"):
        FitnessRule(gamma)
    with pytest.raises(ValueError, match="balance of diversity and quality of at least 0, got nan"):
        FitnessRule(balance=float("nan"))


def test_evaluation_sizes_that_are_too_small() -> None:
    game = small("dcgan", points())
    with pytest.raises(ValueError, match="evaluation size of at least 8, got 7: the fakes of 1 survivors"):
        evolved(game, evaluation_size=7)
    with pytest.raises(ValueError, match="evaluation size of at least 4, got 3: the fakes of 2 survivors"):
        evolved(game, evaluation_size=3, parents=2)
    with pytest.raises(ValueError, match="evaluation size of at least 8, got 4: recycled latents are a whole batch"):
        evolved(game, evaluation_size=4, parents=2, common_latents=True, recycle=True)
    with pytest.raises(ValueError, match=r"as many real as generated examples.* An evaluation size of 8"):
        evolved(small("ls_gan", points()), evaluation_size=16)
    evolved(game, evaluation_size=8)


def test_pairs_before_several_discriminators_need_two_parents() -> None:
    game, two = small("relativistic", points(), form="paired"), {"discriminators": 2}
    with pytest.raises(ValueError, match="An evaluation size of 8 and two parents give relativistic pairs"):
        evolved(game, **two)
    with pytest.raises(ValueError, match=r"size of at least 16, got 8: .* With 2 parents it is enough"):
        evolved(game, **two, evaluation_size=8)
    evolved(game, **two, evaluation_size=8, parents=2)


@pytest.mark.parametrize("offspring", ["bandit", "first_order"])
def test_a_fixed_mutation_needs_a_child_in_every_generation(offspring: Offspring) -> None:
    with pytest.raises(LabError, match=f"takes the children by minimax, and with --offspring {offspring} most"):
        Evolution(selection="fixed", offspring=offspring)
    with pytest.raises(LabError, match="takes the children by minimax, and with offspring="):
        evolved(small("dcgan", points()), selection="fixed", offspring=offspring)
    evolved(small("dcgan", points()), selection="fixed", offspring=offspring, mutations=("hinge",))


def test_fixed_by_name_is_the_first_mutation_of_the_scheme() -> None:
    scheme = Evolution(mutations=("hinge", "minimax")).scheme()
    changes = {"selection": "fixed"}
    assert changed(scheme, changes, None, batches(points())).selection == Fixed("hinge")
    assert changed(scheme, {**changes, "mutations": "minimax"}, None, batches(points())).selection == Fixed("minimax")
    with pytest.raises(DivergedError, match=r"0 of 3 had a fitness of NaN .* choose a selection that finds as many"):
        evolve(small("dcgan", points()), batches(points()), 3, rng=0, selection=Fixed("hinge"))


@pytest.mark.parametrize("variant", ["acgan", "infogan", "semi_supervised"])
def test_games_that_learn_from_more_than_scores(variant: str) -> None:
    with pytest.raises(ValueError, match="cannot be evolved"):
        evolve(small(variant, points()), batches(points()), 1, rng=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    "variant", [name for name in VARIANTS if name not in ("began", "acgan", "infogan", "semi_supervised")]
)
def test_every_other_variant_can_be_evolved(variant: str) -> None:
    data = pictures() if variant == "ebgan" else points()
    game = small(variant, data)
    grown = evolve(
        game, batches(data), 2, rng=torch.Generator().manual_seed(0), parents=2, evaluation_size=8, strategy="plus"
    )
    assert [len(line) > 6 for line in grown.logbook] == [True, True]
    assert all(parameter.isfinite().all() for net in grown.nets.values() for parameter in net.parameters())


def test_annealing_without_parents_to_keep() -> None:
    with pytest.raises(ValueError, match="use the strategy plus"):
        evolved(small("dcgan", points()), selection=Annealed())


def test_a_game_without_latents() -> None:
    @dataclass(frozen=True)
    class Silent(Game):
        name = "silent"

        def players(self) -> dict[str, nn.Module]:
            return {}

        def turns(self) -> tuple[Turn, ...]:
            return ()

    with pytest.raises(LabError, match="silent has no latents, so it cannot be evolved"):
        evolved(Silent())


def test_a_generators_turn_that_does_something_afterwards() -> None:
    with pytest.raises(LabError, match="began does something after its generator's steps"):
        evolved(small("began", pictures()), pictures())


def test_a_third_player() -> None:
    @dataclass(frozen=True)
    class Three(GAN):
        def turns(self) -> tuple[Turn, ...]:
            discriminator, generator = super().turns()
            return discriminator, generator, replace(generator, players=("critic",))

    with pytest.raises(LabError, match="turns of discriminator, generator, critic: only those of two players"):
        evolved(Three(shape=(2,), width=4))


def test_networks_that_do_not_match_the_data() -> None:
    with pytest.raises(LabError, match=r"generator to answer \(2, 3\) with \(2, 2\), got \(2, 5\)"):
        evolved(make("gan", shape=(5,), family="mlp", latent=3, width=4))
    population = start(small("dcgan", points()), batches(points()), torch.Generator().manual_seed(0))
    population.discriminator = nn.Linear(5, 1)
    with pytest.raises(LabError, match=r"discriminator does not take inputs of shape \(2, 2\)"):
        evolved(population.game, state=population)
    population.discriminator = nn.Linear(2, 3)
    with pytest.raises(LabError, match=r"discriminator to answer \(2, 2\) with \(2,\), got \(2, 3\)"):
        evolved(population.game, state=population)


def test_looking_changes_nothing() -> None:
    game = small("gan", pictures())  # with dropout
    assert isinstance(game, NoiseGame)
    population = start(game, batches(pictures()), torch.Generator().manual_seed(0))
    before = population.state_dict()
    evolve(game, population.batches, 0, rng=population.rng, state=population)
    assert differences(population.state_dict(), before) == []
    assert population.discriminator.training


def test_parents_of_a_state_are_as_many_as_they_are() -> None:
    population = start(small("dcgan", points()), batches(points()), torch.Generator().manual_seed(0), parents=2)
    evolve(population.game, population.batches, 2, rng=population.rng, state=population, mutations=[heuristic])
    assert len(population.parents) == 2


def test_a_penalised_game_is_played_with_its_penalty() -> None:
    seen: list[set[str]] = []

    @dataclass(frozen=True)
    class Spy(GAN):
        def score_loss(
            self, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
        ) -> dict[str, Tensor]:
            terms = super().score_loss(discriminator, real, fake, rng)
            seen.append({*terms})
            return terms

        def after_discriminator(self, nets: Nets) -> None:
            seen.append({"after"})

    evolved(Spy(shape=(2,), family="mlp", latent=3, width=4, r1=0.1))
    assert seen == [{"discriminator", "r1"}, {"after"}]
