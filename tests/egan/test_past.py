"""The past comes back from its columns as it was."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core_gans.runs import checkpoints
from egan.evolution import evolve
from egan.past import history_from, logbook_from, pack, unpack
from egan.population import start
from tests.tiny import batches, differences, points, small

WORDS, WHOLE, REAL = st.text(max_size=5), st.integers(-(2**62), 2**62), st.floats()
ROWS = st.lists(st.fixed_dictionaries({"a": WORDS, "b": WHOLE, "c": REAL, "d": st.booleans()}, optional={"e": REAL}))


@given(rows=ROWS)
def test_rows_survive_to_the_bit(rows: list[dict[str, Any]]) -> None:
    again = unpack(pack(rows))
    assert differences(rows, again) == []
    assert [[type(value) for value in row.values()] for row in again] == [list(map(type, r.values())) for r in rows]


def test_whole_numbers_among_real_ones_become_real() -> None:
    assert unpack(pack([{"a": 1}, {"a": 2.5}])) == [{"a": 1.0}, {"a": 2.5}]


@pytest.mark.parametrize(
    ("values", "found"),
    [([True, 1], "bool, int"), ([1, "one"], "int, str"), ([2.0, "two"], "float, str"), ([None], "NoneType")],
)
def test_columns_of_several_kinds_are_refused(values: list[Any], found: str) -> None:
    with pytest.raises(TypeError, match=f"in the column 'mark', got {found}"):
        pack([{"mark": value} for value in values])


def test_rows_that_were_stored_as_lists_stay_as_they_are() -> None:
    assert unpack([[1, -1, "minimax"], [2, 1, "heuristic"]]) == [[1, -1, "minimax"], [2, 1, "heuristic"]]


def test_a_population_s_past_survives_a_checkpoint(tmp_path: Path) -> None:
    examples = points()
    one = evolve(small("dcgan", examples), batches(examples), 5, rng=torch.Generator().manual_seed(0), parents=2)
    one.history[-1].quality = math.nan
    path = checkpoints.save(tmp_path / "past.safetensors", one.state_dict())
    state = checkpoints.load(path)
    assert logbook_from(state) == one.logbook  # without a population, too
    assert differences(list(map(vars, history_from(state))), list(map(vars, one.history))) == []
    other = start(small("dcgan", examples), batches(examples), torch.Generator().manual_seed(1), parents=2)
    other.load_state_dict(state)
    assert differences([vars(record) for record in one.history], [vars(record) for record in other.history]) == []
    assert other.logbook == one.logbook
    assert len(other.history) == 2 + 5 * 2 * 3


def test_a_population_reads_a_past_that_was_stored_as_lists() -> None:
    examples = points()
    one = evolve(small("dcgan", examples), batches(examples), 3, rng=torch.Generator().manual_seed(0))
    state = one.state_dict()
    state["logbook"] = [dict(line) for line in one.logbook]
    state["history"] = [list(vars(record).values()) for record in one.history]
    other = start(small("dcgan", examples), batches(examples), torch.Generator().manual_seed(1))
    other.load_state_dict(state)
    assert differences(other.state_dict(), one.state_dict()) == []
