"""What a trained game has learned: paths between latents, arithmetic of latents, nearest real examples, and its
discriminator's features as input of a linear classifier.
"""

from core_gans.exploring.arithmetic import concept, move
from core_gans.exploring.nearest import Nearest, memorisation, nearest_real
from core_gans.exploring.paths import lerp, slerp
from core_gans.exploring.trunk_features import linear_accuracy, trunk_features

__all__ = [
    "Nearest",
    "concept",
    "lerp",
    "linear_accuracy",
    "memorisation",
    "move",
    "nearest_real",
    "slerp",
    "trunk_features",
]
