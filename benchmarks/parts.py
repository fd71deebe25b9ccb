"""The parts of a benchmark that the command line names, run below a line about the machine."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Mapping

import torch


def run_parts(parts: Mapping[str, Callable[[], None]], more: str = "") -> None:
    """Run the parts named on the command line, or all of them; ``more`` ends the line. SystemExit for other names."""
    chosen = sys.argv[1:] or list(parts)
    for name in chosen:
        if name not in parts:
            raise SystemExit(f"no part is called {name!r}: choose from {', '.join(parts)}.")
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, "
        f"{torch.get_num_threads()} threads, torch {torch.__version__}{more}\n"
    )
    for name in chosen:
        parts[name]()
        print(flush=True)
