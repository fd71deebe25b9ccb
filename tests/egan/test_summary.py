"""The short table tells the judge's numbers, the winners, and only the pictures that are there."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from rich.console import Console

from core_gans.foundation.pixels import write_png
from core_gans.run_kind import Result
from egan.evolution import evolve
from egan.population import Population
from egan.summary import summary_table
from egan.watching import CHART, TREE, EvolutionPictures
from tests.tiny import batches, points, small


def told(result: Result[Population]) -> str:
    console = Console(width=80, record=True, file=(result.folder / "told.txt").open("w"))
    with console.file:
        console.print(summary_table(result))
    return console.export_text()


@pytest.fixture
def result(tmp_path: Path) -> Result[Population]:
    examples = points()
    population = evolve(
        small("dcgan", examples),
        batches(examples),
        8,
        rng=torch.Generator().manual_seed(0),
        watchers=[EvolutionPictures(tmp_path)],
    )
    for line, winner in zip(population.logbook, ["minimax"] * 6 + ["heuristic"] * 2, strict=True):
        line["winner"] = winner
    before, after = {"modes_covered": 0.0, "frechet[points]": 1.89412}, {"modes_covered": 8.0, "frechet[points]": 0.01}
    return Result(tmp_path, population, before, after)


def rows(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def test_the_table_tells_what_came_of_it(result: Result[Population]) -> None:
    text = told(result)
    assert "8 generations in" in text
    assert ["modes_covered", "0", "8"] in rows(text)
    assert ["frechet[points]", "1.894", "0.01"] in rows(text)
    assert rows(text).index(["minimax", "75%", "6"]) < rows(text).index(["heuristic", "25%", "2"])
    assert "least_squares" not in text
    assert max(map(len, text.splitlines())) <= 80


def test_only_pictures_that_are_there_are_named(result: Result[Population]) -> None:
    text = told(result)
    assert CHART in text
    assert TREE in text
    assert "training.gif" not in text
    assert "samples" not in text.replace("how the samples", "")
    for number in (9, 10):
        page = torch.zeros(4, 4, 3, dtype=torch.uint8).numpy()
        write_png(result.folder / "samples" / f"round-{number:07d}.png", page)
    assert "samples/round-0000010.png" in told(result)
    assert "round-0000009" not in told(result)


def test_a_judge_s_new_number_has_no_before(result: Result[Population]) -> None:
    text = told(dataclasses.replace(result, before={}))
    assert ["modes_covered", "8"] in rows(text)
