"""A model meets its data on a line, step by step, with the optimal discriminator between them at every one.

Goodfellow et al. 2014, section 4 and figure 1, without the networks: the model is a mixture of two Gaussians whose
parameters descend the Jensen-Shannon divergence, which is what the generator minimises when the discriminator is
optimal (theorem 1). The small discriminator that is trained here shows that training finds that optimum.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core_gans.theory import distances
from core_gans.theory.densities import Density, gaussian, mixture

UNITS = 32  # of each hidden layer of the discriminator that is trained
MOST = 400  # points that it learns from
DATA = mixture([gaussian(-0.75, 0.45), gaussian(0.9, 0.6)], [0.6, 0.4])


@dataclass(frozen=True)
class Moment:
    """The model after ``step`` steps, and how far it is from the data."""

    step: int
    model: Density
    jensen_shannon: float
    kl: float
    """KL(data | model)."""
    wasserstein1: float


def meet(data: Density = DATA, steps: int = 220) -> list[Moment]:
    """The moments 0 to ``steps`` of a model that starts to the right of ``data`` and descends their divergence."""
    means = torch.tensor([0.5, 2.9], dtype=torch.float64, requires_grad=True)
    log_stds = torch.full((2,), -0.5, dtype=torch.float64, requires_grad=True)
    logits = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([means, log_stds, logits], lr=0.05)
    fall = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1.0, 3 * (1 - step / (steps + 1))))
    moments = []
    for step in range(steps + 1):
        model = _model(means, log_stds, logits)
        divergence = distances.jensen_shannon(data, model)
        with torch.no_grad():
            still = _model(means.clone(), log_stds.clone(), logits.clone())
            moments.append(
                Moment(
                    step,
                    still,
                    divergence.item(),
                    distances.kl(data, still).item(),
                    distances.wasserstein1(data, still).item(),
                )
            )
        optimizer.zero_grad()
        divergence.backward()
        optimizer.step()
        fall.step()
    return moments


def _model(means: Tensor, log_stds: Tensor, logits: Tensor) -> Density:
    stds = log_stds.exp()
    return mixture([gaussian(means[0], stds[0]), gaussian(means[1], stds[1])], logits.softmax(0))


def trained_discriminator(p: Density, q: Density, steps: int, rng: torch.Generator) -> nn.Module:
    """A network of two hidden layers after ``steps`` steps on the logistic loss, in expectation. (N,) to scores (N,).

    It never sees the densities, only how often each point occurs in the data ``p`` and the model ``q``.
    """
    net = nn.Sequential(
        nn.Unflatten(0, (-1, 1)),
        nn.Linear(1, UNITS),
        nn.Tanh(),
        nn.Linear(UNITS, UNITS),
        nn.Tanh(),
        nn.Linear(UNITS, 1),
    ).double()
    for layer in net:
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=layer.in_features**-0.5, generator=rng)
            nn.init.zeros_(layer.bias)
    net.append(nn.Flatten(0))
    x, weights = _visited(p, q)
    real, fake = weights * p.pdf(x), weights * q.pdf(x)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    for _ in range(steps):
        scores = net(x)
        loss = (real * F.softplus(-scores) + fake * F.softplus(scores)).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net


def _visited(p: Density, q: Density) -> tuple[Tensor, Tensor]:
    """At most MOST of the quadrature's points where there is mass, and their weights, scaled to the whole."""
    x, weights = distances.quadrature(p, q)
    there = (p.pdf(x) + q.pdf(x)) > 1e-4
    x, weights = x[there].detach(), weights[there]
    every = max(1, len(x) // MOST)
    return x[::every], weights[::every] * every


def quantiles(density: Density, shares: Tensor, low: float, high: float) -> Tensor:
    """Where, from ``low`` to ``high``, ``density`` has passed ``shares`` (N,) of its mass.

    It is the generator that maps uniform latents to the density.
    """
    x = torch.linspace(low, high, 4001, dtype=torch.float64)
    after = torch.searchsorted(density.cdf(x), shares.double()).clamp(max=len(x) - 1)
    return x[after]
