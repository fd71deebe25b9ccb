"""What may be computed once, as found by checks of the networks and the objective."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _SpectralNorm

from core_gans.game import NoiseGame
from core_gans.games.adversarial import AdversarialGame
from core_gans.games.conditions import ConditionalDiscriminator
from core_gans.losses.objectives import Objective
from core_gans.networks.augmentation import Augmentation
from core_gans.networks.dropout import Dropout
from core_gans.networks.fourier import FourierFeatures
from core_gans.networks.heads import Difference, Squeeze

SAMPLE_BY_SAMPLE = (
    nn.Linear,
    nn.Conv1d,
    nn.Conv2d,
    nn.Conv3d,
    nn.LeakyReLU,
    nn.ReLU,
    nn.ELU,
    nn.GELU,
    nn.SiLU,
    nn.Sigmoid,
    nn.Tanh,
    nn.Identity,
    nn.Flatten,
    nn.Unflatten,
    nn.AvgPool2d,
    nn.MaxPool2d,
    nn.AdaptiveAvgPool2d,
    nn.InstanceNorm2d,
    nn.LayerNorm,
    nn.GroupNorm,
    Dropout,
    Augmentation,
    FourierFeatures,
    Squeeze,
    Difference,
    _SpectralNorm,
)
CONTAINERS = (ConditionalDiscriminator, nn.Sequential, nn.ModuleDict, parametrize.ParametrizationList)


def splits(objective: Objective) -> bool:
    """Whether the discriminator's loss is a term of the real scores plus a term of the fake ones, in any order.

    Tried on random scores of several sizes, in float64: the sum over both pairings of two batches of each is the same,
    and so is the loss of shuffled fakes. Objectives that compare reals with fakes fail, unless they are linear.
    """
    if objective.relative:
        return False
    chance = torch.Generator().manual_seed(0)
    for scale in (0.1, 1.0, 10.0):
        one, two, three, four = scale * torch.randn(4, 16, generator=chance, dtype=torch.float64)
        loss = objective.discriminator
        straight, crossed = loss(one, two) + loss(three, four), loss(one, four) + loss(three, two)
        if not (torch.allclose(straight, crossed) and torch.allclose(loss(one, two), loss(one, two.flip(0)))):
            return False
    return True


def sample_by_sample(network: nn.Module) -> bool:
    """Whether a sample's score certainly depends on no other sample of the batch; False where it is not known."""
    return all(_known(module) for module in network.modules())


def _known(module: nn.Module) -> bool:
    if parametrize.is_parametrized(module):  # the class is made for the module; its base says what it computes
        return type(module).__bases__[0] in SAMPLE_BY_SAMPLE
    return type(module) in SAMPLE_BY_SAMPLE or type(module) in CONTAINERS


def moves_statistics_only(network: nn.Module) -> bool:
    """Whether a pass in training changes nothing that the next pass in training would answer differently for."""
    return all(
        isinstance(module, _BatchNorm) or not list(module.buffers(recurse=False)) for module in network.modules()
    )


def scores_alone(game: NoiseGame) -> bool:
    """Whether the discriminator learns from its objective alone: no penalties, no terms of a variant's own."""
    if not isinstance(game, AdversarialGame) or game.gradient_penalty or game.r1 or game.r2:
        return False
    kind = type(game)
    return kind.score_loss is AdversarialGame.score_loss and kind.objective_term is AdversarialGame.objective_term


def draws_globally(network: nn.Module) -> bool:
    """Whether passes move torch's global random state, so that leaving one out changes the next."""
    return any(isinstance(module, _DropoutNd) and module.training and module.p > 0 for module in network.modules())


def per_sample(weights: Tensor, slopes: Tensor) -> Tensor:
    """One number a sample (N,) times that sample's slopes (N, ...)."""
    return (weights.view(-1, *[1] * (slopes.dim() - 1)) * slopes).to(slopes.dtype)
