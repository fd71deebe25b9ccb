"""``python -m benchmarks.sequences films [NAMES] [--seconds S] [--seeds N] [--folder FOLDER]``.

Predicted frames and drawn films, each beside what needs no learning and beside its twin, as Markdown. A training is
bounded by processor time. With a folder, the figures and a film of a training that is done are kept there, and it is
not done again: an interrupted measurement goes on with the next one.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import tyro

from benchmarks.applications.row import Budget
from benchmarks.sequences.clips import digits, digits_before_scenes, digits_before_stills, real, scenes
from core_gans.data import Batches, Examples, as_float
from core_gans.foundation.films import write_film
from core_gans.foundation.pixels import Pictures
from core_gans.foundation.sheets import sheet
from core_gans.foundation.whole_files import write_whole
from core_gans.game import Batch, NoiseGame
from core_gans.metrics import Judge
from core_gans.metrics.motion_classifier import load_motion_classifier
from core_gans.metrics.prediction import predicted_well
from core_gans.metrics.stillness import StillTally
from core_gans.runs.averaging import Average
from core_gans.runs.watchers import Watcher
from core_gans.training import TrainingState, start, train
from core_gans.variants import make
from core_gans.variants.video_prediction import VideoPrediction
from core_gans.variants.videogan import film_generator

BATCH, FILMS, DECAY = 4, 16, 0.98  # examples of a batch, films of one, and the average of a generator's weights
JUDGED = 500  # films of a judgement
Figures = dict[str, float]


@dataclass(frozen=True)
class Trial:
    """One training: which game with which fields, on which clips, for how long, and how it is judged."""

    variant: str
    fields: dict[str, Any]
    data: Callable[[int], tuple[Examples, Examples]]
    """From a seed to the clips to learn from, and those that are held out."""
    judged: Callable[[TrainingState, Examples], Figures]
    seconds: float
    """Of processor time, unless asked otherwise; 0 where ``rounds`` bound it."""
    batch: int
    first: int = 0
    """Rounds of the squared error alone before it, the same ones of a trial and of its twin."""
    rounds: int | None = None
    """After those, as many of a trial as of its twin."""


def predicted(state: TrainingState, held: Examples) -> Figures:
    """The first and the last of four frames that are predicted from four."""
    game = state.game
    assert isinstance(game, VideoPrediction)
    clips = as_float(held.images)
    found = game.measure(state.sampling_nets(), Batch(clips), state.rng)
    later = game.predict(state.sampling_nets(), clips[:, :, : game.given], 4)
    last = predicted_well(later[:, :, 3], clips[:, :, game.given + 3], clips[:, :, : game.given + 3])
    return {**found, "psnr_moving_of_fourth": last["psnr_moving"]}


def without_truth(state: TrainingState, held: Examples) -> Figures:
    """Films beside as many real clips, through ``motion-cnn``."""
    game, nets = state.game, state.sampling_nets()
    assert isinstance(game, NoiseGame)
    judge = Judge(held, JUDGED, metrics=("frechet", "still_pixels"))
    rng = torch.Generator().manual_seed(1)
    found = judge(lambda count: game.sample(nets, count, rng))
    found["still_pixels[real]"] = StillTally.of(as_float(held.images)).share()
    found["frechet[first half of the real ones]"] = Judge(
        held.part(torch.arange(len(held) // 2)), len(held) // 2, metrics=("frechet",)
    )(lambda count: as_float(held.images[len(held) // 2 :][:count]))["frechet[motion-cnn]"]
    return found


def drawn(state: TrainingState, held: Examples) -> Figures:
    """The same of films over black; which way they move where it was asked for, and what the background has learned."""
    game, nets = state.game, state.sampling_nets()
    assert isinstance(game, NoiseGame)
    found = without_truth(state, held)
    if game.askable_classes:
        classifier = load_motion_classifier()
        asked = torch.arange(400) % game.askable_classes
        films = game.sample(nets, 400, torch.Generator().manual_seed(2), asked)
        told = classifier.logits(classifier(films)).argmax(1)
        found["asked_way"] = (told == asked).double().mean().item()
        assert held.labels is not None
        real_told = classifier.logits(classifier(as_float(held.images))).argmax(1)
        found["real_way"] = (real_told == held.labels).double().mean().item()
    elif getattr(game, "streams", 1) == 2:
        generator = film_generator(nets["generator"]).eval()
        with torch.no_grad():
            _, mask, background = generator.streams(game.latents(200, torch.Generator().manual_seed(3)))
            films = generator(game.latents(200, torch.Generator().manual_seed(3)))
        black = -torch.ones(())
        found["background_error"] = (background - black).abs().mean().item()
        found["mean_frame_error"] = (films.mean(2) - black).abs().mean().item()
        found["mean_real_frame_error"] = (as_float(held.images).mean(2) - black).abs().mean().item()
        found["mask"] = mask.mean().item()
    return found


L2 = {"adversarial": 0.0, "gradient": 0.0, "power": 2}
NARROW = {"width": 8, "rate": 1e-3}
WHOLE = {"power": 2, "adversarial": 0.05, "discriminator_rate": 2e-3}
# Where nearly all stands still, the paper's weights make a copy of the last frame the best answer.
STILL = {**WHOLE, "gradient": 0.05, "adversarial": 0.005}
# With the paper's .1 for the mask the foreground may draw the background, too, and the still stream anything.
FILM = {"width": 8, "rate": 1e-3, "normalisation": "instance", "r1": 1.0, "penalty_every": 4}
TRIALS = {
    **{
        f"prediction_{name}{twin}": Trial(
            "video_prediction", {**NARROW, **fields}, data, predicted, 0.0, BATCH, first=300, rounds=600
        )
        for name, data, whole in (("digits", digits, WHOLE), ("real", real, WHOLE), ("scenes", scenes, STILL))
        for twin, fields in (("", whole), ("_l2", L2))
    },
    "films_two_streams": Trial("videogan", {**FILM, "sparsity": 1.5}, digits, drawn, 240.0, FILMS),
    "films_one_stream": Trial("videogan", {**FILM, "streams": 1}, digits, drawn, 240.0, FILMS),
    "films_before_stills": Trial(
        "videogan", {**FILM, "sparsity": 1.5}, digits_before_stills, without_truth, 240.0, FILMS
    ),
    "films_before_stills_one_stream": Trial(
        "videogan", {**FILM, "streams": 1}, digits_before_stills, without_truth, 240.0, FILMS
    ),
    # Before pictures of houses and trees the foreground cannot do without the background: the paper's weight.
    "films_before_scenes": Trial(
        "videogan", {**FILM, "sparsity": 0.1}, digits_before_scenes, without_truth, 240.0, FILMS
    ),
    "films_before_scenes_one_stream": Trial(
        "videogan", {**FILM, "streams": 1}, digits_before_scenes, without_truth, 240.0, FILMS
    ),
    "films_of_a_class": Trial("videogan", {**FILM, "conditional": True, "classes": 4}, digits, drawn, 80.0, FILMS),
}


@dataclass(frozen=True)
class Options:
    """Measure predicted frames and drawn films."""

    names: tyro.conf.Positional[tuple[str, ...]] = ()
    """Which trials; default: all."""
    seconds: float | None = None
    """Processor seconds of one training; default: each trial's own."""
    seeds: int = 3
    """Trainings of each, from the seeds 0, 1, 2, ..."""
    folder: Path | None = None
    """Keep the figures of every training there, and go on with what is not there yet."""


