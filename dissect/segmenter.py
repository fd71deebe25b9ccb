"""What a segmenter is: anything that says, for every pixel, which of its labels it shows."""

from typing import Protocol

from torch import Tensor


class Segmenter(Protocol):
    """Names the concept of every pixel."""

    labels: tuple[str, ...]

    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64, indices of ``labels``, of the ``images`` (N, 3, H, W) in [-1, 1]."""
        ...
