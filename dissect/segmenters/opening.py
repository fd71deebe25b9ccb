"""A segmenter by what a person writes: one of the list by its name, a file, a folder, or a name on the hub."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dissect.segmenters.grounded import GroundedSegmenter
from dissect.segmenters.huggingface import HuggingFaceSegmenter
from dissect.segmenters.named import SEGMENTERS
from dissect.segmenters.protocol import Segmenter
from dissect.segmenters.unet import UNetSegmenter
from dissect.segmenters.words import WordSegmenter

HUB = "hf:"


def open_segmenter(text: str | Path, concepts: Sequence[str] = ()) -> Segmenter:
    """The segmenter that ``text`` means. With ``concepts``, one that looks for these words, by hub or folder.

    That is a CLIPSeg, or ``DETECTOR+SAM``, a Grounding DINO or OWL-ViT and a SAM. Without them:

    A name of ``SEGMENTERS``, such as ``strokes``, is that one; ``hf:NAME`` a model of transformers on the hub, or in
    the folder NAME; a folder with a ``config.json`` the model of transformers in it; any other path a file of
    ``train-segmenter``.

    Raises:
        FileNotFoundError: there is nothing at the path.
        ValueError: what is there is no segmenter, or transformers is needed and not installed.
    """
    name, path = str(text), Path(text)
    if concepts:
        if name in SEGMENTERS or path.is_file():
            raise ValueError(
                f"{name} has labels of its own: --concepts is for a CLIPSeg, in a folder or {HUB}NAME, and for "
                "DETECTOR+SAM"
            )
        detector, both, outliner = name.partition("+")
        if both and not path.exists():
            return GroundedSegmenter.from_pretrained(_place_of(detector), _place_of(outliner), concepts)
        return WordSegmenter.from_pretrained(_place_of(name), concepts)
    if name in SEGMENTERS:
        return SEGMENTERS[name].make()
    if name.startswith(HUB):
        return HuggingFaceSegmenter.from_pretrained(name.removeprefix(HUB))
    if not path.exists():
        raise FileNotFoundError(
            f"there is no segmenter {name!r}: give a file of train-segmenter, {', '.join(SEGMENTERS)}, or {HUB}NAME "
            "for a model of transformers"
        )
    if not path.is_dir():
        return UNetSegmenter.load(path)
    if not (path / "config.json").is_file():
        raise ValueError(f"{path} is a folder without config.json: a model of transformers has one")
    return HuggingFaceSegmenter.from_pretrained(path)


def _place_of(text: str) -> str:
    """The folder, or the name on the hub, of a model of transformers. FileNotFoundError: no such folder.

    The library would ask the hub for a misspelt folder, again and again.
    """
    if not text.startswith(HUB) and not Path(text).is_dir():
        raise FileNotFoundError(f"there is no folder {text!r}: give one with a model of transformers, or {HUB}NAME")
    return text.removeprefix(HUB)
