"""``python -m benchmarks.neighbours``: small training steps on a quiet machine and beside a busy loop.

The threads of GNU OpenMP spin while they wait. Beside one busy process, two of them wait for each other's time slices.
Every setting is a process of its own, since the variable is read when torch is loaded; settings take turns, so that a
machine whose speed drifts treats them alike. Figures are medians of rounds of dcgan (width 16, batch 64, 32 px) and of
gan on points (width 128, batch 256): a second, and a second of processor time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

SETTINGS = {  # name: (threads, GOMP_SPINCOUNT)
    "2 threads, as GNU OpenMP spins": (2, None),
    "2 threads, spin count 1000": (2, "1000"),
    "2 threads, spin count 0": (2, "0"),
    "1 thread": (1, None),
}
GAMES = ("images", "points")
INHERITED = ("GOMP_SPINCOUNT", "OMP_NUM_THREADS", "OMP_WAIT_POLICY")
BUSY = "while True: pass"


def main(args: Sequence[str] | None = None) -> None:
    """Measure and print a table in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.neighbours", description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each measurement")
    parser.add_argument("--repeats", type=int, default=3, help="of each setting")
    parser.add_argument("--games", nargs="+", choices=GAMES, default=GAMES)
    parser.add_argument("--settings", nargs="+", choices=tuple(SETTINGS), default=tuple(SETTINGS))
    parser.add_argument("--measure", nargs=2, metavar=("GAME", "THREADS"), help=argparse.SUPPRESS)
    asked = parser.parse_args(args)
    if asked.measure:
        game, threads = asked.measure
        print(json.dumps(rounds(game, int(threads), asked.seconds)))
        return
    found: dict[tuple[str, str, bool], list[list[float]]] = {}
    for _ in range(asked.repeats):
        for busy in (False, True):
            neighbour = subprocess.Popen([sys.executable, "-c", BUSY]) if busy else None
            try:
                for game in asked.games:
                    for setting in asked.settings:
                        found.setdefault((game, setting, busy), []).append(_apart(game, setting, asked.seconds))
            finally:
                if neighbour is not None:
                    neighbour.kill()
                    neighbour.wait()
    print(f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores; rounds a second (a second of processor time)\n")
    print("| game | setting | quiet | beside a busy loop |\n|---|---|---|---|")
    for game in asked.games:
        for setting in asked.settings:
            cells = []
            for busy in (False, True):
                wall, cpu = (statistics.median(column) for column in zip(*found[game, setting, busy], strict=True))
                cells.append(f"{wall:.1f} ({cpu:.1f})")
            print(f"| {game} | {setting} | {' | '.join(cells)} |")


def _apart(game: str, setting: str, seconds: float) -> list[float]:
    threads, spin = SETTINGS[setting]
    environment = {name: value for name, value in os.environ.items() if name not in INHERITED}
    if spin is not None:
        environment["GOMP_SPINCOUNT"] = spin
    command = [
        sys.executable,
        "-m",
        "benchmarks.neighbours",
        "--seconds",
        str(seconds),
        "--measure",
        game,
        str(threads),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def rounds(game: str, threads: int, seconds: float) -> list[float]:
    """Rounds a second, and a second of processor time, of a small ``game`` on ``threads`` threads."""
    import torch

    from core_gans import Batches, Examples, make
    from core_gans.data.points import ring
    from core_gans.training import start, train

    torch.set_num_threads(threads)
    rng = torch.Generator().manual_seed(0)
    if game == "images":
        data = Examples("noise", torch.randint(0, 256, (512, 1, 32, 32), generator=rng, dtype=torch.uint8))
        played = make("dcgan", shape=data.shape, width=16)
        batches = Batches(data, 64, 0)
    else:
        data = ring(2_000, rng)
        played = make("gan", family="mlp", shape=data.shape, latent=8, width=128)
        batches = Batches(data, 256, 0)
    state = start(played, batches, rng=rng)
    train(played, batches, 3, rng=rng, state=state)
    first, wall, cpu = state.round, time.perf_counter(), time.process_time()
    train(played, batches, None, rng=rng, state=state, seconds=seconds)
    done = state.round - first
    return [done / (time.perf_counter() - wall), done / (time.process_time() - cpu)]


if __name__ == "__main__":
    main()
