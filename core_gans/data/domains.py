"""Unpaired images: two domains of any counts, and several labelled data sets at once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.data import Dataset

from core_gans.data.examples import Examples, as_float
from core_gans.data.pairs import held_out


@dataclass(frozen=True)
class Domains(Dataset[Tensor]):
    """``source`` (N, C, H, W) and ``target`` (M, C', H, W), uint8 in [0, 255] or float in [-1, 1]; no image has a
    partner. In a stream of batches each domain is shuffled on its own.

    ValueError for other sizes on the two sides, and for an empty one.
    """

    name: str
    source: Tensor
    target: Tensor

    def __post_init__(self) -> None:
        for side, images in (("source", self.source), ("target", self.target)):
            if images.dim() != 4 or len(images) == 0:
                raise ValueError(f"expected the {side} as images (N, C, H, W), got shape {tuple(images.shape)}.")
        if self.source.shape[2:] != self.target.shape[2:]:
            raise ValueError(
                f"expected domains of one size, got {tuple(self.source.shape[2:])} and {tuple(self.target.shape[2:])} "
                f"pixels in {self.name}: resize one of them."
            )

    def __len__(self) -> int:
        """Images in both."""
        return len(self.source) + len(self.target)

    def __getitem__(self, index: int) -> Tensor:
        """One image as floats: first those of the source, then those of the target."""
        count = len(self.source)
        return as_float(self.source[index] if index < count else self.target[index - count])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one source: (C, H, W)."""
        return tuple(self.source.shape[1:])

    def split(self) -> tuple[Domains, Domains]:
        """The images to learn from, and those held out; see ``held_out``. ValueError for fewer than two of a domain."""
        (a, a_held), (b, b_held) = held_out(len(self.source), self.name), held_out(len(self.target), self.name)
        return (
            Domains(self.name, self.source[a], self.target[b]),
            Domains(self.name, self.source[a_held], self.target[b_held]),
        )


@dataclass(frozen=True)
class LabelledSets:
    """Several labelled data sets as one: ``examples`` with one run of labels, and the classes of each set."""

    examples: Examples
    groups: tuple[int, ...]


def together(*sets: Examples) -> LabelledSets:
    """``sets`` one behind the other, the labels of the second beginning where those of the first end.

    ValueError for a set without labels, and for images of other shapes.
    """
    first = sets[0]
    labels: list[Tensor] = []
    classes: list[str] = []
    for each in sets:
        if each.labels is None:
            raise ValueError(f"expected a label with every image, and {each.name} has none.")
        if each.shape != first.shape:
            raise ValueError(
                f"expected images of one shape, got {first.shape} in {first.name} and {each.shape} in {each.name}: "
                "give --size and --colours."
            )
        labels.append(each.labels + len(classes))
        classes += each.classes
    images = [each.images for each in sets]
    if len({part.dtype for part in images}) > 1:
        images = [as_float(part) for part in images]
    name = " and ".join(each.name for each in sets)
    joined = Examples(name, torch.cat(images), torch.cat(labels), tuple(classes))
    return LabelledSets(joined, tuple(len(each.classes) for each in sets))
