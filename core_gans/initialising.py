"""Networks draw their first weights from the global random state of torch: saved and restored, in one thread at a time.

Several runs may start in one process, as in the app. Without the lock, two that start at the same moment would draw
from each other's numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import torch

_LOCK = Lock()


@contextmanager
def initialising(seed: int) -> Iterator[None]:
    """Inside, the CPU's global random state begins at ``seed``; afterwards it is what it was. No device is touched."""
    with _LOCK, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
