"""Which whole numbers may seed chance, and chance from such a number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core_gans.foundation.errors import LabError

if TYPE_CHECKING:
    import torch

LARGEST = 2**62  # room for what is added to a seed, within the 64 bits of torch


def require_seed(seed: int) -> None:
    """LabError for a number that is no seed everywhere."""
    if not 0 <= seed < LARGEST:
        raise LabError(f"expected a --seed from 0 to 2^62, got {seed}.")


def as_generator(rng: torch.Generator | int, device: torch.device | str = "cpu") -> torch.Generator:
    """``rng`` itself, or a fresh generator on ``device`` where it is a seed. LabError for anything else."""
    import torch  # help texts, which read seeds, need none

    if isinstance(rng, torch.Generator):
        return rng
    if isinstance(rng, bool) or not isinstance(rng, int):
        raise LabError(f"expected rng as a seed or a torch.Generator, got {rng!r}.")
    require_seed(rng)
    return torch.Generator(device).manual_seed(rng)
