"""Captions of a data set: its vocabulary, and each caption as the numbers of its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.foundation.names import unknown_name

LONGEST = 32  # words in a caption
PADDING = 0  # the number behind the last word; words count from 1


@dataclass(frozen=True)
class Captions:
    """``tokens`` (N, LONGEST) int64 are numbers of ``words``, from 1 on, with zeros behind the last word."""

    words: tuple[str, ...]
    tokens: Tensor

    @classmethod
    def of(cls, texts: Sequence[str]) -> Captions:
        """The captions ``texts`` and their words in alphabetical order. Raises what ``tokens_of`` raises."""
        words = tuple(sorted({word for text in texts for word in words_in(text)}))
        return cls(words, tokens_of(texts, words))

    @classmethod
    def of_classes(cls, labels: Tensor, classes: Sequence[str]) -> Captions:
        """Captions of one word: the name of the class (N,), with its blanks as hyphens.

        ValueError for a class without a word.
        """
        return cls(tuple("-".join(name.lower().split()) for name in classes), class_tokens(labels, len(classes)))

    def __len__(self) -> int:
        return len(self.tokens)

    def text(self, index: int) -> str:
        """The words of one caption, joined by blanks."""
        return " ".join(self.words[token - 1] for token in self.tokens[index].tolist() if token != PADDING)

    def different(self, most: int) -> tuple[str, ...]:
        """The first captions that differ from each other, at most ``most``."""
        found: dict[str, None] = {}
        for index in range(len(self)):
            if len(found) == most:
                break
            found[self.text(index)] = None
        return tuple(found)

    def part(self, chosen: Tensor) -> Captions:
        """The captions at the indices ``chosen`` (n,) of all (N,), in the same vocabulary."""
        return Captions(self.words, self.tokens[chosen])


def words_in(text: str) -> list[str]:
    """The words of a text in their order, in small letters, without what stands between them."""
    return re.findall(r"[\w'-]+", text.lower())


def tokens_of(texts: Sequence[str], words: Sequence[str]) -> Tensor:
    """``texts`` as the numbers of their words in the vocabulary ``words``: (N, LONGEST) int64, padded by zeros.

    ValueError for a text without words, for one of more than LONGEST words, and for a word that is not in the
    vocabulary; it names the nearest ones.
    """
    numbers = {word: number for number, word in enumerate(words, 1)}
    tokens = torch.full((len(texts), LONGEST), PADDING)
    for row, text in enumerate(texts):
        found = words_in(text)
        if not 1 <= len(found) <= LONGEST:
            raise ValueError(f"expected a caption of 1 to {LONGEST} words, got {len(found)} in {text!r}.")
        for word in found:
            if word not in numbers:
                raise unknown_name("word of the captions", word, words)
        tokens[row, : len(found)] = torch.tensor([numbers[word] for word in found])
    return tokens


def class_tokens(labels: Tensor, classes: int) -> Tensor:
    """Classes (N,) as captions of one word, (N, LONGEST) int64; a ValueError names a class that is not there."""
    wrong = labels[(labels < 0) | (labels >= classes)]
    if len(wrong):
        raise ValueError(f"expected classes from 0 to {classes - 1}, one for each word, got {int(wrong[0])}.")
    return torch.nn.functional.pad(labels.long()[:, None] + 1, (0, LONGEST - 1), value=PADDING)
