"""What a latent is made of: noise, followed by the condition: a class, codes or a caption.

Only the noise is a place to walk in by great circles; what was asked for is blended, and a caption changes at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from core_gans.data.captions import LONGEST
from core_gans.exploring.paths import lerp, slerp
from core_gans.game import NoiseGame
from core_gans.games.conditions import one_hot
from core_gans.variants import ACGAN, CGAN, InfoGAN, TextToImage

FARTHEST_CODE = 3.0  # codes are drawn from -1 to 1; a little beyond shows what they mean


@dataclass(frozen=True)
class Makeup:
    """The numbers of one latent in their order: ``noise``, then one for each class, then codes, then a caption's."""

    noise: int
    classes: int = 0
    codes: int = 0
    words: tuple[str, ...] = ()
    """The vocabulary of the captions, where there are some."""

    @property
    def size(self) -> int:
        return self.noise + self.classes + self.codes + (LONGEST if self.words else 0)

    @classmethod
    def of(cls, game: NoiseGame, size: int) -> Makeup:
        """The makeup of the latents of ``game``, which have ``size`` numbers."""
        if isinstance(game, CGAN | ACGAN):
            return cls(game.latent, classes=game.classes)
        if isinstance(game, InfoGAN):
            return cls(game.latent, classes=game.categories, codes=game.codes)
        if isinstance(game, TextToImage):
            return cls(game.latent, words=game.words)
        return cls(size)

    def asked(
        self, latent: Tensor, label: int | None = None, codes: list[float] | None = None, tokens: Tensor | None = None
    ) -> Tensor:
        """``latent`` (N, size) with the class ``label``, ``codes`` and the caption ``tokens`` (1, LONGEST) in it.

        What is None stays as it is.

        Raises:
            ValueError: this game takes no such thing, or it is out of range.
        """
        latent = latent.clone()
        begin = self.noise + self.classes
        if label is not None:
            if not 0 <= label < self.classes:
                raise ValueError(
                    f"expected a class from 0 to {self.classes - 1}, got {label}."
                    if self.classes
                    else "this model takes no class."
                )
            latent[:, self.noise : begin] = one_hot(torch.tensor([label]), self.classes)
        if codes is not None:
            if len(codes) != self.codes or not all(abs(code) <= FARTHEST_CODE for code in codes):
                raise ValueError(f"expected {self.codes} codes from -{FARTHEST_CODE:g} to {FARTHEST_CODE:g}.")
            latent[:, begin : begin + self.codes] = torch.tensor(codes)
        if tokens is not None:
            latent[:, begin:] = tokens
        return latent

    def path(self, begin: Tensor, end: Tensor, steps: int, *, round_the_shell: bool) -> Tensor:
        """From ``begin`` (1, size) to ``end`` (1, size) in (steps, size): by a great circle in the noise, or straight.

        Classes and codes are blended evenly; a caption is the first one in the first half of the way, then the second.
        ValueError for opposite latents on a great circle.
        """
        way = lerp(begin, end, steps)[0]
        if round_the_shell:
            way[:, : self.noise] = slerp(begin[:, : self.noise], end[:, : self.noise], steps)[0]
        if self.words:
            way[:, self.noise :] = begin[:, self.noise :]
            way[(steps + 1) // 2 :, self.noise :] = end[:, self.noise :]
        return way

    def sum(self, minuend: Tensor, subtrahend: Tensor, addend: Tensor) -> Tensor:
        """minuend - subtrahend + addend, each (N, size); what was asked for adds up within what can be asked for.

        A caption is the addend's: words are no numbers to add.
        """
        total = minuend - subtrahend + addend
        middle = slice(self.noise, self.noise + self.classes)
        total[:, middle] = total[:, middle].clamp(0, 1)
        if self.words:
            total[:, self.noise :] = addend[:, self.noise :]
        return total
