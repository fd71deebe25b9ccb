"""The end of a discriminator: from its last features to one score (N,), by one output or by two."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from core_gans.networks.architecture import Head


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
