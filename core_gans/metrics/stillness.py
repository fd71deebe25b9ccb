"""How much of a clip stands still."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

CHANGE = 0.02  # of the range of a pixel: about five levels of 255


@dataclass(frozen=True)
class StillTally:
    """Pairs of a pixel and its next one in time: how many there are, and how many of them hardly differ."""

    count: int
    still: int

    @classmethod
    def of(cls, clips: Tensor) -> StillTally:
        """The tally of clips (N, C, T, H, W) in [-1, 1]: a pixel is still that changes by less than 2 % in the mean of
        its channels.
        """
        changes = clips.detach().float().diff(dim=2).abs().mean(1) / 2
        return cls(changes.numel(), int((changes < CHANGE).sum()))

    def merge(self, other: StillTally) -> StillTally:
        """The tally of both sets together."""
        return StillTally(self.count + other.count, self.still + other.still)

    def share(self) -> float:
        """The share of still pixels; 1 of clips of one frame."""
        return self.still / self.count if self.count else 1.0
