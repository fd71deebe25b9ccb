"""SeqGAN: sequences written word by word, each word rewarded by what roll-outs make of it. Yu et al. 2017, "SeqGAN:
Sequence Generative Adversarial Nets with Policy Gradient".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from core_gans.data.texts.vocabulary import PADDING
from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.texts import Judged, WritingGame
from core_gans.networks.sequences import SequenceJudge, SequenceWriter


@dataclass(frozen=True)
class SeqGAN(WritingGame):
    """An LSTM against convolutions over windows of words.

    The reward of a word is the mean D of ``rollouts`` sequences that the generator itself goes on with from there
    (algorithm 1), less the moving average of rewards, which the paper does not take off. The paper's judge has 20
    filter sizes and 1,720 filters.
    """

    name: ClassVar[str] = "seqgan"
    paper: ClassVar[str] = "Yu et al. 2017"
    usual_data: ClassVar[str] = "grammar"

    embedding: int = 32
    """Numbers of a word."""
    width: int = 32
    """Of the recurrent state."""
    rate: float = 1e-2
    """Learning rate of the generator (Adam)."""
    clip: float = 5.0
    """The largest norm of the generator's gradient."""
    likelihood_share: float = 0.0
    """Share of the generator's later updates that are by likelihood, by chance; 1 for all of them."""
    rollouts: int = 16
    """Sequences that go on from each beginning (N in the paper)."""
    filters: int = 32
    """Of the discriminator, for each window."""
    windows: tuple[int, ...] = (1, 2, 3, 4, 5)
    """Words that the discriminator sees together."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rollouts < 1 or self.filters < 1 or not self.windows or min(self.windows) < 1:
            raise LabError("expected rollouts, filters and windows of at least 1.")
        if min(self.windows) > self.length:
            raise LabError(f"expected a window of at most the {self.length} words of a text, got {min(self.windows)}.")

    def players(self) -> dict[str, nn.Module]:
        words = len(self.vocabulary)
        return {
            "generator": SequenceWriter(words, self.length, self.embedding, self.width, self.ends),
            "discriminator": Judged(SequenceJudge(words, self.length, self.embedding, self.filters, self.windows)),
        }

    def draw(self, nets: Nets, batch: Batch, rng: torch.Generator) -> Tensor:
        return _writer(nets).sample(len(batch.real), rng)

    def likelihoods(self, nets: Nets, batch: Batch, tokens: Tensor) -> Tensor:
        return _writer(nets).likelihoods(tokens)

    def judged(self, nets: Nets, batch: Batch, tokens: Tensor) -> Tensor:
        scores: Tensor = nets["discriminator"](tokens)
        return scores

    @torch.no_grad()
    def rewards(self, nets: Nets, batch: Batch, tokens: Tensor, rng: torch.Generator) -> Tensor:
        """(N, T): the mean D of what the roll-outs make of each beginning, and D of the whole in the last place.

        Where a sequence has ended, every later roll-out is the sequence itself.
        """
        length = tokens.shape[1]
        total = torch.zeros(tokens.shape, dtype=_writer(nets).output.weight.dtype, device=tokens.device)
        total[:, -1] = self.judged(nets, batch, tokens).sigmoid()
        for _ in range(self.rollouts if length > 1 else 0):
            continued = _writer(nets).continued(tokens, rng)  # (T - 1, N, T)
            scores = self.judged(nets, batch, continued.flatten(0, 1)).sigmoid().view(length - 1, -1)
            total[:, :-1] += scores.T / self.rollouts
        return total.masked_fill(tokens == PADDING, 0.0)

    @torch.no_grad()
    def write(self, nets: Nets, count: int, rng: torch.Generator) -> Tensor:
        return _writer(nets).sample(count, rng)


def _writer(nets: Nets) -> SequenceWriter:
    net = nets["generator"]
    assert isinstance(net, SequenceWriter)
    return net
