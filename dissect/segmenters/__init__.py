"""Segmenters: every way here to say which concept each pixel of an image shows.

``dissect.segmenters.unet.UNetSegmenter`` is the one that is trained here (``dissect train-segmenter``).
"""

from dissect.segmenters.huggingface import HuggingFaceSegmenter
from dissect.segmenters.keypoints import KeypointSegmenter
from dissect.segmenters.known import MaskSegmenter, RuleSegmenter
from dissect.segmenters.logits import IMAGENET_MEAN, IMAGENET_STD, LogitSegmenter
from dissect.segmenters.strokes import StrokeSegmenter

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "HuggingFaceSegmenter",
    "KeypointSegmenter",
    "LogitSegmenter",
    "MaskSegmenter",
    "RuleSegmenter",
    "StrokeSegmenter",
]
