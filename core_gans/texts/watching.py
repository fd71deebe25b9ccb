"""The watchers of a run on texts: what it writes, into files, and its judge."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console

from core_gans.foundation.whole_files import write_whole
from core_gans.game import Nets
from core_gans.games.texts import SentenceTranslation, TextGame, WritingGame
from core_gans.metrics.measures import merit
from core_gans.runs.averaging import Average
from core_gans.runs.folder import Run
from core_gans.runs.interrupt import Interrupt
from core_gans.runs.progress import ProgressBar
from core_gans.runs.watchers import Checkpoint, Judged, Log, WatchedState, Watcher
from core_gans.session import Options
from core_gans.texts.judging import held_pairs, judge_of
from core_gans.texts.lessons import TextLesson
from core_gans.texts.scores import has_sacrebleu

SHOWN = 16  # texts in a file of samples


class TextSamples(Watcher):
    """Writes samples/round-N.txt every ``every`` rounds, more often in the beginning."""

    def __init__(self, folder: Path, text: Callable[[Nets], str], every: int) -> None:
        self.folder, self.text, self.every = folder / "samples", text, every
        self._last = -1

    def begin(self, state: WatchedState, rounds: int | None, seconds: float | None) -> None:
        self.folder.mkdir(exist_ok=True)
        if state.round == 0:
            self._write(state)

    def after_round(self, state: WatchedState) -> None:
        if state.round % self.every == 0 or state.round in (10, 50, 100, 200):
            self._write(state)

    def end(self, state: WatchedState) -> None:
        if state.round != self._last:
            self._write(state)

    def _write(self, state: WatchedState) -> None:
        self._last = state.round
        write_whole(self.folder / f"round-{state.round:07d}.txt", self.text(state.sampling_nets()))


def text_watchers(
    run: Run, game: TextGame, options: Options, lesson: TextLesson, console: Console
) -> tuple[list[Watcher], Judged]:
    """The watchers of a run, in the order in which they look, and the judge among them."""
    for note in lesson.notes:
        console.print(note, highlight=False, soft_wrap=True)
    if isinstance(game, SentenceTranslation) and not has_sacrebleu():
        console.print("BLEU and chrF are left out: they need the extra `text` (pip install 'gan-lab[text]').")
    log = Log(run.folder, options.log_every, console)
    verdict = judge_of(game, lesson, seed=options.seed + 2)
    judged = Judged(lambda state: verdict(state.sampling_nets()), log, options.judge_every)
    watchers: list[Watcher] = [Interrupt(console)]
    watchers += [Average(decay=options.average, rises=options.average_rises)] if options.average else []
    watchers += [
        log,
        judged,
        TextSamples(run.folder, _shown(game, lesson, options.seed + 1), options.samples_every),
        Checkpoint(
            run.checkpoints, run.describe(), options.checkpoint_every, keep=options.keep, judged=judged, merit=merit
        ),
        ProgressBar("round", console),
    ]
    return watchers, judged


def _shown(game: TextGame, lesson: TextLesson, seed: int) -> Callable[[Nets], str]:
    """From the players to a page of texts: held-out sources with their translations, or what is written."""
    if isinstance(game, SentenceTranslation):
        translating = game
        sources, references = held_pairs(lesson, SHOWN)

        def translations(nets: Nets) -> str:
            rows = zip(sources, translating.translate(nets, sources), references, strict=True)
            return "".join(f"{source}\n  {written}\n  ({right[0]})\n" for source, written, right in rows)

        return translations
    assert isinstance(game, WritingGame)
    writing = game

    def texts(nets: Nets) -> str:
        rng = torch.Generator(next(nets["generator"].parameters()).device).manual_seed(seed)
        return "".join(f"{each}\n" for each in writing.vocabulary.texts(writing.write(nets, SHOWN, rng).cpu()))

    return texts
