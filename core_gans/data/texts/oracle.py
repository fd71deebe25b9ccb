"""An oracle of sequences: what draws the real ones knows how likely any other is. Yu et al. 2017, section 5.1.

An LSTM whose weights are drawn from N(0, 1) and never learned. Its negative log-likelihood of what a generator wrote is
an exact judge of quality.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from core_gans.data.texts.vocabulary import FIRST

WORDS, LENGTH = 100, 12  # the paper has 5,000 and 20; here a run takes minutes
WIDTH = 32  # of an embedding and of the state
SEED = 0  # of its weights: the same oracle every time


class Oracle(nn.Module):
    """A random LSTM over ``words`` words; sequences are (N, length) int64, whose words count from ``FIRST``."""

    def __init__(self, words: int = WORDS, length: int = LENGTH, seed: int = SEED) -> None:
        super().__init__()
        self.words, self.length = words, length
        with torch.random.fork_rng(devices=[]):
            self.embedding = nn.Embedding(words + 1, WIDTH)  # the last one stands before the first word
            self.cell = nn.LSTMCell(WIDTH, WIDTH)
            self.output = nn.Linear(WIDTH, words)
        rng = torch.Generator().manual_seed(seed)
        for parameter in self.parameters():
            parameter.data.normal_(generator=rng)
            parameter.requires_grad_(False)

    @torch.no_grad()
    def sample(self, count: int, rng: torch.Generator) -> Tensor:
        """Sequences (count, length), drawn word by word."""
        word, state, found = torch.full((count,), self.words), None, []
        for _ in range(self.length):
            state = self.cell(self.embedding(word), state)
            word = torch.multinomial(self.output(state[0]).softmax(1), 1, generator=rng)[:, 0]
            found.append(word + FIRST)
        return torch.stack(found, dim=1)

    @torch.no_grad()
    def likelihoods(self, tokens: Tensor) -> Tensor:
        """The log-probability (N,) of each sequence (N, length), a mean per word.

        What is no word of the oracle (an end, a word that is not known) has no probability: minus infinity.
        """
        known = (tokens >= FIRST).all(1) & (tokens < FIRST + self.words).all(1)
        words = (tokens - FIRST).clamp(0, self.words - 1)
        before = torch.cat((torch.full_like(words[:, :1], self.words), words[:, :-1]), dim=1)
        state, found = None, []
        for place in range(words.shape[1]):
            state = self.cell(self.embedding(before[:, place]), state)
            found.append(self.output(state[0]).log_softmax(1).gather(1, words[:, place, None])[:, 0])
        return torch.stack(found, dim=1).mean(1).masked_fill(~known, -torch.inf)
