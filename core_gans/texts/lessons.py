"""What a game of texts learns from, by name or by path, and the part that it is judged on.

The vocabulary is made from the training part alone. One in ten of the (source) texts are held out, with all their
translations, so that no source of the held-out part has been seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from core_gans.data.texts.known import LONGEST, Asked, Side, TextSet, text_set, told_of
from core_gans.data.texts.lines import Lines, in_turn
from core_gans.data.texts.sentences import SentencePairs, Sentences, split
from core_gans.data.texts.splitting import Level, cut
from core_gans.data.texts.vocabulary import Vocabulary
from core_gans.foundation.errors import LabError
from core_gans.games.texts import SentenceTranslation, TextGame, WritingGame


@dataclass(frozen=True)
class TextLesson:
    """``learned`` is what the game sees, ``held`` what it never sees, in the same vocabularies."""

    learned: Sentences | SentencePairs
    held: Sentences | SentencePairs
    name: str
    notes: tuple[str, ...] = ()
    """What a person should know of how they were read, a sentence each; ``name`` and ``notes`` are in no digest."""

    @property
    def source(self) -> TextSet:
        """The data set that it comes from, which may know the truth."""
        return text_set(self.name)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tokens of one text to write."""
        return self.learned.shape

    def __len__(self) -> int:
        return len(self.learned)

    def fields(self, given: dict[str, Any]) -> dict[str, Any]:
        """A game's fields for these texts: ``given``, with their lengths and vocabularies."""
        learned = self.learned
        if isinstance(learned, Sentences):
            return {**given, "shape": self.shape, "words": learned.vocabulary.words, "ends": learned.ends}
        return {
            **given,
            "shape": self.shape,
            "words": learned.target.words,
            "source_words": learned.source.words,
            "source_length": learned.source_length,
        }

    def suiting(self, game: TextGame) -> TextLesson:
        """The same in the words of ``game``, without the texts that are longer than it takes, which a note counts.

        LabError where none is left to learn from, or to be judged on.
        """
        most: tuple[int, ...]  # without their ends
        known: dict[str, Any]
        if isinstance(game, SentenceTranslation):
            most = (game.source_length - 1, game.length - 1)
            known = {"source": game.sources, "target": game.vocabulary}
            known |= {"source_length": game.source_length, "target_length": game.length}
        else:
            ends = not isinstance(game, WritingGame) or game.ends
            most, known = (game.length - ends,), {"vocabulary": game.vocabulary, "length": game.length, "ends": ends}
        learned, held = (
            replace(each, lines=_not_longer(each.lines, most, game.level, self.name), **known)
            for each in (self.learned, self.held)
        )
        long = len(self) + len(self.held) - len(learned) - len(held)
        note = f"{self.name}: {long:,} texts longer than the model takes are left out"
        return TextLesson(learned, held, self.name, (*self.notes, note) if long else self.notes)


def read_texts(
    learns_from: Side,
    data: str,
    *,
    level: Level = "words",
    longest: int = 0,
    least: int = 1,
    count: int | None = None,
    seed: int = 0,
    skip_broken: bool = False,
) -> TextLesson:
    """The lesson called ``data``, or that in the file at this path.

    ``longest`` words or characters of a text are taken, 0 for 50 or 300; words that stand fewer than ``least`` times
    are unknown, ``count`` texts are drawn, of what is drawn, from ``seed``. LabError for texts where pairs are needed
    and the other way round, and whatever ``text_set``, ``read_file`` and ``split`` raise.
    """
    found_set = text_set(data)
    if found_set.holds != learns_from:
        needs = "pairs of sentences (a .tsv)" if learns_from == "pairs" else "sentences (a .txt)"
        raise LabError(f"expected {needs}, and {data} holds {found_set.holds}: `core-gans list` names others.")
    found = found_set.read(Asked(level, longest or LONGEST[level], count, seed, skip_broken))
    learned_places, held_places = split(found.checksums, data)
    learned, held = found.lines.part(learned_places), found.lines.part(held_places)
    sides = [_Side.of(learned, side, level, least) for side in range(1 + (learns_from == "pairs"))]
    lengths = [max(each.longest, _longest(held, side, level)) + found_set.ends for side, each in enumerate(sides)]
    words = [each.vocabulary for each in sides]
    notes = told_of(found, data) + [
        each.told(("", "source", "target")[side + len(sides) - 1], level)
        for side, each in enumerate(sides)
        if each.unknown
    ]

    def of(lines: Lines) -> Sentences | SentencePairs:
        if learns_from == "sentences":
            return Sentences(data, lines, words[0], lengths[0], found_set.ends)
        return SentencePairs(data, lines, words[0], words[1], lengths[0], lengths[1])

    return TextLesson(of(learned), of(held), data, tuple(notes))


@dataclass(frozen=True)
class _Side:
    """One side of the texts to learn from: its vocabulary, its longest text, and the words outside, of all."""

    vocabulary: Vocabulary
    longest: int
    unknown: int
    total: int

    @classmethod
    def of(cls, lines: Lines, side: int, level: Level, least: int) -> _Side:
        counts: Counter[str] = Counter()
        longest = 0
        for units in _units(lines, side, level):
            counts.update(units)
            longest = max(longest, len(units))
        vocabulary = Vocabulary.counted(counts, level, least)
        known = sum(counts[word] for word in vocabulary.words)
        return cls(vocabulary, longest, counts.total() - known, counts.total())

    def told(self, side: str, level: Level) -> str:
        kind = f"{side} {level}".strip()
        return f"{self.unknown:,} of {self.total:,} {kind} are too rare to be known ({self.unknown / self.total:.1%})"


def _not_longer(lines: Lines, most: Sequence[int], level: Level, name: str) -> Lines:
    """Those of ``lines`` that have at most so many words, or characters, on each side."""
    kept = [
        place
        for place, line in enumerate(in_turn(lines))
        if all(len(cut(text, level)) <= longest for text, longest in zip(line, most, strict=True))
    ]
    if not kept:
        takes = f"{' and '.join(map(str, most))} {level}"
        raise LabError(
            f"expected texts of at most {takes}, as the model takes them: all of a part of {name} are longer."
        )
    return lines if len(kept) == len(lines) else lines.part(torch.tensor(kept))


def _units(lines: Lines, side: int, level: Level) -> Iterator[list[str]]:
    return (cut(line[side], level) for line in in_turn(lines))


def _longest(lines: Lines, side: int, level: Level) -> int:
    return max(map(len, _units(lines, side, level)))
