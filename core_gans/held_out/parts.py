"""Examples in two parts: those that a game learns from, and those that it is judged on."""

from __future__ import annotations

from dataclasses import dataclass

from core_gans.data import Examples, as_float
from core_gans.data.driven import Driven
from core_gans.data.pairs import held_out
from core_gans.game import Batch


@dataclass(frozen=True)
class Held:
    """``learned`` is what the game sees, ``held`` what it never sees."""

    learned: Examples
    held: Examples

    @classmethod
    def of(cls, examples: Examples) -> Held:
        """One in ten is held out, at most 200, the same ones every time. ValueError for fewer than two examples."""
        learned, held = held_out(len(examples), examples.name)
        return cls(examples.part(learned), examples.part(held))

    @property
    def name(self) -> str:
        return self.learned.name

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        return self.learned.shape

    def __len__(self) -> int:
        return len(self.learned)

    def batch(self, device: str = "cpu") -> Batch:
        """All that is held out, as a batch."""
        held = self.held
        return Batch(
            as_float(held.images).to(device),
            None if held.labels is None else held.labels.to(device),
            other=held.actions.to(device) if isinstance(held, Driven) else None,
            text=None if held.captions is None else held.captions.tokens.to(device),
        )
