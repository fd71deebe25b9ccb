"""Images with masks to train a segmenter on, read from files."""

from dissect.segmenters.pairs.joining import IGNORED, Pairs
from dissect.segmenters.pairs.reading import read_pairs

__all__ = ["IGNORED", "Pairs", "read_pairs"]
