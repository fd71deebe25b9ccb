"""The seed of each island, from that of the run."""

from __future__ import annotations

import hashlib


def island_seed(seed: int, island: int) -> int:
    """The run's own for the first island, which so begins as a run without islands; of the others a hash of both."""
    if island == 0:
        return seed
    return int.from_bytes(hashlib.sha256(f"{seed}/{island}".encode()).digest()[:7], "big")
