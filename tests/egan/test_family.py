"""Descent: DEAP's history of it, ancestors, and a tree without crossings."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from egan.family import common_ancestor, deap_history, family_tree, lineage, living
from egan.individual import Record
from egan.mutations import PAPER
from egan.pictures.colours import COLOURS
from egan.pictures.family_tree import family_picture
from tests.egan.descent import MUTATIONS, family

FAMILIES = st.builds(family, st.integers(0, 12), st.integers(1, 4), st.integers(0, 10**6))


def child(number: int, parent: int, generation: int, survived: bool = True, mutation: str = "minimax") -> Record:
    return Record(number, parent, "founder" if parent < 0 else mutation, generation, 0.5, 0.1, survived)


@given(records=FAMILIES)
def test_deap_finds_the_lineage_of_everyone(records: list[Record]) -> None:
    history = deap_history(records)
    assert sorted(history.genealogy_tree) == list(range(1, len(records) + 1))
    for relative in history.genealogy_history.values():
        line = lineage(records, relative.number)
        indices = {history_index - 1 for history_index in history.getGenealogy(relative)}
        assert indices == {record.number for record in line}
        parents = history.genealogy_tree[relative.history_index]
        assert [parent - 1 for parent in parents] == ([relative.parent] if relative.parent >= 0 else [])


def test_deap_s_history_holds_the_records_marks() -> None:
    records = family(3, parents=2)
    relative = deap_history(records).genealogy_history[6]
    assert {mark: getattr(relative, mark) for mark in vars(records[5])} == vars(records[5])
    assert not hasattr(records[5], "history_index")


def test_a_child_of_a_forgotten_parent_is_a_founder_to_deap() -> None:
    history = deap_history([child(7, 5, 3), child(9, 7, 4)])
    assert history.genealogy_tree == {1: (), 2: (1,)}


def test_a_lineage_goes_from_the_founder_to_the_child() -> None:
    records = [child(0, -1, 0), child(1, 0, 1, False), child(2, 0, 1), child(3, 2, 2), child(4, 2, 2, False)]
    assert [record.number for record in lineage(records, 4)] == [0, 2, 4]
    assert [record.number for record in living(records)] == [3]
    with pytest.raises(ValueError, match="individual in these 5 records, got 9"):
        lineage(records, 9)


def test_the_living_meet_in_their_latest_common_ancestor() -> None:
    records = [child(0, -1, 0), child(1, -1, 0), child(2, 0, 1), child(3, 0, 1), child(4, 2, 2), child(5, 3, 2)]
    records += [child(6, 4, 3), child(7, 4, 3), child(8, 4, 3, False)]
    met = common_ancestor(records)
    assert met is not None
    assert met.number == 4
    assert common_ancestor([*records[:4], child(4, 2, 2), child(5, 3, 2)]) == records[0]
    assert common_ancestor([child(0, -1, 0), child(1, -1, 0), child(2, 0, 1), child(3, 1, 1)]) is None
    assert common_ancestor([]) is None


@given(records=FAMILIES)
def test_the_common_ancestor_is_the_last_that_all_lineages_share(records: list[Record]) -> None:
    lines = [{record.number for record in lineage(records, survivor.number)} for survivor in living(records)]
    shared = set.intersection(*lines)
    met = common_ancestor(records)
    assert (met.number if met else None) == max(shared, default=None)


@given(records=FAMILIES, generations=st.integers(1, 15))
def test_no_line_of_the_tree_crosses_another(records: list[Record], generations: int) -> None:
    places = family_tree(records, generations)
    last = max(record.generation for record in records)
    for generation in range(max(0, last - generations), last + 1):
        row = sorted(
            (place for place in places.values() if place.record.generation == generation), key=lambda place: place.lane
        )
        assert [later.lane - earlier.lane for earlier, later in pairwise(row)] == [1] * (len(row) - 1)
        assert sum(place.lane for place in row) == 0
        parents = [places[place.record.parent].lane for place in row if place.record.parent in places]
        assert parents == sorted(parents)


@given(records=FAMILIES)
def test_the_tree_knows_whose_line_goes_on(records: list[Record]) -> None:
    expected = {record.number for survivor in living(records) for record in lineage(records, survivor.number)}
    places = family_tree(records, 50)
    assert {number for number, place in places.items() if place.enduring} == expected
    assert len(places) == len(records)


def test_a_tree_shows_the_last_generations_and_the_survivors_before() -> None:
    records = family(30, parents=2)
    born = [place.record for place in family_tree(records, 10).values()]
    assert {record.generation for record in born} == set(range(20, 31))
    assert all(record.survived for record in born if record.generation == 20)
    with pytest.raises(ValueError, match="at least one generation, got 0"):
        family_tree(records, 0)


def test_siblings_stand_in_the_order_of_their_mutations() -> None:
    places = family_tree(family(5), 3)
    for generation in (3, 4, 5):
        row = sorted((p for p in places.values() if p.record.generation == generation), key=lambda p: p.lane)
        assert [place.record.mutation for place in row] == list(MUTATIONS)


@settings(deadline=None, max_examples=3)
@given(winner=st.sampled_from(MUTATIONS))
def test_the_picture_is_painted_in_the_colours_of_the_line(winner: str) -> None:
    records = [child(0, -1, 0)]
    for generation in range(1, 60):
        parent = next(record.number for record in records if record.generation == generation - 1 and record.survived)
        for mutation in MUTATIONS:
            records.append(child(len(records), parent, generation, mutation == winner, mutation))
    page = family_picture(records)
    tree = page[len(page) // 3 :]
    assert count(tree, winner) > 1000
    assert all(count(tree, loser) == 0 for loser in MUTATIONS if loser != winner)


@pytest.mark.parametrize(("generations", "parents"), [(1, 1), (2, 3), (60, 3), (12, 8)])
def test_any_family_can_be_drawn(generations: int, parents: int) -> None:
    page = family_picture(family(generations, parents), title="100 $ of family")
    assert page.shape[1] == 1320
    assert page.shape[0] < 1300
    assert page.std() > 5


def test_founders_alone_are_no_tree() -> None:
    with pytest.raises(ValueError, match="founders only: evolve first"):
        family_picture(family(0, parents=3))


def count(page: np.ndarray, mutation: str) -> int:
    """Pixels of exactly the mutation's colour."""
    solid = [int(COLOURS[mutation][place : place + 2], 16) for place in (1, 3, 5)]
    return int((page == solid).all(axis=-1).sum())


