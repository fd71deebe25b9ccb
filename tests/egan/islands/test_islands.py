"""Islands in this process: what they are, what passes between them, and that a rest changes nothing."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core_gans.foundation.errors import DivergedError
from core_gans.runs import checkpoints
from egan.evolution import evolve
from egan.islands.archipelago import Archipelago, Island
from egan.islands.island import Leg, play
from egan.islands.seeds import island_seed
from egan.islands.settings import Islands, islands_from
from egan.islands.transport import packed, size_of, unpacked
from egan.islands.watching import rows
from egan.population import start
from tests.egan.islands.small import EXAMPLES, OPTIONS, a_setup, begun, played
from tests.tiny import chance, differences, pictures

RING = Islands(islands=3, migrate_every=3)
WHOLE = {"parents": 2, "strategy": "plus", "common_latents": True, "recycle": True}


def test_an_island_without_neighbours_is_a_plain_evolution_to_the_bit() -> None:
    state = begun(replace(RING, islands=2, migrate_every=100))
    played(state, 7)
    setup, options = state.setup, replace(OPTIONS, seed=island_seed(0, 1))
    plain = start(state.game, options.batches(setup.examples), options.rng(), 1)
    evolve(state.game, plain.batches, 7, rng=plain.rng, state=plain, scheme=setup.scheme)
    assert differences(state.population(1).state_dict(), plain.state_dict()) == []


def test_islands_differ_from_each_other_and_the_first_has_the_seed_of_the_run() -> None:
    assert island_seed(5, 0) == 5
    assert len({island_seed(seed, island) for seed in range(20) for island in range(20)}) == 400
    state = begun(RING)
    first, *others = (unpacked(island.state["parents"][0]["generator"]) for island in state.islands)
    assert all(differences(first, other) for other in others)


@pytest.mark.parametrize(
    ("settings", "evolution"),
    [
        (RING, {}),
        (replace(RING, topology="grid", islands=4, migrants=2), WHOLE),
        (replace(RING, topology="all", migrate_discriminators=True, outcome="mixture"), {"selection": "random"}),
        (replace(RING, migrate_discriminators=True), {"discriminators": 2}),
    ],
    ids=["ring", "grid", "all", "many discriminators"],
)
def test_a_rest_anywhere_changes_nothing(settings: Islands, evolution: dict[str, Any], tmp_path: Path) -> None:
    straight, stopped = begun(settings, **evolution), begun(settings, **evolution)
    played(straight, 8)
    played(stopped, 3)  # where a migration is due
    played(stopped, 5)
    saved = checkpoints.load(checkpoints.save(tmp_path / "rest.safetensors", stopped.state_dict()))
    resumed = begun(settings, **evolution)
    resumed.load_state_dict(saved)
    assert differences(resumed.state_dict(), stopped.state_dict()) == []
    played(resumed, 8)
    assert differences(resumed.state_dict(), straight.state_dict()) == []
    assert len(straight.migrations) > 0


@pytest.mark.parametrize("variant", ["cgan", "text_to_image"])
def test_what_is_judged_is_the_whole_example_without_what_was_asked_for(variant: str) -> None:
    state = begun(replace(RING, islands=2), pictures(40), variant=variant)
    samples = state.game.sample(state.sampling_nets(), state.judge.count, chance(OPTIONS.seed + 3))
    assert samples.shape == (4, 1, 16, 16)
    assert state.chosen.distances[state.chosen.best] == state.judge.distance(state.judge.of(samples))


def test_on_a_ring_generators_with_their_averages_go_from_island_to_island() -> None:
    state = begun(RING)
    played(state, 3)
    before = [island.state for island in state.islands]
    state.every = [1]
    played(state, 4)
    assert [(each["from"], each["to"], each["generation"]) for each in state.migrations] == [
        (2, 0, 3),
        (0, 1, 3),
        (1, 2, 3),
    ]
    for island, each in enumerate(state.islands):
        came = next(record for record in each.records.values() if record["mutation"] == "migrant")
        assert came["number"] == state.migrations[island]["as"]
        origin = before[(island - 1) % 3]
        (parent,) = each.state["parents"]
        assert parent["record"]["parent"] == came["number"]
        moved = {
            name: np.abs(array - origin["shadows"][0][name]).max() for name, array in each.state["shadows"][0].items()
        }
        assert max(moved.values()) < 0.05  # a step from the shadow that came with it, and far from the island's own
        assert differences(unpacked(origin["parents"]), unpacked(before[island]["parents"]))


def test_where_neighbours_compete_the_fittest_stay() -> None:
    setup = a_setup()
    ours, theirs = setup.founded(0), setup.founded(1)
    state = begun(Islands(islands=2, topology="grid", migrate_every=1))
    played(state, 2)
    assert all(each["from"] != each["to"] for each in state.migrations)
    assert all(len(island.state["parents"]) == 1 for island in state.islands)
    migrants = [
        record for island in state.islands for record in island.records.values() if record["mutation"] == "migrant"
    ]
    assert len(migrants) == 2
    assert sum(record["survived"] for record in migrants) == len(state.migrations)
    assert differences(unpacked(ours["parents"]), unpacked(theirs["parents"]))


def test_a_leg_is_a_function_of_its_state() -> None:
    setup = a_setup()
    leg = Leg(0, setup.founded(0), (), 3)
    before = pickle.dumps(leg)
    one, other = play(setup, leg), play(pickle.loads(pickle.dumps(setup)), leg)
    assert pickle.dumps(leg) == before
    assert differences(unpacked(one.state), unpacked(other.state)) == []
    assert [line["generation"] for line in one.lines] == [1, 2, 3]


def test_what_travels_is_arrays_of_the_same_bits() -> None:
    state = {"a": [torch.tensor([1.5, float("nan")]), {"step": torch.tensor(3.0)}], "b": (1, "x", None)}
    travelling = packed(state)
    assert isinstance(travelling["a"][0], np.ndarray)
    assert size_of(travelling) == 12
    assert differences(unpacked(travelling), state) == []


def poisoned(state: Archipelago, island: int) -> None:
    """Let an island's discriminator give NaN to everything."""
    weights = state.islands[island].state["discriminator"]
    state.islands[island].state["discriminator"] = {name: np.full_like(each, np.nan) for name, each in weights.items()}


