"""R3GAN: a paired relativistic loss whose penalties make it converge, on networks without tricks. Huang et al. 2024,
"The GAN is dead; long live the GAN! A Modern Baseline GAN".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core_gans.games.adversarial import AdversarialGame
from core_gans.losses.objectives import Objective, relativistic_paired
from core_gans.networks.architecture import GeneratorNormalisation, Normalisation
from core_gans.optimizers import Shape


@dataclass(frozen=True)
class R3GAN(AdversarialGame):
    """Each real example against one generated one, R1 and R2 on both (sections 2 and 3), and the r3gan family.

    With ``fall_rounds``, the rate falls to a quarter, R1 and R2 to a tenth, and beta2 rises from 0.9 to 0.99, all along
    a cosine (the authors' code). The defaults are for a processor: networks 48 times as narrow, and a gamma of 0.5, ten
    times that of CIFAR-10, which the authors take beside changes of images. ``--preset paper`` has CIFAR-10's: width
    768, batch 512, gamma 0.05, and 39,062 rounds over which all of it falls. Changes of images, whose probability rises
    to 0.55 in the authors' code, are to be asked for (``--augment``), and so is their average, whose half-life rises to
    5,000,000 images (``--average``, ``--average-rises``).
    """

    name: ClassVar[str] = "r3gan"
    paper: ClassVar[str] = "Huang et al. 2024"

    family: str = "r3gan"
    latent: int = 64
    width: int = 16
    """Channels at full size; each half of it has twice as many, up to 768 in the r3gan family."""
    normalisation: Normalisation = "none"
    generator_normalisation: GeneratorNormalisation = "none"
    beta1: float = 0.0
    beta2: float = 0.9
    beta2_end: float = 0.99
    fall_to: float = 0.25
    fall_shape: Shape = "cosine"
    r1: float = 0.5
    r2: float = 0.5
    penalty_end: float = 0.1

    @property
    def objective(self) -> Objective:
        return relativistic_paired
