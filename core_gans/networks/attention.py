"""A translator of sentences: a GRU that reads both ways, and a GRU that writes and looks back at what was read.

Bahdanau, Cho & Bengio 2015, "Neural Machine Translation by Jointly Learning to Align and Translate" (RNNSearch), which
Wu et al. 2017 train against an adversary. Additive attention; the state of the writer begins at what the backward
reader ends with.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from core_gans.data.texts.vocabulary import BEGIN, PADDING, lengths

IMPOSSIBLE = (PADDING, BEGIN)  # numbers that are never written


@dataclass(frozen=True)
class Memory:
    """What was read of N sources: ``states`` (N, S, 2H), ``keys`` (N, S, H), ``there`` (N, S) where words stand."""

    states: Tensor
    keys: Tensor
    there: Tensor

    def at(self, rows: Tensor) -> Memory:
        """The rows at the indices ``rows`` (n,)."""
        return Memory(self.states[rows], self.keys[rows], self.there[rows])


class AttentionTranslator(nn.Module):
    """Sources (N, S) int64 of a vocabulary of ``sources`` numbers to targets (N, T) of one of ``targets``."""

    def __init__(self, sources: int, targets: int, embedding: int, width: int) -> None:
        super().__init__()
        self.targets = targets
        self.source_words = nn.Embedding(sources, embedding, padding_idx=PADDING)
        self.reader = nn.GRU(embedding, width, batch_first=True, bidirectional=True)
        self.begin = nn.Linear(width, width)
        self.target_words = nn.Embedding(targets, embedding, padding_idx=PADDING)
        self.key, self.query = nn.Linear(2 * width, width), nn.Linear(width, width, bias=False)
        self.weight = nn.Linear(width, 1, bias=False)
        self.writer = nn.GRUCell(embedding + 2 * width, width)
        self.output = nn.Linear(3 * width + embedding, targets)

    def read(self, source: Tensor) -> tuple[Memory, Tensor]:
        """What is remembered of sources (N, S), and the first state (N, H); padding changes nothing."""
        count = lengths(source)
        packed = pack_padded_sequence(self.source_words(source), count.cpu(), batch_first=True, enforce_sorted=False)
        states, last = self.reader(packed)
        states, _ = pad_packed_sequence(states, batch_first=True, total_length=source.shape[1])
        return Memory(states, self.key(states), source != PADDING), self.begin(last[1]).tanh()

    def step(self, memory: Memory, state: Tensor, word: Tensor) -> tuple[Tensor, Tensor]:
        """The features (N, 3H + E) of the next word after ``word`` (N,) in ``state`` (N, H), and the next state."""
        agreement = self.weight((memory.keys + self.query(state)[:, None]).tanh())[:, :, 0]  # (N, S)
        share = agreement.masked_fill(~memory.there, -torch.inf).softmax(1)
        context = (share[:, None] @ memory.states)[:, 0]  # (N, 2H)
        seen = torch.cat((self.target_words(word), context), dim=1)
        state = self.writer(seen, state)
        return torch.cat((state, seen), dim=1), state

    def log_probabilities(self, features: Tensor) -> Tensor:
        """Of every number (..., V) of the next word; those of no words are impossible."""
        logits = self.output(features)
        impossible = torch.zeros(self.targets, dtype=torch.bool, device=logits.device)
        impossible[list(IMPOSSIBLE)] = True
        return logits.masked_fill(impossible, -torch.inf).log_softmax(-1)

    def likelihoods(self, source: Tensor, target: Tensor) -> Tensor:
        """The log-probability (N, T) of each number of ``target`` (N, T) after those before it; 0 of padding."""
        memory, state = self.read(source)
        features = []
        for word in torch.cat((torch.full_like(target[:, :1], BEGIN), target[:, :-1]), dim=1).unbind(1):
            found, state = self.step(memory, state, word)
            features.append(found)
        of_all = self.log_probabilities(torch.stack(features, dim=1))
        there = target != PADDING
        chosen = of_all.gather(2, target.masked_fill(~there, IMPOSSIBLE[-1] + 1)[:, :, None])[:, :, 0]
        return chosen.masked_fill(~there, 0.0)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """``likelihoods``."""
        return self.likelihoods(source, target)
