"""The truncation trick: latents nearer to the middle, for samples that are better and more alike. Brock et al. 2019.

Section 3.1 (BigGAN): numbers of a latent whose size is above a threshold are drawn again until they are below it.
Nothing is shrunk: what lies below the threshold stays what it was, so that a sample is still recognised.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.game import NoiseGame
from core_gans.games.adversarial import AdversarialGame


def truncated(game: NoiseGame, latents: Tensor, threshold: float, rng: torch.Generator) -> Tensor:
    """``latents`` of ``game`` with the noise beyond ``threshold`` drawn again from the part of the prior within it.

    Classes, codes and captions in them stay. Drawn by the inverse of the distribution function, which takes as long for
    any threshold. LabError for a threshold of 0 or less, for one above 1 where the prior is U(-1, 1), and for a game
    that does not say what its prior is.
    """
    if not isinstance(game, AdversarialGame):
        raise LabError(f"{game.name} does not say what its latents are drawn from, so they cannot be truncated.")
    uniform = game.prior == "uniform"
    if not (0 < threshold < math.inf and (threshold <= 1 or not uniform)):
        most = "at most 1 (this model's latents lie in [-1, 1])" if uniform else "finite"
        raise LabError(f"expected a truncation above 0 and {most}, got {threshold:g}.")
    changed = latents.clone()
    noise = game.unasked(changed)
    again = torch.rand(noise.shape, generator=rng, device=rng.device, dtype=torch.float64) * 2 - 1
    if uniform:
        again *= threshold
    else:
        again = math.sqrt(2) * torch.erfinv(again * math.erf(threshold / math.sqrt(2)))
    within = again.clamp(-threshold, threshold).to(noise)  # the rounding of erfinv apart, they lie there already
    noise.copy_(torch.where(noise.abs() > threshold, within, noise))
    return changed
