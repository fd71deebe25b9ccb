"""Which class a mask's numbers or colours mean: from ``classes.txt``, or from what the masks themselves hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_MOST = 64  # colours that masks without a list may hold: more come from lossy compression or soft borders
_BINARY = (0, 255)  # black and white: two classes


def numbered(
    masks: Sequence[NDArray], names: Sequence[str], listed: Path
) -> tuple[list[NDArray], list[str], list[tuple[int, int, int]] | None]:
    """Masks of class numbers, the class names, and the classes' colours where they are known.

    Args:
        masks: each (H, W) of numbers or (H, W, 3) of colours, all of one kind.
        names: of the images, for messages.
        listed: the path of ``classes.txt``, which need not be there.

    Raises:
        ValueError: kinds are mixed, a colour is not listed, or there are too many colours to be classes.
    """
    coloured = [mask.ndim == 3 for mask in masks]
    if any(coloured) and not all(coloured):
        kinds = [names[coloured.index(kind)] for kind in (True, False)]
        raise ValueError(f"masks must all hold colours or all numbers: that of {kinds[0]} has colours, {kinds[1]} not")
    classes, palette = read_classes(listed) if listed.is_file() else (None, None)
    if all(coloured):
        return _of_colours(masks, names, listed, classes, palette)
    held = np.unique(np.concatenate([np.unique(mask) for mask in masks])).tolist()
    numbers = list(masks)
    if tuple(held) == _BINARY:
        numbers, held = [mask // 255 for mask in masks], [0, 1]
    if classes is None:
        classes = [f"class {number}" for number in range(max((n for n in held if n != 255), default=0) + 1)]
    return numbers, classes, palette


def read_classes(path: Path) -> tuple[list[str], list[tuple[int, int, int]] | None]:
    """Names, and colours where every line has one. Empty lines, and lines that begin with #, say nothing.

    ValueError for a file without classes, or a line that is none.
    """
    names, colours = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        words = line.replace(",", " ").split()
        if not words or words[0].startswith("#"):
            continue
        colour = [int(word) for word in words[-3:] if word.isdigit()] if len(words) > 3 else []
        if len(colour) == 3:
            if max(colour) > 255:
                raise ValueError(f"{path}, line {number}: red, green and blue run from 0 to 255, got {colour}")
            colours.append((colour[0], colour[1], colour[2]))
            words = words[:-3]
        names.append(" ".join(words))
    if not names:
        raise ValueError(f"{path} names no class: write one a line, such as `door`, or `door 128 0 0`")
    if colours and len(colours) != len(names):
        raise ValueError(f"{path}: {len(colours)} of {len(names)} classes have a colour: give each one, or none")
    return names, colours or None


def _of_colours(
    masks: Sequence[NDArray],
    names: Sequence[str],
    listed: Path,
    classes: list[str] | None,
    palette: list[tuple[int, int, int]] | None,
) -> tuple[list[NDArray], list[str], list[tuple[int, int, int]]]:
    codes = [mask.astype(np.int64) @ np.array([65536, 256, 1]) for mask in masks]  # (H, W) each
    held = np.unique(np.concatenate([np.unique(code) for code in codes]))
    if classes is None:
        if len(held) > _MOST:
            raise ValueError(
                f"the masks hold {len(held)} colours, too many to be classes: list those that are in {listed.name}, "
                "`door 128 0 0` a line, and save masks without compression or soft borders"
            )
        palette = [(int(code) >> 16, int(code) >> 8 & 255, int(code) & 255) for code in held]
        classes = [f"#{code:06x}" for code in held]
    if palette is None:
        raise ValueError(f"the masks hold colours, so {listed} must say each class's, such as `door 128 0 0`")
    known = np.array(palette, np.int64) @ np.array([65536, 256, 1])
    if len(set(known.tolist())) != len(known):
        raise ValueError(f"{listed}: two classes have the same colour")
    order = np.argsort(known)
    numbers = []
    for name, code in zip(names, codes, strict=True):
        place = np.searchsorted(known[order], code).clip(0, len(known) - 1)
        if (strange := known[order][place] != code).any():
            value = int(code[strange][0])
            colour = (value >> 16, value >> 8 & 255, value & 255)
            raise ValueError(f"the mask of {name} holds the colour {colour}, which is none of those in {listed.name}")
        numbers.append(order[place].astype(np.uint8 if len(known) < 256 else np.int32))
    return numbers, classes, palette
