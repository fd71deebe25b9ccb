"""Sentences and pairs of sentences as data sets of tokens: what ``Batches`` draws from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset

from core_gans.data.texts.lines import Lines
from core_gans.data.texts.vocabulary import Vocabulary, trimmed
from core_gans.foundation.errors import LabError
from core_gans.game import Batch


@dataclass(frozen=True)
class Sentences(Dataset[Batch]):
    """``lines`` of one text each, in the numbers of ``vocabulary``; ``length`` counts the end, where a text has one."""

    name: str
    lines: Lines
    vocabulary: Vocabulary
    length: int
    ends: bool = True

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tokens of one sentence."""
        return (self.length,)

    def together(self, places: Sequence[int]) -> Batch:
        """The sentences at ``places``: ``real`` (n, length) int64."""
        return Batch(self.vocabulary.tokens([line[0] for line in self.lines.at(places)], self.length, self.ends))

    def __getitem__(self, index: int) -> Batch:
        return self.together([index])


@dataclass(frozen=True)
class SentencePairs(Dataset[Batch]):
    """``lines`` of a source and its target; lengths count the end."""

    name: str
    lines: Lines
    source: Vocabulary
    target: Vocabulary
    source_length: int
    target_length: int

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the tokens of one target."""
        return (self.target_length,)

    def together(self, places: Sequence[int]) -> Batch:
        """The pairs at ``places``: ``other`` (n, S) are the sources, ``real`` (n, T) the targets, as long as needed."""
        lines = self.lines.at(places)
        sources = self.source.tokens([line[0] for line in lines], self.source_length)
        targets = self.target.tokens([line[1] for line in lines], self.target_length)
        return Batch(trimmed(targets), other=trimmed(sources))

    def __getitem__(self, index: int) -> Batch:
        return self.together([index])


HELD_MOST = 1_000  # texts, so that a judge is done in seconds
HELD_SHARE = 10  # one in ten


def split(checksums: Tensor, name: str) -> tuple[Tensor, Tensor]:
    """Places to learn from and places held out: all lines of one first text are on one side, the same every time.

    Held out are one in ten of the first texts, at most ``HELD_MOST``, those of the lowest ``checksums`` (N,).
    LabError for fewer than two different ones.
    """
    different = checksums.unique()  # sorted
    if len(different) < 2:
        raise LabError(f"expected at least two different texts, one of them to be held out, in {name}.")
    last = different[max(1, min(HELD_MOST, len(different) // HELD_SHARE)) - 1]
    held = checksums <= last
    return torch.nonzero(~held).flatten(), torch.nonzero(held).flatten()
