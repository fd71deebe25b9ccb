"""Sparse autoencoders that learn, and their training: TopK (Gao et al. 2024), JumpReLU (Rajamanoharan et al. 2024)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from dissect.dictionaries.dictionary import top_codes
from dissect.dictionaries.jump import Active, Jump
from dissect.sampling import Progress

RATE, BATCH = 1e-3, 512  # of Adam, and cells in a step
QUICK = 10  # times faster learn the logarithms of thresholds, which have a longer way to go
IDLE = 200  # steps in which a feature that never fired counts as dead
REVIVING = 1 / 32  # of the loss by which dead features learn what the others miss (Gao et al. 2024, appendix A.2)
THRESHOLD = 0.3  # of JumpReLU at first, beside cells of length about 1
WARMING = 0.5  # of the steps, over which the weight of sparsity grows to its own


class Learner(nn.Module, ABC):
    """An autoencoder of cells (M, U) of length about 1: atoms begin at what cells have that others lack."""

    def __init__(self, cells: Tensor, count: int, rng: torch.Generator) -> None:
        super().__init__()
        self.atoms = nn.Parameter(_drawn_apart(cells, count, rng))  # (K, U)
        self.reading = nn.Parameter(self.atoms.detach().T.clone())  # (U, K)
        self.offset = nn.Parameter(torch.zeros(count))
        self.middle = nn.Parameter(torch.zeros(cells.shape[1]))

    def numbers(self, cells: Tensor) -> Tensor:
        """What is read off the cells, (M, K), before it is made sparse."""
        return (cells - self.middle) @ self.reading + self.offset

    @abstractmethod
    def loss(self, cells: Tensor, done: float) -> Tensor:
        """What is minimised on cells (M, U), ``done`` being the part of the training that is over."""


class TopK(Learner):
    """The ``active`` largest numbers of a cell stay. Features that have not fired for long learn what is left over."""

    idle: Tensor

    def __init__(self, cells: Tensor, count: int, rng: torch.Generator, active: int) -> None:
        super().__init__(cells, count, rng)
        self.active = active
        self.register_buffer("idle", torch.zeros(count))

    def loss(self, cells: Tensor, done: float) -> Tensor:
        """The squared error, and that of the dead ones."""
        numbers = self.numbers(cells)
        codes = top_codes(numbers, self.active)
        left = cells - codes @ self.atoms - self.middle
        loss = left.square().sum(1).mean()
        dead = self.idle > IDLE
        if bool(dead.any()):
            waking = top_codes(numbers.masked_fill(~dead, -torch.inf), min(self.active, int(dead.sum())))
            loss = loss + REVIVING * (left.detach() - waking @ self.atoms).square().sum(1).mean()
        self.idle.copy_(torch.where((codes > 0).any(0), 0.0, self.idle + 1))
        return loss


class JumpReLU(Learner):
    """Numbers above their feature's own threshold stay; each that does costs ``sparsity``."""

    def __init__(self, cells: Tensor, count: int, rng: torch.Generator, sparsity: float) -> None:
        super().__init__(cells, count, rng)
        self.sparsity = sparsity
        self.height = nn.Parameter(torch.full((count,), THRESHOLD).log())

    def loss(self, cells: Tensor, done: float) -> Tensor:
        """The squared error, and the number of features that are on (equation 9)."""
        numbers, threshold = self.numbers(cells), self.height.exp()
        left = cells - Jump.apply(numbers, threshold) @ self.atoms - self.middle
        weight = self.sparsity * min(1.0, done / WARMING)
        active: Tensor = Active.apply(numbers, threshold)
        return left.square().sum(1).mean() + weight * active.mean()


def learn(
    learner: Learner,
    cells: Tensor,
    steps: int,
    rng: torch.Generator,
    progress: Progress | None,
    rate: float = RATE,
    quick: Sequence[nn.Parameter] = (),
) -> None:
    """Train on batches of ``cells`` (M, U), drawn by ``rng`` on the CPU. Atoms keep length 1.

    ``rate`` is Adam's; ``quick`` are thresholds.
    """
    slow = [value for value in learner.parameters() if not any(value is each for each in quick)]
    groups = [{"params": slow, "lr": rate}, *({"params": [each], "lr": QUICK * rate} for each in quick)]
    learning = torch.optim.Adam(groups)
    for step in range(steps):
        rows = cells[torch.randint(len(cells), (BATCH,), generator=rng)]
        loss = learner.loss(rows, step / steps)
        learning.zero_grad()
        loss.backward()
        learning.step()
        with torch.no_grad():
            learner.atoms.div_(learner.atoms.norm(dim=1, keepdim=True))
        if progress is not None:
            progress(step + 1)
    learner.requires_grad_(False)


def _drawn_apart(cells: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """``count`` atoms: what those before leave of a cell, drawn by its squared length (as k-means++), to length 1."""
    left = cells.clone()
    atoms: list[Tensor] = []
    for _ in range(count):
        lengths = left.square().sum(1)
        chosen = left[torch.multinomial(lengths + 1e-12, 1, generator=rng)[0]]
        chosen = chosen + 1e-3 * torch.randn(chosen.shape, generator=rng) / len(chosen) ** 0.5  # where all is explained
        atoms.append(chosen / chosen.norm())
        left -= (left @ atoms[-1]).clamp_min(0)[:, None] * atoms[-1]
    return torch.stack(atoms)
