"""A run that is killed in the middle, as a power cut would, and what two run folders have in common."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from core_gans.runs import checkpoints
from core_gans.runs.folder import numbered

PATIENCE = 120.0  # seconds for the first checkpoint of a busy machine


def kill_after_first_checkpoint(module: str, arguments: list[str], run: Path) -> int:
    """Start ``python -m module arguments``, SIGKILL it once ``run`` has a checkpoint, and say of which round.

    Fails when the process ends by itself.
    """
    log = run.with_name(f"{run.name}.log")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with log.open("w") as output:
        command = [sys.executable, "-m", module, *arguments]
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        try:
            deadline = time.monotonic() + PATIENCE
            while not numbered(run / "checkpoints", "safetensors"):
                assert process.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.02)
        finally:
            process.kill()
            process.wait()
    assert process.returncode == -signal.SIGKILL, log.read_text()
    return rounds(run)[-1]


def rounds(run: Path) -> list[int]:
    """The rounds of the run's checkpoints."""
    return [int(path.stem.removeprefix("round-")) for path in numbered(run / "checkpoints", "safetensors")]


def final_checkpoint(run: Path) -> dict[str, Any]:
    """The newest checkpoint without what may differ from folder to folder."""
    content = checkpoints.load(numbered(run / "checkpoints", "safetensors")[-1])
    return {"state": content["state"], "watchers": content["watchers"], "fields": content["fields"]}


def metrics(run: Path) -> list[dict[str, Any]]:
    """The lines of metrics.jsonl."""
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
