"""DEAP as its users expect it: operators of one's own, statistics, history, copies and pickles."""

from __future__ import annotations

import copy
import operator
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from deap import base, tools
from torch import Tensor, nn

from core_gans.game import Batch, NoiseGame
from core_gans.runs import checkpoints
from egan.evolution import evolve, make_toolbox
from egan.family import deap_history, lineage
from egan.fitness import FitnessRule, Judgement
from egan.individual import Individual, Record
from egan.population import Population, start
from egan.scheme import Scheme
from tests.tiny import all_equal, batches, differences, pictures, points, small, weights


def begun(parents: int = 1) -> Population:
    game = small("dcgan", points())
    assert isinstance(game, NoiseGame)
    return start(game, batches(points(), 64), torch.Generator().manual_seed(0), parents)


def played(population: Population, generations: int, **changes: Any) -> Population:
    return evolve(population.game, population.batches, generations, rng=population.rng, state=population, **changes)


class Draws(nn.Module):
    """A generator that answers any latents with the points given."""

    def __init__(self, answer: Tensor) -> None:
        super().__init__()
        self.answer = nn.Parameter(answer)

    def forward(self, latents: Tensor) -> Tensor:
        return self.answer[: len(latents)]


class TestOperatorsOfOnesOwn:
    @pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
    def test_of_a_good_a_collapsed_and_a_broken_child_the_good_one_survives(self, order: tuple[int, ...]) -> None:
        grown = played(begun(), 120)
        answers = [points(64, seed=3).images, torch.full((64, 2), 5.0), torch.full((64, 2), torch.nan)]

        def planted(parent: Individual, real: Tensor) -> list[Individual]:
            assert real.shape == (64,)
            children = []
            for kind in order:
                generator = Draws(answers[kind])
                record = Record(grown.next_number(), parent.number, ("good", "collapsed", "nan")[kind], grown.round + 1)
                children.append(Individual(generator, torch.optim.Adam(generator.parameters()), record))
            return children

        toolbox = base.Toolbox()
        toolbox.register("vary", planted)
        played(grown, 121, toolbox=toolbox, fitness=FitnessRule(0.5))
        assert grown.logbook[-1]["winner"] == "good"
        assert not np.isfinite(grown.logbook[-1]["fitness/nan"])
        assert grown.logbook[-1]["fitness/good"] > grown.logbook[-1]["fitness/collapsed"]

    def test_each_takes_the_place_of_the_packages(self) -> None:
        asked: list[str] = []
        grown = begun(parents=2)

        def evaluate(individual: Individual, real: Tensor, latents: Tensor) -> Judgement:
            asked.append("evaluate")
            return Judgement(float(individual.number), 0.0, individual.generator(latents).detach())

        def fitness(judgements: Sequence[Judgement]) -> list[float]:
            asked.append("fitness")
            return [-judgement.quality for judgement in judgements]

        def select(individuals: Sequence[Individual], count: int) -> list[Individual]:
            asked.append("select")
            return [*tools.selTournament(individuals, 1, tournsize=len(individuals) * 20), individuals[-1]]

        def train_discriminator(batch: Batch, fakes: Tensor) -> float:
            asked.append("train_discriminator")
            return 0.125

        toolbox = base.Toolbox()
        for operation in (evaluate, fitness, select, train_discriminator):
            toolbox.register(operation.__name__, operation)
        before = weights(grown.discriminator)
        played(grown, 1, toolbox=toolbox)
        assert asked == ["evaluate"] * 6 + ["fitness", "select", "train_discriminator"]
        assert [parent.number for parent in grown.parents] == [2, 7]
        assert grown.terms["discriminator"] == 0.125
        assert all_equal(weights(grown.discriminator), before)

    @pytest.mark.parametrize(("name", "nearest"), [("slect", "select"), ("mutate", "mate"), ("vari", "vary")])
    def test_a_name_that_no_generation_calls_is_refused_with_the_nearest(self, name: str, nearest: str) -> None:
        toolbox = base.Toolbox()
        toolbox.register(name, max)
        with pytest.raises(
            ValueError, match=f"no operator of a generation is called '{name}': did you mean.* {nearest}"
        ):
            played(begun(), 1, toolbox=toolbox)

    def test_a_misspelt_field_of_the_scheme_lists_the_nearest(self) -> None:
        with pytest.raises(ValueError, match="no field of the scheme is called 'mutation': did you mean mutations"):
            played(begun(), 1, mutation=[])


