"""A model that moves past its data, in frames that the browser scrubs through: densities, D* and divergences.

Every number is an integral by quadrature (``core_gans.theory``); D* = p / (p + q) is drawn from the two densities.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import gradio as gr
import torch
from torch import Tensor

from core_gans.theory import distances
from core_gans.theory.densities import Density, gaussian, mixture
from core_gans.theory.meeting import DATA, meet

LOW, HIGH, PLACES = -4.0, 5.0, 271
THIN = 0.16  # standard deviation of the humps that are far apart
TAIL = 1e-25  # a density that matters to no integral here
EVERY = 4  # steps of learning from one frame to the next
MEASURES: dict[str, tuple[str, Callable[[Density, Density], Tensor]]] = {
    "jsd": ("Jensen-Shannon", distances.jensen_shannon),
    "kl": ("KL(data ‖ model)", distances.kl),
    "reverse": ("KL(model ‖ data)", distances.reverse_kl),
    "tv": ("total variation", distances.total_variation),
    "w1": ("Wasserstein-1", distances.wasserstein1),
}


@dataclass(frozen=True)
class TheoryView:
    """Data, and a model in frames, each with the place of the slider that it stands for."""

    title: str
    about: str
    slider: str
    data: Density
    models: Sequence[Density]
    places: Sequence[float]
    first: int = 0  # the frame that is shown first

    def frames(self) -> dict[str, Any]:
        """The scene as JSON has it: p and each q at ``PLACES`` points of the line, and each measure of each frame."""
        x = torch.linspace(LOW, HIGH, PLACES, dtype=torch.float64)
        data, models = _near(self.data), [_near(model) for model in self.models]
        return {
            "title": self.title,
            "about": self.about,
            "slider": self.slider,
            "first": self.first,
            "places": [round(place, 3) for place in self.places],
            "p": _rounded(self.data.pdf(x)),
            "q": [_rounded(model.pdf(x)) for model in self.models],
            "measures": {
                name: {"title": title, "values": [round(float(measure(data, model)), 4) for model in models]}
                for name, (title, measure) in MEASURES.items()
            },
        }


def scenes() -> tuple[TheoryView, ...]:
    """One wide model that passes by, a thin one beside thin data, and one that learns."""
    places = [round(-3 + 0.1 * step, 3) for step in range(61)]
    apart = [round(-2.5 + 0.1 * step, 3) for step in range(51)]
    humps = mixture([gaussian(-1.5, 0.45), gaussian(1.4, 0.5)], [0.6, 0.4])
    moments = meet()[::EVERY]
    return (
        TheoryView(
            "Passing by",
            "The data have two humps, the model has one. Move it: where is each divergence least? KL(data ‖ model) "
            "punishes a hump that is left out, so its best model lies across both; KL(model ‖ data) punishes samples "
            "where there are no data, so its best model sits on one hump. That is mode collapse, seen from theory.",
            "Mean of the model",
            humps,
            [gaussian(place, 0.7) for place in places],
            places,
            first=10,
        ),
        TheoryView(
            "Far apart",
            "Both are thin. As soon as they do not overlap, Jensen-Shannon stands still at log 2 and total variation "
            "at 1: no slope, nothing to learn from. Wasserstein-1 is just the distance to go. This is why WGAN was "
            "made.",
            "Mean of the model",
            gaussian(0.0, THIN),
            [gaussian(place, THIN) for place in apart],
            apart,
            first=4,
        ),
        TheoryView(
            "Learning",
            "A model of two humps descends the Jensen-Shannon divergence, as the generator does against the best "
            "discriminator. In the end D* is ½ wherever there is anything to see: nothing tells the two apart.",
            "Step of learning",
            DATA,
            [moment.model for moment in moments],
            [float(moment.step) for moment in moments],
        ),
    )


@lru_cache(maxsize=1)
def frames() -> str:
    """All scenes as JSON; a few seconds the first time."""
    shown = {"low": LOW, "high": HIGH, "scenes": [scene.frames() for scene in scenes()]}
    return json.dumps(shown, separators=(",", ":"), allow_nan=False)


def theory_html() -> gr.HTML:
    """An empty stage, which plays what ``frames`` gives as its value."""
    return gr.HTML(
        "",
        html_template=files("demos.variants").joinpath("theory.html").read_text(encoding="utf-8"),
        js_on_load=files("demos.variants").joinpath("theory.js").read_text(encoding="utf-8"),
        apply_default_css=False,
        elem_id="theory",
    )


def _near(density: Density) -> Density:
    """``density`` without its outermost tails in integrals: their ratios leave float64, and they are invisible."""
    return replace(density, landmarks=density.landmarks[density.pdf(density.landmarks) > TAIL])


def _rounded(values: Tensor) -> list[float]:
    return [round(value, 5) for value in values.tolist()]
