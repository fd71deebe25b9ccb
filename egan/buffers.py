"""Passes that leave a network's buffers unchanged: statistics of normalisation, power iterations, counts of draws."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def preserved_buffers(network: nn.Module) -> Iterator[None]:
    """Leave the buffers as they were, whatever is computed meanwhile.

    The network works on copies; the originals are put back untouched, so graphs made inside stay valid outside.
    """
    originals = [(module, module._buffers) for module in network.modules() if module._buffers]
    for module, buffers in originals:
        module._buffers = {name: buffer if buffer is None else buffer.clone() for name, buffer in buffers.items()}
    try:
        yield
    finally:
        for module, buffers in originals:
            module._buffers = buffers
