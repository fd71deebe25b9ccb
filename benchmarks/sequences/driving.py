"""``python -m benchmarks.sequences driving [--run RUN] [--minutes M] [--seeds N] [--out FILE.json]``.

A learned road on drives that nobody has learned from: ten frames dreamt from steering alone, beside the last frame that
was seen. Judges are the geometry of the pictures and a regressor of the lane position, which learns from drawn pictures
and their true positions only; the positions that dreams should have are the simulator's own.

Each training is a run below ``--runs``, which goes on where it stands when it is measured again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.data.road.course import SPREAD, Course
from core_gans.data.road.data_set import FRAMES
from core_gans.data.road.drivers import Drive, driven, started, steered
from core_gans.data.road.view import pictures
from core_gans.experiment import resume_training, run_training
from core_gans.foundation.whole_files import write_whole
from core_gans.game import Batch
from core_gans.metrics.drives import correlation, drive_figures, psnr
from core_gans.models import open_answering
from core_gans.session import Options
from core_gans.variants import Driving

CONTENDERS: dict[str, dict[str, Any]] = {"driving": {}, "pixels only": {"likeness": 0.0, "realism": 0.0}}
HELD, JUDGED = 1_000, 100  # seed and number of the drives that are measured on
TAUGHT, LESSONS, STEPS = 2_000, 2_000, 250  # seed, pictures and steps of the regressor
RATE, BATCH = 1e-3, 64


@dataclass(frozen=True)
class Asked:
    """Measure a learned road."""

    run: Path | None = None
    """Measure this run, or model file, and train nothing."""
    runs: Path = Path("runs")
    """Where the trainings are, and go on."""
    minutes: float = 8.0
    """Minutes of one training, by the clock."""
    seeds: int = 1
    """Trainings of each contender, from the seeds 0, 1, 2, ..."""
    out: Path | None = None
    """Keep the figures in this JSON file."""


def main(words: Sequence[str]) -> None:
    """Print the table."""
    asked = tyro.cli(Asked, prog="python -m benchmarks.sequences driving", args=list(words))
    torch.set_num_threads(1)
    held = _held()
    judge = regressor()
    table: dict[str, dict[str, float]] = {"the judge, on drawn pictures": {"lane_error[regressor]": judge.error(held)}}
    if asked.run is not None:
        table[str(asked.run)] = figures(asked.run, held, judge)
    for name, fields in {} if asked.run is not None else CONTENDERS.items():
        for seed in range(asked.seeds):
            folder = trained(name, fields, seed, asked)
            table[f"{name}, seed {seed}"] = figures(folder, held, judge)
    for name, row in table.items():
        print(f"\n{name}\n")
        print("\n".join(f"- {figure}: {value:.3f}" for figure, value in row.items()), flush=True)
    if asked.out is not None:
        write_whole(asked.out, json.dumps(table, indent=2) + "\n")


def trained(name: str, fields: dict[str, Any], seed: int, asked: Asked) -> Path:
    """The folder of a run that has been trained for the minutes that were asked for, in one go or in several."""
    folder = asked.runs / f"driving-{name.replace(' ', '-')}-{seed}"
    seconds = 60 * asked.minutes
    options = Options(data="road", count=800, batch=8, seed=seed, average=0.99, samples_every=500)
    if not folder.exists():
        run_training("driving", fields, options, seconds=seconds, runs_folder=asked.runs, name=folder.name)
    elif (left := seconds - float(_last_line(folder)["seconds"])) > 1:
        resume_training(folder, seconds=left)
    return folder


def figures(source: Path, held: Held, judge: Judge) -> dict[str, float]:
    """What is measured of a run or a model file: pixels, lane positions by both judges, and what steering does."""
    model = open_answering(source)
    game = model.game
    assert isinstance(game, Driving)
    nets = {"generator": model.net}
    dream = game.dreamt(nets, held.batch)
    found = {"psnr[decoded]": psnr(dream.decoded, held.batch.real)}
    found |= drive_figures(held.batch.real[:, :, game.taught - 1 :], dream.free, dream.last)
    true = torch.from_numpy(held.drive.offset)[:, game.taught :]
    own, stays = judge(dream.free), judge(dream.last)
    found["lane_error[regressor]"] = float((own - true).abs().mean())
    found["lane_error[regressor, last code]"] = float((stays - true).abs().mean())
    begun = torch.from_numpy(held.drive.offset)[:, game.taught - 1, None]
    found["steering[regressor]"] = correlation(own - stays, true - begun)
    sides = {}
    for steering in (-1.0, 1.0):
        actions = held.actions.clone()
        actions[:, game.taught - 1 :] = steering
        there = steered(held.course, held.drive.first, actions[:, :, 0].double().numpy())
        free = game.dreamt(nets, Batch(held.batch.real, other=actions)).free[:, :, -1:]
        sides[steering] = (judge(free), torch.from_numpy(there.offset)[:, -1:])
    parted = sides[1.0][0] - sides[-1.0][0]
    found["metres between right and left"] = float(parted.mean())
    found["metres between right and left[true]"] = float((sides[1.0][1] - sides[-1.0][1]).mean())
    found["drives that part"] = float((parted > 0).float().mean())
    return found


@dataclass(frozen=True)
class Held:
    """Drives that nobody learns from, with all that is known of them."""

    course: Course
    drive: Drive
    batch: Batch

    @property
    def actions(self) -> Tensor:
        assert self.batch.other is not None
        return self.batch.other


def _held(seed: int = HELD, count: int = JUDGED) -> Held:
    seeds = [seed * SPREAD + number for number in range(count)]
    course = Course.drawn(seeds)
    drive = driven(course, started(seeds), FRAMES, seeds)
    rows = np.repeat(np.arange(count), FRAMES)
    seen = pictures(course.rows(rows), drive.cars, np.tile(np.arange(float(FRAMES)), count), 32, 64)
    clips = seen.view(count, FRAMES, 3, 32, 64).transpose(1, 2).float() / 127.5 - 1
    return Held(course, drive, Batch(clips, other=torch.from_numpy(drive.steering)[..., None].float()))


class Judge:
    """Reads the lane position off clips (N, 3, T, 32, 64): (N, T) in m."""

    def __init__(self, net: nn.Module) -> None:
        self.net = net

    @torch.no_grad()
    def __call__(self, clips: Tensor) -> Tensor:
        found: Tensor = self.net(clips.transpose(1, 2).flatten(0, 1))
        return found.view(len(clips), clips.shape[2]).double()

    def error(self, held: Held) -> float:
        """Its mean error on drawn pictures that it has not learned from, in m."""
        return float((self(held.batch.real) - torch.from_numpy(held.drive.offset)).abs().mean())


def regressor() -> Judge:
    """A judge that has learned from drawn pictures, some of them blurred and noisy, and their true positions."""
    lessons = _held(TAUGHT, LESSONS // FRAMES)
    seen = lessons.batch.real.transpose(1, 2).flatten(0, 1)
    offset = torch.from_numpy(lessons.drive.offset).float().flatten()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(
            *(nn.Conv2d(3, 16, 4, 2, 1), nn.ReLU(), nn.Conv2d(16, 32, 4, 2, 1), nn.ReLU()),
            *(nn.Conv2d(32, 32, 4, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 64), nn.ReLU()),
            *(nn.Linear(64, 1), nn.Flatten(0)),
        )
    rng = torch.Generator().manual_seed(0)
    adam = torch.optim.Adam(net.parameters(), RATE)
    for _ in range(STEPS):
        chosen = torch.randint(len(seen), (BATCH,), generator=rng)
        shown = seen[chosen]
        blurred = F.avg_pool2d(shown, 3, 1, 1)
        soft = torch.rand(BATCH, 1, 1, 1, generator=rng)
        shown = torch.lerp(shown, blurred, soft) + 0.05 * soft * torch.randn(shown.shape, generator=rng)
        loss = F.smooth_l1_loss(net(shown), offset[chosen])
        adam.zero_grad()
        loss.backward()
        adam.step()
    return Judge(net.eval())


def _last_line(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
    return found
