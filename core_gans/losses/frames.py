"""How far a drawn frame is from the true one: the mean error, and that of its edges. Mathieu et al. 2016, section 3.

Sums of the paper are means here, so that its weights hold for frames of any size.
"""

from __future__ import annotations

from torch import Tensor


def lp(drawn: Tensor, true: Tensor, p: int) -> Tensor:
    """The mean of ``|drawn - true|^p`` (equation 5), a scalar in float32, of frames (..., C, H, W) in [-1, 1].

    ``p`` is 1 or 2 in the paper. Shapes that do not broadcast raise torch's RuntimeError.
    """
    return (drawn - true).abs().float().pow(p).mean()


def gradient_difference(drawn: Tensor, true: Tensor, alpha: int = 1) -> Tensor:
    """The mean of ``||true's step| - |drawn's step||^alpha`` to the right, and the same downwards (equation 6).

    A scalar in float32, of pictures (..., C, H, W) in [-1, 1] with sides of at least 2: a step is the difference of
    neighbours. ``alpha`` is at least 1. Shapes that do not broadcast raise torch's RuntimeError.
    """
    total = drawn.new_zeros((), dtype=drawn.float().dtype)
    for axis in (-1, -2):
        differs = true.diff(dim=axis).abs().float() - drawn.diff(dim=axis).abs().float()
        total = total + differs.abs().pow(alpha).mean()
    return total
