"""Reading images and masks: an .npz, or a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dissect.segmenters.pairs.folders import parts_in_folder
from dissect.segmenters.pairs.joining import Pairs, joined
from dissect.segmenters.pairs.npz import parts_in_npz


def read_pairs(
    path: str | Path,
    *,
    split: str | None = None,
    ignore: Sequence[str] | None = None,
    size: tuple[int, int] | None = None,
) -> Pairs:
    """Read images and masks from an .npz file or from a folder; ``npz.py`` and ``folders.py`` say how they look.

    Args:
        split: which of the data's own splits, "val" or "test", is held out; None: the first of them that is there.
        ignore: classes that are neither learnt nor judged; None: those called one of ``IGNORED``.
        size: (height, width) that images of a folder are brought to; None keeps theirs, which must then be one.

    Raises:
        FileNotFoundError: there is nothing at ``path``.
        ValueError: what is there cannot be read, or does not fit together; broken pairs are named.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there: give an .npz, or a folder with images and masks")
    if size is not None and min(size) < 8:
        raise ValueError(f"images are brought to at least 8 x 8 pixels, got {size[0]} x {size[1]}")
    if path.is_dir():
        parts, names, colours = parts_in_folder(path, size)
    elif size is None:
        parts, names, colours = parts_in_npz(path)
    else:
        raise ValueError(f"only images in folders are resized, and {path} is a file: leave the size away")
    return joined(parts, names, colours, source=str(path), split=split, ignore=ignore)
