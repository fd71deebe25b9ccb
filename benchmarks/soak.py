"""``python -m benchmarks.soak [--sessions N] [--minutes M] --out FOLDER``: the app for an hour, at people's pace.

Each session adds strokes to a scene with pauses between them, and goes on to another scene. What a person waits for and
the memory of the app are written down once a minute: ``soak.csv``, and ``soak.png`` at the end.
"""

from __future__ import annotations

import asyncio
import csv
import random
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import tyro

from benchmarks.app_load import asked, served, session, sketch, stroke

STROKES = 8  # on a scene, until the next one
SCENES = 400  # of one session, until it begins again
WARM_UP = 0.5  # of the time, in which caches of pictures fill: from then on, growth of the memory counts
WARMING = 0.1  # seconds of edits before the first row
TABLE = "soak.csv"
PAGE = 4096  # bytes, in which Linux tells the memory of a process


@dataclass(frozen=True)
class Soak:
    """Let the app work for long."""

    out: Path
    """A folder for the table and the chart."""
    sessions: int = 4
    """People at once."""
    minutes: float = 60.0
    """For how long."""
    pause: float = 4.0
    """Seconds between two strokes of one person, on average."""
    every: float = 60.0
    """Seconds that one row of the table tells of."""


@dataclass(frozen=True)
class Row:
    """What was measured since the row before."""

    minute: float
    edits: int
    p50_ms: float
    p99_ms: float
    refused: int
    megabytes: float


def main(args: Sequence[str] | None = None) -> None:
    """Print what the hour came to."""
    settings = tyro.cli(Soak, prog="python -m benchmarks.soak", args=args)
    if (settings.out / TABLE).exists():
        raise SystemExit(f"error: {settings.out / TABLE} is there already: name another folder with --out.")
    settings.out.mkdir(parents=True, exist_ok=True)
    with served() as (address, process):
        rows = asyncio.run(soak(settings, address, process))
    draw(rows, settings.out / "soak.png")
    begun = next(row for row in rows if row.minute >= WARM_UP * rows[-1].minute)
    print("| sessions | minutes | edits | refused | p50 ms | p99 ms, worst row | memory MB | grown since |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|")
    print(
        f"| {settings.sessions} | {rows[-1].minute:.0f} | {sum(row.edits for row in rows):,} | "
        f"{sum(row.refused for row in rows)} | {np.median([row.p50_ms for row in rows]):.1f} | "
        f"{max(row.p99_ms for row in rows):.0f} | {rows[-1].megabytes:.0f} | "
        f"{rows[-1].megabytes / begun.megabytes - 1:+.1%} since minute {begun.minute:.0f} |"
    )


async def soak(settings: Soak, address: str, process: int) -> list[Row]:
    """The rows, each written to the table as soon as it is there."""
    found: list[tuple[float, bool]] = []
    await session(address, 0, time.monotonic() + WARMING)  # an edit: the app is whole, and its model is open
    begun = time.monotonic()
    end = begun + 60 * settings.minutes
    people = [
        asyncio.create_task(person(address, number, end, settings.pause, found)) for number in range(settings.sessions)
    ]
    rows: list[Row] = []
    with (settings.out / TABLE).open("x", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(field.name for field in fields(Row))
        while time.monotonic() < end:
            await asyncio.sleep(min(settings.every, max(0.0, end - time.monotonic())))
            for each in people:
                if each.done():
                    each.result()  # what went wrong is told at once
            seen, found[:] = list(found), []
            if seen:
                middle, late = np.percentile([1000 * seconds for seconds, _ in seen], (50, 99))
                refused = sum(not well for _, well in seen)
                minute = (time.monotonic() - begun) / 60
                rows.append(Row(minute, len(seen), middle, late, refused, megabytes_of(process)))
                table.writerow(f"{value:.4g}" if isinstance(value, float) else value for value in astuple(rows[-1]))
                file.flush()
    await asyncio.gather(*people)
    if not rows:
        raise SystemExit("no edit was answered in this time: measure for longer.")
    return rows


async def person(address: str, number: int, end: float, pause: float, found: list[tuple[float, bool]]) -> None:
    """One person's strokes, until the clock says ``end``; the seconds of each, and whether it went well."""
    place = urlsplit(address)
    chance = random.Random(number)
    strokes: list[dict[str, object]] = []
    scene = 0
    while time.monotonic() < end:
        if len(strokes) == STROKES:
            strokes, scene = [], (scene + 1) % SCENES
        strokes.append(stroke(chance))
        # A connection each time: the server closes those that rest for five seconds.
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        try:
            found.append(await asked(reader, writer, place.netloc, sketch(SCENES * number + scene, strokes)))
        finally:
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(chance.uniform(0.5, 1.5) * pause)


def megabytes_of(process: int) -> float:
    """The memory that a process of this computer has in use (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * PAGE / 2**20


def draw(rows: Sequence[Row], path: Path) -> None:
    """Memory, and what a person waited for, over the minutes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), dpi=120, layout="constrained")
    above, below = figure.subplots(2, sharex=True)
    minutes = [row.minute for row in rows]
    above.plot(minutes, [row.megabytes for row in rows], color="#0f766e")
    above.set(ylabel="memory, MB", ylim=(0, None))
    below.plot(minutes, [row.p99_ms for row in rows], color="#b45309", label="p99")
    below.plot(minutes, [row.p50_ms for row in rows], color="#0f766e", label="p50")
    below.set(xlabel="minutes", ylabel="ms for an edit", ylim=(0, None))
    below.legend(frameon=False)
    figure.savefig(path)


if __name__ == "__main__":
    main()
