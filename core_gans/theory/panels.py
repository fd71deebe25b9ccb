"""The panels of the theory's picture and film, each drawn on matplotlib axes."""

from __future__ import annotations

from typing import Any

import torch
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from torch import Tensor

from core_gans.foundation.colours import BLUE, GREEN, INK, ORANGE, QUIET, RED, VIOLET
from core_gans.foundation.figures import NOTE, logarithmic
from core_gans.losses.f_divergences import f_divergence
from core_gans.theory import distances
from core_gans.theory.densities import Density
from core_gans.theory.meeting import DATA, Moment, quantiles

LOW, HIGH = -2.6, 4.6
DATA_LINE: dict[str, Any] = {"color": INK, "linestyle": (0, (1, 1.3))}
MODEL_LINE: dict[str, Any] = {"color": GREEN}
OPTIMUM: dict[str, Any] = {"color": BLUE, "linewidth": 1.5, "linestyle": "--"}
TRAINED: dict[str, Any] = {"color": BLUE, "linewidth": 4.5, "alpha": 0.3}
LINES = {"data p": DATA_LINE, "model q": MODEL_LINE, "optimal D* = p / (p + q)": OPTIMUM}
COURSE = {"W1": VIOLET, "KL": ORANGE, "JSD": RED}  # distance: colour
SEEN = 0.01  # a density that can be seen
ROWS = {
    "pearson_chi2": ("Pearson χ²", RED, "-"),
    "neyman_chi2": ("Neyman χ²", RED, "--"),
    "jeffrey": ("Jeffrey", QUIET, "-"),
    "kl": ("KL", ORANGE, "-"),
    "reverse_kl": ("reverse KL", ORANGE, "--"),
    "jensen_shannon": ("Jensen-Shannon", BLUE, "-"),
    "squared_hellinger": ("squared Hellinger", GREEN, "--"),
    "total_variation": ("total variation", INK, ":"),
}


def line() -> Tensor:
    """The points (N,) at which everything is drawn."""
    return torch.linspace(LOW, HIGH, 500, dtype=torch.float64)


def draw_densities(axes: Axes, model: Density) -> None:
    """The data, dotted, and the model on one scale with the discriminator."""
    x = line()
    axes.fill_between(x, model.pdf(x), color=GREEN, alpha=0.13, linewidth=0)
    axes.plot(x, model.pdf(x), **MODEL_LINE)
    axes.plot(x, DATA.pdf(x), **DATA_LINE)
    axes.set(xlim=(LOW, HIGH), ylim=(0, 1.06))
    axes.xaxis.set_major_locator(NullLocator())
    axes.set_yticks([0.5, 1], ["½", "1"])


def draw_optimum(axes: Axes, model: Density) -> None:
    """D*, and faintly where neither density has mass to be seen: there, it has nothing to go by."""
    x = line()
    answers = distances.optimal_discriminator(DATA, model)(x)
    seen = DATA.pdf(x) + model.pdf(x) > SEEN
    axes.plot(x, answers, **OPTIMUM | {"alpha": 0.25})
    axes.plot(x, torch.where(seen, answers, torch.nan), **OPTIMUM)


def draw_arrows(axes: Axes, model: Density, label: bool = False) -> None:
    """From uniform latents to the points that the generator makes of them."""
    shares = torch.linspace(0.015, 0.985, 24, dtype=torch.float64)
    starts = (LOW + (HIGH - LOW) * shares).tolist()
    for start, end in zip(starts, quantiles(model, shares, LOW, HIGH).tolist(), strict=True):
        axes.annotate(
            "",
            (end, 1),
            (start, 0),
            arrowprops={
                "arrowstyle": "-|>,head_width=0.12,head_length=0.25",
                "color": GREEN,
                "linewidth": 0.6,
                "shrinkA": 0,
                "shrinkB": 0,
            },
        )
    for height in (0, 1):
        axes.axhline(height, color=INK, linewidth=0.9)
    axes.set(xlim=(LOW, HIGH), ylim=(-0.02, 1.02))
    axes.axis("off")
    if label:
        for name, height in (("x", 1), ("z", 0)):
            axes.text(-0.03, height, name, transform=axes.transAxes, ha="right", va="center", style="italic")


def draw_course(axes: Axes, moments: list[Moment], until: int | None = None) -> None:
    """The three distances over the steps, as far as the step ``until``; the end of each line has its name."""
    shown = moments if until is None else moments[: until + 1]
    steps = [moment.step for moment in shown]
    lines = {"W1": "wasserstein1", "KL": "kl", "JSD": "jensen_shannon"}
    for name, field in lines.items():
        values = [getattr(moment, field) for moment in shown]
        axes.plot(steps, values, color=COURSE[name], linewidth=1.7)
        axes.plot(steps[-1], values[-1], "o", color=COURSE[name], markersize=4, clip_on=False)
    for (name, field), height in zip(lines.items(), (0.93, 0.83, 0.73), strict=True):
        axes.text(
            0.985,
            height,
            f"{name}  {getattr(shown[-1], field):.1e}",
            transform=axes.transAxes,
            ha="right",
            va="center",
            fontsize=9,
            color=COURSE[name],
            fontweight="bold",
        )
    logarithmic(axes)
    axes.set(xlim=(-2, moments[-1].step + 2), ylim=(_floor(moments), 12))
    axes.set_xlabel("steps of gradient descent on JSD", loc="center")
    axes.grid(visible=False, axis="x")
    axes.minorticks_off()
    axes.set_title("Distance of the model from the data", pad=14 if until is None else 6)


def draw_generators(axes: Axes) -> None:
    """f of the main rows, less the tangent at 1, which no divergence sees."""
    u = torch.linspace(0.02, 4, 400, dtype=torch.float64)
    one = torch.ones((), dtype=torch.float64)
    for name, (words, colour, style) in ROWS.items():
        row = f_divergence(name)
        axes.plot(
            u, row.generator(u) - row.optimum(one) * (u - 1), color=colour, linestyle=style, linewidth=1.6, label=words
        )
    axes.set(xlim=(0, 4), ylim=(0, 3))
    axes.set_xlabel("u = p(x) / q(x)", loc="center")
    axes.set_title("What f-GAN charges for a ratio: f(u) − f′(1)(u − 1)", pad=14)
    axes.grid(visible=False, axis="x")
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.03), fontsize=NOTE, handlelength=1.9, labelspacing=0.75)


def _floor(moments: list[Moment]) -> float:
    return max(1e-7, min(moment.jensen_shannon for moment in moments)) / 2
