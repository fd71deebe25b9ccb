"""Memory that is kept, not given back, between generations.

The C library hands freed memory back to the system when enough of it lies at the end of the heap, and takes it again
page by page: with activations of a few MB, several per cent of a generation. GNU's learns from a large block once freed
how much to keep (mallopt(3), M_MMAP_THRESHOLD): twice as much as the block, which may have 32 MB at most.
"""

from __future__ import annotations

import torch

LARGEST = 2**25 - 2**13  # bytes, with room for the block's head


def keep_freed_memory() -> None:
    """Let the C library keep up to 64 MB of freed memory; other libraries than GNU's take no notice."""
    torch.empty(LARGEST, dtype=torch.uint8)  # freed at once
