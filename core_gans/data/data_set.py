"""A data set as a value: what it is, how it is read, who judges it, and what suits games that are played on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core_gans.data.examples import Examples, Kind
from core_gans.data.frame import Resize, Size, sides
from core_gans.data.scenes.sets import SceneSet
from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import require_memory

Progress = Callable[[int, int], None]  # how many are done, of how many
FLOAT = 4  # bytes


@dataclass(frozen=True)
class Wanted:
    """What a data set is asked for."""

    size: int
    """Side of the images in pixels."""
    count: int
    """How many examples are drawn, of data that are drawn."""
    channels: int | None = None
    """1 for grey, 3 for RGB; None for what the data have."""
    seed: int = 0
    """Of what is drawn."""
    progress: Progress | None = None
    width: int | None = None
    """Of the images in pixels, where they are no squares; ``size`` is their height then."""
    resize: Resize = "crop"
    """What is done with pictures of other proportions."""
    skip_broken: bool = False
    """Whether pictures or clips that cannot be read are left out."""
    frames: int = 1
    """Of a clip."""


@dataclass(frozen=True)
class ShortRun:
    """An evolution of a few minutes on one core that shows something: what the app begins with."""

    seconds: float = 120.0
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Of the game; empty for what suits points or images."""
    average: float = 0.99
    """Decay of the generator's weight average: a short memory, as the run is short."""
    judge_every: int = 200
    """Generations between two judgements."""
    size: int | None = None
    count: int | None = None
    about: str = ""
    """What is to be seen, and when."""


@dataclass(frozen=True)
class DataSet:
    """Everything that commands, metrics and pages know of a data set. They read it here and ask for no name."""

    name: str
    about: str
    """One sentence."""
    kind: Kind
    read: Callable[[Wanted], Examples]
    size: int = 32
    """Side of the images in pixels, unless asked otherwise."""
    colours: int = 0
    """Channels of its images: 1 or 3; 0 where only the files know."""
    count: int = 0
    """How many are drawn, unless asked otherwise; 0 for data that are there and not drawn."""
    frames: int = 1
    """Of a clip, unless asked otherwise."""
    kinds: int = 0
    """Modes of points or classes of images that a generator should cover; 0 where that is not known."""
    kinds_called: str = "classes"
    features: str | None = None
    """The classifier (``metrics.FEATURES``) that judges it; None for the coordinates of points, or the pixels."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Fields of games of points that sharpen a longer run on it, beside those of the recipes."""
    rounds: int | None = None
    """Of a run without a bound, so that its rates know when they have fallen; None for as many as fit into a minute."""
    short: ShortRun = field(default_factory=ShortRun)
    quick: str = ""
    """What twenty seconds of training show; empty where that is nothing, so that no variants are tried on it."""
    rectangles: bool = False
    """Whether its images can have any width and height; what is drawn is square."""
    with_masks: Callable[[Wanted], SceneSet] | None = None
    """The images with their exact masks and captions, where they are known."""

    def __post_init__(self) -> None:
        if self.quick and not (self.kinds and (self.points or self.features)):
            raise ValueError(
                f"{self.name} has a text for quick trials, so it needs kinds that a judge can count: give their "
                "number, and the features of a classifier if it has images."
            )

    @property
    def points(self) -> bool:
        """Whether it has points (N, D), which are shown and judged in their own ways."""
        return self.kind == "points"

    def load(
        self,
        *,
        size: Size | None = None,
        channels: int | None = None,
        count: int | None = None,
        seed: int = 0,
        progress: Progress | None = None,
        resize: Resize = "crop",
        skip_broken: bool = False,
        frames: int | None = None,
    ) -> Examples:
        """The examples; what is not asked for is as the data set has it, and a note tells of what it cannot have
        otherwise: the count of what is not drawn, the colours of what is. Raises what ``read`` raises.

        LabError for ``frames`` of what is no clips, and for fewer than one.
        """
        if frames is not None and self.kind != "clips":
            raise LabError(f"{self.name} holds {self.kind}, which have no frames: leave --frames out.")
        for name, number in (("--frames", frames), ("--count", count)):
            if number is not None and number < 1:
                raise LabError(f"{self.name}: expected {name} of at least 1, got {number}.")
        wanted = self.wanted(size, count, channels, seed, progress)
        wanted = replace(
            wanted, resize=resize, skip_broken=skip_broken, frames=self.frames if frames is None else frames
        )
        if self.count:  # drawn: what files take is known when they are looked at
            numbers = 3 * wanted.frames * wanted.size**2 / FLOAT if self.kind in ("images", "clips") else 6
            # 6: a point, its noise, label and place
            require_memory(int(wanted.count * numbers * FLOAT), f"{wanted.count:,} examples of {self.name}", "--count")
        examples = self.read(wanted)
        told = []
        if count is not None and not self.count:
            told.append(f"--count is for what is drawn: all {len(examples):,} examples are taken")
        made = (self.count or self.colours) and not self.points
        if channels is not None and made and channels != examples.shape[0]:
            told.append(f"--colours is for files: {self.name} has {examples.shape[0]}")
        return replace(examples, notes=(*examples.notes, *told)) if told else examples

    def wanted(
        self,
        size: Size | None = None,
        count: int | None = None,
        channels: int | None = None,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Wanted:
        """What is asked for, completed by the data set's own size and count. LabError for a size it cannot have."""
        width, height = sides(self.size if size is None else size)
        if width != height and not self.rectangles:
            raise LabError(f"{self.name} is drawn in squares: give one side, as --size {height}, not {size}.")
        asked = width if width != height else None
        return Wanted(height, self.count if count is None else count, channels, seed, progress, asked)
