"""A writer of sequences and their judge. Yu et al. 2017, "SeqGAN: Sequence Generative Adversarial Nets with Policy
Gradient", section 4: an LSTM, and convolutions over windows of words with a highway layer.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.data.texts.vocabulary import BEGIN, END, PADDING, UNKNOWN

State = tuple[Tensor, Tensor]


class SequenceWriter(nn.Module):
    """Sequences of at most ``length`` numbers of a vocabulary of ``words``; none ends early unless it ``ends``."""

    def __init__(self, words: int, length: int, embedding: int, width: int, ends: bool) -> None:
        super().__init__()
        self.length, self.width = length, width
        self.impossible = (PADDING, BEGIN, UNKNOWN) if ends else (PADDING, BEGIN, UNKNOWN, END)
        self.words = nn.Embedding(words, embedding, padding_idx=PADDING)
        self.cell = nn.LSTMCell(embedding, width)
        self.output = nn.Linear(width, words)

    def step(self, word: Tensor, state: State | None) -> tuple[Tensor, State]:
        """The log-probabilities (N, V) of what follows ``word`` (N,), and the next state."""
        state = self.cell(self.words(word), state)
        return self._log_probabilities(state[0]), state

    def likelihoods(self, tokens: Tensor) -> Tensor:
        """The log-probability (N, T) of each number of ``tokens`` (N, T) after those before it; 0 of padding.

        Numbers that it never writes, as that of words it does not know, count 0, too.
        """
        state, outputs = None, []
        for word in _shifted(tokens).unbind(1):
            state = self.cell(self.words(word), state)
            outputs.append(state[0])
        of_all = self._log_probabilities(torch.stack(outputs, dim=1))
        chosen = of_all.gather(2, tokens[:, :, None])[:, :, 0]
        return chosen.masked_fill(torch.isinf(chosen), 0.0)

    def forward(self, tokens: Tensor) -> Tensor:
        """``likelihoods``."""
        return self.likelihoods(tokens)

    @torch.no_grad()
    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Sequences (count, length), drawn word by word; padding behind an end."""
        word = torch.full((count,), BEGIN, device=self.output.weight.device)
        state, found = None, []
        for _ in range(self.length):
            before, (chances, state) = word, self.step(word, state)
            word = _drawn(chances, before, rng)
            found.append(word)
        return torch.stack(found, dim=1)

    @torch.no_grad()
    def continued(self, tokens: Tensor, rng: torch.Generator) -> Tensor:
        """Every beginning of ``tokens`` (N, T), but the whole, written to its end: (T - 1, N, T)."""
        count, length = tokens.shape
        found = tokens.expand(length - 1, -1, -1).clone()  # the beginning in place p has p + 1 numbers
        hidden, cell = (self.output.weight.new_zeros(length - 1, count, self.width) for _ in range(2))
        given: State | None = None
        for place, word in enumerate(_shifted(tokens).unbind(1)):
            if place:  # all beginnings of at most ``place`` numbers write their next one
                before = found[:place, :, place - 1].flatten()
                state = hidden[:place].flatten(0, 1), cell[:place].flatten(0, 1)
                chances, state = self.step(before, state)
                found[:place, :, place] = _drawn(chances, before, rng).view(place, count)
                hidden[:place], cell[:place] = (each.view(place, count, -1) for each in state)
            given = self.cell(self.words(word), given)
            if place < length - 1:
                hidden[place], cell[place] = given
        return found

    def _log_probabilities(self, hidden: Tensor) -> Tensor:
        logits = self.output(hidden)
        impossible = torch.zeros(logits.shape[-1], dtype=torch.bool, device=logits.device)
        impossible[list(self.impossible)] = True
        return logits.masked_fill(impossible, -torch.inf).log_softmax(-1)


class SequenceJudge(nn.Module):
    """Sequences (N, T) int64 of at most ``length`` numbers to scores (N,), large for real ones.

    Kim 2014 with the highway layer of Srivastava et al. 2015: the largest answer of each filter over the sequence.
    """

    def __init__(self, words: int, length: int, embedding: int, filters: int, windows: Sequence[int]) -> None:
        super().__init__()
        self.length = length
        self.words = nn.Embedding(words, embedding, padding_idx=PADDING)
        self.near = nn.ModuleList(nn.Conv1d(embedding, filters, window) for window in windows if window <= length)
        seen = filters * len(self.near)
        self.through, self.gate = nn.Linear(seen, seen), nn.Linear(seen, seen)
        self.score = nn.Linear(seen, 1)

    def forward(self, tokens: Tensor) -> Tensor:
        words = self.words(F.pad(tokens, (0, self.length - tokens.shape[1]), value=PADDING)).transpose(1, 2)
        seen = torch.cat([near(words).relu().amax(2) for near in self.near], dim=1)
        gate = self.gate(seen).sigmoid()
        score: Tensor = self.score(gate * self.through(seen).relu() + (1 - gate) * seen)[:, 0]
        return score


def _shifted(tokens: Tensor) -> Tensor:
    """What stands before each number: the beginning, then the numbers but the last."""
    return torch.cat((torch.full_like(tokens[:, :1], BEGIN), tokens[:, :-1]), dim=1)


def _drawn(chances: Tensor, before: Tensor, rng: torch.Generator) -> Tensor:
    """A number (N,) by log-probabilities (N, V); padding behind an end or padding."""
    word = torch.multinomial(chances.exp(), 1, generator=rng)[:, 0]
    return word.masked_fill((before == END) | (before == PADDING), PADDING)
