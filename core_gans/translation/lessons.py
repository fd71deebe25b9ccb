"""What a game of translation learns from, by name or by path, and the tenth of it that is held out for the judge.

Pairs and domains are ``SOURCE,TARGET``, two data sets, or a folder with the subfolders ``source`` and ``target``. The
pictures of paired folders have the same names on both sides. Pairs are also made of one data set by a task, as in
``colourisation:scenes``, or of images with masks, as in ``labels-to-photo:facades.npz``. ``day-to-night:scenes`` is a
map that is known: pairs, or domains whose held-out images have their truth. Labelled images are one data set, or
several: ``FIRST,SECOND``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from core_gans import data as datasets
from core_gans.data import Examples, Resize, Size
from core_gans.data.domains import Domains, together
from core_gans.data.folders import pictures_below
from core_gans.data.known_maps import MAPS, mapped_domains, mapped_pairs
from core_gans.data.masked import MASK_TASKS, mask_task
from core_gans.data.pairs import Pairs, held_out
from core_gans.data.tasks import TASKS, task
from core_gans.foundation.errors import LabError
from core_gans.foundation.names import require_known

LearnsFrom = Literal["pairs", "domains", "labels"]
SIDES = ("source", "target")


@dataclass(frozen=True)
class Lesson:
    """``learned`` is what the game sees, ``held`` what it never sees; ``groups``: the classes of each labelled set.

    What is held out of domains under a known map are pairs: images with their truth.
    """

    learned: Pairs | Domains | Examples
    held: Pairs | Domains | Examples
    groups: tuple[int, ...] = ()

    @property
    def name(self) -> str:
        return self.learned.name

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one image to translate: (C, H, W)."""
        return self.learned.shape

    def __len__(self) -> int:
        return len(self.learned)

    def fields(self, given: dict[str, Any]) -> dict[str, Any]:
        """A game's fields for these data: ``given``, with the shapes of the images or the names of their domains."""
        if isinstance(self.learned, Examples):
            return {**given, "shape": self.shape, "domains": self.learned.classes, "groups": self.groups}
        return {**given, "shape": self.shape, "drawn": self.learned.target.shape[1]}


def read_lesson(
    learns_from: LearnsFrom,
    data: str,
    *,
    size: Size | None = None,
    channels: int | None = None,
    count: int | None = None,
    seed: int = 0,
    resize: Resize = "crop",
    skip_broken: bool = False,
    told: Callable[[str], None] = lambda note: None,
    progress: datasets.Progress | None = None,
) -> Lesson:
    """The lesson called ``data``; ``told`` hears the notes on it, the other arguments are as ``core_gans.data.load``
    takes them.

    Raises ValueError with one line: for one data set where two are needed, for a task that is not there,
    for pictures without partners, for images without labels or masks, and whatever reading raises.
    """

    def load(name: str) -> Examples:
        found = datasets.load(
            name,
            size=size,
            channels=channels,
            count=count,
            seed=seed,
            resize=resize,
            skip_broken=skip_broken,
            progress=progress,
        )
        for note in found.notes:
            told(note)
        return found

    if learns_from == "labels":
        return _labelled([load(name) for name in _names(data)])
    made, of = _task_of(data)
    if made in MAPS and learns_from == "domains":
        return Lesson(*mapped_domains(made, load(of)))
    if made:
        if learns_from == "domains":
            raise LabError(f"{made} makes pairs: train pix2pix on them, or choose one of {', '.join(MAPS)}.")
        if made in MAPS:
            return Lesson(*mapped_pairs(made, load(of)).split())
        if made in MASK_TASKS:
            return Lesson(
                *mask_task(made, of, size=size, count=count, seed=seed, resize=resize, progress=progress).split()
            )
        return Lesson(*task(made, load(of)).split())
    if learns_from == "pairs" and skip_broken:
        raise LabError("of pairs, a broken picture cannot be left out without its partner: remove both by hand.")
    source, target = _two(data, learns_from, load)
    kind: type[Pairs] | type[Domains] = Pairs if learns_from == "pairs" else Domains
    return Lesson(*kind(f"{source.name} to {target.name}", source.images, target.images).split())


def _task_of(data: str) -> tuple[str, str]:
    """``inpainting:scenes`` as the task and its data; ("", ``data``) for what is no such pair of names."""
    made, colon, of = data.partition(":")
    if not colon or Path(data).exists() or not made.replace("-", "").isalnum():
        return "", data
    known = (*TASKS, *MASK_TASKS, *MAPS)
    require_known("task", made, known)
    return made, of


def _names(data: str) -> list[str]:
    return [data] if Path(data).exists() else data.split(",")


def _two(data: str, learns_from: str, load: Callable[[str], Examples]) -> tuple[Examples, Examples]:
    names = _names(data)
    folders = [Path(data, side) for side in SIDES]
    if len(names) == 1 and all(folder.is_dir() for folder in folders):
        names = [str(folder) for folder in folders]
    if len(names) != 2 or not all(names):
        needs = "sources with their targets" if learns_from == "pairs" else "two domains"
        tasks = f", or a task as in {next(iter(TASKS))}:{data}" if learns_from == "pairs" else ""
        raise LabError(
            f"expected {needs}, got {data!r}: give --data SOURCE,TARGET, or a folder with the subfolders "
            f"{' and '.join(SIDES)}{tasks}."
        )
    if learns_from == "pairs" and all(Path(name).is_dir() for name in names):
        _require_partners(Path(names[0]), Path(names[1]))
    source, target = load(names[0]), load(names[1])
    return source, target


def _stems(folder: Path) -> set[str]:
    """The names of the pictures below ``folder``, without endings. ValueError where two have one."""
    found: dict[str, Path] = {}
    for path in pictures_below(folder):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise ValueError(f"{found[name]} and {path} would have the same partner: keep one of them.")
        found[name] = path
    return set(found)


def _require_partners(source: Path, target: Path) -> None:
    """ValueError unless the pictures below both folders have the same names, endings apart, each once."""
    ours, theirs = _stems(source), _stems(target)
    alone = sorted(ours ^ theirs)
    if alone:
        here, there = (source, target) if alone[0] in ours else (target, source)
        raise ValueError(
            f"expected a partner for every picture, but {here / alone[0]} has none in {there}, and so "
            f"{len(alone):,} in all: leave them out, or train cyclegan, which needs no pairs."
        )


def _labelled(sets: list[Examples]) -> Lesson:
    sets = [_with_classes(each) for each in sets]
    both = together(*sets)
    learned, held = held_out(len(both.examples), both.examples.name)

    def part(chosen: Any) -> Examples:
        labels = both.examples.labels
        assert labels is not None
        return replace(both.examples, images=both.examples.images[chosen], labels=labels[chosen])

    return Lesson(part(learned), part(held), both.groups)


def _with_classes(examples: Examples) -> Examples:
    if examples.labels is None or len(examples.classes) < 2:
        raise LabError(
            f"expected images whose labels are their domains, at least two of them, and {examples.name} has "
            f"{len(examples.classes)}: choose data with labels, as a folder with a subfolder for each domain."
        )
    return examples
