"""Measurements of two players on fixed examples and fixed latents; they change nothing in the players.

The players are copied, so that no buffer, mode or gradient changes. The copies are in evaluation mode, but for batch
normalisation, which sees its batch as it does in the game: its running statistics mix real and generated examples.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from core_gans.convergence.reading import Reading
from core_gans.foundation.errors import DivergedError
from core_gans.game import Nets, NoiseGame
from core_gans.games.conditions import handing_on

EDGE = 0.99  # |value| of an image's number that counts as saturated
NEAR = 0.1  # of the usual distance of a real image to its nearest: a duplicate


def measure(game: NoiseGame, reading: Reading, nets: Nets, real: Tensor, latents: Tensor) -> dict[str, float]:
    """Named numbers of the players on ``real`` (N, ...) and on what ``latents`` (N, ...) generate, N at least 3.

    - ``estimate`` and, where it has a bound, ``told_apart``: see ``Reading``
    - ``separation``: chance that a real example scores above a generated one; 0.5 when scores tell nothing
    - ``accuracy_real``, ``accuracy_fake``: shares taken for what they are, where a score means that
    - ``real_score``, ``fake_score``: means
    - ``pull``: |d loss of the generator / d score|, mean over samples; 0 when the objective is saturated
    - ``gradient``: |d loss of the generator / d sample| times the real examples' mean distance, mean over samples
    - ``diversity``: mean distance of two samples over that of two real examples
    - images only: ``duplicates``, the share of samples with a near twin; ``edge_fake`` and ``edge_real``, the share
      of numbers at -1 or +1

    Raises DivergedError, whose text says where, when weights, samples or scores are not finite.
    """
    require_finite_players(nets)
    generator, discriminator = _probe(nets["generator"]), _probe(nets["discriminator"])
    with torch.no_grad():
        fake = generator(latents).float()
    _require_finite(fake, "the generator's samples")
    fake.requires_grad_()
    with torch.enable_grad():
        fake_scores = discriminator(fake).float()
        real_scores = discriminator(real).float().detach()
        _require_finite(torch.cat([fake_scores, real_scores]), "the discriminator's scores")
        loss = game.objective.generator(fake_scores, real_scores)
        pull, slope = torch.autograd.grad(loss, [fake_scores, fake], allow_unused=True)
    fake, fake_scores = game.without_condition(fake.detach()), fake_scores.detach()
    real = game.without_condition(real)
    of_real, of_fake = _distances(real), _distances(fake)
    scale = float(of_real.mean())
    count = len(fake)
    return {
        **reading.numbers(_loss(game, reading, real_scores, fake_scores)),
        **_accuracy(reading, real_scores, fake_scores),
        "separation": _separation(real_scores, fake_scores),
        "real_score": float(real_scores.mean()),
        "fake_score": float(fake_scores.mean()),
        "pull": 0.0 if pull is None else float(pull.abs().mean()) * count,
        "gradient": 0.0 if slope is None else float(slope.flatten(1).norm(dim=1).mean()) * count * scale,
        "diversity": float(of_fake.mean()) / max(scale, 1e-12),
        **(_of_images(real, fake, of_real, of_fake) if real.dim() > 2 else {}),
    }


def require_finite_players(nets: Mapping[str, nn.Module]) -> None:
    """Raise DivergedError that names the first player, and the weight or buffer in it, that holds NaN or infinity."""
    for name, net in nets.items():
        for where, value in [*net.named_parameters(), *net.named_buffers()]:
            if value.is_floating_point():
                _require_finite(value, f"the {name}'s {where}")


def _require_finite(value: Tensor, what: str) -> None:
    value = value.detach()
    finite = torch.isfinite(value)
    if not bool(finite.all()):
        raise DivergedError(f"{what} became {float(value[~finite][0])} ({int((~finite).sum())} of {value.numel()}).")


def _probe(net: nn.Module) -> nn.Module:
    twin = copy.deepcopy(net).requires_grad_(False).eval()
    for module in twin.modules():
        if isinstance(module, _BatchNorm):
            module.train()
    return handing_on(twin)


def _loss(game: NoiseGame, reading: Reading, real: Tensor, fake: Tensor) -> float:
    """The discriminator's loss; for critics the plain difference of scores, without margins and weights."""
    if reading.curve == "critic":
        return float(fake.mean() - real.mean())
    return float(game.objective.discriminator(real, fake))


def _accuracy(reading: Reading, real: Tensor, fake: Tensor) -> dict[str, float]:
    if reading.threshold is None:
        return {}
    above = fake.mean() if reading.relative else reading.threshold
    below = real.mean() if reading.relative else reading.threshold
    return {
        "accuracy_real": float((real > above).float().mean()),
        "accuracy_fake": float((fake < below).float().mean()),
    }


def _separation(real: Tensor, fake: Tensor) -> float:
    """The area under the ROC curve; equal scores count half."""
    difference = real.flatten()[:, None] - fake.flatten()[None]
    return float(((difference > 0).float() + 0.5 * (difference == 0).float()).mean())


def _distances(examples: Tensor) -> Tensor:
    """Distances of all pairs, (N (N - 1) / 2,)."""
    return torch.pdist(examples.flatten(1).float())


def _of_images(real: Tensor, fake: Tensor, of_real: Tensor, of_fake: Tensor) -> dict[str, float]:
    near = NEAR * float(_nearest(of_real, len(real)).median())
    return {
        "duplicates": float((_nearest(of_fake, len(fake)) < near).float().mean()),
        "edge_real": float((real.abs() > EDGE).float().mean()),
        "edge_fake": float((fake.abs() > EDGE).float().mean()),
    }


def _nearest(distances: Tensor, count: int) -> Tensor:
    """Each example's distance to its nearest other, (N,), from ``_distances``."""
    square = torch.full((count, count), torch.inf, device=distances.device)
    rows, columns = torch.triu_indices(count, count, offset=1, device=distances.device)
    square[rows, columns] = square[columns, rows] = distances
    return square.min(dim=1).values
