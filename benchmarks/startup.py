"""``python -m benchmarks.startup``: seconds to the help text of each command, and to the app listening.

Each is a fresh process; the median of three. PYTHONPATH chooses the code that is measured.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time

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
    with tempfile.TemporaryDirectory() as runs:
        begun = time.perf_counter()
        app = subprocess.Popen(
            [sys.executable, "-u", "-m", "demos", "--port", "0", "--runs", runs], stdout=subprocess.PIPE, text=True
        )
        assert app.stdout is not None
        try:
            for line in app.stdout:
                if "the app is at" in line:
                    return time.perf_counter() - begun
            raise RuntimeError(f"expected the app to listen, but it ended with code {app.wait()}.")
        finally:
            app.terminate()
            app.wait()


if __name__ == "__main__":
    main()
