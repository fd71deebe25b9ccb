"""Adversarial translation: a translator that also learns from a judge of sentence pairs. Wu et al. 2017, "Adversarial
Neural Machine Translation".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.texts import Judged, SentenceTranslation
from core_gans.networks.attention import AttentionTranslator
from core_gans.networks.pair_grid import PairGrid
from core_gans.networks.translating import beam_search, written

AT_ONCE = 128  # sentences translated together
MOST_BEAMS = 1_000


@dataclass(frozen=True)
class NMT(SentenceTranslation):
    """A GRU with attention against convolutions over the grid of word pairs.

    The reward of a translation is -log(1 - D), less the moving average of the rewards before it. The paper has 620
    numbers a word and 1,000 in a state.
    """

    name: ClassVar[str] = "nmt"
    paper: ClassVar[str] = "Wu et al. 2017"
    usual_data: ClassVar[str] = "toy_language"

    channels: int = 64
    """Of the discriminator's first convolution."""

    def players(self) -> dict[str, nn.Module]:
        source, target = len(self.sources), len(self.vocabulary)
        return {
            "generator": AttentionTranslator(source, target, self.embedding, self.width),
            "discriminator": Judged(
                PairGrid(source, target, self.source_length, self.length, self.embedding, self.channels)
            ),
        }

    def draw(self, nets: Nets, batch: Batch, rng: torch.Generator) -> Tensor:
        return written(_translator(nets), _sources(batch), self.length, rng)

    def likelihoods(self, nets: Nets, batch: Batch, tokens: Tensor) -> Tensor:
        return _translator(nets).likelihoods(_sources(batch), tokens)

    def judged(self, nets: Nets, batch: Batch, tokens: Tensor) -> Tensor:
        scores: Tensor = nets["discriminator"](_sources(batch), tokens)
        return scores

    @torch.no_grad()
    def rewards(self, nets: Nets, batch: Batch, tokens: Tensor, rng: torch.Generator) -> Tensor:
        """-log(1 - D), one for each translation (N,): the terms of the paper's gradient, equation 5."""
        del rng
        return F.softplus(self.judged(nets, batch, tokens))

    def translate(self, nets: Nets, texts: Sequence[str], beams: int = 1) -> list[str]:
        """Greedy, or with ``beams`` kept beginnings."""
        if not 1 <= beams <= MOST_BEAMS:
            raise LabError(f"expected --beams from 1 to {MOST_BEAMS:,}, got {beams}.")
        net = _translator(nets)
        device = net.output.weight.device
        found = []
        for start in range(0, len(texts), AT_ONCE):
            sources = self.sources.tokens(texts[start : start + AT_ONCE], self.source_length).to(device)
            best = (
                written(net, sources, self.length) if beams == 1 else beam_search(net, sources, self.length, beams)[0]
            )
            found += self.vocabulary.texts(best)
        return found


def _translator(nets: Nets) -> AttentionTranslator:
    net = nets["generator"]
    assert isinstance(net, AttentionTranslator)
    return net


def _sources(batch: Batch) -> Tensor:
    if batch.other is None:
        raise LabError("nmt learns from pairs of sentences: give it a .tsv of SOURCE, tab, TARGET, or toy_language.")
    return batch.other
