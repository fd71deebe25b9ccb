"""A folder with what was found: a page as HTML and Markdown, pictures, and JSON of every number."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core_gans.foundation.whole_files import write_whole
from dissect.directions.clusters import UnitClusters
from dissect.directions.control import RANDOM_TRIALS, Control, random_control
from dissect.directions.curves import curves
from dissect.directions.effects import Effect, effect
from dissect.directions.exemplars import Exemplars
from dissect.directions.moving import Direction
from dissect.directions.pictures import strips
from dissect.directions.rows import cluster_rows
from dissect.directions.walking import STRENGTHS, ascending
from dissect.directions.writing import (
    change_in_words,
    cluster_values,
    clusters_answer,
    clusters_told,
    direction_values,
    effects_answer,
    effects_told,
)
from dissect.report.written import PagePicture, PageSection, WrittenPage
from dissect.sampling import Progress
from dissect.segmenters.protocol import Segmenter

PAGE, NUMBERS = "directions.html", "directions.json"
SHOWN = 3  # images that a strip is shown for


@dataclass(frozen=True)
class Account:
    """Where the account of a finding goes, and what it says besides the numbers."""

    folder: Path
    title: str
    provenance: Mapping[str, str]  # what the finding came from, by name
    words: str = ""  # the first paragraph
    values: Mapping[str, object] | None = None  # plain values that go into the JSON as well

    def check(self) -> None:
        """FileExistsError when there is something in the folder, which is kept."""
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            raise FileExistsError(f"{self.folder} exists already and is kept: choose another name.")

    def open(self) -> None:
        """Make the folder. FileExistsError as :meth:`check`."""
        self.check()
        self.folder.mkdir(parents=True, exist_ok=True)

    def write(self, answer: str, sections: Sequence[PageSection], values: Mapping[str, object]) -> Path:
        """Write page and numbers; returns the page's path. OSError where they cannot be written."""
        beside = {NUMBERS: "every number", "directions.md": "the same page in Markdown"}
        page = WrittenPage("Concepts without labels", self.title, answer, sections, self.provenance, beside)
        everything = {"provenance": dict(self.provenance), **(self.values or {}), **values}
        write_whole(self.folder / NUMBERS, json.dumps(everything, ensure_ascii=False, allow_nan=False) + "\n")
        return page.write(self.folder, Path(PAGE).stem)


def tell_directions(
    account: Account,
    generator: nn.Module,
    directions: Sequence[Direction],
    latents: Tensor,
    segmenter: Segmenter,
    *,
    strengths: Sequence[float] = STRENGTHS,
    random_trials: int = RANDOM_TRIALS,
    batch_size: int = 64,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> list[Effect]:
    """Measure what ``directions`` do from ``latents`` (N, ...), at each of the ``strengths``, and write the account.

    Directions of one place and length share their random control. ``progress`` is called with the number of images made
    so far; :func:`images_to_make` says how many there will be at most.

    Raises:
        FileExistsError: there is something in the folder.
        ValueError: as :func:`effect` does.
    """
    strengths = ascending(strengths)
    account.open()
    controls: list[Control] = []
    effects: list[Effect] = []
    done = 0

    def onward(images: int) -> None:
        if progress is not None:
            progress(done + images)

    for direction in directions:
        control = next((each for each in controls if each.fits(direction)), None)
        if control is None:
            control = random_control(
                generator,
                direction,
                latents,
                segmenter,
                strengths=strengths,
                trials=random_trials,
                batch_size=batch_size,
                rng=rng,
                progress=onward,
            )
            controls.append(control)
            done += random_trials * len(strengths) * len(latents)
        found = effect(
            generator,
            direction,
            latents,
            segmenter,
            strengths=strengths,
            control=control,
            batch_size=batch_size,
            rng=rng,
            progress=onward,
        )
        effects.append(found)
        done += len(strengths) * len(latents)
    words = [account.words] if account.words else []
    drawn = [
        PagePicture(f"curves-{number:02}", f"{found.name}: shares of the classes along it", curves(found))
        for number, found in enumerate(effects, 1)
    ]
    sections = (
        PageSection("What they do", [*words, *effects_told(effects, directions)]),
        PageSection("Along the directions", [_strips(generator, directions, effects, latents)]),
        PageSection("Step by step", drawn),
    )
    pairs = zip(directions, effects, strict=True)
    values = {"directions": [direction_values(each, found) for each, found in pairs]}
    account.write(effects_answer(effects), sections, values)
    return effects


def images_to_make(directions: Sequence[Direction], latents: int, strengths: int, random_trials: int) -> int:
    """How many images :func:`tell_directions` makes."""
    lengths = {(each.place, round(float(each.vector.norm()), 3)) for each in directions}
    return (len(directions) + len(lengths) * random_trials) * strengths * latents


def tell_clusters(account: Account, clusters: UnitClusters, found: Exemplars) -> Path:
    """Write the account of clusters. Raises FileExistsError when there is something in the folder."""
    account.open()
    drawn = PagePicture("clusters", "clusters", cluster_rows(clusters, found))
    sections = [PageSection("The clusters", [drawn, clusters_told(clusters, found)])]
    return account.write(clusters_answer(clusters), sections, cluster_values(clusters, found))


def _strips(
    generator: nn.Module, directions: Sequence[Direction], effects: Sequence[Effect], latents: Tensor
) -> PagePicture:
    captions = [_caption(found) for found in effects]
    sheet = strips(generator, directions, latents[:SHOWN], effects[0].strengths, captions=captions)
    return PagePicture("strips", "Along the directions", sheet)


def _caption(found: Effect) -> str:
    classes = ", ".join(f"{change_in_words(found, label)} %" for label in found.beyond()[:3])
    light = f"brightness {found.brightness[0]:.2f} to {found.brightness[-1]:.2f}"
    return f"{classes or 'no class beyond chance'}; {light}"
