"""``core-gans judge`` of a game of texts: its numbers on held-out texts, beside what real ones score."""

from __future__ import annotations

from pathlib import Path

from core_gans.data.texts.known import TAKES_MORE
from core_gans.foundation.errors import LabError
from core_gans.games.texts import SentenceTranslation, TextGame
from core_gans.models import Model, file_at
from core_gans.runs import folder as runs
from core_gans.session import options_from
from core_gans.texts.judging import judge_of, real_numbers
from core_gans.texts.lessons import read_texts
from core_gans.texts.scores import has_sacrebleu


def judged_texts(
    model: Model[TextGame], path: Path, data: str, count: int, seed: int
) -> tuple[dict[str, float], dict[str, float], str, list[str]]:
    """The numbers of ``model``, those of real texts, what they were judged on, and what to know of it.

    Held-out texts of what the run learned from, or of ``data``. LabError where a model file does not say what that is.
    """
    config = runs.read_config(path) if file_at(path).is_dir() else None
    options = options_from(config["options"]) if config is not None else None
    if not data and options is None:
        raise LabError(f"{path} does not say what it was trained on: give --data.")
    game = model.game
    lesson = read_texts(  # as training read them, so that the same ones are held out
        game.learns_from,
        data or str(options.data if options else ""),
        level=game.level,
        longest=game.longest,
        least=game.least_often,
        count=options.count if options else None,
        seed=options.seed if options else 0,
        skip_broken=options.skip_broken if options else False,
    ).suiting(game)
    notes = [note.removesuffix(TAKES_MORE) for note in lesson.notes]  # which a judge cannot be asked for
    if isinstance(game, SentenceTranslation) and not has_sacrebleu():
        notes.append("BLEU and chrF are left out: they need the extra `text` (pip install 'gan-lab[text]').")
    found = judge_of(game, lesson, count, seed)({"generator": model.net})
    return found, real_numbers(lesson, count), lesson.name, notes
