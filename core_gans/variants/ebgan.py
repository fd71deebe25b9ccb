"""EBGAN: the discriminator is an autoencoder, and its reconstruction error an energy. Zhao et al. 2017."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.game import Batch, Nets
from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, energy_margin
from core_gans.losses.penalties import pulling_away
from core_gans.networks.autoencoder import EnergyAutoencoder, require_autoencoder


@dataclass(frozen=True)
class EBGAN(AdversarialGame):
    """Energies of real examples are pulled down, those of generated ones pushed up to the margin (equation 1)."""

    name: ClassVar[str] = "ebgan"
    paper: ClassVar[str] = "Zhao et al. 2017"
    beside_scores: ClassVar[tuple[str, ...]] = ("pulling_away",)

    family: str = "autoencoder"
    margin: float = 10.0
    """The energy m to which generated examples are pushed; the paper has 10 for MNIST, 20 for faces of 64x64."""
    pulling_away: float = 0.1
    """Weight of the pulling-away term in the generator's loss (section 2.4); 0 for none."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.margin > 0:
            raise LabError(f"expected a margin m above 0, got {self.margin}: below it, nothing pushes energies up.")
        require_autoencoder(self.name, self.family)

    @property
    def objective(self) -> Objective:
        return energy_margin(self.margin)

    def generator_loss(self, nets: Nets, batch: Batch, rng: torch.Generator) -> dict[str, Tensor]:
        discriminator = nets["discriminator"]
        assert isinstance(discriminator, EnergyAutoencoder)
        fake = discriminator.augment(nets["generator"](self.latents_for(batch, rng)))
        codes = discriminator.encode(fake)
        terms = {"generator": self.objective.generator(discriminator.score(fake, codes))}
        if self.pulling_away:
            terms["pulling_away"] = self.pulling_away * pulling_away(codes)
        return terms
