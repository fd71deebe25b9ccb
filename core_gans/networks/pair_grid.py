"""A convolutional judge of a source and its translation: a picture whose pixel (i, j) is the i-th word beside the j-th.

Wu et al. 2017, section 3.2: two layers of convolutions over 3x3 word pairs and maxima over 2x2, then two dense layers.
Both sentences are padded to the longest that the game takes, so that a batch's padding changes nothing.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.data.texts.vocabulary import PADDING

HIDDEN = 20  # of the dense layers, and the second convolution's channels


class PairGrid(nn.Module):
    """Sources (N, S) and targets (N, T) int64 to scores (N,), large for pairs that look human."""

    def __init__(
        self, sources: int, targets: int, source_length: int, target_length: int, embedding: int, channels: int
    ) -> None:
        super().__init__()
        self.lengths = source_length, target_length
        self.source_words = nn.Embedding(sources, embedding, padding_idx=PADDING)
        self.target_words = nn.Embedding(targets, embedding, padding_idx=PADDING)
        self.first = nn.Conv2d(2 * embedding, channels, 3, padding=1)
        self.second = nn.Conv2d(channels, HIDDEN, 3, padding=1)
        height, width = (-(-length // 4) for length in self.lengths)  # halved twice, rounded up
        self.dense = nn.Linear(HIDDEN * height * width, HIDDEN)
        self.score = nn.Linear(HIDDEN, 1)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        source, target = (
            F.pad(each, (0, length - each.shape[1]), value=PADDING)
            for each, length in zip((source, target), self.lengths, strict=True)
        )
        across, down = self.source_words(source).transpose(1, 2), self.target_words(target).transpose(1, 2)  # (N, E, .)
        grid = torch.cat(
            (
                across[:, :, :, None].expand(-1, -1, -1, target.shape[1]),
                down[:, :, None].expand(-1, -1, source.shape[1], -1),
            ),
            dim=1,
        )  # (N, 2E, S, T)
        seen = F.max_pool2d(self.first(grid).relu(), 2, ceil_mode=True)
        seen = F.max_pool2d(self.second(seen).relu(), 2, ceil_mode=True)
        score: Tensor = self.score(self.dense(seen.flatten(1)).relu())[:, 0]
        return score