def measure(name: str, seed: int, seconds: float | None = None, film: Path | None = None) -> Figures:
    """Train once and judge; the figures by name, with the rounds that were played. ``film`` is where to show some."""
    trial = TRIALS[name]
    learned, held = trial.data(seed)
    game = make(trial.variant, **{**trial.fields, "shape": learned.shape})
    bound = seconds or trial.seconds
    watchers: list[Watcher] = [Average(decay=DECAY), *([Budget(bound)] if bound else [])]
    spent = time.process_time()
    state = start(game, Batches(learned, trial.batch, seed), torch.Generator().manual_seed(seed))
    if trial.first:
        state.nets["generator"].load_state_dict(begun(trial.data, seed, trial.first))
        spent = time.process_time()
    rounds = None if bound else trial.rounds
    train(game, state.batches, rounds, rng=state.rng, state=state, watchers=watchers, seconds=86_400.0, progress=False)
    spent = time.process_time() - spent
    if film is not None:
        write_film(film, shown(state, held))
    return {**trial.judged(state, held), "rounds": float(state.round), "seconds": spent}


@cache
def begun(data: Callable[[int], tuple[Examples, Examples]], seed: int, rounds: int) -> dict[str, torch.Tensor]:
    """The generator's weights after so many rounds of the squared error alone."""
    learned, _ = data(seed)
    fields: dict[str, Any] = {**NARROW, **L2, "shape": learned.shape}
    game = make("video_prediction", **fields)
    state = train(game, Batches(learned, BATCH, seed + 1_000), rounds, rng=seed, progress=False)
    return state.nets["generator"].state_dict()


def shown(state: TrainingState, held: Examples) -> Pictures:
    """Eight films beside each other, (T, H, W, 3): of prediction, held-out clips and below each what was predicted."""
    game, nets = state.game, state.sampling_nets()
    if isinstance(game, VideoPrediction):
        clips = game.show(nets, Batch(as_float(held.images)), state.rng)
        clips = torch.cat((clips[::2][:6], clips[1::2][:6]))
    else:
        assert isinstance(game, NoiseGame)
        asked = torch.arange(8) % game.askable_classes if game.askable_classes else None
        clips = game.sample(nets, 8, 5, asked)
    return np.stack([sheet(clips[:, :, time], len(clips) // 2, scale=2) for time in range(clips.shape[2])])


def main(args: Sequence[str] | None = None) -> None:
    """Print one table a trial: the mean and the spread of each figure over the seeds."""
    options = tyro.cli(Options, prog="python -m benchmarks.sequences films", args=args)
    for name in options.names:
        if name not in TRIALS:
            raise SystemExit(f"no trial is called {name!r}: choose from {', '.join(TRIALS)}.")
    torch.set_num_threads(1)
    print(f"{time.strftime('%Y-%m-%d')}, torch {torch.__version__}, one thread.\n")
    names = options.names or tuple(TRIALS)
    kept = {(name, seed): _kept(options, name, seed) for seed in range(options.seeds) for name in names}
    for name in names:
        rows = [kept[name, seed] for seed in range(options.seeds)]
        print(f"### {name}: {len(rows)} seeds\n\n| figure | mean | spread |\n|---|---|---|")
        for figure in rows[0]:
            values = [row[figure] for row in rows]
            spread = statistics.stdev(values) if len(values) > 1 else 0.0
            print(f"| {figure} | {statistics.fmean(values):.4g} | {spread:.2g} |")
        print(flush=True)


def _kept(options: Options, name: str, seed: int) -> Figures:
    path = None if options.folder is None else options.folder / f"{name}-{seed}.json"
    if path is not None and path.exists():
        found: Figures = json.loads(path.read_text(encoding="utf-8"))
        return found
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    found = measure(name, seed, options.seconds, None if path is None else path.with_suffix(".gif"))
    if path is not None:
        write_whole(path, json.dumps(found, indent=2) + "\n")
    return found
