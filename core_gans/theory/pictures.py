"""The theory as a picture and as a film: the discriminator while the model meets the data.

After figure 1 of Goodfellow et al. 2014. Nothing in them is posed: the model descends the Jensen-Shannon divergence
(``meeting``), the first discriminator is a network stopped early, and every curve is an integral (``theory``).
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure

from core_gans.foundation.colours import QUIET
from core_gans.foundation.errors import LabError
from core_gans.foundation.figures import NOTE, header, themed
from core_gans.foundation.pixels import write_png
from core_gans.foundation.sheets import write_gif
from core_gans.theory.meeting import DATA, Moment, meet, trained_discriminator
from core_gans.theory.panels import (
    LINES,
    TRAINED,
    draw_arrows,
    draw_course,
    draw_densities,
    draw_generators,
    draw_optimum,
    line,
)

EARLY, LATE = 12, 400  # steps of the discriminators of panels (a) and (b)
FRAMES = 60
HEADING = "The discriminator while the model meets the data"


def write_theory(folder: Path) -> tuple[Path, Path]:
    """Write ``theory.png`` and ``theory.gif`` into ``folder``, which is made; about fifteen seconds of one core.

    LabError when one of them exists.
    """
    picture, film = folder / "theory.png", folder / "theory.gif"
    for path in (picture, film):
        if path.exists():
            raise LabError(f"{path} exists already and is kept: choose another folder with --out.")
    moments = meet()
    write_png(picture, theory_picture(moments))
    write_theory_film(film, moments)
    return picture, film


@themed
def theory_picture(moments: list[Moment]) -> Figure:
    """Four panels of the meeting, the course of three distances, and f-GAN's generators, as RGB bytes (H, W, 3)."""
    figure = Figure(figsize=(10.6, 6.7))
    grid = figure.add_gridspec(
        3, 4, left=0.045, right=0.975, top=0.875, bottom=0.075, height_ratios=(1.55, 0.5, 1.75), hspace=0.0, wspace=0.1
    )
    chosen = [moments[0], moments[0], moments[len(moments) // 14], moments[-1]]
    notes = ("an unfinished D", "D trained: it finds D*", "the model follows D uphill", "they are one, D = 1/2")
    for column, (moment, note) in enumerate(zip(chosen, notes, strict=True)):
        above = figure.add_subplot(grid[0, column])
        draw_densities(above, moment.model)
        if column < 2:
            net = trained_discriminator(DATA, moment.model, (EARLY, LATE)[column], torch.Generator().manual_seed(1))
            above.plot(line(), net(line()).sigmoid().detach(), **TRAINED)
        if column > 0:
            draw_optimum(above, moment.model)
        above.set_title(f"({'abcd'[column]})  {note}")
        draw_arrows(figure.add_subplot(grid[1, column]), moment.model, label=column == 0)
    below = grid[2, :].subgridspec(2, 3, height_ratios=(0.27, 1), width_ratios=(1, 0.78, 0.22), wspace=0.13)
    course = figure.add_subplot(below[1, 0])
    draw_course(course, moments)
    for letter, moment in zip(("a, b", "c", "d"), (chosen[0], chosen[2], chosen[3]), strict=True):
        course.annotate(
            letter,
            (moment.step, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 3),
            textcoords="offset points",
            ha="center",
            fontsize=NOTE,
            color=QUIET,
        )
        course.axvline(moment.step, color=QUIET, linewidth=0.7, linestyle=(0, (2, 3)), zorder=0)
    draw_generators(figure.add_subplot(below[1, 1]))
    header(figure, HEADING, "", LINES | {"a network trained as D": TRAINED}, columns=4, left=0.45)
    return figure


def write_theory_film(path: Path, moments: list[Moment]) -> None:
    """The meeting as a GIF: densities and D* at the left, the distances so far at the right.

    OSError where it cannot be written.
    """
    steps = np.unique(np.round((np.linspace(0, 1, FRAMES) ** 1.3) * (len(moments) - 1)).astype(int))
    with tempfile.TemporaryDirectory() as folder:
        frames = [write_png(Path(folder) / f"{step:06d}.png", theory_frame(moments, int(step))) for step in steps]
        write_gif(path, frames, seconds=7.0)


@themed
def theory_frame(moments: list[Moment], step: int) -> Figure:
    """The frame of one step of the film, as RGB bytes (H, W, 3)."""
    figure = Figure(figsize=(7.6, 3.5))
    grid = figure.add_gridspec(
        2,
        2,
        left=0.035,
        right=0.97,
        top=0.77,
        bottom=0.13,
        height_ratios=(3, 1),
        width_ratios=(1.25, 1),
        hspace=0.0,
        wspace=0.2,
    )
    above = figure.add_subplot(grid[0, 0])
    draw_densities(above, moments[step].model)
    draw_optimum(above, moments[step].model)
    draw_arrows(figure.add_subplot(grid[1, 0]), moments[step].model)
    course = figure.add_subplot(grid[:, 1])
    draw_course(course, moments, until=step)
    header(figure, HEADING, "", LINES, columns=3, left=0.3)
    return figure
