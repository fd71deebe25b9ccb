"""The watchers of a run that learns to translate: sheets of what becomes of held-out images, and their judge."""

from __future__ import annotations

import torch
from rich.console import Console
from torch import Tensor

from core_gans.data import as_float
from core_gans.data.domains import Domains
from core_gans.data.pairs import Pairs
from core_gans.game import Nets, TranslationGame
from core_gans.metrics.measures import merit
from core_gans.runs.averaging import Average
from core_gans.runs.folder import Run
from core_gans.runs.progress import ProgressBar
from core_gans.runs.watchers import Checkpoint, Judged, Log, Samples, WatchedState, Watcher
from core_gans.session import Interrupt, Options
from core_gans.translation.judging import judge_of
from core_gans.translation.lessons import Lesson

SHOWN = 12  # held-out images on a sheet
ACROSS = 2  # of them in a row


def translation_watchers(
    run: Run, game: TranslationGame, options: Options, lesson: Lesson, console: Console
) -> tuple[list[Watcher], Judged]:
    """The watchers of a run, in the order in which they look, and the judge among them."""
    log = Log(run.folder, options.log_every)
    verdict = judge_of(game, lesson, torch.device(options.device))
    judged = Judged(lambda state: verdict(state.sampling_nets()), log, options.judge_every)
    device = torch.device(options.device)

    def draw(state: WatchedState) -> Tensor:
        return strips(game, state.sampling_nets(), lesson, device).flatten(0, 1)

    in_a_strip = 1 + len(game.targets) if lesson.groups else 3
    watchers: list[Watcher] = [Interrupt(console)]
    watchers += [Average(decay=options.average, rises=options.average_rises)] if options.average else []
    watchers += [
        log,
        judged,
        Samples(run.folder, draw, options.samples_every, columns=ACROSS * in_a_strip),
        Checkpoint(
            run.checkpoints, run.describe(), options.checkpoint_every, keep=options.keep, judged=judged, merit=merit
        ),
        ProgressBar("round", console),
    ]
    return watchers, judged


def strips(game: TranslationGame, nets: Nets, lesson: Lesson, device: torch.device, count: int = SHOWN) -> Tensor:
    """``count`` held-out images and what becomes of them, (count, k, 3, H, W) in [-1, 1].

    Of pairs: source, translation, true target. Of domains: source, translation, and that translated back. Of labels:
    the image, and its translation to each domain.
    """
    held = lesson.held
    source = as_float(held.source if isinstance(held, Pairs | Domains) else held.images)[:count].to(device)
    drawn = [source, game.translate(nets, source)]
    if isinstance(held, Pairs):
        drawn.append(as_float(held.target)[:count].to(device))
    elif isinstance(held, Domains):
        drawn.append(game.translate(nets, drawn[1], target=1))
    else:
        drawn += [game.translate(nets, source, target) for target in range(1, len(game.targets))]
    return torch.stack([images.expand(-1, 3, -1, -1) for images in drawn], dim=1)
