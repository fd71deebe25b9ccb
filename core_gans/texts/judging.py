"""How good texts are: against held-out texts or a known truth, beside what no learning would score.

Never by the game's own discriminator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from statistics import fmean

import torch

from core_gans.data.texts.lines import in_turn
from core_gans.data.texts.sentences import SentencePairs, Sentences
from core_gans.data.texts.splitting import cut, joined
from core_gans.data.texts.vocabulary import Vocabulary, lengths
from core_gans.game import Batch, Nets
from core_gans.games.texts import SentenceTranslation, TextGame, WritingGame
from core_gans.texts.lessons import TextLesson
from core_gans.texts.scores import bleu, chrf, exact_match, has_sacrebleu

Verdict = Callable[[Nets], dict[str, float]]
WRITTEN = 1_000  # texts of a judgement
AT_ONCE = 250  # of them in memory as features


def judge_of(game: TextGame, lesson: TextLesson, count: int = WRITTEN, seed: int = 0, beams: int = 1) -> Verdict:
    """From the players to named numbers on at most ``count`` texts.

    Of translations: ``exact_match`` with one of the references, ``bleu`` and ``chrf`` where sacrebleu is installed, and
    ``bleu[untranslated]`` of the sources as they are. Of texts that are written by chance from ``seed``:
    ``oracle_nll``, a mean per word of those that the source of the data could have drawn, and ``possible_share``, where
    the source is known; ``held_out_nll`` of held-out texts under the generator, a mean per word, which rises where it
    has forgotten some of them; and ``different_share`` of what it writes.
    """
    if isinstance(game, SentenceTranslation):
        return _of_translations(game, lesson, count, beams)
    assert isinstance(game, WritingGame)
    return _of_writing(game, lesson, count, seed)


def held_pairs(lesson: TextLesson, count: int) -> tuple[list[str], list[list[str]]]:
    """At most ``count`` held-out sources with all of their translations, in words as the model writes them."""
    held = lesson.held
    assert isinstance(held, SentencePairs)
    found: dict[str, list[str]] = {}
    for source, target in in_turn(held.lines):
        found.setdefault(_as_written(source, held.source), []).append(_as_written(target, held.target))
    sources = list(found)[:: max(1, len(found) // count)][:count]
    return sources, [found[each] for each in sources]


def _of_translations(game: SentenceTranslation, lesson: TextLesson, count: int, beams: int) -> Verdict:
    sources, references = held_pairs(lesson, count)
    scored = has_sacrebleu()
    beside = {"bleu[untranslated]": bleu(sources, references)} if scored else {}

    def verdict(nets: Nets) -> dict[str, float]:
        written = game.translate(nets, sources, beams)
        found = {"exact_match": exact_match(written, references)}
        if scored:
            found |= {"bleu": bleu(written, references), "chrf": chrf(written, references)}
        return {**found, **beside}

    return verdict


def _of_writing(game: WritingGame, lesson: TextLesson, count: int, seed: int) -> Verdict:
    held = lesson.held
    assert isinstance(held, Sentences)

    def verdict(nets: Nets) -> dict[str, float]:
        rng = torch.Generator(next(nets["generator"].parameters()).device).manual_seed(seed)
        texts = game.vocabulary.texts(game.write(nets, count, rng).cpu())
        return {**_known(lesson, texts), "held_out_nll": held_out_nll(game, nets, held)}

    return verdict


def real_numbers(lesson: TextLesson, count: int = WRITTEN) -> dict[str, float]:
    """The same numbers of at most ``count`` held-out texts themselves, where there are such; none of translations.

    ``different_share`` only where there are ``count``: of fewer texts, more are different.
    """
    if isinstance(lesson.held, SentencePairs):
        return {}
    texts = [_as_written(text, lesson.held.vocabulary) for (text,) in islice(in_turn(lesson.held.lines), count)]
    found = _known(lesson, texts)
    if len(texts) < count:
        del found["different_share"]
    return found


def _known(lesson: TextLesson, texts: list[str]) -> dict[str, float]:
    """What can be told of ``texts`` without a model."""
    found = {}
    likelihoods = lesson.source.likelihoods
    if likelihoods is not None:
        known = likelihoods(texts)
        possible = [each for each in known if math.isfinite(each)]
        found["oracle_nll"] = -fmean(possible) if possible else math.nan
        found["possible_share"] = len(possible) / len(known)
    return {**found, "different_share": len(set(texts)) / len(texts)}


@torch.no_grad()
def held_out_nll(game: WritingGame, nets: Nets, held: Sentences) -> float:
    """The negative log-likelihood of ``held`` under the generator, a mean per word, ends included."""
    total, numbers = 0.0, 0
    device = next(nets["generator"].parameters()).device
    ours = replace(held, vocabulary=game.vocabulary, length=game.length, ends=game.ends)  # as its own data, or others
    for start in range(0, min(len(held), WRITTEN), AT_ONCE):
        tokens = ours.together(range(start, min(start + AT_ONCE, len(held)))).real.to(device)
        total -= float(game.likelihoods(nets, Batch(tokens), tokens).double().sum())
        numbers += int(lengths(tokens).sum())
    return total / numbers


def _as_written(text: str, vocabulary: Vocabulary) -> str:
    return joined(cut(text, vocabulary.level), vocabulary.level)
