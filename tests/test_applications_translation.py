"""The judges of the translations that are measured: planted answers have known figures."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.applications.paired import Paired, beside_the_mean, beside_the_source, moved_and_mirrored
from benchmarks.applications.restoration import coloured, filled, sharper
from benchmarks.applications.row import Row
from benchmarks.applications.translation import labels_read
from core_gans.data.pairs import Pairs
from core_gans.data.scenes import COLOURS
from core_gans.data.tasks import central_hole, grey, psnr


def noise(count: int, channels: int = 3, size: int = 16, seed: int = 0) -> Tensor:
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_moved_and_mirrored_pairs_stay_partners() -> None:
    source = (noise(3, seed=1) * 127 + 128).byte()
    grown = moved_and_mirrored(Pairs("noise", source, 255 - source), copies=4, most=3)
    assert len(grown) == 3 * 4 * 2
    assert torch.equal(grown.target, 255 - grown.source)
    assert torch.equal(grown.source[12:], grown.source[:12].flip(3))
    inner = source[0, :, 3:-3, 3:-3]
    places = [
        (x, y)
        for view in grown.source[:12:3]
        for y in range(7)
        for x in range(7)
        if torch.equal(view[:, y : y + 10, x : x + 10], inner)
    ]
    assert len(places) == 4
    assert len(set(places)) > 1


def test_errors_stand_beside_those_of_the_mean_and_of_the_source() -> None:
    learned = Pairs("noise", noise(4), torch.full((4, 3, 16, 16), 0.5))
    held = Pairs("noise", torch.zeros(2, 3, 16, 16), torch.full((2, 3, 16, 16), 0.25))
    drawn = torch.full((2, 3, 16, 16), 0.2)
    assert beside_the_mean(learned, held, drawn) == Row(pytest.approx(0.05), pytest.approx(0.25))  # type: ignore[arg-type]
    row = beside_the_source(learned, held, drawn)
    assert (row.figure, row.baseline) == (pytest.approx(0.05), pytest.approx(0.25))
    assert row.others == {"share": pytest.approx(0.2), "mean image": pytest.approx(0.25)}


def test_labels_are_read_off_by_colour_beside_each_pixel_s_most_frequent_class() -> None:
    palette = torch.from_numpy(np.asarray(COLOURS, np.uint8))

    def painted(classes: Tensor) -> Tensor:
        return palette[classes].permute(0, 3, 1, 2)

    learned = painted(torch.tensor([[[1, 2]], [[1, 2]], [[3, 4]]]))
    held = painted(torch.tensor([[[1, 5]], [[1, 2]]]))
    drawn = painted(torch.tensor([[[1, 5]], [[1, 5]]])).float() / 127.5 - 1 + 0.03
    row = labels_read(Pairs("labels", learned, learned), Pairs("labels", held, held), drawn)
    assert (row.figure, row.baseline) == (0.75, 0.75)


def test_a_hole_is_judged_by_what_was_hidden_and_nothing_else_is_touched() -> None:
    truth = noise(2)
    hidden = central_hole(truth)
    source = truth.masked_fill(hidden, 0)
    drawn = torch.where(hidden, truth + 0.125, -truth)  # wrong everywhere else, which must not count
    row = filled(Pairs("hole", source, truth), Pairs("hole", source, truth), drawn)
    assert row.figure == pytest.approx(0.125, abs=1e-6)
    assert row.baseline == pytest.approx(truth[hidden.expand_as(truth)].abs().mean().item())
    assert row.others == {"known pixels changed": 0}


def test_detail_and_colours_stand_beside_the_sources() -> None:
    truth = noise(2) / 2
    blurred = Pairs("blurred", truth + 0.2, truth)
    row = sharper(blurred, blurred, truth + 0.02)
    assert (row.figure, row.baseline) == (pytest.approx(40, abs=0.01), pytest.approx(20, abs=0.01))
    assert row.baseline == pytest.approx(psnr(blurred.source, truth))
    faded = Pairs("grey", grey(truth), truth)
    row = coloured(faded, faded, truth)
    assert row.figure == 0
    assert row.baseline == pytest.approx((grey(truth) - truth).abs().mean().item())


def test_a_lesson_is_taught_until_its_time_is_up_and_depends_on_its_seed() -> None:
    pairs = Pairs("roll", noise(8), noise(8).roll(1, dims=1))
    lesson = Paired(lambda: (pairs, pairs), beside_the_source, {"width": 2, "patch_layers": 1})
    _, held, drawn = lesson.answers(0, 0.0)
    assert drawn.shape == held.target.shape
    assert lesson(0, 0.0) == beside_the_source(pairs, pairs, drawn)  # one round, to the bit
    assert lesson(1, 0.0) != lesson(0, 0.0)
