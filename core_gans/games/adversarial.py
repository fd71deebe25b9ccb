"""The game of two players that most variants are: a generator, a discriminator and an objective.

Networks, penalties, constraints and optimisers are fields that any of these games takes; a variant adds its
objective and sets the paper's numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Loss, Nets, NoiseGame, Turn, nothing
from core_gans.games.augmented import Augmented
from core_gans.games.penalised import Penalised
from core_gans.losses.penalties import clip_weights
from core_gans.networks import Architecture, Family, family
from core_gans.networks.augmentation import augmentation_in
from core_gans.techniques.historical_averaging import begin_history, historical_penalty, remember
from core_gans.techniques.virtual_batch_norm import VirtualBatchNorm, set_references

COUPLING = ("dcgan", "autoencoder", "resnet")  # families whose discriminators of images may have batch normalisation
REFERENCES = 64  # latents in the reference batch of virtual batch normalisation


@dataclass(frozen=True)
class AdversarialGame(Penalised, Augmented, NoiseGame):
    """A generator against a discriminator; a variant adds its objective and its paper's numbers.

    The numbers of its networks are the fields of :class:`Architecture`, those of its optimisers, its penalties and its
    changes of images those of :class:`Learning`, :class:`Penalised` and :class:`Augmented`.
    """

    family: str = "dcgan"
    """Network family: dcgan, resnet (SNGAN's residual blocks), r3gan (without normalisation; all three for images of 16
    to 256 pixels a side), mlp (points, small images), maxout, autoencoder."""
    prior: Literal["normal", "uniform"] = "normal"
    """Latents from N(0, 1) or from U(-1, 1)."""
    historical_averaging: float = 0.0
    """Weight of |theta - mean of its past|^2 of each player (Salimans et al. 2016, section 3.3); 0 for none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_learning()
        self.require_penalties()
        if not self.historical_averaging >= 0:
            raise LabError(f"expected historical_averaging of at least 0, got {self.historical_averaging}.")

    @property
    def couples_samples(self) -> bool:
        """Whether the discriminator's answer to a sample depends on the others of its batch."""
        by_norm = self.normalisation == "batch" and len(self.shape) > 1 and self.family in COUPLING
        return by_norm or self.minibatch_discrimination > 0

    def players(self) -> dict[str, nn.Module]:
        """Fresh networks, with what the techniques keep in them.

        LabError where a penalty and a discriminator that couples the samples of a batch exclude each other, and where
        the family has no place for a technique.
        """
        self.require_compatible()
        self.require_adaptable(self.objective)
        nets = self.networks(self.augmenting(family(self.family)), self.architecture())
        if self.generator_normalisation == "virtual":
            self._choose_references(nets["generator"])
        self.begin_counting(nets["discriminator"])
        if self.historical_averaging:
            for player in ("generator", "discriminator"):
                begin_history(nets[player])
        return nets

    def networks(self, kind: Family, architecture: Architecture) -> dict[str, nn.Module]:
        """The players, freshly built by the family ``kind``; a variant with other players builds them here."""
        return {"generator": kind.generator(architecture), "discriminator": kind.discriminator(architecture)}

    def require_compatible(self) -> None:
        """LabError where a penalty and a discriminator that couples the samples of a batch exclude each other."""
        if (self.gradient_penalty or self.r1 or self.r2) and self.couples_samples:
            if self.minibatch_discrimination:
                couples, choose = "minibatch discrimination", "--minibatch-discrimination 0, or no penalty"
            else:
                couples = "batch normalisation"
                choose = "--normalisation none, instance or spectral, --family mlp, or no penalty"
            raise LabError(
                f"a gradient penalty is a statement about single samples, and the discriminator's {couples} "
                f"couples them: choose {choose}."
            )

    def _choose_references(self, generator: nn.Module) -> None:
        """Keep the latents whose statistics virtual batch normalisation uses, as the buffer ``references``."""
        if not any(isinstance(module, VirtualBatchNorm) for module in generator.modules()):
            raise LabError(
                "virtual batch normalisation stands between the convolutions of a generator of images: choose "
                "--family dcgan, or another --generator-normalisation."
            )
        rng = torch.Generator().manual_seed(int(torch.randint(2**62, ())))
        generator.register_buffer("references", self.latents(REFERENCES, rng))
        set_references(generator, generator.get_buffer("references"))

    def architecture(self) -> Architecture:
        """What the network families build from."""
        return Architecture(**{name: getattr(self, name) for name in Architecture.__dataclass_fields__})

    def turns(self) -> tuple[Turn, ...]:
        keeps = self.historical_averaging or self.generator_normalisation == "virtual"
        return (
            Turn(
                players=("discriminator",),
                loss=self._with_history("discriminator", self.discriminator_loss),
                optimizer=self.optimizer("discriminator"),
                times=self.discriminator_steps,
                after=self.after_discriminator,
            ),
            Turn(
                players=("generator",),
                loss=self._with_history("generator", self.generator_loss),
                optimizer=self.optimizer("generator"),
                after=self._after_generator if keeps else nothing,
            ),
        )

    def _with_history(self, player: str, loss: Loss) -> Loss:
        """``loss`` with what ``player`` pays for leaving the mean of its past, where it is asked for."""
        if not self.historical_averaging:
            return loss

        def paid(nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
            penalty = self.historical_averaging * historical_penalty(nets[player])
            return {**loss(nets, batch, rng), f"{player}_history": penalty}

        return paid

    def latents(self, count: int, rng: torch.Generator, label: Tensor | None = None) -> Tensor:
        """(count, latent), on the device of ``rng``."""
        if self.prior == "uniform":
            return torch.rand(count, self.latent, generator=rng, device=rng.device) * 2 - 1
        return torch.randn(count, self.latent, generator=rng, device=rng.device)

    def unasked(self, latents: Tensor) -> Tensor:
        """The first ``latent`` numbers."""
        return latents[:, : self.latent]

    def latents_for(self, batch: Batch, rng: torch.Generator) -> Tensor:
        """Latents for as many examples as the batch has."""
        return self.latents(len(batch.real), rng)

    def discriminator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        with torch.no_grad():
            fake = nets["generator"](self.latents_for(batch, rng))
        return self.score_loss(nets["discriminator"], self.with_condition(batch), fake, rng)

    def score_loss(
        self, discriminator: nn.Module, real: Tensor, fake: Tensor, rng: torch.Generator
    ) -> dict[str, Tensor]:
        """The objective's term and the penalties."""
        terms = {"discriminator": self.objective_term(discriminator, real, fake)}
        return terms | self.penalty_terms(discriminator, real, fake, rng)

    def objective_term(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        """What the objective asks of the discriminator, penalties apart."""
        of_real = discriminator(real)
        self.note_real_scores(discriminator, of_real)
        return self.objective.discriminator(of_real, discriminator(fake))

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        fake = nets["generator"](self.latents_for(batch, rng))
        scores = nets["discriminator"](fake)
        real = nets["discriminator"](self.with_condition(batch)) if self.objective.relative else None
        return {"generator": self.objective.generator(scores, real)}

    def after_discriminator(self, nets: Nets) -> None:
        """What is done after each discriminator step: clipping, remembering, adapting, counting, where asked for."""
        if self.clip:
            clip_weights(nets["discriminator"], self.clip)
        if self.historical_averaging:
            remember(nets["discriminator"])
        self.adapt_augmentation(nets["discriminator"])
        self.count_step(nets["discriminator"])

    def observe(self, nets: Nets) -> dict[str, float]:
        """How probable the changes of images are, where that is found while training."""
        layer = augmentation_in(nets["discriminator"]) if self.augment_target else None
        return {} if layer is None else {"augment_probability": float(layer.probability)}

    def _after_generator(self, nets: Nets) -> None:
        """Keep the references and the past of the generator up with its weights."""
        generator = nets["generator"]
        if self.generator_normalisation == "virtual":
            set_references(generator, generator.get_buffer("references"))
        if self.historical_averaging:
            remember(generator)
