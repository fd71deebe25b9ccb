"""``python -m benchmarks.app_load [--sessions N] [--seconds S]``: brush edits through the app's own routes, under load.

The server is a process of its own, the load another. Every edit is a new stroke, so nothing comes from a cache. Each
session keeps one connection and asks for its next edit as soon as it has the last one, as a person would who never
rests.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import numpy as np
import torch
import tyro

from demos.model_store import SHIPPED

PATH = "/lab/paint/render"
CONCEPTS = ("tree", "grass", "sky", "roof")
STARTING_SECONDS = 120


@dataclass(frozen=True)
class Load:
    """Measure brush edits."""

    sessions: int = 32
    """Sessions at once, in the second row; the first row is one alone."""
    seconds: float = 20.0
    """How long each row is measured."""
    warm_up: float = 2.0
    """Seconds before each row that do not count."""


def main(args: Sequence[str] | None = None) -> None:
    """Print the table."""
    asked = tyro.cli(Load, prog="python -m benchmarks.app_load", args=args)
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}; "
        f"server and load on the same machine, {asked.seconds:g} s a row\n"
    )
    print("| brush edits, from request to picture | edits/s | p50 ms | p99 ms | refused |\n|---|--:|--:|--:|--:|")
    with served() as (address, _):
        for sessions in (1, asked.sessions):
            times, refused, seconds = asyncio.run(load(address, sessions, asked.seconds, asked.warm_up))
            middle, late = np.percentile(1000 * np.array(times), (50, 99))
            name = "one session" if sessions == 1 else f"{sessions} sessions at once"
            print(f"| {name} | {len(times) / seconds:.1f} | {middle:.1f} | {late:.1f} | {refused} |", flush=True)


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """The app in a process of its own; yields its address and the process."""
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-u", "-m", "demos", "--port", "0", "--runs", runs]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
            try:
                assert server.stdout is not None
                deadline = time.monotonic() + STARTING_SECONDS
                for line in server.stdout:
                    if found := re.search(r"http://\S+/", line):
                        yield found.group(), server.pid
                        break
                    if time.monotonic() > deadline:
                        raise SystemExit("the app did not start in time.")
                else:
                    raise SystemExit("the app ended before it served: start it by hand to see why.")
            finally:
                server.terminate()


async def load(address: str, sessions: int, seconds: float, warm_up: float) -> tuple[list[float], int, float]:
    """The seconds of each edit, how many were refused, and how long it all took."""
    await asyncio.gather(*(session(address, number, time.monotonic() + warm_up) for number in range(sessions)))
    begun = time.monotonic()
    found = await asyncio.gather(*(session(address, number, begun + seconds) for number in range(sessions)))
    times = [each for taken, _ in found for each in taken]
    return times, sum(refused for _, refused in found), time.monotonic() - begun


async def session(address: str, number: int, until: float) -> tuple[list[float], int]:
    """One person's edits until the clock says ``until``."""
    place = urlsplit(address)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    chance = random.Random(number)
    times, refused = [], 0
    try:
        while time.monotonic() < until:
            seconds, well = await asked(reader, writer, place.netloc, sketch(number, [stroke(chance)]))
            times.append(seconds)
            refused += not well
    finally:
        writer.close()
        await writer.wait_closed()
    return times, refused


async def asked(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, drawn: dict[str, object]
) -> tuple[float, bool]:
    """The seconds from a sketch to its picture, and whether that was not refused."""
    body = json.dumps(drawn).encode()
    head = f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
    begun = time.perf_counter()
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    status, body = await answer(reader)
    return time.perf_counter() - begun, status == 200 and "error" not in json.loads(body)


def sketch(seed: int, strokes: list[dict[str, object]]) -> dict[str, object]:
    """The scene of ``seed`` with ``strokes`` on it, as a page asks for it."""
    return {"model": SHIPPED, "layer": None, "seed": seed, "strokes": strokes}


def stroke(chance: random.Random) -> dict[str, object]:
    """A stroke of twenty points somewhere."""
    x, y = chance.uniform(0.1, 0.9), chance.uniform(0.1, 0.9)
    points = [[x + chance.uniform(-0.1, 0.1), y + chance.uniform(-0.1, 0.1)] for _ in range(20)]
    return {"mode": "erase", "concept": chance.choice(CONCEPTS), "points": points, "radius": 0.08}


async def answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """The status and the body of one answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    if length is None:
        raise SystemExit("the app answered without saying how long its answer is.")
    return status, await reader.readexactly(int(length.group(1)))


if __name__ == "__main__":
    main()
