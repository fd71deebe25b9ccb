"""What the generator is told at each score, drawn from the objectives themselves, and f-GAN's tight bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core_gans.game import NoiseGame
from core_gans.losses.f_divergences import FDivergence, f_divergence
from core_gans.losses.objectives import Objective
from core_gans.variants import make
from demos.variants.drawing import Chart, Line, marks, window

REACH = 6.0  # scores are drawn from -REACH to REACH
STEPS = 73
RATIOS = 4.0  # of the densities p/q, drawn from near 0
SHOWN = 8.0  # losses and pulls beyond are cut off

VIEWS: dict[str, dict[str, dict[str, Any]]] = {
    "gan": {"heuristic": {}, "minimax": {"generator_objective": "minimax"}},
    "lsgan": {"(0, 1, 1)": {}, "(−1, 1, 0)": {"a": -1.0, "b": 1.0, "c": 0.0}},
    "fgan": {"heuristic": {}, "minimax": {"generator_objective": "minimax"}},
}
"""Settings of a variant that are worth two curves, by what they are called; the others have one curve."""
KINDS = ("first", "second")


@dataclass(frozen=True)
class ScoreCurve:
    """The generator's loss at each of ``scores`` (N,), and its pull: minus the loss's slope, (N,) each, float64."""

    scores: Tensor
    loss: Tensor
    pull: Tensor


def score_curve(objective: Objective, reach: float = REACH, steps: int = STEPS) -> ScoreCurve:
    """What ``objective`` tells a generator whose examples have one score; relative ones see reals at the score 0."""
    scores = torch.linspace(-reach, reach, steps, dtype=torch.float64, requires_grad=True)
    real = torch.zeros(1, dtype=torch.float64)
    losses = torch.stack([objective.generator(score.view(1), real) for score in scores])
    (slope,) = torch.autograd.grad(losses.sum(), scores)
    return ScoreCurve(scores.detach(), losses.detach(), -slope)


def objectives(name: str, **fields: Any) -> Mapping[str, Objective]:
    """The objectives of the variant called ``name`` that are worth a curve, by what they are called."""
    found = {}
    for words, changed in VIEWS.get(name, {"": {}}).items():
        game = make(name, **fields, **changed)
        assert isinstance(game, NoiseGame)  # the translating ones have no curve
        found[words] = game.objective
    return found


def score_charts(name: str, **fields: Any) -> str:
    """Two charts over the score of a generated example: the generator's loss, and its pull."""
    found = objectives(name, **fields)
    seen = [score_curve(objective) for objective in found.values()]
    scores = seen[0].scores.tolist()
    charts = ""
    for title, values in (
        ("The generator’s loss", [each.loss.tolist() for each in seen]),
        ("Its pull on the score", [each.pull.tolist() for each in seen]),
    ):
        low, high = window([value for line in values for value in line], SHOWN)
        lines = [Line(scores, line, kind) for line, kind in zip(values, KINDS, strict=False)]
        charts += Chart(title, "score", lines, (-REACH, REACH), (low, high), (-5, 0), marks(low, high)).svg()
    return f'<div class="plots">{charts}</div>{legend(list(found))}'


def bound_charts(row: FDivergence) -> str:
    """Two charts over the ratio u of the densities: f without its tangent at 1, and T*, where the bound is tight."""
    ratios = torch.linspace(0.02, RATIOS, STEPS, dtype=torch.float64)
    one = torch.ones((), dtype=torch.float64)
    cost = row.generator(ratios) - row.generator(one) - row.optimum(one) * (ratios - 1)
    if row.name == "total_variation":
        cost = row.generator(ratios)  # its tangent at 1 is any between two slopes
    charts = ""
    for title, values, most in (
        ("What a ratio costs", cost.tolist(), 3.0),
        ("T*, the best discriminator", row.optimum(ratios).tolist(), 4.0),
    ):
        low, high = window(values, most)
        chart = Chart(
            title, "u", [Line(ratios.tolist(), values)], (0, RATIOS), (low, high), (0, 1, 2, 3), marks(low, high)
        )
        charts += chart.svg()
    return f'<div class="plots">{charts}</div>'


def row_of(name: str) -> FDivergence:
    """The row called ``name`` with f-GAN's own pi and alpha."""
    return f_divergence(name)


def legend(names: list[str]) -> str:
    """What the lines are called, where there are two."""
    if len(names) < 2:
        return ""
    items = "".join(f'<li class="{kind}">{words}</li>' for words, kind in zip(names, KINDS, strict=False))
    return f'<ul class="legend">{items}</ul>'
