"""Networks of a world in code space: pictures to codes and back, a discriminator with features, and what comes next.

Santana & Hotz 2016, sections 3 and 4. Groups take the place of batches in the normalisation, so that the code of a
picture does not depend on the pictures beside it, and a frozen encoder stays what it was.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

from core_gans.networks.blocks import doubled

SLOPE = 0.2
GROUP = 8  # channels normalised together, at least
Cell = Literal["rnn", "gru"]


class World(nn.Module):
    """An encoder, a decoder, and a transition from code and action to the next code.

    Pictures are (N, C, H, W) in [-1, 1], codes (N, D), actions (N, A), and the memory of the transition (N, M).
    """

    rounds: Tensor

    def __init__(self, shape: tuple[int, ...], width: int, code: int, memory: int, actions: int, cell: Cell) -> None:
        super().__init__()
        self.code, self.memory = code, memory
        found = doubled(shape, "driving")
        self.trunk = _narrowing(shape[0], width, found.steps)
        top = width << (found.steps - 1)
        self.coder = nn.Linear(top * found.cells, 2 * code)
        self.opening = nn.Linear(code, top * found.cells)
        self.growth = _widening(shape[0], width, found.steps)
        self.block = (top, *found.block)
        self.cell = (nn.GRUCell if cell == "gru" else nn.RNNCell)(code + actions, memory)
        self.next = nn.Linear(memory, code)
        self.register_buffer("rounds", torch.zeros((), dtype=torch.int64))

    def distribution(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The mean (N, D) and the logarithm of the deviation (N, D) of the pictures' codes."""
        mean, spread = self.coder(self.trunk(pictures).flatten(1)).chunk(2, dim=1)
        return mean, torch.tanh(spread) * 3 - 3  # between e^-6 and 1

    def encode(self, pictures: Tensor) -> Tensor:
        """The codes (N, D): the means."""
        return self.distribution(pictures)[0]

    def decode(self, codes: Tensor) -> Tensor:
        """The pictures (N, C, H, W) in [-1, 1] of codes (N, D)."""
        drawn: Tensor = self.growth(self.opening(codes).view(-1, *self.block))
        return drawn

    def blank(self, count: int) -> Tensor:
        """The memory (count, M) of somebody who has seen nothing."""
        return self.next.weight.new_zeros(count, self.memory)

    def step(self, codes: Tensor, memory: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """The codes one frame later, and the memory with them."""
        memory = self.cell(torch.cat((codes, actions), dim=1), memory)
        return self.next(memory), memory

    def dream(self, codes: Tensor, actions: Tensor, memory: Tensor | None = None) -> Tensor:
        """The codes (N, T, D) of the frames that follow as many ``codes`` (N, F, D) as are known and T >= F actions.

        Frame t + 1 follows from frame t, which is known for t < F, and from ``actions`` (N, T, A). Beyond the known
        ones the transition goes on from its own answers.
        """
        memory = self.blank(len(codes)) if memory is None else memory
        answers: list[Tensor] = []
        for frame in range(actions.shape[1]):
            seen = codes[:, frame] if frame < codes.shape[1] else answers[-1]
            answer, memory = self.step(seen, memory, actions[:, frame])
            answers.append(answer)
        return torch.stack(answers, dim=1)


class Critic(nn.Module):
    """Pictures (N, C, H, W) to scores (N,), by way of features."""

    def __init__(self, shape: tuple[int, ...], width: int) -> None:
        super().__init__()
        found = doubled(shape, "driving")
        self.trunk = _narrowing(shape[0], width, found.steps)
        self.judge = nn.Linear((width << (found.steps - 1)) * found.cells, 1)

    def features(self, pictures: Tensor) -> Tensor:
        """What the last convolution finds, before it is normalised: (N, K, h, w)."""
        found: Tensor = self.trunk[:-2](pictures)
        return found

    def scores(self, features: Tensor) -> Tensor:
        """The scores (N,) of features."""
        scores: Tensor = self.judge(self.trunk[-2:](features).flatten(1))
        return scores.squeeze(1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.scores(self.features(pictures))


def _narrowing(channels: int, width: int, steps: int) -> nn.Sequential:
    """Convolutions that halve the sides ``steps`` times and double the channels; no norm after the first one."""
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(SLOPE)]
    for step in range(1, steps):
        wide = width << step
        layers += [nn.Conv2d(wide // 2, wide, 4, 2, 1), _norm(wide), nn.LeakyReLU(SLOPE)]
    return nn.Sequential(*layers)


def _widening(channels: int, width: int, steps: int) -> nn.Sequential:
    layers: list[nn.Module] = [_norm(width << (steps - 1)), nn.ReLU()]
    for step in range(steps - 1, 0, -1):
        wide = width << (step - 1)
        layers += [nn.ConvTranspose2d(2 * wide, wide, 4, 2, 1), _norm(wide), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, channels, 4, 2, 1), nn.Tanh())


def _norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(max(1, channels // GROUP), channels)
