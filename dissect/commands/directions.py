"""``dissect directions``: concepts without labels, written into a folder: a page, pictures and JSON."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import torch
import tyro
from rich.console import Console
from rich.progress import Progress, TaskID
from torch import Tensor, nn

from core_gans.foreign.styles import StyleGenerator
from core_gans.foundation.counting import how_many
from core_gans.foundation.names import unknown_name
from core_gans.runs.folder import new_folder
from dissect.commands.opening import Opened, Source
from dissect.commands.sample_memory import require_sample
from dissect.commands.segmenter_choice import chosen_segmenter
from dissect.directions.account import PAGE, Account, images_to_make, tell_clusters, tell_directions
from dissect.directions.attributes import CELLS, Lessons, cell_lessons, image_lessons
from dissect.directions.closed_form import closed_form_directions, first_weights
from dissect.directions.clusters import cluster_units
from dissect.directions.coactivation import coactivation
from dissect.directions.control import RANDOM_TRIALS
from dissect.directions.exemplars import exemplars
from dissect.directions.moving import Direction, continuous
from dissect.directions.principal import principal_directions, principal_units
from dissect.directions.probes import Probe, fit_probe
from dissect.directions.writing import probe_in_words, probe_values
from dissect.generators import layer_shape
from dissect.segmenters.protocol import Segmenter

Method = Literal["pca", "unit-pca", "sefa", "clusters", "probe", "cell-probe"]
TITLES: dict[Method, str] = {
    "pca": "Principal directions of {}",
    "unit-pca": "Principal directions of the units of {}",
    "sefa": "Closed-form directions of {}",
    "clusters": "Clusters of the units of {}",
    "probe": "A probe of {}",
    "cell-probe": "A probe of the cells of {}",
}
COUNT = 6  # directions
MOST = {"steps": 100, "random": 1_000}  # of each direction: images to either side, random ones beside it


@dataclass(frozen=True)
class Directions:
    """Find directions, clusters of units or a probe, without labels or with one, and show what they do."""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    method: Method = "pca"
    """pca: principal directions of a layer, carried back to the latents (GANSpace). unit-pca: those of its units.
    sefa: what the first weights amplify most (SeFa). clusters: units grouped by where they fire. probe: what tells
    whether a concept is in the image. cell-probe: what tells which class a cell shows."""
    layer: str | None = None
    """The layer; default: the first one with weights (pca, sefa), the latents themselves (probe)."""
    concept: str | None = None
    """What a probe looks for: one of the segmenter's labels."""
    count: int | None = None
    """Directions to find, by default 6; or clusters, by default as many as part best."""
    images: int = 1_000
    """Images to find them with."""
    judged: int = 64
    """Other images, from which each direction is walked to see what it does."""
    steps: int = 3
    """Steps to either side."""
    random: int = RANDOM_TRIALS
    """Random directions beside it; directions of one length share them, those of units have their own each."""
    segmenter: str | None = None
    """Says what each pixel shows: a file of train-segmenter, scenes-segmenter, strokes, or hf:NAME; default: the
    scenes-segmenter, strokes for grey images."""
    concepts: str | None = None
    """Words to look for, 'red car, lamp post', for a --segmenter that is a CLIPSeg, or DETECTOR+SAM."""
    batch: int = 32
    """Images that are made at once; it does not change what is found."""
    seed: int = 0
    """Of the latents and of the random directions."""
    out: Path | None = None
    """The folder; default: runs/directions-DATE."""

    def run(self, console: Console) -> None:
        """Find, judge, write."""
        self._check()
        found = self.source.open()
        seen_by, segmenter = chosen_segmenter(self.segmenter, self.source, found, self.concepts)
        if self.concept is not None and self.concept not in segmenter.labels:
            raise unknown_name("concept", self.concept, segmenter.labels)
        if found.any_label and (self.method == "pca" or (self.method == "probe" and self.layer is None)):
            raise ValueError("latents of all classes have no directions in common: name one class, as in --label 3.")
        layer, notes = self._looked_at(found)
        for note in (*found.notes, *notes):
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        self._check_count(found, layer)
        require_sample(found, {"images": self.images, "judged": self.judged}, self._learnt(found, layer))
        rng = torch.Generator().manual_seed(self.seed)
        latents, others = found.latents(self.images, rng), found.latents(self.judged, rng)
        account = Account(
            self.out or new_folder("directions"),
            f"{TITLES[self.method].format(layer or 'the latents')} in {found.name}",
            {
                "generator": found.name,
                **found.facts,
                "segmenter": seen_by,
                "method": self.method,
                "layer": layer or "the latents",
                "images": str(self.images),
                "seed": str(self.seed),
                "command": shlex.join(["dissect", *sys.argv[1:]]),
                "date": time.strftime("%Y-%m-%d"),
            },
        )
        account.check()
        with Progress(console=console) as bar:
            if self.method == "clusters":
                lines = self._clusters(account, found.net, layer or "", latents, segmenter, bar)
            else:
                lines = self._directions(account, found.net, layer, latents, others, segmenter, rng, bar)
        console.print("\n".join([*lines, f"account: {account.folder / PAGE}"]), highlight=False, soft_wrap=True)

    def _looked_at(self, found: Opened) -> tuple[str | None, tuple[str, ...]]:
        """The layer, by default the first one with weights, None for the latents; and what is to be said of it."""
        if self.layer is None:
            return (first_weights(found.net) if self.method in ("pca", "sefa") else None), ()
        if self.method in ("pca", "sefa"):
            return self.layer, ()
        (layer,), notes = found.layers((self.layer,))
        return layer, notes

    def _check(self) -> None:
        if self.method in ("unit-pca", "clusters", "cell-probe") and self.layer is None:
            raise ValueError(f"--method {self.method} needs a layer: name one with --layer; dissect layers lists them.")
        probing = self.method in ("probe", "cell-probe")
        if probing and self.concept is None:
            raise ValueError(f"--method {self.method} needs a concept: name one with --concept.")
        if not probing and self.concept is not None:
            raise ValueError(f"--method {self.method} looks for no concept: leave --concept out, or probe for it.")
        for name, least in {"images": 20, "judged": 2, "steps": 1, "random": 2, "batch": 1}.items():
            if (value := getattr(self, name)) < least:
                raise ValueError(f"expected at least {least} for --{name}, got {value}.")
        for name, most in MOST.items():
            if (value := getattr(self, name)) > most:
                raise ValueError(f"expected at most {most:,} --{name}, got {value:,}.")

    def _check_count(self, found: Opened, layer: str | None) -> None:
        if self.method in ("clusters", "unit-pca") and self.count is not None and layer is not None:
            units = layer_shape(found.net, layer, found.example())[1]
            if not 1 <= self.count <= units:
                raise ValueError(f"layer {layer} has {units} units, so 1 to {units} --count, got {self.count}.")

    def _learnt(self, found: Opened, layer: str | None) -> int:
        """How many float32 numbers of each image a probe learns from, beside the latents; in float64."""
        if layer is None or self.method not in ("probe", "cell-probe"):
            return 0
        units = layer_shape(found.net, layer, found.example())[1]
        return 2 * units * (CELLS if self.method == "cell-probe" else 1)

    def _clusters(
        self, account: Account, generator: nn.Module, layer: str, latents: Tensor, segmenter: Segmenter, bar: Progress
    ) -> list[str]:
        looking, seeing = (bar.add_task(name, total=self.images) for name in ("looking", "seeing"))
        moments = coactivation(generator, layer, latents, batch_size=self.batch, progress=_update(bar, looking))
        clusters = cluster_units(layer, moments, self.count)
        found = exemplars(generator, clusters, latents, segmenter, batch_size=self.batch, progress=_update(bar, seeing))
        tell_clusters(account, clusters, found)
        seen = [", ".join(name for name, _, _ in found.seen(place)[:3]) for place in range(len(clusters.members))]
        return [
            f"cluster {place + 1}: {how_many(len(units), 'unit')}; {words or 'classes as everywhere'}"
            for place, (units, words) in enumerate(zip(clusters.members, seen, strict=True))
        ]

    def _directions(
        self,
        account: Account,
        generator: nn.Module,
        layer: str | None,
        latents: Tensor,
        others: Tensor,
        segmenter: Segmenter,
        rng: torch.Generator,
        bar: Progress,
    ) -> list[str]:
        total = self.images * (2 if self.method == "pca" else 1)
        looking = bar.add_task("looking", total=total)
        look = _update(bar, looking)
        count = COUNT if self.count is None else self.count
        lines: list[str] = []
        directions: Sequence[Direction]
        if self.concept is not None:
            probe = self._probe(generator, layer, latents, segmenter, rng, look)
            lines.append(probe_in_words(probe))
            account = replace(account, words=lines[0], values={"probe": probe_values(probe)})
            if layer is None:
                directions = [probe.latent_direction(latents.shape[1:], self.concept)]
            else:
                directions = [probe.unit_direction(layer, self.concept)]
        elif self.method == "sefa":
            directions = closed_form_directions(
                generator,
                self._amplifying(generator, layer),
                latents.shape[1:],
                count=count,
                moving=continuous(latents),
            )
        elif self.method == "unit-pca":
            directions = principal_units(
                generator, layer or "", latents, count=count, batch_size=self.batch, progress=look
            )
        else:
            directions = principal_directions(
                generator, layer or "", latents, count=count, batch_size=self.batch, progress=look
            )
        look(total)
        strengths = range(-self.steps, self.steps + 1)
        walking = bar.add_task("walking", total=images_to_make(directions, self.judged, len(strengths), self.random))
        effects = tell_directions(
            account,
            generator,
            directions,
            others,
            segmenter,
            strengths=strengths,
            random_trials=self.random,
            batch_size=self.batch,
            rng=rng,
            progress=_update(bar, walking),
        )
        return [*lines, *(f"{each.name}: {', '.join(each.beyond()) or 'nothing beyond random'}" for each in effects)]

    def _amplifying(self, generator: nn.Module, layer: str | None) -> list[str]:
        """The layers that take the latents: of styles, by default, those that make style channels of them."""
        if self.layer is None and isinstance(generator, StyleGenerator) and generator.space != "z":
            return [name for name, _ in generator.named_modules() if name.endswith(".affine")]
        return [layer or ""]

    def _probe(
        self,
        generator: nn.Module,
        layer: str | None,
        latents: Tensor,
        segmenter: Segmenter,
        rng: torch.Generator,
        look: Callable[[int], None],
    ) -> Probe:
        lessons: Lessons
        if self.method == "cell-probe":
            lessons = cell_lessons(
                generator, layer or "", latents, segmenter, batch_size=self.batch, rng=rng, progress=look
            )
        else:
            lessons = image_lessons(
                generator, layer, latents, segmenter, self.concept or "", batch_size=self.batch, progress=look
            )
        return fit_probe(lessons.features, lessons.answers, lessons.classes, groups=lessons.images, rng=rng)


def _update(bar: Progress, task: TaskID) -> Callable[[int], None]:
    return lambda done: bar.update(task, completed=done)