def test_who_lives_on_is_alive_and_stands_in_the_tree_however_old() -> None:
    """A founder that is never beaten: one child in each of 50 generations, and it survives them all."""
    founder = Record(0, -1, "founder", 0, survived=True, until=50)
    records = [founder, *(Record(number, 0, "minimax", number) for number in range(1, 51))]
    assert living(records) == [founder]
    assert common_ancestor(records) is founder
    tree = family_tree(records, generations=20)
    assert sorted(tree) == [0, *range(31, 51)]
    assert (tree[0].generation, tree[0].enduring) == (30, True)


def test_a_generation_without_survivors_leaves_the_ones_before_it_alive() -> None:
    records = family(5)
    alive = living(records)
    dead = [Record(len(records) + i, alive[0].number, "minimax", 6) for i in range(3)]
    assert living([*records, *dead]) == alive


def test_a_crossover_has_two_parents_in_deaps_history() -> None:
    founders = [Record(number, -1, "founder", 0, survived=True) for number in range(2)]
    history = deap_history([*founders, Record(2, 1, "crossover", 1, other=0), Record(3, 0, "minimax", 1)])
    assert history.genealogy_tree == {1: (), 2: (), 3: (2, 1), 4: (1,)}


def test_the_snippet_of_the_docs_finds_the_line_of_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[2] / "docs" / "evolution.md").read_text(encoding="utf-8")
    snippets = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (snippet,) = [each for each in snippets if "deap_history" in each]
    exec(compile(snippet, "docs/evolution.md", "exec"), {})
    founder, *line = capsys.readouterr().out.split(" -> ")
    assert founder == "founder"
    assert len(line) == 5  # one child for each generation, and every one of them by a mutation of the paper
    assert {name.strip() for name in line} <= {each.name for each in PAPER}
