"""Mending: artifact units ablated, measured on held-out latents, shown with pictures (Bau et al. 2019)."""

from dissect.mending.ablations import Ablation
from dissect.mending.account import write_mending
from dissect.mending.choosing import Choice, choose_count
from dissect.mending.combining import combine
from dissect.mending.measuring import Mending, mend
from dissect.mending.trials import MendingTrial, best_of, try_layers

__all__ = [
    "Ablation",
    "Choice",
    "Mending",
    "MendingTrial",
    "best_of",
    "choose_count",
    "combine",
    "mend",
    "try_layers",
    "write_mending",
]
