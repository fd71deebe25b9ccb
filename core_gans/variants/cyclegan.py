"""CycleGAN: translation learned without pairs, by translating there and back. Zhu et al. 2017, "Unpaired
Image-to-Image Translation using Cycle-Consistent Adversarial Networks".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.image_pool import ImagePool
from core_gans.games.translators import Translator
from core_gans.losses.objectives import Objective, least_squares_labels, wasserstein
from core_gans.losses.penalties import gradient_penalty
from core_gans.networks.patch import patch
from core_gans.networks.residual import Added, ResidualTranslator
from core_gans.networks.unet import Norm

# Equation 1 with the squares of section 4: the discriminator's are halved, the generator's are not.
whole_squares = Objective("least_squares", least_squares_labels.discriminator, lambda fake: ((fake - 1) ** 2).mean())


class BothWays(nn.Module):
    """The generators G, from source to target, and F, back."""

    def __init__(self, there: nn.Module, back: nn.Module) -> None:
        super().__init__()
        self.there, self.back = there, back

    def forward(self, images: Tensor) -> Tensor:
        """Sources to targets."""
        drawn: Tensor = self.there(images)
        return drawn


class BothJudges(nn.Module):
    """The discriminators of targets (D_Y) and of sources (D_X), and the older images that each of them sees again."""

    def __init__(self, target: nn.Module, source: nn.Module, targets: ImagePool, sources: ImagePool) -> None:
        super().__init__()
        self.target, self.source, self.targets, self.sources = target, source, targets, sources


@dataclass(frozen=True)
class CycleGAN(Translator):
    """Two translators and two discriminators; the cycle's error and the error on images that need no change are L1.

    Players: ``generator`` is both translators, ``discriminator`` both discriminators. The paper's learning rate falls
    on a line in the second half of training; ``fall_rounds`` lets it fall from the beginning.
    """

    name: ClassVar[str] = "cyclegan"
    paper: ClassVar[str] = "Zhu et al. 2017"
    usual_data: ClassVar[str] = "day-to-night:scenes"
    learns_from: ClassVar[Literal["pairs", "domains", "labels"]] = "domains"

    drawn: int = 3
    """Channels of a target. Taken from the data by the commands."""
    cycle: float = 10.0
    """Weight of the way there and back (lambda)."""
    identity: float = 0.5
    """Weight, in lambdas, of leaving alone what is of the other domain already; 0 for none."""
    adversarial: Literal["least_squares", "wasserstein"] = "least_squares"
    """The terms of the two discriminators: LSGAN's, or WGAN's with a gradient penalty."""
    gradient_penalty: float = 10.0
    """Weight of the gradient penalty beside wasserstein terms."""
    pool: int = 50
    """Generated images that each discriminator may see again; 0 for none."""
    blocks: int = 9
    """Residual blocks of each translator; the paper takes 6 for images of 128 pixels, 9 for larger ones."""
    halvings: int = 2
    """Halvings of the image on the way to these blocks; fewer keep more of small images."""
    patch_layers: int = 3
    """Strided layers of the discriminators: 1, 2, 3 see patches of 16, 34, 70 pixels."""
    normalisation: Norm = "instance"
    """Of all networks: batch, instance or none. Instance normalisation has a scale and a shift a channel here, as in
    Ulyanov et al. 2016; the authors' code has none. Checkpoints hold them, so that they stay."""
    residual: bool = False
    """The translators draw what is to be added to an image, as when most of it is to stay."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_weights("cycle", "identity", "gradient_penalty", "pool", "blocks", "halvings")
        if self.wasserstein and self.normalisation == "batch":
            raise LabError(
                "a gradient penalty is a statement about single images, and batch normalisation couples them: choose "
                "--normalisation instance or none."
            )

    @property
    def wasserstein(self) -> bool:
        return self.adversarial == "wasserstein"

    @property
    def objective(self) -> Objective:
        """From scores to the scalars that the players minimise, in each direction."""
        return wasserstein if self.wasserstein else whole_squares

    @property
    def targets(self) -> tuple[str, ...]:
        return ("target", "source")

    def players(self) -> dict[str, nn.Module]:
        if self.identity and self.colours != self.drawn:
            raise LabError(
                f"a translator that leaves targets alone must take them, and they have {self.drawn} channels where "
                f"sources have {self.colours}: choose --identity 0, or the same --colours."
            )
        if self.residual and self.colours != self.drawn:
            raise LabError(
                f"expected domains of the same channels to add to, got {self.colours} and {self.drawn}: choose "
                "--no-residual, or the same --colours."
            )
        sides = self.shape[1:]
        return {
            "generator": BothWays(
                self._translator(self.colours, self.drawn), self._translator(self.drawn, self.colours)
            ),
            "discriminator": BothJudges(
                self._judge(self.drawn),
                self._judge(self.colours),
                ImagePool(self.pool, (self.drawn, *sides)),
                ImagePool(self.pool, (self.colours, *sides)),
            ),
        }

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        generators, judges = self._both(nets)
        with torch.no_grad():
            drawn_target = generators.there(self.sources(batch))
            drawn_source = generators.back(batch.real)
        return {
            **self._judged("target", judges.target, batch.real, judges.targets(drawn_target, rng), rng),
            **self._judged("source", judges.source, self.sources(batch), judges.sources(drawn_source, rng), rng),
        }

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        generators, judges = self._both(nets)
        x, y = self.sources(batch), batch.real
        there, back = generators.there(x), generators.back(y)
        cycle = _error(generators.back(there), x) + _error(generators.there(back), y)
        terms = {
            "generator_target": self.objective.generator(judges.target(there)),
            "generator_source": self.objective.generator(judges.source(back)),
            "cycle": self.cycle * cycle,
        }
        if self.identity:
            unchanged = _error(generators.there(y), y) + _error(generators.back(x), x)
            terms["identity"] = self.identity * self.cycle * unchanged
        return terms

    def answer(self, generator: nn.Module, images: Tensor, target: int) -> Tensor:
        assert isinstance(generator, BothWays)
        self.require_colours(images, self.drawn if target else self.colours)
        drawn: Tensor = generator.back(images) if target else generator.there(images)
        return drawn

    def _translator(self, colours: int, drawn: int) -> nn.Module:
        network = ResidualTranslator(colours, drawn, self.width, self.blocks, self.halvings, self.normalisation)
        return Added(network) if self.residual else network

    def _judge(self, colours: int) -> nn.Module:
        """Scores of patches (N, 1, h, w), or their mean (N,), where slopes are to be those of one score an image."""
        scores = patch(colours, min(self.shape[1:]), self.width, self.patch_layers, self.normalisation)
        return nn.Sequential(scores, nn.AdaptiveAvgPool2d(1), nn.Flatten(0)) if self.wasserstein else scores

    def _judged(
        self, domain: str, judge: nn.Module, real: Tensor, drawn: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        terms = {f"discriminator_{domain}": self.objective.discriminator(judge(real), judge(drawn))}
        if self.wasserstein and self.gradient_penalty:
            penalty = gradient_penalty(judge, real, drawn, rng)
            terms[f"gradient_penalty_{domain}"] = self.gradient_penalty * penalty
        return terms

    def _both(self, nets: Nets) -> tuple[BothWays, BothJudges]:
        generators, judges = nets["generator"], nets["discriminator"]
        assert isinstance(generators, BothWays)
        assert isinstance(judges, BothJudges)
        return generators, judges


def _error(one: Tensor, other: Tensor) -> Tensor:
    return (one - other).abs().float().mean()
