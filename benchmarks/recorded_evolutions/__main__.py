"""``python -m benchmarks.recorded_evolutions NAME RUN``: makes a recording of an evolution that has been run.

The Evolve tab plays the recordings when it is opened. Such a run has its samples, and a judge's numbers:

    egan evolve --data ring --rounds 700 --samples-every 100 --judge-every 50
    egan evolve dcgan --data digits --seconds 86 --width 16 --samples-every 50 --judge-every 50
"""

from __future__ import annotations

import base64
import json
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import tyro

from core_gans.foundation.whole_files import write_whole
from egan.pictures.colours import colours, words

SIDE = 336  # pixels of a frame
QUALITY = 60  # of its WebP
PLACE = Path(__file__).parents[2] / "demos" / "evolve" / "recordings"
MEASURES = {"modes_covered": "Modes", "classes_covered": "Digits"}  # what is counted, and what it is called


@dataclass(frozen=True)
class Record:
    """Make a recording."""

    name: tyro.conf.Positional[str]
    """What it is called: ring or digits."""
    run: tyro.conf.Positional[Path]
    """The run's folder."""
    into: Path = PLACE
    """Where the recording goes."""


def main(args: Sequence[str] | None = None) -> None:
    """Read the run, write the recording."""
    asked = tyro.cli(Record, prog="python -m benchmarks.recorded_evolutions", args=args)
    asked.into.mkdir(exist_ok=True)
    path = asked.into / f"{asked.name}.json"
    write_whole(path, json.dumps(recording(asked.run), separators=(",", ":")).encode())
    print(f"{path}: {path.stat().st_size:,} bytes")


def recording(run: Path) -> dict[str, Any]:
    """The content of the file: a frame for each sheet of samples."""
    log = [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    curves = json.loads((run / "evolution.json").read_text(encoding="utf-8"))
    paint = colours(curves["share"])
    frames = []
    for path in sorted((run / "samples").glob("round-*.png")):
        generation = int(path.stem.removeprefix("round-"))
        place = min(bisect_left(curves["points"], generation), len(curves["points"]) - 1)
        share = {words(name): values[place] for name, values in curves["share"].items()}
        frames.append(
            {
                "generation": generation,
                "share": {name: round(value, 3) for name, value in share.items()} if generation else {},
                "said": told(log, generation),
                "shown": shown(path),
            }
        )
    return {
        "window": curves["window"],
        "colours": {words(name): paint[name] for name in curves["share"]},
        "frames": frames,
    }


def told(log: Sequence[Mapping[str, Any]], generation: int) -> str:
    """What the judge counted last, in a sentence."""
    counted = [line for line in log if line["round"] <= generation and any(name in line for name in MEASURES)]
    if not counted:
        return ""
    name = next(name for name in MEASURES if name in counted[-1])
    return f"{MEASURES[name]} that the judge counts: {counted[-1][name]:.0f}."


def shown(path: Path) -> str:
    """A sheet of samples as a small WebP, in base64."""
    picture = cv2.resize(cv2.imread(str(path)), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    done, code = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, QUALITY])
    assert done
    return base64.b64encode(code.tobytes()).decode()


if __name__ == "__main__":
    main()
