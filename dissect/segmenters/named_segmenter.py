"""A segmenter as a value: what is known of it before it is opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dissect.segmenters.protocol import Segmenter

Shape = tuple[int, ...]  # (C, H, W) of pictures


@dataclass(frozen=True)
class NamedSegmenter:
    """A segmenter before it is opened. Commands and pages read its fields and ask for no name."""

    name: str
    """On the command line, and in what a dissection says of its origin."""
    title: str
    """For people, in a word."""
    about: str
    """What it is, in a sentence."""
    make: Callable[[], Segmenter]
    """Opens it; LabError when a file is missing or damaged. It may have ``colours``, one for each label."""
    sees: Callable[[Shape], bool] = lambda shape: True
    """Whether it is offered for pictures of that shape."""
    fits: Callable[[Shape, str], str] = lambda shape, data: ""
    """Whether it fits pictures of that shape like those of the data set of that name, in a sentence."""

    def told(self, shape: Shape, data: str) -> str:
        """What it is, and whether it fits pictures of ``shape`` like those of ``data``; plain text."""
        return f"{self.about} {self.fits(shape, data)}".strip()
