"""Checks of a segmenter: no label twice, images it can read, a class for every pixel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

Colours = tuple[tuple[int, int, int], ...]


def checked_labels(labels: Sequence[str]) -> tuple[str, ...]:
    """The ``labels`` as a tuple; a ValueError for none, for an empty one, and for one that is there twice."""
    if isinstance(labels, str):
        raise ValueError(f"expected a list of labels, got the string {labels!r}: write [{labels!r}]")
    if not labels:
        raise ValueError("expected at least one label, got none")
    if not all(isinstance(label, str) and label.strip() for label in labels):
        raise ValueError(f"labels are names, none of them empty, got {list(labels)}")
    if twice := [label for label, count in Counter(labels).items() if count > 1]:
        raise ValueError(f"labels must differ, but {', '.join(map(repr, twice))} is there more than once: rename one")
    return tuple(labels)


def checked_colours(colours: Sequence[Sequence[int]] | None, labels: Sequence[str]) -> Colours | None:
    """An RGB for each of the ``labels``, or None where there are no ``colours``; a ValueError if they do not fit."""
    if colours is None:
        return None
    if len(colours) != len(labels):
        raise ValueError(f"expected one colour for each of {len(labels)} labels, got {len(colours)}")
    if not all(len(colour) == 3 and all(0 <= part <= 255 for part in colour) for colour in colours):
        raise ValueError(f"colours are RGB from 0 to 255, got {list(map(list, colours))}")
    return tuple((int(r), int(g), int(b)) for r, g, b in colours)


def check_images(images: Tensor, *, smallest: int = 1, channels: Sequence[int] = (3,)) -> None:
    """Raise ValueError unless ``images`` are (N, C, H, W) floats with at least ``smallest`` pixels on a side."""
    if images.ndim != 4 or images.shape[1] not in channels or not images.is_floating_point():
        wanted = " or ".join(map(str, channels))
        raise ValueError(
            f"expected images (N, {wanted}, H, W), float in [-1, 1], got {images.dtype} {tuple(images.shape)}"
        )
    if min(images.shape[2:]) < smallest:
        raise ValueError(f"expected images of at least {smallest} x {smallest} pixels, got {tuple(images.shape[2:])}")


def checked_classes(classes: object, images: Tensor, labels: Sequence[str], source: str = "the segmenter") -> Tensor:
    """Classes as int64 (N, H, W), or a ValueError: another size than the images, or classes without a label.

    ``source`` is what messages call where the classes come from.
    """
    if not isinstance(classes, Tensor) or classes.is_floating_point() or classes.is_complex():
        found = f"{classes.dtype}" if isinstance(classes, Tensor) else type(classes).__name__
        raise ValueError(f"expected a tensor of integer classes from {source}, got {found}")
    wanted = (len(images), *images.shape[2:])
    if tuple(classes.shape) != wanted:
        raise ValueError(
            f"expected a class for every pixel, {wanted}, from {source}, got {tuple(classes.shape)}: "
            "resize them to the images"
        )
    if classes.numel():
        low, high = (int(extreme) for extreme in torch.aminmax(classes.to(torch.int64)))
        if low < -1 or high >= len(labels):
            raise ValueError(
                f"{len(labels)} labels are the classes 0 to {len(labels) - 1}, and -1 is none of them; those from "
                f"{source} run from {low} to {high}: name every class there can be"
            )
    return classes.to(torch.int64)
