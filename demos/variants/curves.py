"""The gradient that the generator gets at each score, computed from the objectives, and f-GAN's tight bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from markupsafe import Markup
from torch import Tensor

from core_gans.foundation.html import tag
from core_gans.foundation.svg_charts import window
from core_gans.game import NoiseGame
from core_gans.losses.f_divergences import FDivergence, f_divergence
from core_gans.losses.objectives import Objective
from core_gans.variants import make
from demos.line_charts import legend, line_chart

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
    """The gradient by ``objective`` where all generated examples have one score; relative ones see reals at 0."""
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


def score_charts(name: str, **fields: Any) -> Markup:
    """Two charts over the score of a generated example: the generator's loss, and its pull."""
    found = objectives(name, **fields)
    seen = [score_curve(objective) for objective in found.values()]
    scores = seen[0].scores.tolist()
    charts = Markup("")
    for title, values in (
        ("The generator’s loss", [each.loss.tolist() for each in seen]),
        ("Its pull on the score", [each.pull.tolist() for each in seen]),
    ):
        shown = window([value for line in values for value in line], SHOWN)
        lines = dict(zip(KINDS, values, strict=False))
        charts += line_chart(title, "score", scores, lines, (-REACH, REACH), shown, (-5, 0))
    return tag("div", charts, class_="plots") + legend(dict(zip(KINDS, found, strict=False)))


def bound_charts(row: FDivergence) -> Markup:
    """Two charts over the ratio u of the densities: f without its tangent at 1, and T*, where the bound is tight."""
    ratios = torch.linspace(0.02, RATIOS, STEPS, dtype=torch.float64)
    one = torch.ones((), dtype=torch.float64)
    cost = row.generator(ratios) - row.generator(one) - row.optimum(one) * (ratios - 1)
    if row.name == "total_variation":
        cost = row.generator(ratios)  # its tangent at 1 is any between two slopes
    charts = Markup("")
    for title, values, most in (
        ("What a ratio costs", cost.tolist(), 3.0),
        ("T*, the best discriminator", row.optimum(ratios).tolist(), 4.0),
    ):
        charts += line_chart(
            title, "u", ratios.tolist(), {"first": values}, (0, RATIOS), window(values, most), (0, 1, 2, 3)
        )
    return tag("div", charts, class_="plots")


def row_of(name: str) -> FDivergence:
    """The row called ``name`` with f-GAN's own pi and alpha."""
    return f_divergence(name)
