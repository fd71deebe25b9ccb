"""A folder of pictures translated into another folder, one picture for each, under the same name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import torch
from torch import nn

from core_gans.data import as_float
from core_gans.data.collection import Broken, Collection, SetLevels, cannot_read
from core_gans.data.folders import decoded, pictures_below
from core_gans.data.frame import Frame
from core_gans.data.stacking import stack
from core_gans.foundation.errors import LabError
from core_gans.foundation.pixels import to_bytes, write_png
from core_gans.game import TranslationGame

Progress = Callable[[int, int], None]  # (pictures done, pictures in all)

AT_ONCE = 16  # pictures held in memory


@dataclass(frozen=True)
class Translated:
    """What became of a folder: the pictures written, and those that could not be read, with the reasons."""

    written: tuple[Path, ...]
    broken: tuple[str, ...] = ()


def translate_folder(
    game: TranslationGame,
    generator: nn.Module,
    source: Path,
    out: Path,
    *,
    target: int = 0,
    rng: torch.Generator | None = None,
    skip_broken: bool = False,
    progress: Progress | None = None,
) -> Translated:
    """Translate every picture below ``source`` to ``game.targets[target]`` and write it below ``out`` as a PNG.

    A picture is cropped to its centre, of the proportions of the size that the game learned, and brought to that size;
    subfolders are kept, and every name ends in .png. Noise is drawn from ``rng``, where there is one.

    Nothing is overwritten: FileExistsError before any work when one of the pictures to write is there already.
    LabError, before any work too, lists the pictures that cannot be read, unless ``skip_broken``, which leaves them out
    and lists them in the result. LabError for a folder without pictures, for two names that would become one, and for
    ``out`` in ``source``.
    """
    paths = _sources(source, out)
    places = _places(paths, source, out)
    colours, height, width = game.shape
    frame = Frame(height, width, colours)
    found = Collection(source.name, len(paths), partial(decoded, paths))
    if not skip_broken and (broken := [each for each in found.pictures(frame) if isinstance(each, Broken)]):
        raise cannot_read(broken, len(paths))
    written: list[Path] = []
    left_out: list[str] = []
    levels, pictures = SetLevels(found, frame), enumerate(found.pictures(frame))
    while chosen := list(islice(pictures, AT_ONCE)):
        readable = [(index, picture) for index, picture in chosen if not isinstance(picture, Broken)]
        left_out += [picture.why for _, picture in chosen if isinstance(picture, Broken)]
        if readable:
            shown = stack([levels.to_bytes(picture) for _, picture in readable], len(readable), frame)
            images = as_float(shown).to(next(generator.parameters()).device)
            answers = game.translate({"generator": generator}, images, target, rng)
            for (index, _), page in zip(readable, to_bytes(answers), strict=True):
                written.append(write_png(places[index], page))
        if progress is not None:
            progress(chosen[-1][0] + 1, len(paths))
    return Translated(tuple(written), tuple(left_out))


def _sources(source: Path, out: Path) -> list[Path]:
    if not source.is_dir():
        raise LabError(f"expected a folder of pictures to translate, and {source} is none.")
    if out.resolve().is_relative_to(source.resolve()):
        raise LabError(f"{out} lies in {source}, which is to be read: choose a folder elsewhere.")
    paths = pictures_below(source)
    if not paths:
        raise LabError(f"{source} holds no pictures to translate.")
    return paths


def _places(paths: list[Path], source: Path, out: Path) -> list[Path]:
    places = [out / path.relative_to(source).with_suffix(".png") for path in paths]
    seen: dict[Path, Path] = {}
    for path, place in zip(paths, places, strict=True):
        if place in seen:
            raise LabError(f"{seen[place]} and {path} would both become {place}: rename one of them.")
        seen[place] = path
        if place.exists():
            raise FileExistsError(f"{place} exists already and is kept: choose another folder.")
    return places
