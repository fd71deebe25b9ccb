"""Mending: artifact units ablated, measured on latents that chose nothing, told with pictures (Bau et al. 2019)."""

from dissect.mending.account import write_mending
from dissect.mending.choosing import Choice, best_of, choose_count
from dissect.mending.measuring import Mending, mend

__all__ = ["Choice", "Mending", "best_of", "choose_count", "mend", "write_mending"]
