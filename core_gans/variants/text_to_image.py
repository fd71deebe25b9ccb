"""Text to image: pictures of captions, and a discriminator that also reads the caption. Reed et al. 2016, "Generative
Adversarial Text to Image Synthesis", algorithm 1 (GAN-CLS).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from core_gans.data.captions import LONGEST, class_tokens, tokens_of, words_in
from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.adversarial import AdversarialGame
from core_gans.games.captioned import (
    CaptionedDiscriminator,
    CaptionedGenerator,
    caption_in,
    with_caption,
    without_caption,
)
from core_gans.losses.objectives import Objective, goodfellow
from core_gans.networks import Architecture, Family
from core_gans.networks.text import CaptionEncoder
from core_gans.networks.trunk import Trunked, recogniser

FEW = 1e-3  # in units of a pixel's value: two pictures that are the same cost much, not everything
EXAMPLE = "a house with a red roof and two trees at sunset"


@dataclass(frozen=True)
class TextToImage(AdversarialGame):
    """The logistic game of DCGAN on captioned examples; a real example with another's caption counts as generated.

    Latents are (N, latent + LONGEST), the caption's words behind the noise. Each player has a caption encoder of its
    own. A class is a caption of one word, so data with labels serve too.
    """

    name: ClassVar[str] = "text_to_image"
    paper: ClassVar[str] = "Reed et al. 2016"
    beside_scores: ClassVar[tuple[str, ...]] = ("mode_seeking",)

    words: tuple[str, ...] = tuple(dict.fromkeys(words_in(EXAMPLE)))
    """The vocabulary. Taken from the data by the commands."""
    captions: tuple[str, ...] = (EXAMPLE,)
    """What is drawn where no text is asked for. Taken from the data by the commands."""
    caption_code: int = 64
    """Numbers in a caption's vector."""
    mode_seeking: float = 0.0
    """Weight of what keeps two pictures of one caption apart (Mao et al. 2019, equation 2); 0 for none.

    Without it, scenes soon have one picture for each caption; 0.1 keeps them apart.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.words or not self.captions or self.caption_code < 1:
            raise LabError("expected words, captions and a caption code of at least 1 number.")
        if not self.mode_seeking >= 0:
            raise LabError(f"expected mode_seeking of at least 0, got {self.mode_seeking}.")
        if len(self.shape) > 1 and math.prod(self.shape[1:]) < LONGEST:
            raise LabError(f"expected images of at least {LONGEST} pixels, got shape {self.shape}: choose a --size.")

    @property
    def objective(self) -> Objective:
        return goodfellow("heuristic")

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        generator = kind.generator(replace(architecture, latent=self.latent + self.caption_code))
        discriminator = Trunked(kind.discriminator(architecture))
        reader = recogniser(discriminator, self.shape, self.caption_code)
        ours, theirs = (CaptionEncoder(len(self.words), self.caption_code) for _ in range(2))
        if self.normalisation == "spectral":
            for layer in (*reader.modules(), *theirs.modules()):
                if isinstance(layer, nn.Linear | nn.Conv1d):
                    spectral_norm(layer)
        return {
            "generator": CaptionedGenerator(generator, ours),
            "discriminator": CaptionedDiscriminator(discriminator, reader, theirs),
        }

    def tokens(self, texts: Sequence[str]) -> Tensor:
        """Texts as the ``label`` of ``sample``: (N, LONGEST) int64. Raises what ``tokens_of`` raises."""
        return tokens_of(texts, self.words)

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """(count, latent + LONGEST): noise and a caption, one of ``captions`` where no ``label`` is given.

        ``label`` is (count, LONGEST) as from ``tokens``, or classes (count,), each the word of that number.
        """
        noise = super().latents(count, rng)
        if label is None:
            label = self.tokens(self.captions)[self._pick(count, rng).cpu()]
        elif label.dim() == 1:
            label = class_tokens(label, len(self.words))
        if label.shape != (count, LONGEST):
            raise LabError(f"expected {count} captions of {LONGEST} numbers, got {tuple(label.shape)}.")
        return torch.cat((noise, label.to(noise.device).float()), dim=1)

    def latents_for(self, batch: Batch, rng: torch.Generator) -> Tensor:
        """The batch's own captions, so that a penalty between two examples stays with one caption."""
        return self.latents(len(batch.real), rng, self._captions_of(batch))

    def with_condition(self, batch: Batch) -> Tensor:
        """The real examples with their captions; a LabError where there are none."""
        return with_caption(batch.real, self._captions_of(batch))

    def without_condition(self, shown: Tensor) -> Tensor:
        return without_caption(shown)

    def objective_term(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        """The mean of two games with one real side: against what is generated, and against captions that are wrong.

        With the logistic objective, that is -log D(x, t) - 1/2 [log(1 - D(x, t')) + log(1 - D(G(z, t), t))]. Each
        real example is shown once more under the caption of the one before it; equal captions are no mistake.
        """
        assert isinstance(discriminator, CaptionedDiscriminator)
        maps, tokens = discriminator.maps(real), caption_in(real)
        right, of_fake = discriminator.judged(maps, tokens), discriminator(fake)
        self.note_real_scores(discriminator, right)
        against_fake = self.objective.discriminator(right, of_fake)
        others = tokens.roll(1, 0)
        differ = (others != tokens).any(dim=1)
        if not bool(differ.any()):
            return against_fake
        against_wrong = self.objective.discriminator(right, discriminator.judged(maps, others)[differ])
        return (against_fake + against_wrong) / 2

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        """The objective's term; with mode seeking, the batch's second half is drawn for the captions of the first."""
        half = len(batch.real) // 2
        if not self.mode_seeking or not half:
            return super().generator_loss(nets, batch, rng)
        latents = self.latents_for(batch, rng)[: 2 * half]
        noise, tokens = latents[:, : self.latent], latents[:half, self.latent :]
        fake = nets["generator"](torch.cat((noise, tokens.repeat(2, 1)), dim=1))
        term = self.objective.generator(nets["discriminator"](fake))
        return {
            "generator": term,
            "mode_seeking": self.mode_seeking * sameness(self.without_condition(fake), *noise.chunk(2)),
        }

    def _pick(self, count: int, rng: torch.Generator) -> Tensor:
        return torch.randint(len(self.captions), (count,), generator=rng, device=rng.device)

    def _captions_of(self, batch: Batch) -> Tensor:
        if batch.text is not None:
            return batch.text
        if batch.label is None:
            raise LabError("text to image needs a caption with every example: choose data with captions or labels.")
        return class_tokens(batch.label, len(self.words))


def sameness(drawn: Tensor, one: Tensor, other: Tensor) -> Tensor:
    """|z1 - z2| / |G(z1) - G(z2)|, means per number, for the first half of ``drawn`` and the second; their mean.

    Mao et al. 2019, "Mode Seeking Generative Adversarial Networks for Diverse Image Synthesis", equation 2, in the form
    that the authors minimise.
    """
    first, second = drawn.chunk(2)
    apart = (first - second).abs().flatten(1).mean(dim=1)
    between: Tensor = (one - other).abs().mean(dim=1)
    return (between / (apart + FEW)).mean()
