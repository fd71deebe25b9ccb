"""The curves hold planted answers, and the picture shows them."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from deap import tools
from hypothesis import given
from hypothesis import strategies as st

from egan.curves import curves, moving_average, thinned
from egan.pictures.charts import evolution_picture
from egan.pictures.colours import COLOURS, colours
from tests.egan.descent import MUTATIONS, logbook

VALUES = st.lists(st.one_of(st.floats(-10, 10), st.just(math.nan)), min_size=1, max_size=40)
WINNERS = st.lists(st.sampled_from(MUTATIONS), min_size=1, max_size=60)


@given(values=VALUES, window=st.integers(1, 12))
def test_a_moving_average_is_the_mean_of_the_finite_values_around(values: list[float], window: int) -> None:
    averages = moving_average(np.array(values), window)
    for place, average in enumerate(averages):
        first = max(0, place - (window - 1) // 2)
        near = [value for value in values[first : place + window // 2 + 1] if math.isfinite(value)]
        if near:
            assert average == pytest.approx(sum(near) / len(near), abs=1e-9)
        else:
            assert math.isnan(average)


def test_a_value_that_broke_out_is_forgotten_once_it_is_far() -> None:
    assert moving_average(np.array([1.0, 1e20, 1.0, 2.0, 3.0]), 2)[2:].tolist() == [1.5, 2.5, 3.0]


@given(count=st.integers(1, 50), every=st.integers(1, 7))
def test_a_thinned_curve_has_the_means_of_neighbours(count: int, every: int) -> None:
    values = np.arange(count, dtype=float)
    expected = [values[first : first + every].mean() for first in range(0, count, every)]
    assert thinned(values, every) == pytest.approx(expected)


@given(winners=WINNERS, window=st.integers(1, 70), most=st.integers(1, 70))
def test_shares_add_up_to_one_and_wins_to_the_generations(winners: list[str], window: int, most: int) -> None:
    course = curves(logbook(winners), window, most)
    assert np.sum(list(course.share.values()), axis=0) == pytest.approx(1.0)
    assert course.wins == {name: winners.count(name) for name in MUTATIONS}
    assert course.total == len(winners)
    assert len(course.generations) <= most


def test_the_advantage_is_what_a_mutation_has_over_its_siblings() -> None:
    above = {"minimax": 0.0, "heuristic": 0.5, "least_squares": -0.2}
    course = curves(logbook(["heuristic"] * 90, above), window=9)
    assert list(course.advantage) == list(above)
    for mutation, more in above.items():
        assert course.advantage[mutation].raw == pytest.approx(more - 0.1)
        assert course.advantage[mutation].smooth == pytest.approx(more - 0.1)
        assert course.fitness[mutation].raw == pytest.approx(np.arange(1, 91) + more)


def test_a_share_is_counted_in_the_window_around() -> None:
    course = curves(logbook(["minimax"] * 50 + ["heuristic"] * 50), window=11)
    assert course.share["minimax"][:45] == pytest.approx(1.0)
    assert course.share["minimax"][55:] == pytest.approx(0.0)
    assert course.share["minimax"][49] == pytest.approx(6 / 11)
    assert course.share["least_squares"] == pytest.approx(0.0)


def test_a_long_evolution_keeps_its_span_and_its_mean() -> None:
    course = curves(logbook(["minimax"] * 4000), most=1000)
    assert (course.every, len(course.generations)) == (4, 1000)
    assert course.generations[0] == 2.5
    assert course.generations[-1] == 3998.5
    assert course.quality.raw.mean() == pytest.approx(4001 / 2 / 10)


def test_dead_children_leave_gaps_and_json_has_no_nan() -> None:
    book = logbook(["minimax"] * 3)
    book[1]["fitness/heuristic"] = math.nan
    book[2]["fitness/heuristic"] = -math.inf
    told = json.loads(json.dumps(curves(book, window=1).to_json(), allow_nan=False))
    assert told["fitness"]["heuristic"]["raw"] == [1.0, None, None]
    assert told["advantage"]["minimax"]["raw"] == [0.0, 0.0, 0.0]
    assert told["points"] == [1.0, 2.0, 3.0]
    assert told["wins"] == {"minimax": 3, "heuristic": 0, "least_squares": 0}


def test_a_mutation_may_join_later() -> None:
    book = logbook(["minimax"] * 4, {"minimax": 0.0})
    for line in logbook(["mine"] * 4, {"minimax": 0.0, "mine": 2.0}):
        book.record(**line)
    course = curves(book, window=1)
    assert np.isnan(course.fitness["mine"].raw[:4]).all()
    assert course.advantage["mine"].raw[4:] == pytest.approx(1.0)
    assert course.share["mine"].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(ValueError, match="at least one generation, got an empty one"):
        curves(tools.Logbook())
    with pytest.raises(ValueError, match="window of at least one generation, got 0"):
        curves(logbook(["minimax"]), window=0)
    with pytest.raises(ValueError, match="curves of at least two points, got 1"):
        evolution_picture(curves(logbook(["minimax"])))


def test_mutations_keep_their_colours_and_strangers_get_their_own() -> None:
    paint = colours(["mine", "heuristic", "yours"])
    assert paint["heuristic"] == COLOURS["heuristic"]
    assert len(set(paint.values())) == 3


def test_the_picture_shows_who_won() -> None:
    winners = ["minimax"] * 200 + ["heuristic"] * 200
    page = evolution_picture(curves(logbook(winners), window=5), "50 $ of a_b on ^c")
    assert page.dtype == np.uint8
    assert page.shape[2] == 3
    height, width, _ = page.shape
    shares = page[int(0.7 * height) : int(0.93 * height)]
    left, right = shares[:, int(0.08 * width) : width // 2], shares[:, int(0.53 * width) : int(0.95 * width)]
    assert coloured(left, "minimax") > 0.9
    assert coloured(right, "heuristic") > 0.9
    assert coloured(left, "heuristic") == coloured(right, "minimax") == 0


def test_a_course_without_a_finite_value_is_drawn_too() -> None:
    book = logbook(["minimax", "heuristic", "minimax"])
    for line in book:
        line["diversity"] = math.nan
    assert evolution_picture(curves(book)).std() > 0


def coloured(page: np.ndarray, mutation: str) -> float:
    """The share of the pixels that have the mutation's colour, as the stacked area shows it."""
    solid = np.array([int(COLOURS[mutation][place : place + 2], 16) for place in (1, 3, 5)])
    seen = 0.85 * solid + 0.15 * 255
    return float((np.abs(page - seen).max(axis=-1) < 3).mean())
