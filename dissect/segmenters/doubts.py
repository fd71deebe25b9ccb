"""Whether a segmenter knows such pictures as it is shown: one that learned landscapes labels faces, too."""

from __future__ import annotations

from torch import Tensor

from dissect.segmenters.protocol import DifferentiableSegmenter, Segmenter

SURE = 0.6  # the probability of its class from which a pixel counts as known
# Measured on 2026-11-30 with the shipped scenes segmenter, unsure pixels of 64 pictures: the shipped generator's .02;
# MNIST .07, CamVid .09, renderings of humans .14 and of horses .17, facades .16, noise .18.
MANY = 0.05


def unsure_share(segmenter: DifferentiableSegmenter, images: Tensor) -> float:
    """The share of pixels of ``images`` (N, C, H, W), C being 1 or 3, in [-1, 1], of whose class it is not sure."""
    shown = images.float()
    scores = segmenter.logits(shown.expand(-1, 3, -1, -1) if shown.shape[1] == 1 else shown)
    return float((scores.softmax(1).amax(1) < SURE).float().mean())


def doubts(segmenter: Segmenter, images: Tensor) -> str | None:
    """A line where the segmenter is unsure of many pixels of ``images`` (N, C, H, W) in [-1, 1]; None elsewhere.

    A segmenter without scores says nothing of itself, so None tells nothing of it either.
    """
    if not isinstance(segmenter, DifferentiableSegmenter):
        return None
    share = unsure_share(segmenter, images)
    if share <= MANY:
        return None
    return (
        f"the segmenter is unsure of {100 * share:.0f} % of the pixels: it seems not to have learned from such "
        "pictures, so look at what it sees before you believe what it names"
    )
