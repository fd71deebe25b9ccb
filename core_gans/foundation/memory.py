"""Memory: how much is free, what to say before more than that is taken, and whose error a failed request is."""

from __future__ import annotations

import os
from pathlib import Path

from core_gans.foundation.errors import LabError

_ALLOCATION = ("not enough memory", "out of memory", "storage size calculation overflowed", "insufficient memory",
               "failed to allocate", "unable to allocate", "integer multiplication overflow", "invalid buffer size",
               "can't allocate memory", "cannot allocate memory")  # fmt: skip


def is_out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` is an allocator's: Python's, numpy's, OpenCV's, or torch's on any device."""
    return isinstance(error, MemoryError) or any(said in str(error).lower() for said in _ALLOCATION)


def available(device: str = "cpu") -> int | None:
    """Bytes that are free on ``device``; None where that is not told."""
    if device.startswith("cuda"):
        import torch  # help texts, whose errors are told apart here, need none

        return torch.cuda.mem_get_info(device)[0]
    told = Path("/proc/meminfo")
    if told.is_file():  # Linux
        for line in told.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):  # macOS: all there is
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def require_memory(wanted: int, what: str, lower: str, device: str = "cpu") -> None:
    """LabError where ``what``, of ``wanted`` bytes, is more than the device has free; ``lower`` says what to lower."""
    free = available(device)
    if free is not None and wanted > free:
        raise LabError(f"{what} would take {gib(wanted)} of memory, and {gib(free)} are free: lower {lower}.")


def gib(count: int) -> str:
    """Bytes in GiB, for people."""
    return f"{count / 2**30:,.1f} GiB"
