"""The end of a discriminator: from its last features to one score (N,), by one output or by two."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.foundation.errors import LabError
from core_gans.networks.architecture import Architecture, Head
from core_gans.techniques.minibatch_discrimination import MinibatchDiscrimination


class Squeeze(nn.Module):
    """(N, 1, ...) scores to (N,)."""

    def forward(self, scores: Tensor) -> Tensor:
        return scores.flatten(1).squeeze(1)


class Difference(nn.Module):
    """Two outputs (N, 2, ...), for "real" and "generated", to the logit (N,) of the first.

    The softmax of two outputs is the sigmoid of their difference, and its cross entropy the logistic loss of it.
    """

    def forward(self, outputs: Tensor) -> Tensor:
        real, generated = outputs.flatten(1).unbind(1)
        return real - generated


def outputs(head: Head) -> int:
    """How many numbers the last layer gives."""
    return 2 if head == "softmax" else 1


def ending(head: Head) -> nn.Module:
    """What makes them one score."""
    kinds: dict[Head, Callable[[], nn.Module]] = {"logit": Squeeze, "softmax": Difference}
    return kinds[head]()


def scoring(architecture: Architecture, features: int) -> OrderedDict[str, nn.Module]:
    """The layers from features (N, features) to outputs: ``score``, behind ``closeness`` where it is asked for."""
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    if architecture.minibatch_discrimination:
        layers["closeness"] = MinibatchDiscrimination(features, architecture.minibatch_discrimination)
        features += architecture.minibatch_discrimination
    score = nn.Linear(features, outputs(architecture.head))
    layers["score"] = spectral_norm(score) if architecture.normalisation == "spectral" else score
    return layers


def refuse_minibatch_discrimination(architecture: Architecture, family: str) -> None:
    """LabError where it is asked for, in a family whose discriminator has no layer of features before its score."""
    if architecture.minibatch_discrimination:
        raise LabError(
            f"minibatch discrimination needs features before the score, which the {family} family has not: choose "
            "--family dcgan, mlp or maxout."
        )
