"""How far a progressive network has grown: its stage, and how much of it has faded in. Karras et al. 2018, figure 2."""

from __future__ import annotations

import torch
from torch import Tensor, nn

WHOLE = 2**16  # parts of alpha
SMALLEST = 4  # side of the images of stage 0, in pixels


class Growth(nn.Module):
    """Buffers of a network that grows; a fresh one is fully grown.

    ``stage`` counts from 0 (4x4 pixels), ``parts`` is alpha in parts of 65,536, ``rounds`` how many rounds have set
    them. They are whole numbers because an average of weights copies those, and half an alpha draws another picture.
    """

    stage: Tensor
    parts: Tensor
    rounds: Tensor

    def __init__(self, stages: int) -> None:
        super().__init__()
        self.stages = stages
        self.register_buffer("stage", torch.tensor(stages - 1))
        self.register_buffer("parts", torch.tensor(WHOLE))
        self.register_buffer("rounds", torch.tensor(0))

    @property
    def alpha(self) -> float:
        """The share of the newest stage in the image, in [0, 1]."""
        return int(self.parts) / WHOLE

    @property
    def side(self) -> int:
        """The side of the images of this stage, in pixels."""
        return SMALLEST << int(self.stage)

    @property
    def whole(self) -> bool:
        """Whether it is fully grown."""
        return int(self.stage) == self.stages - 1 and int(self.parts) == WHOLE

    def set(self, stage: int, alpha: float) -> None:
        """Let the network stand at ``stage``, with ``alpha`` of it; ValueError where there is no such place."""
        if not (0 <= stage < self.stages and 0 <= alpha <= 1):
            raise ValueError(
                f"expected a stage from 0 to {self.stages - 1} and alpha in [0, 1], got {stage} and {alpha}."
            )
        self.stage.fill_(stage)
        self.parts.fill_(round(alpha * WHOLE))

    def extra_repr(self) -> str:
        return f"stages={self.stages}"
