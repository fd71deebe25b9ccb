"""``dissect dictionary``: mixtures of a layer's units that fire alone, fitted, weighed against the units, and kept."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import torch
import tyro
from rich.console import Console
from rich.progress import Progress

from core_gans.foundation.names import require_known
from core_gans.foundation.sealed import require_free
from dissect.commands.opening import Opened, Source
from dissect.commands.sample_memory import require_sample
from dissect.commands.segmenter_choice import chosen_segmenter
from dissect.dictionaries import Dictionary, attach, cells_of, fit_jumping, fit_nonnegative, fit_sparse
from dissect.dictionaries.attaching import free_place
from dissect.dictionaries.fitting import CELLS, check_jumping, check_nonnegative, check_sparse
from dissect.dictionaries.weighing import weigh


@dataclass(frozen=True)
class DictionaryCommand:
    """Fit a dictionary to a layer, say what it is worth beside the units, and write it to a file."""

    layer: str
    """The layer whose units are mixed."""
    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    kind: Literal["nmf", "topk", "jumprelu"] = "nmf"
    """nmf: nonnegative factors, by scikit-learn. topk, jumprelu: sparse autoencoders."""
    count: int = 64
    """Features."""
    active: int = 8
    """Of topk: features in a cell, at most."""
    sparsity: float = 0.02
    """Of jumprelu: what each feature costs that is on in a cell, as a share of the cells' variance."""
    steps: int = 2_000
    """Of topk and jumprelu: of the training, on 512 cells each."""
    concept: str | None = None
    """What ten features and ten units are ablated for, to compare them; default: nothing is."""
    segmenter: str | None = None
    """Says what each pixel shows: as in dissect run."""
    concepts: str | None = None
    """Words to look for, 'red car, lamp post', for a --segmenter that is a CLIPSeg, or DETECTOR+SAM."""
    images: int = 400
    """To fit it to, and as many others to weigh it with."""
    batch: int = 32
    """Images that are made at once."""
    seed: int = 0
    """Of the latents, the cells and the first weights."""
    out: Path = Path("dictionary.safetensors")
    """The file."""

    def run(self, console: Console) -> None:
        """Fit, weigh, write."""
        require_free(self.out, overwrite=False)
        if self.images < 2 or self.batch < 1:
            raise ValueError(f"expected at least 2 --images and a --batch of 1, got {self.images} and {self.batch}.")
        found = self.source.open()
        self._check(found)
        name, segmenter = chosen_segmenter(self.segmenter, self.source, found, self.concepts)
        if self.concept is not None:
            require_known("concept", self.concept, segmenter.labels)
        require_sample(found, {"images": 2 * self.images})
        for note in found.notes:
            console.print(f"note: {note}", highlight=False, soft_wrap=True)
        rng = torch.Generator().manual_seed(self.seed)
        fitting, weighing = found.latents(self.images, rng), found.latents(self.images, rng)
        cells = cells_of(found.net, self.layer, fitting, batch_size=self.batch, rng=rng)
        others = cells_of(found.net, self.layer, weighing, batch_size=self.batch, rng=rng)
        if min(float((each - each.mean(0)).abs().amax()) for each in (cells, others)) == 0:
            raise ValueError(
                f"layer {self.layer!r} puts out the same everywhere, so it has no features: choose another."
            )
        with Progress(console=console) as bar:
            task = bar.add_task("fitting", total=None if self.kind == "nmf" else self.steps)

            def heard(done: int) -> None:
                bar.update(task, completed=done)

            layer, count, steps = self.layer, self.count, self.steps
            dictionary: Dictionary
            if self.kind == "nmf":
                dictionary = fit_nonnegative(layer, cells, count)
            elif self.kind == "topk":
                dictionary = fit_sparse(layer, cells, count, active=self.active, steps=steps, rng=rng, progress=heard)
            else:
                dictionary = fit_jumping(
                    layer, cells, count, sparsity=self.sparsity, steps=steps, rng=rng, progress=heard
                )
        explained = dictionary.explained(others)
        self.out.parent.mkdir(parents=True, exist_ok=True)
        dictionary.facts |= {"generator": found.name, "images": self.images, "explained": explained}
        dictionary.save(self.out)
        features = attach(found.net, dictionary)
        weighed = weigh(
            found.net,
            self.layer,
            weighing,
            weighing,
            segmenter,
            self.concept,
            batch_size=self.batch,
            rng=rng,
        )
        lines = [
            f"explained: {explained:.1%} of the variance of other images' cells (segmenter: {name})",
            *weighed.lines(),
            f"written: {self.out}; every command takes it: --dictionary {self.out} --layer {features}",
        ]
        console.print("\n".join(lines), highlight=False, soft_wrap=True)

    def _check(self, found: Opened) -> None:
        """ValueError for a layer that takes no features, or numbers that do not fit it; draws one picture."""
        free_place(found.net, self.layer)
        each, units = cells_of(found.net, self.layer, found.example(), rng=torch.Generator().manual_seed(0)).shape
        if self.kind == "nmf":
            check_nonnegative(self.count, min(CELLS, self.images * each), units)
        elif self.kind == "topk":
            check_sparse(self.count, self.active, self.steps)
        else:
            check_jumping(self.count, self.sparsity, self.steps)
