"""What a segmenter is: anything that says, for every pixel, which of its labels it shows."""

from typing import Protocol, runtime_checkable

from torch import Tensor


class Segmenter(Protocol):
    """Names the concept of every pixel."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the classes; they differ."""
        ...

    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64, indices of ``labels`` or -1 for none, of ``images`` (N, 3, H, W) in [-1, 1]."""
        ...


@runtime_checkable
class DifferentiableSegmenter(Segmenter, Protocol):
    """A segmenter with scores to differentiate through: towards images, and so towards units and latents."""

    def logits(self, images: Tensor) -> Tensor:
        """Scores (N, K, H, W) of the K ``labels`` at every pixel of ``images`` (N, 3, H, W) in [-1, 1].

        Their softmax over K are probabilities, and the largest is the class. The segmenter's own weights are frozen:
        gradients go to the images alone.
        """
        ...
