"""A small encoder of captions: words, their neighbours, and the strongest answer to each question about them.

One layer of Kim 2014, "Convolutional Neural Networks for Sentence Classification": a convolution over three words, so
that it is the roof that is red, and the maximum over the caption.
"""

from __future__ import annotations

from torch import Tensor, nn

from core_gans.data.captions import PADDING

EMBEDDING = 64  # numbers of a word
NEAR = 3  # words seen together
QUESTIONS = 128  # filters


class CaptionEncoder(nn.Module):
    """Tokens (N, L) int64 of a vocabulary of ``words`` to vectors (N, outputs), whatever the padding behind them."""

    def __init__(self, words: int, outputs: int) -> None:
        super().__init__()
        self.words = words
        self.embedding = nn.Embedding(words + 1, EMBEDDING, padding_idx=PADDING)
        self.near = nn.Conv1d(EMBEDDING, QUESTIONS, NEAR, padding=NEAR // 2)
        self.summary = nn.Linear(QUESTIONS, outputs)

    def forward(self, tokens: Tensor) -> Tensor:
        answers = self.near(self.embedding(tokens).transpose(1, 2)).relu()  # (N, QUESTIONS, L), none below 0
        summary: Tensor = self.summary((answers * (tokens != PADDING)[:, None]).amax(dim=2))
        return summary
