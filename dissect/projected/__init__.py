"""A game whose discriminator sees pictures through a segmenter. Sauer et al. 2021, "Projected GANs Converge Faster"."""

from dissect.projected.discriminator import ThroughSegmenter
from dissect.projected.game import Projected

__all__ = ["Projected", "ThroughSegmenter"]
