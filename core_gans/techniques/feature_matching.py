"""Feature matching: generated examples get the mean features of real ones. Salimans et al. 2016, section 3.1."""

from __future__ import annotations

from torch import Tensor


def feature_matching(real: Tensor, fake: Tensor) -> Tensor:
    """|E f(x) - E f(G(z))|^2 of features (N, ...), as a mean over features; a scalar in float32.

    Gradients reach ``fake`` alone. Raises ValueError for features of different shapes.
    """
    if real.shape[1:] != fake.shape[1:]:
        raise ValueError(
            f"expected the same features of real and generated examples, got {tuple(real.shape[1:])} and "
            f"{tuple(fake.shape[1:])}."
        )
    wanted = real.detach().float().mean(dim=0)
    return (fake.float().mean(dim=0) - wanted).square().mean()
