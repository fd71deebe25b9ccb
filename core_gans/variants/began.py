"""BEGAN: two reconstruction losses, kept in balance by a number k. Berthelot et al. 2017, section 3.4."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets, Turn
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, boundary_equilibrium
from core_gans.networks.architecture import Energy, GeneratorNormalisation, Normalisation
from core_gans.networks.autoencoder import require_autoencoder


@dataclass(frozen=True)
class BEGAN(AdversarialGame):
    """L(x) - k L(G(z)) against L(G(z)), with L the mean absolute error of the reconstruction.

    The networks are this lab's DCGAN blocks, so that energies are compared on one ground; the paper's have ELU in place
    of rectifiers and nearest upsampling before 3x3 convolutions. ``--preset paper`` has the upsampling (``--upsampling
    resize``) and the batch of 16; ELU is not offered.

    The discriminator's buffers ``k``, ``real_loss`` and ``generated_loss`` are the balance at the last round.
    """

    name: ClassVar[str] = "began"
    paper: ClassVar[str] = "Berthelot et al. 2017"

    family: str = "autoencoder"
    normalisation: Normalisation = "none"
    generator_normalisation: GeneratorNormalisation = "none"
    energy: Energy = "absolute"
    prior: Literal["normal", "uniform"] = "uniform"
    latent: int = 64
    rate: float = 1e-4
    gamma: float = 0.5
    """Diversity ratio E L(G(z)) / E L(x) at equilibrium, in [0, 1]; lower is sharper and less diverse."""
    k_rate: float = 0.001
    """How fast k follows (lambda)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.gamma <= 1:
            raise LabError(f"expected a diversity ratio gamma in [0, 1], got {self.gamma}.")
        if not self.k_rate >= 0:
            raise LabError(f"expected a k_rate (lambda) of at least 0, got {self.k_rate}.")
        require_autoencoder(self.name, self.family)

    @property
    def objective(self) -> Objective:
        """At k = 1, for whoever has scores alone."""
        return boundary_equilibrium(1.0)

    def players(self) -> dict[str, nn.Module]:
        nets = super().players()
        for name in ("k", "real_loss", "generated_loss"):
            nets["discriminator"].register_buffer(name, torch.zeros(()))
        return nets

    def turns(self) -> tuple[Turn, ...]:
        discriminator, generator = super().turns()

        def after(nets: Nets) -> None:
            generator.after(nets)
            self.balance(nets)

        return discriminator, replace(generator, after=after)

    def objective_term(self, discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
        of_real = discriminator(real)
        discriminator.get_buffer("real_loss").copy_(-of_real.detach().mean())
        return boundary_equilibrium(discriminator.get_buffer("k")).discriminator(of_real, discriminator(fake))

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        terms = super().generator_loss(nets, batch, rng)
        nets["discriminator"].get_buffer("generated_loss").copy_(terms["generator"].detach())
        return terms

    def balance(self, nets: Nets) -> None:
        """k <- k + lambda (gamma L(x) - L(G(z))), kept in [0, 1]. Equation of section 3.4."""
        k, real, generated = self._buffers(nets)
        k.add_(self.k_rate * (self.gamma * real - generated)).clamp_(0, 1)

    def observe(self, nets: Nets) -> dict[str, float]:
        """k, and the measure of convergence M = L(x) + |gamma L(x) - L(G(z))| (section 3.4.1)."""
        k, real, generated = self._buffers(nets)
        return {"k": float(k), "convergence": float(real + (self.gamma * real - generated).abs())}

    def _buffers(self, nets: Nets) -> tuple[Tensor, Tensor, Tensor]:
        discriminator = nets["discriminator"]
        return tuple(discriminator.get_buffer(name) for name in ("k", "real_loss", "generated_loss"))  # type: ignore[return-value]
