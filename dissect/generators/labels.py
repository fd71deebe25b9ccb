"""Conditional generators: latents that carry their label, so that a generator of two inputs becomes one of one.

Mirza and Osindero 2014. Whatever dissects a generator knows latents only. Here a latent of D numbers gets one more, the
number of its class, and a hook before the generator takes it off again and passes both on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.hooks import RemovableHandle

from dissect.generators.latents import Latents

Form = Literal["index", "one-hot", "joined"]  # how a generator wants its label


@dataclass(frozen=True)
class LabelledLatents:
    """Latents (count, D + 1): those of ``latents``, flattened, and the number of a class."""

    latents: Latents
    classes: int
    label: int | None = None
    """The class of all of them; None: drawn for each, all classes alike."""

    def __post_init__(self) -> None:
        if self.classes < 1:
            raise ValueError(f"expected at least one class, got {self.classes}")
        if self.label is not None and not 0 <= self.label < self.classes:
            raise ValueError(f"label {self.label} was asked for, but the classes are 0 to {self.classes - 1}")

    def __call__(self, count: int, rng: torch.Generator) -> Tensor:
        """Latents first, then labels, from ``rng``: the latents are those of the same seed without labels."""
        latents = self.latents(count, rng).flatten(1)
        if self.label is None:
            labels = torch.randint(self.classes, (count,), generator=rng, device=rng.device)
        else:
            labels = torch.full((count,), self.label, device=rng.device)
        return torch.cat((latents, labels[:, None].to(latents)), dim=1)


@dataclass(frozen=True)
class LabelDoor:
    """A forward pre-hook: latents (N, D + 1) become what the generator takes.

    A number between labels, or beyond them, is what a search or an encoder tells: it means the nearest class. A whole
    number that is no class is a mistake, and a ValueError.
    """

    shape: tuple[int, ...]
    """Of a latent without its label."""
    classes: int
    form: Form = "index"
    """index: generator(latents, labels (N,) int64). one-hot: generator(latents, rows (N, K)). joined: generator((N, D +
    K)), the row behind the latent."""

    def __call__(self, _generator: nn.Module, inputs: tuple[Any, ...]) -> tuple[Tensor, ...]:
        width = math.prod(self.shape) + 1
        if len(inputs) != 1 or not isinstance(inputs[0], Tensor) or tuple(inputs[0].shape[1:]) != (width,):
            found = [tuple(each.shape) if isinstance(each, Tensor) else type(each).__name__ for each in inputs]
            raise ValueError(f"expected latents (N, {width}), the last number the label, got {found}")
        latents, told = inputs[0][:, :-1], inputs[0][:, -1].detach()
        whole = told.round()
        labels = whole.where(whole == told, whole.clamp(0, self.classes - 1)).long()
        if len(labels) and not 0 <= int(labels.min()) <= int(labels.max()) < self.classes:
            raise ValueError(f"labels are 0 to {self.classes - 1}, got {int(labels.min())} to {int(labels.max())}")
        rows = F.one_hot(labels, self.classes).to(latents)
        if self.form == "joined":
            return (torch.cat((latents, rows), dim=1),)
        return latents.reshape(-1, *self.shape), labels if self.form == "index" else rows


def carry_labels(generator: nn.Module, door: LabelDoor) -> RemovableHandle:
    """Set ``door`` before ``generator``, whose layers keep their names; ``remove()`` takes it away."""
    return generator.register_forward_pre_hook(door)


def classes_known(generator: nn.Module) -> int | None:
    """The classes of the only embedding in ``generator``, which is that of its labels; None where that is not told."""
    tables = [module.num_embeddings for module in generator.modules() if isinstance(module, nn.Embedding)]
    return tables[0] if len(tables) == 1 else None