class TestStatistics:
    def test_a_statistic_stands_in_the_logbook_beside_the_rest(self) -> None:
        stats = tools.Statistics(lambda individual: individual.fitness.values[0])
        stats.register("mean", np.mean)
        stats.register("most", max)
        grown = played(begun(), 3, stats=stats)
        for line in grown.logbook:
            values = [line[name] for name in line if name.startswith("fitness/")]
            assert line["mean"] == pytest.approx(sum(values) / 3)
            assert line["most"] == line["fitness"]

    def test_several_are_chapters_and_survive_a_restart(self, tmp_path: Path) -> None:
        stats = tools.MultiStatistics(
            look=tools.Statistics(operator.attrgetter("record.quality")),
            size=tools.Statistics(lambda individual: sum(map(torch.numel, individual.generator.parameters()))),
        )
        stats.register("mean", np.mean)
        grown = played(begun(), 3, stats=stats)
        assert grown.logbook.chapters["look"].select("generation") == [1, 2, 3]
        assert len(set(grown.logbook.chapters["size"].select("mean"))) == 1
        assert "mean" in grown.logbook.stream
        saved = checkpoints.load(checkpoints.save(tmp_path / "one.safetensors", grown.state_dict()))
        again = begun()
        again.load_state_dict(saved)
        assert differences(again.state_dict(), grown.state_dict()) == []
        assert again.logbook.chapters["look"].select("mean") == grown.logbook.chapters["look"].select("mean")

    def test_a_statistic_of_many_numbers_is_refused(self) -> None:
        stats = tools.Statistics(lambda individual: individual.fitness.values)
        stats.register("all", list)
        with pytest.raises(ValueError, match="expected the statistic 'all' to be one number, got a list"):
            played(begun(), 1, stats=stats)
        taken = tools.Statistics(lambda individual: individual.record.quality)
        taken.register("quality", np.mean)
        with pytest.raises(ValueError, match=r"statistics of other names than .*, got 'quality': rename it"):
            played(begun(), 1, stats=taken)

    def test_a_chapter_may_be_called_fitness_as_in_deaps_docs(self, tmp_path: Path) -> None:
        stats = tools.MultiStatistics(fitness=tools.Statistics(lambda individual: individual.fitness.values[0]))
        stats.register("mean", np.mean)
        grown = played(begun(), 3, stats=stats)
        for line, mean in zip(grown.logbook, grown.logbook.chapters["fitness"].select("mean"), strict=True):
            values = [line[name] for name in line if name.startswith("fitness/")]
            assert mean == pytest.approx(sum(values) / 3)
            assert line["fitness"] == max(values)
        saved = checkpoints.load(checkpoints.save(tmp_path / "one.safetensors", grown.state_dict()))
        again = begun()
        again.load_state_dict(saved)
        assert again.logbook.chapters["fitness"].select("mean") == grown.logbook.chapters["fitness"].select("mean")

    def test_the_logbook_prints_under_a_header_also_after_a_restart(self) -> None:
        grown = played(begun(), 2)
        assert grown.logbook.header[:3] == ["generation", "discriminator", "fitness"]
        assert str(grown.logbook).split()[:3] == ["generation", "discriminator", "fitness"]
        again = begun()
        again.load_state_dict(grown.state_dict())
        assert str(again.logbook) == str(grown.logbook)


class TestCopies:
    @pytest.mark.parametrize("examples", [points(), pictures()], ids=["points", "pictures"])
    def test_pickles_and_deep_copies_go_on_as_the_original_would(self, examples: Any) -> None:
        game = small("dcgan", examples)
        assert isinstance(game, NoiseGame)
        grown = start(game, batches(examples), torch.Generator().manual_seed(0))
        played(grown, 2)
        (parent,) = grown.parents
        for twin in (pickle.loads(pickle.dumps(parent)), copy.deepcopy(parent), base.Toolbox().clone(parent)):
            assert differences(twin.state_dict(), parent.state_dict()) == []
            assert twin.fitness == parent.fitness
            original = copy.deepcopy(parent)
            for each in (twin, original):
                each.step([torch.ones_like(weight) for weight in each.generator.parameters()])
            assert all_equal(weights(twin.generator), weights(original.generator))
            assert not all_equal(weights(twin.generator), weights(parent.generator))

    def test_a_whole_population_pickles_and_goes_on_alike(self) -> None:
        grown = played(begun(parents=2), 3)
        twin = pickle.loads(pickle.dumps(grown))
        for held in (grown.hall_of_fame, grown.logbook, grown.history):
            pickle.dumps(held)
        played(grown, 5)
        played(twin, 5)
        assert differences(twin.state_dict(), grown.state_dict()) == []

    def test_the_lineage_reconstructs_from_deaps_history(self) -> None:
        grown = played(begun(parents=2), 6, strategy="plus")
        history = deap_history(grown.history)
        for parent in grown.parents:
            line, (index,) = [], [i for i, each in history.genealogy_history.items() if each.number == parent.number]
            while True:
                line.append(history.genealogy_history[index].number)
                if not history.genealogy_tree[index]:
                    break
                (index,) = history.genealogy_tree[index]
            assert line[::-1] == [record.number for record in lineage(grown.history, parent.number)]


class TestHistory:
    def test_deaps_history_decorates_the_labs_operators(self) -> None:
        grown, history = begun(parents=2), tools.History()
        toolbox = make_toolbox(grown, Scheme(parents=2, strategy="plus"))
        toolbox.decorate("vary", history.decorator)
        history.update(grown.parents)
        played(grown, 4, toolbox=toolbox, strategy="plus")
        assert len(history.genealogy_history) == grown.born
        for parent in grown.parents:
            line = lineage(grown.history, parent.number)
            tree = history.getGenealogy(parent)
            numbers = {history.genealogy_history[index].number for index in tree}
            assert {record.number for record in line} <= numbers

    def test_a_loop_of_ones_own_uses_them(self) -> None:
        grown, same = begun(parents=2), begun(parents=2)
        scheme = Scheme(parents=2, engine="reference")
        toolbox = make_toolbox(grown, scheme)
        for generation in range(3):
            batch = grown.draw_batch()
            real = toolbox.real_scores(batch)
            children = [child for parent in grown.parents for child in toolbox.vary(parent, real)]
            judgements = [toolbox.evaluate(child, real, toolbox.latents()) for child in children]
            for child, value in zip(children, toolbox.fitness(judgements), strict=True):
                child.fitness.values = (value,)
            chosen = toolbox.select(children, 2)
            fakes = [judgements[children.index(child)].fakes for child in chosen]
            toolbox.train_discriminator(batch, torch.cat(fakes))
            grown.parents, grown.round = chosen, generation + 1
        played(same, 3, scheme=scheme)
        for one, other in zip(grown.parents, same.parents, strict=True):
            assert all_equal(weights(one.generator), weights(other.generator))
