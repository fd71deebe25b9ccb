"""Examples that carry their caption with them, for games whose discriminator must know what was asked for.

A caption is a row of words' numbers, (N, LONGEST). An image with its caption has one plane more, whose first numbers
are the words; a point with its caption is followed by them. Latents hold the caption behind the noise. Like the
players of ``conditions``, the generator hands the caption on in training and draws the example alone in evaluation.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from core_gans.data.captions import LONGEST
from core_gans.foundation.errors import LabError
from core_gans.games.conditions import HandsOn
from core_gans.networks.text import CaptionEncoder
from core_gans.networks.trunk import Trunked

NOT_WHOLE = 1e-3  # from a whole number, more than rounding explains


def with_caption(examples: Tensor, tokens: Tensor) -> Tensor:
    """Examples (N, C, H, W) or (N, D) with their captions (N, LONGEST): (N, C + 1, H, W) or (N, D + LONGEST).

    In float32, for half precision cannot count the words of a vocabulary. H times W must be at least LONGEST.
    """
    numbers = tokens.float()
    if examples.dim() > 2:
        height, width = examples.shape[2:]
        numbers = F.pad(numbers, (0, height * width - LONGEST)).view(-1, 1, height, width)
    return torch.cat((examples.float(), numbers), dim=1)


def without_caption(shown: Tensor) -> Tensor:
    """The examples alone."""
    return shown[:, :-1] if shown.dim() > 2 else shown[:, :-LONGEST]


def caption_in(shown: Tensor) -> Tensor:
    """The captions (N, LONGEST) int64 that examples carry, or latents; no gradient passes through them."""
    rows = shown[:, -1].flatten(1)[:, :LONGEST] if shown.dim() > 2 else shown[:, -LONGEST:]
    return rows.detach().round().long()  # rounded, for between two examples of one caption the numbers are not exact


class CaptionedGenerator(HandsOn):
    """Latents (N, L + LONGEST), the caption last, to examples; in training with their caption.

    A LabError for latents that were mixed: between the numbers of two words there is no third word.
    """

    def __init__(self, net: nn.Module, encoder: CaptionEncoder) -> None:
        super().__init__()
        self.net, self.encoder = net, encoder

    def forward(self, latents: Tensor) -> Tensor:
        tokens = caption_in(latents)
        mixed = (latents[:, -LONGEST:] - tokens).abs().max() > NOT_WHOLE
        if bool(mixed) or not 0 <= int(tokens.min()) <= int(tokens.max()) <= self.encoder.words:
            raise LabError(
                f"expected latents whose last {LONGEST} numbers are words from 1 to {self.encoder.words}, or 0: draw "
                "them from the game, and mix no latents of a text to image game."
            )
        examples: Tensor = self.net(torch.cat((latents[:, :-LONGEST], self.encoder(tokens)), dim=1))
        return with_caption(examples, tokens) if self.training else examples


class CaptionedDiscriminator(nn.Module):
    """Examples with their caption to scores (N,): how real the example is, plus how well the two fit.

    The fit is the inner product of what ``reader`` finds in the example and the caption's vector, as in the projection
    discriminator of Miyato and Koyama 2018, equation 3.
    """

    def __init__(self, net: Trunked, reader: nn.Module, encoder: CaptionEncoder) -> None:
        super().__init__()
        self.net, self.reader, self.encoder = net, reader, encoder

    def forward(self, shown: Tensor) -> Tensor:
        return self.judged(self.maps(shown), caption_in(shown))

    def maps(self, shown: Tensor) -> Tensor:
        """What the trunk finds in the examples; their captions are not looked at."""
        found: Tensor = self.net.trunk(without_caption(shown))
        return found

    def judged(self, maps: Tensor, tokens: Tensor) -> Tensor:
        """The scores (N,) of what the trunk found, under the captions (N, LONGEST)."""
        return self.net.judged(maps) + (self.reader(maps) * self.encoder(tokens)).sum(dim=1)
