"""The one explicit list of data sets of texts, and texts by their name or their path."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import torch

from core_gans.data.texts import toy_language
from core_gans.data.texts.lines import LONG, SUFFIXES, Found, Line, read_file, read_list
from core_gans.data.texts.oracle import Oracle
from core_gans.data.texts.splitting import Level
from core_gans.data.texts.vocabulary import FIRST
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import did_you_mean, unknown_name

Side = Literal["sentences", "pairs"]
"""Texts alone, or sources with their targets."""
LONGEST: dict[Level, int] = {"words": 50, "characters": 300}  # the papers leave longer sentences out
TAKES_MORE = "; --longest takes more"  # behind the count of texts that are too long
DRAWN = 10_000
SMALL_ORACLE = partial(Oracle, words=20, length=8)
TATOEBA = "tatoeba_eng_swe.tsv"  # in the folder that GANLAB_DATA names


@dataclass(frozen=True)
class Asked:
    """How texts are to be read."""

    level: Level = "words"
    longest: int = LONGEST["words"]
    """Words, or characters, of a text at most."""
    count: int | None = None
    """Of what is drawn."""
    seed: int = 0
    """Of what is drawn."""
    skip_broken: bool = False


@dataclass(frozen=True)
class TextSet:
    """A data set of texts as a value."""

    name: str
    about: str
    """One sentence."""
    holds: Side
    read: Callable[[Asked], Found]
    ends: bool = True
    """Whether its texts end by themselves; otherwise all have one length."""
    likelihoods: Callable[[Sequence[str]], list[float]] | None = None
    """The true log-probability of texts, a mean per word, where the source of the texts is known."""
    translated: Callable[[str], str | None] | None = None
    """The true translation of any source, where it is known."""


def _grammar(asked: Asked) -> list[toy_language.Sentence]:
    return toy_language.drawn(asked.count or DRAWN, torch.Generator().manual_seed(asked.seed))


def _toy(asked: Asked) -> Found:
    return read_list([(each.english, each.toy) for each in _grammar(asked)], asked.level, asked.longest)


def _sentences(asked: Asked) -> Found:
    return read_list([(each.english,) for each in _grammar(asked)], asked.level, asked.longest)


def _of_grammar(texts: Sequence[str]) -> list[float]:
    found = []
    for text in texts:
        sentence = toy_language.parsed(text)
        words = max(1, len(text.split())) + 1  # its end is drawn, too
        found.append(-torch.inf if sentence is None else sentence.log_probability / words)
    return found


def _oracle(asked: Asked, oracle: Callable[[], Oracle] = Oracle) -> Found:
    tokens = oracle().sample(asked.count or DRAWN, torch.Generator().manual_seed(asked.seed + 1))
    texts: list[Line] = [(" ".join(f"w{number - FIRST}" for number in row),) for row in tokens.tolist()]
    return read_list(texts, "words", max(asked.longest, tokens.shape[1]))


def _of_oracle(texts: Sequence[str], made: Callable[[], Oracle] = Oracle) -> list[float]:
    oracle = made()
    tokens = torch.full((len(texts), oracle.length), -1)
    for row, text in enumerate(texts):
        numbers = [int(word[1:]) + FIRST if word[1:].isdigit() else -1 for word in text.split()]
        if len(numbers) == oracle.length:
            tokens[row] = torch.tensor(numbers)
    return [float(each) for each in oracle.likelihoods(tokens)]


def _tatoeba(asked: Asked) -> Found:
    path = Path(os.environ.get("GANLAB_DATA", "")) / TATOEBA
    if not path.is_file():
        raise LabError(f"there is no {TATOEBA}: set GANLAB_DATA to the folder that holds it.")
    return read_file(path, asked.level, asked.longest)


TEXTS: dict[str, TextSet] = {
    each.name: each
    for each in (
        TextSet(
            "toy_language",
            "Sentences of a small English with their known translation: map, reorder, agree.",
            "pairs",
            _toy,
            translated=toy_language.translated,
        ),
        TextSet("tatoeba", "English sentences with their Swedish translations (tatoeba.org).", "pairs", _tatoeba),
        TextSet(
            "grammar",
            "Sentences of a small English whose probabilities are known.",
            "sentences",
            _sentences,
            likelihoods=_of_grammar,
        ),
        TextSet(
            "oracle",
            "Sequences of a random LSTM, which knows how likely any other is (Yu et al. 2017).",
            "sentences",
            _oracle,
            ends=False,
            likelihoods=_of_oracle,
        ),
        TextSet(
            "small_oracle",
            "The same with 20 words and 8 of them in a sequence, which a writer learns in seconds.",
            "sentences",
            partial(_oracle, oracle=SMALL_ORACLE),
            ends=False,
            likelihoods=partial(_of_oracle, made=SMALL_ORACLE),
        ),
    )
}
"""The data sets of texts by name."""


def text_set(name: str) -> TextSet:
    """The texts called ``name``, or those of the file at that path; LabError with the nearest names for others."""
    if name in TEXTS:
        return TEXTS[name]
    path = Path(name)
    columns = SUFFIXES.get(path.suffix.lower())
    if not path.exists():
        if path.suffix or os.sep in name:
            beside = [each.name for each in path.parent.iterdir()] if path.parent.is_dir() else []
            raise FileNotFoundError(f"{path} is not there: {did_you_mean(path.name, beside) or 'check the path'}")
        raise unknown_name("data set of texts", name, TEXTS)
    if not path.is_file() or columns is None:
        raise LabError(f"{name} holds no texts: give a .txt with a sentence a line, or a .tsv of SOURCE, tab, TARGET.")
    return TextSet(name, "Texts of your own.", "pairs" if columns == 2 else "sentences", partial(_file, path))


def _file(path: Path, asked: Asked) -> Found:
    return read_file(path, asked.level, asked.longest, skip_broken=asked.skip_broken)


def told_of(found: Found, name: str) -> list[str]:
    """What a person should know of what was left out, a sentence each."""
    skipped = found.skipped
    notes = [f"{name}: {skipped.told(why)} left out" for why in skipped.counts if why != LONG]
    return notes + ([f"{name}: {skipped.told(LONG)} left out{TAKES_MORE}"] if skipped.counts[LONG] else [])
