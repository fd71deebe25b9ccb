"""The watchers of a game that answers given examples: what it answers to held-out ones, and how good that is."""

from __future__ import annotations

import torch
from rich.console import Console
from torch import Tensor

from core_gans.game import HeldOutGame
from core_gans.held_out.parts import Held
from core_gans.metrics.measures import merit
from core_gans.runs.averaging import Average
from core_gans.runs.folder import Run
from core_gans.runs.progress import ProgressBar
from core_gans.runs.watchers import Checkpoint, Judged, Log, Samples, WatchedState, Watcher
from core_gans.session import Interrupt, Options


def held_out_watchers(
    run: Run, game: HeldOutGame, options: Options, parts: Held, console: Console
) -> tuple[list[Watcher], Judged]:
    """The watchers of a run, in the order in which they look, and the judge among them."""
    log = Log(run.folder, options.log_every, console)
    held = parts.batch(options.device)

    def chance() -> torch.Generator:
        return torch.Generator(options.device).manual_seed(options.seed + 2)

    def judge(state: WatchedState) -> dict[str, float]:
        return game.measure(state.sampling_nets(), held, chance())

    def draw(state: WatchedState) -> Tensor:
        return game.show(state.sampling_nets(), held, chance()).cpu()

    judged = Judged(judge, log, options.judge_every)
    watchers: list[Watcher] = [Interrupt(console)]
    watchers += [Average(decay=options.average, rises=options.average_rises)] if options.average else []
    watchers += [
        log,
        judged,
        Samples(run.folder, draw, options.samples_every),
        Checkpoint(
            run.checkpoints, run.describe(), options.checkpoint_every, keep=options.keep, judged=judged, merit=merit
        ),
        ProgressBar("round", console),
    ]
    return watchers, judged
