"""The weight average of a lineage."""

import torch

from core_gans.runs.averaging import Average
from egan.evolution import evolve
from egan.islands.lineage_average import LineageAverage, copied
from egan.population import Population
from tests.egan.growing import population
from tests.tiny import differences, pictures


class Following(LineageAverage):
    """Looks on as a watcher would."""

    def play(self, grown: Population, generations: int) -> None:
        self.begin(grown.parents)
        for _ in range(generations):
            evolve(grown.game, grown.batches, grown.round + 1, rng=grown.rng, state=grown)
            self.follow(grown.parents, grown.round)


def test_with_one_parent_it_is_the_average_of_any_run() -> None:
    one, other = population(pictures()), population(pictures())
    average, lineage = Average(decay=0.8), Following(0.8)
    evolve(one.game, one.batches, 5, rng=one.rng, state=one, watchers=[average])
    lineage.play(other, 5)
    assert differences(lineage.shadows[other.parents[0].number], average.state_dict()) == []


def test_each_parent_has_that_of_its_own_line() -> None:
    grown, lineage = population(parents=2), Following(0.5)
    lineage.play(grown, 1)
    before = {
        number: {name: each.clone() for name, each in shadow.items()} for number, shadow in lineage.shadows.items()
    }
    lineage.play(grown, 1)
    assert set(lineage.shadows) == {parent.number for parent in grown.parents}
    decay = min(0.5, 3 / 12)
    for parent in grown.parents:
        inherited, weights = before[parent.record.parent], copied(parent.generator)
        for name, shadow in lineage.shadows[parent.number].items():
            assert torch.allclose(shadow, decay * inherited[name] + (1 - decay) * weights[name])
