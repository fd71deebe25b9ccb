"""Which segmenter a command sees with: the one that is named, or the one that suits the generator's images."""

from __future__ import annotations

from dissect.commands.opening import Opened, Source
from dissect.hooks import at_rest
from dissect.segmenters.named import SCENES, STROKES
from dissect.segmenters.opening import open_segmenter
from dissect.segmenters.protocol import Segmenter
from dissect.segmenters.words import split_concepts


def chosen_segmenter(
    named: str | None, source: Source, found: Opened, concepts: str | None = None
) -> tuple[str, Segmenter]:
    """The segmenter called ``named``, or by default the one that suits what was ``found``; and its name.

    ``concepts`` are words with commas between them, that it is to look for.

    Raises:
        ValueError, FileNotFoundError: there is none of that name, or nothing is known of the images.
    """
    if concepts is not None:
        words = split_concepts(concepts)
        if named is None or not words:
            raise ValueError(
                "--concepts names words that a CLIPSeg looks for, or a detector and a SAM: say with --segmenter in "
                "which folder it is, or DETECTOR+SAM"
            )
        return f"{named}: {', '.join(words)}", open_segmenter(named, words)
    name = named or _suited(source, found)
    return name, open_segmenter(name)


def _suited(source: Source, found: Opened) -> str:
    """The segmenter for a generator of which nothing is known but its images."""
    with at_rest(found.net):
        grey = found.net(found.example()).shape[1] == 1
    if grey:
        return STROKES.name
    if source.generator is not None:
        raise ValueError(
            "whether these are scenes is not known: say with --segmenter who is to tell what each pixel shows, a "
            "file of train-segmenter, strokes, or hf:NAME for a model of transformers"
        )
    return SCENES.name
