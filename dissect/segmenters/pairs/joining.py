"""Images with masks to train a segmenter on: the data's own splits joined, and classes such as "ignore" left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core_gans.foundation.names import unknown_name
from dissect.segmenters.contract import Colours, checked_colours, checked_labels
from dissect.segmenters.scoring import UNJUDGED

SPLITS = ("train", "val", "test")
IGNORED = ("unlabelled", "unlabeled", "void", "ignore", "ignored")  # class names that mean: not labelled
_IGNORED_VALUE = 255  # in a mask, by PASCAL VOC's custom, where there are fewer classes


@dataclass(frozen=True, eq=False)
class Part:
    """Images (N, H, W, 3) uint8 and masks (N, H, W) of integers as they were found, with a name for each pair."""

    images: NDArray[np.uint8]
    masks: NDArray[np.integer]
    names: Sequence[str]


@dataclass(frozen=True, eq=False)
class Pairs:
    """What ``train_segmenter`` takes: the images to learn from, then those that are held out."""

    images: NDArray[np.uint8]  # (N, H, W, 3)
    masks: NDArray[np.int16]  # (N, H, W), indices of the labels, -1 where it is not labelled
    labels: tuple[str, ...]
    colours: Colours | None
    held_out: int  # the last so many, as the data's own split says; 0 where they name none


def joined(
    parts: Mapping[str, Part],
    class_names: Sequence[str],
    colours: Sequence[Sequence[int]] | None,
    *,
    source: str,
    split: str | None,
    ignore: Sequence[str] | None,
) -> Pairs:
    """The parts to learn from and to judge by as one, without the classes to ignore. ``source`` is for messages.

    ValueError for a split or a class that is not there.
    """
    names = checked_labels(class_names)
    palette = checked_colours(colours, names)
    for name in ignore or ():
        if name not in names:
            raise ValueError(f"{source}: {unknown_name('class', name, names)}")
    ignored = {name for name in names if (name.lower() in IGNORED if ignore is None else name in ignore)}
    kept = [i for i, name in enumerate(names) if name not in ignored]
    learnt = parts["train"] if "train" in parts else next(iter(parts.values()))
    there = [name for name in SPLITS[1:] if name in parts and parts[name] is not learnt]
    if split is not None and split not in there:
        raise ValueError(f"{source} has no split {split!r} to hold out: it has {', '.join(there) or 'none'}")
    judged = parts[split or there[0]] if there else None
    chosen = [learnt] if judged is None else [learnt, judged]
    if len(sizes := {part.images.shape[1:] for part in chosen}) > 1:
        raise ValueError(f"{source}: the splits have images of different sizes, {sizes}: bring them to one size")
    return Pairs(
        np.concatenate([part.images for part in chosen]),
        np.concatenate([_renumbered(part, len(names), kept, source) for part in chosen]),
        tuple(names[i] for i in kept),
        None if palette is None else tuple(palette[i] for i in kept),
        0 if judged is None else len(judged.images),
    )


def _renumbered(part: Part, classes: int, kept: Sequence[int], source: str) -> NDArray[np.int16]:
    """The masks with the ``kept`` classes counted from 0 and all others -1."""
    beyond = (part.masks < 0) | (part.masks >= classes)
    if classes <= _IGNORED_VALUE:
        beyond &= part.masks != _IGNORED_VALUE
    if beyond.any():
        first = int(beyond.any(axis=(1, 2)).argmax())
        value = int(part.masks[first][beyond[first]][0])
        raise ValueError(
            f"{source}: the mask of {part.names[first]!r} holds the class {value}, but there are {classes} class names "
            f"for 0 to {classes - 1}; {int(beyond.any(axis=(1, 2)).sum())} masks do"
        )
    table = np.full(max(classes, _IGNORED_VALUE + 1), UNJUDGED, np.int16)
    table[list(kept)] = np.arange(len(kept))
    return table[part.masks]