class TestDivergence:
    def test_an_island_that_diverges_rests_and_the_others_go_on(self) -> None:
        state = begun(RING)
        played(state, 3)
        poisoned(state, 1)
        state.tell = print
        (told,) = played(state, 10)
        assert told.startswith("warning: island 2 rests from generation ")
        assert state.living == [0, 2]
        assert [island.round for island in state.islands][::2] == [10, 10]
        assert {(each["from"], each["to"]) for each in state.migrations if each["generation"] > 3} == {(0, 2), (2, 0)}
        row = rows(state)[1]
        assert row["diverged"]
        again = begun(RING)
        again.load_state_dict(state.state_dict())
        assert again.living == [0, 2]
        played(again, 12)

    def test_when_all_have_diverged_it_says_so(self) -> None:
        state = begun(replace(RING, islands=2))
        for island in range(2):
            poisoned(state, island)
        with pytest.raises(DivergedError, match="all islands diverged; the last: "):
            played(state, 3)


class TestSettings:
    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            ({"islands": 0}, "expected --islands of at least 1, got 0"),
            ({"islands": 10**9}, "expected at most 4,096 --islands, got 1,000,000,000"),
            ({"islands": 2, "exploit": 0.6}, "expected an --exploit above 0 and up to 0.5, got 0.6"),
            ({"islands": 2, "migrate_every": 0}, "expected --migrate-every of at least 1, got 0"),
            ({"islands": 2, "migrants": 0}, "expected --migrants of at least 1, got 0"),
            ({"islands": 2, "workers": 0}, "expected --workers of at least 1, got 0"),
            ({"islands": 2, "topology": "rnig"}, "expected topology to be ring, grid, all or alone, got 'rnig'"),
            ({"topology": "grid"}, "--topology is of several islands: give --islands 2 or more"),
            ({"address": "auto"}, "--address is of several islands"),
        ],
    )
    def test_what_makes_no_islands_is_refused(self, wrong: dict[str, Any], told: str) -> None:
        with pytest.raises(ValueError, match=told):
            Islands(**wrong)

    def test_more_migrants_than_parents(self) -> None:
        with pytest.raises(ValueError, match="got --migrants 3 and --parents 2"):
            Islands(islands=2, migrants=3).require_parents(2)

    def test_they_are_read_from_a_configuration(self) -> None:
        assert islands_from({}) == Islands()
        assert islands_from({"islands": {"islands": 4}}) == Islands(islands=4)
        with pytest.raises(ValueError, match="cannot be read by this version"):
            islands_from({"islands": {"isles": 4}})


def test_a_checkpoint_of_another_number_of_islands_is_refused() -> None:
    state = begun(RING)
    with pytest.raises(ValueError, match="expected 2 islands, got 3"):
        begun(replace(RING, islands=2)).load_state_dict(state.state_dict())
    assert Island.of(state.islands[0].saved()).round == 0
    assert len(state.setup.examples) == len(EXAMPLES) * 9 // 10
