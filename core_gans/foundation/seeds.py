"""Which whole numbers may seed chance."""

from __future__ import annotations

from core_gans.foundation.errors import LabError

LARGEST = 2**62  # room for what is added to a seed, within the 64 bits of torch


def require_seed(seed: int) -> None:
    """LabError for a number that is no seed everywhere."""
    if not 0 <= seed < LARGEST:
        raise LabError(f"expected a --seed from 0 to 2^62, got {seed}.")
