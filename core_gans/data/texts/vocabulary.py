"""The words that a game knows, each with its number."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from core_gans.data.texts.splitting import Level, cut, joined
from core_gans.foundation.errors import LabError

PADDING, BEGIN, END, UNKNOWN = range(4)
"""The number behind the end, that of the word before the first, that of the end, and that of words outside."""
FIRST = 4
"""The number of the first word."""
MOST = 30_000  # words, the most frequent ones: the papers' size of a vocabulary
NOT_KNOWN = "⟨unknown⟩"


@dataclass(frozen=True)
class Vocabulary:
    """``words`` have the numbers from ``FIRST`` on. A text is cut into words or characters by ``level``."""

    words: tuple[str, ...]
    level: Level = "words"

    @classmethod
    def of(cls, texts: Iterable[str], level: Level = "words", least: int = 1) -> Vocabulary:
        """What stands in ``texts`` at least ``least`` times, the most frequent first, at most ``MOST``.

        LabError where that is nothing.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(cut(text, level))
        return cls.counted(counts, level, least)

    @classmethod
    def counted(cls, counts: Counter[str], level: Level, least: int) -> Vocabulary:
        """The same from how often each word was seen. LabError where no word is left."""
        kept = sorted((word for word in counts if counts[word] >= least), key=lambda word: (-counts[word], word))
        if not kept:
            raise LabError(f"no word stands in these texts {least} times or more: lower --least-often.")
        return cls(tuple(kept[:MOST]), level)

    def __len__(self) -> int:
        """How many numbers there are, those of no words included."""
        return FIRST + len(self.words)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.words, FIRST)}

    def numbers(self, text: str) -> list[int]:
        """The numbers of the words of ``text``; ``UNKNOWN`` of those that are not here."""
        known = self._numbers
        return [known.get(unit, UNKNOWN) for unit in cut(text, self.level)]

    def unknown(self, text: str) -> list[str]:
        """The words of ``text`` that are not here, in their order."""
        return [unit for unit in cut(text, self.level) if unit not in self._numbers]

    def tokens(self, texts: Sequence[str], length: int, ends: bool = True) -> Tensor:
        """``texts`` as numbers (N, length) int64: the words, ``END`` where a text ``ends``, and ``PADDING``.

        LabError for a text without words, and for one that is longer.
        """
        found = torch.full((len(texts), length), PADDING)
        for row, text in enumerate(texts):
            numbers = self.numbers(text) + [END] * ends
            if len(numbers) == ends:
                raise LabError(f"expected a text with words, got {text!r}.")
            if len(numbers) > length:
                raise LabError(
                    f"expected at most {length - ends} {self.level}, got {len(numbers) - ends} in {text[:60]!r}..."
                )
            found[row, : len(numbers)] = torch.tensor(numbers)
        return found

    def text(self, tokens: Tensor) -> str:
        """The text of one row of numbers (T,), up to its end."""
        units = []
        for number in tokens.tolist():
            if number in (END, PADDING):
                break
            units.append(self.words[number - FIRST] if number >= FIRST else NOT_KNOWN)
        return joined(units, self.level)

    def texts(self, tokens: Tensor) -> list[str]:
        """The texts of all rows (N, T)."""
        return [self.text(row) for row in tokens]


def lengths(tokens: Tensor) -> Tensor:
    """How many numbers (N,) stand before the padding of each row (N, T), the end included."""
    return (tokens != PADDING).sum(1)


def trimmed(tokens: Tensor) -> Tensor:
    """Rows (N, T) without the columns in which all of them are padded; at least one column is left."""
    return tokens[:, : max(1, int(lengths(tokens).max()))]


def until_end(tokens: Tensor) -> Tensor:
    """Rows (N, T) with ``PADDING`` in all places behind the first ``END``."""
    ended = (tokens == END).long().cumsum(1) - (tokens == END).long() > 0
    return tokens.masked_fill(ended, PADDING)
