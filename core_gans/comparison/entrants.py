"""What a comparison can play: anything that starts from a seed, plays rounds, and draws samples."""

from __future__ import annotations

from typing import Any, Protocol

import torch

from core_gans.data import Batches


class Entrant(Protocol):
    """One side of a comparison. It travels to other processes, so it is small and holds no networks."""

    @property
    def label(self) -> str:
        """Its name in tables; no two of a comparison share it."""

    @property
    def cost(self) -> str:
        """Those of equal cost do the same arithmetic in a round; they are given the same number of rounds."""

    def described(self) -> dict[str, Any]:
        """All that decides how it plays, as JSON has it; equal descriptions play alike."""

    def start(self, batches: Batches, rng: torch.Generator, rounds: int) -> Any:
        """A fresh state for a run of ``rounds``: one that ``training.run`` can count, with a noise game as ``game``.

        It has the attributes of ``TrainingState`` that watchers read: ``nets``, ``averages``, ``sampling_nets()``,
        ``batches``, ``round``, ``terms``.
        """

    def play(self, state: Any, rounds: int | None) -> None:
        """One round of ``rounds`` (None: nobody knows yet how many)."""
