"""Points in the plane from a mixture of small Gaussians: the ring of 8 and the grid of 25.

The toy data of E-GAN (Wang et al., Evolutionary Generative Adversarial Networks, 2019), on which lost modes can be
counted. Lengths are in the plane's own units; every mode is equally likely.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core_gans.data.data_set import DataSet, ShortRun, Wanted
from core_gans.data.examples import Examples

COUNT = 100_000  # points drawn


def ring_centres(modes: int = 8, radius: float = 1.414) -> Tensor:
    """The centres of the ring's modes, (modes, 2) float32, anticlockwise from (radius, 0). ValueError for none."""
    if modes < 1:
        raise ValueError(f"a ring needs at least 1 mode, got {modes}")
    angle = torch.arange(modes, dtype=torch.float64) * (2 * math.pi / modes)
    return (radius * torch.stack([angle.cos(), angle.sin()], dim=1)).float()


def grid_centres(side: int = 5, spacing: float = 0.707) -> Tensor:
    """The centres of the grid's modes, (side * side, 2) float32, around the origin, row by row from the bottom left.

    ``spacing`` lies between neighbours. ValueError for a ``side`` below 1.
    """
    if side < 1:
        raise ValueError(f"a grid needs a side of at least 1 mode, got {side}")
    line = (torch.arange(side, dtype=torch.float64) - (side - 1) / 2) * spacing
    y, x = torch.meshgrid(line, line, indexing="ij")
    return torch.stack([x.flatten(), y.flatten()], dim=1).float()


def ring(count: int, rng: torch.Generator, modes: int = 8, radius: float = 1.414, sigma: float = 0.0141) -> Examples:
    """``count`` points (count, 2), float32, around ``modes`` centres on a circle; the label is the mode.

    ``radius`` is the circle's, ``sigma`` the standard deviation around a centre, in the units of the points. ValueError
    for fewer than one point or mode.
    """
    return _mixture("ring", ring_centres(modes, radius), count, rng, sigma)


def grid(count: int, rng: torch.Generator, side: int = 5, spacing: float = 0.707, sigma: float = 0.035) -> Examples:
    """``count`` points (count, 2), float32, around ``side`` x ``side`` centres; the label is the mode.

    ``spacing`` lies between centres, ``sigma`` is the standard deviation around one, in the units of the points.
    ValueError for fewer than one point or mode.
    """
    return _mixture("grid", grid_centres(side, spacing), count, rng, sigma)


def _mixture(name: str, centres: Tensor, count: int, rng: torch.Generator, sigma: float) -> Examples:
    if count < 1:
        raise ValueError(f"{name}: expected a count of at least 1 point, got {count}")
    if not sigma >= 0:
        raise ValueError(f"{name}: expected sigma >= 0, got {sigma}")
    modes = len(centres)
    labels = torch.randint(modes, (count,), generator=rng, device=rng.device)
    noise = torch.randn(count, 2, generator=rng, device=rng.device)
    points = centres.to(rng.device)[labels] + sigma * noise
    return Examples(name, points, labels, classes=tuple(str(mode) for mode in range(modes)))


def _chance(wanted: Wanted) -> torch.Generator:
    return torch.Generator().manual_seed(wanted.seed)


RING = DataSet(
    "ring",
    "Eight small clouds of points on a circle.",
    "points",
    lambda wanted: ring(wanted.count, _chance(wanted)),
    count=COUNT,
    kinds=8,
    kinds_called="modes",
    fields={"fall_to": 0.0},
    rounds=8_000,
    # At 1e-3 the ring is found sooner, and most of it is lost again within a minute.
    short=ShortRun(
        90.0, {"width": 128, "latent": 8, "rate": 3e-4}, about="A generator that loses some of them is easily caught."
    ),
    quick="A generator that leaves some of them out is caught at once.",
)

GRID = DataSet(
    "grid",
    "Twenty-five clouds of points on a grid.",
    "points",
    lambda wanted: grid(wanted.count, _chance(wanted)),
    count=COUNT,
    kinds=25,
    kinds_called="modes",
    # Its modes are near to each other: waves tell them apart sooner, and with the common rate one long run in five of
    # an evolution loses what it has in the middle.
    fields={"fall_to": 0.0, "fourier": 2.0, "rate": 1e-3},
    rounds=17_500,
    short=ShortRun(about="They are harder to cover without losing some of them."),
)
