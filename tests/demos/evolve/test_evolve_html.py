"""What the page shows of evolutions: pictures that say what is there, on scales that can be compared."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core_gans.data.points import ring
from core_gans.foundation.sheets import sheet
from demos.evolve.charts import COLOURS, MARGINS, colour, measure, scale, scale_around, shares_chart
from demos.evolve.html import stages
from demos.evolve.judgements import Judgement, Judgements
from demos.evolve.plane import plane
from demos.evolve.requests import EvolutionRequest, RunSummary
from demos.evolve.snapshots import GENERATIONS, EvolutionSnapshot, SampleView, latest_family
from demos.evolve.tree import tree_chart
from egan.curves import Curve, Curves
from egan.individual import Record
from egan.mutations import KNOWN

HOSTILE = '<script>alert("x")</script>'
NAMES = st.sampled_from(["round", "modes_covered", "frechet[x]", "loss"])
VALUES = st.one_of(st.none(), st.text(max_size=3), st.floats())
LINES = st.lists(st.one_of(st.text(max_size=30), st.builds(json.dumps, st.dictionaries(NAMES, VALUES))))
RING = ring(400, torch.Generator().manual_seed(0))


def parsed(html: str) -> ET.Element:
    """The HTML as a tree: whatever is not well-formed is refused."""
    closed = re.sub("<img ([^>]*)>", r"<img \1/>", html)
    return ET.fromstring(f"<all>{closed}</all>")


def curves_shown(fitness: dict[str, list[float]]) -> Curves:
    count = len(next(iter(fitness.values())))
    flat = Curve(np.zeros(count), np.zeros(count))
    curves = {name: Curve(np.array(values), np.array(values)) for name, values in fitness.items()}
    share = {name: np.full(count, 1 / len(fitness)) for name in fitness}
    generations = np.arange(1.0, count + 1)
    return Curves(generations, 1, 1, flat, flat, flat, curves, curves, share, dict.fromkeys(fitness, count))


def family(generations: int) -> list[Record]:
    """One parent, two children a generation, of whom the second always survives."""
    records = [Record(0, -1, "founder", 0, survived=True)]
    for generation in range(1, generations + 1):
        parent = records[-1].number
        for order, mutation in enumerate(("minimax", "heuristic")):
            number = 2 * generation - 1 + order
            records.append(Record(number, parent, mutation, generation, survived=order == 1))
    return records


def snapshot(**fields: object) -> EvolutionSnapshot:
    return replace(
        EvolutionSnapshot(RunSummary.of_request(EvolutionRequest()), phase="evolving", generation=3, planned=9.0),
        **fields,
    )  # type: ignore[arg-type]


def numbers(path: str) -> list[tuple[float, float]]:
    """The corners of a line."""
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path)]


def first_line(html: str, title: str) -> list[tuple[float, float]]:
    """The corners of the first line of the chart called ``title``."""
    for figure in parsed(html).iter("figure"):
        caption = figure.find("figcaption")
        if caption is not None and (caption.text or "").startswith(title):
            line = figure.find("svg/path")
            assert line is not None
            return numbers(line.attrib["d"])
    raise AssertionError(f"no chart is called {title}")


def test_runs_on_the_same_data_share_their_scales_and_others_do_not() -> None:
    long, short = curves_shown({"minimax": [0.0, 1.0, 2.0, 4.0]}), curves_shown({"minimax": [0.0, 2.0]})
    a, b = snapshot(curves_shown=long, generation=4), snapshot(curves_shown=short, generation=2)
    (_, left), (_, right) = stages({"A": a, "B": b})
    assert first_line(right, "Fitness")[1] == (first_line(left, "Fitness")[1][0], first_line(left, "Fitness")[2][1])
    elsewhere = replace(b, run_summary=RunSummary.of_request(EvolutionRequest(data="grid")))
    (_, left), (_, right) = stages({"A": a, "B": elsewhere})
    assert first_line(right, "Fitness")[1][0] == MARGINS.width - MARGINS.right
    assert first_line(right, "Fitness")[1][1] == pytest.approx(first_line(left, "Fitness")[3][1], abs=0.1)


def test_what_comes_from_a_run_is_text_and_never_markup() -> None:
    hostile = RunSummary(HOSTILE, HOSTILE, replace(EvolutionRequest().evolution(), mutations=(HOSTILE,)))
    shown = snapshot(
        run_summary=hostile,
        curves_shown=curves_shown({HOSTILE: [1.0, 2.0]}),
        wins={HOSTILE: 2},
        tree=latest_family([replace(record, mutation=HOSTILE) for record in family(2)], []),
        judged=[Judgement(1, {f"frechet[{HOSTILE}]": 1.0})],
        after={HOSTILE: 1.0},
        note=HOSTILE,
        sheet=sheet(torch.zeros(4, 1, 4, 4)),
    )
    for each in (shown, replace(shown, phase="failed", trouble=HOSTILE)):
        (head, body), _ = stages({"A": each, "B": None})
        assert "<script" not in head + body
        parsed(head + body)


@pytest.mark.parametrize("values", [[], [float("nan")], [1.0], [0.0, 0.0], [-1e30, 1e30]])
def test_a_scale_has_room_for_whatever_comes(values: list[float]) -> None:
    plot = scale_around(5.0, [np.array(values)])
    for value in values:
        assert np.isnan(value) or MARGINS.top <= plot.y(value) <= MARGINS.height
    assert plot.x(0) == MARGINS.left
    assert plot.x(5) == MARGINS.width - MARGINS.right


def test_every_mutation_has_a_colour_of_its_own() -> None:
    assert len({colour(name) for name in KNOWN}) == len(KNOWN)
    assert COLOURS.keys() >= KNOWN.keys()
    assert colour("of_ones_own") == colour("founder")


def test_a_mode_is_covered_where_samples_lie_near_it() -> None:
    view = SampleView(RING)
    near_first = RING.images[RING.labels == 0][:, :2] if RING.labels is not None else RING.images
    lost, far = torch.full((3, 2), float("nan")), torch.full((5, 2), 50.0)
    points = view.shown(torch.cat([near_first, lost, far]))["points"]
    assert [mode.covered for mode in points.modes] == [True, *[False] * 7]
    assert points.high_quality == pytest.approx(len(near_first) / (len(near_first) + 5), abs=0.05)
    figure = parsed(plane(points))
    assert [circle.attrib["class"] for circle in figure.iter("circle")] == ["covered", *["missed"] * 7]
    label = figure[0].attrib["aria-label"]
    assert label.endswith("1 of 8 modes covered")
    assert (points.modes[0].x, points.modes[0].y) == pytest.approx((1.414, 0), abs=0.02)
    circle = next(figure.iter("circle"))
    assert float(circle.attrib["cx"]) > 850  # the first mode is at the right
    assert float(circle.attrib["cy"]) == pytest.approx(500, abs=10)


def test_samples_that_are_not_finite_are_no_picture_and_no_error() -> None:
    points = SampleView(RING).shown(torch.full((4, 2), float("inf")))["points"]
    assert points.modes == ()
    parsed(plane(points))


def test_the_tree_shows_the_last_generations_and_whose_line_goes_on() -> None:
    history = family(GENERATIONS + 30)
    tree = latest_family(history, [history[-1]])
    assert {place.record.generation for place in tree} == set(range(30, GENERATIONS + 31))
    chart = parsed(tree_chart(tree))
    groups = chart.findall("figure/svg/g")
    faint, _, strong = (group.findall("path") for group in groups[1:4])
    assert len(strong) == GENERATIONS
    assert len(faint) == GENERATIONS
    assert {path.attrib["stroke"] for path in strong} == {colour("heuristic")}
    assert {path.attrib["stroke"] for path in faint} == {colour("minimax")}


def test_a_young_population_has_no_tree_yet() -> None:
    assert latest_family([], []) == ()
    assert latest_family(family(0), family(0)) == ()
    assert tree_chart(()) == ""


def test_a_parent_that_outlived_the_others_stays_in_the_tree() -> None:
    history = family(60)
    history[0] = replace(history[0], until=60)
    tree = latest_family(history, [history[0]])
    assert 0 in {place.record.number for place in tree}


def test_coverage_is_told_as_a_share_of_what_there_is() -> None:
    judged = [Judgement(10, {"modes_covered": 4.0, "high_quality_share": 0.25})]
    judged += [Judgement(20, {"modes_covered": 8.0, "high_quality_share": 0.5})]
    (_, covered), (_, good) = (
        numbers(path.attrib["d"])[-1] for path in parsed(shares_chart(judged, 8, 20)).findall("figure/svg/path")
    )
    plot = scale(20, 0, 1.04)
    assert (covered, good) == pytest.approx((plot.y(1.0), plot.y(0.5)), abs=0.1)
    assert shares_chart(judged, 0, 20) == ""
    assert shares_chart([], 8, 20) == ""


def test_measures_have_names_that_people_say() -> None:
    assert measure("frechet[points]") == "Fréchet distance (points)"
    assert measure("modes_covered") == "modes covered"


class TestJudgements:
    def test_only_judgements_are_read_each_once_and_whole_lines_only(self, tmp_path: Path) -> None:
        reader, log = Judgements(tmp_path), tmp_path / "metrics.jsonl"
        assert reader.read() == ()
        log.write_text('{"round": 1, "seconds": 0.1, "images_seen": 8, "loss": 1.0}\n')
        with log.open("a") as file:
            file.write('{"round": 2, "seconds": 0.2, "images_seen": 16, "modes_covered": 3.0, "high_quality')
            file.flush()
            assert reader.read() == ()
            file.write('_share": 0.5}\n')
            file.flush()
            assert reader.read() == (Judgement(2, {"modes_covered": 3.0, "high_quality_share": 0.5}),)
            assert len(reader.read()) == 1

    @given(LINES)
    @settings(deadline=None)
    def test_damaged_lines_are_left_out(self, tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
        folder = tmp_path_factory.mktemp("log")
        (folder / "metrics.jsonl").write_text("\n".join([*lines, '{"round": 7, "modes_covered": 1}', ""]))
        assert Judgements(folder).read()[-1] == Judgement(7, {"modes_covered": 1.0})
