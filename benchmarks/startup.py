"""``python -m benchmarks.startup``: seconds to the help text of each command, and to the app listening.

Each is a fresh process; the median of three. PYTHONPATH chooses the code that is measured.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

from benchmarks.app_load import served

COMMANDS = {"core-gans": "core_gans", "egan": "egan", "dissect": "dissect", "gan-lab": "demos"}
REPEATS = 3


def main() -> None:
    """Print the table in Markdown."""
    print("| to | s |\n|---|--:|")
    for command, package in COMMANDS.items():
        seconds = statistics.median(_help(package) for _ in range(REPEATS))
        print(f"| `{command} --help` | {seconds:.2f} |", flush=True)
    print(f"| the app listening | {statistics.median(_listening() for _ in range(REPEATS)):.2f} |")


def _help(package: str) -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-m", package, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _listening() -> float:
    """Until the app says where it is; then it is ended."""
    begun = time.perf_counter()
    with served():
        return time.perf_counter() - begun


if __name__ == "__main__":
    main()
