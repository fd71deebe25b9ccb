"""The policy gradient: how a writer of words learns from rewards, through which no gradient passes.

Williams 1992 (REINFORCE): grad E[R] = E[(R - b) grad log p]. The baseline b changes the spread of the estimate and not
its mean, as long as it does not depend on what is judged.
"""

from __future__ import annotations

from torch import Tensor


def policy_gradient(log_probabilities: Tensor, advantages: Tensor) -> Tensor:
    """What to minimise, a scalar: minus the mean over N sequences of their log-probabilities times their advantages.

    ``log_probabilities`` (N, T) are of each word after those before it, 0 of padding; ``advantages`` are (N,), one for
    the whole sequence, or (N, T), one for each word. No gradient passes through them. ValueError for other shapes.
    """
    if advantages.shape == log_probabilities.shape[:1]:
        advantages = advantages[:, None].expand_as(log_probabilities)
    if advantages.shape != log_probabilities.shape:
        raise ValueError(
            f"expected advantages of shape {tuple(log_probabilities.shape[:1])} or {tuple(log_probabilities.shape)}, "
            f"got {tuple(advantages.shape)}."
        )
    return -(log_probabilities * advantages.detach()).sum(1).mean()
