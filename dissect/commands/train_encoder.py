"""``dissect train-encoder``: teach a small network to tell from a picture what its generator drew it from."""

from __future__ import annotations

import math
import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import torch
import tyro
from rich.console import Console
from rich.progress import Progress

from core_gans.foundation.sealed import require_free
from core_gans.foundation.seeds import require_seed
from dissect.commands.opening import Source
from dissect.commands.sample_memory import require_sample
from dissect.inversion.encoder import WIDTHS
from dissect.inversion.middle import middle_layer
from dissect.inversion.training import EncoderReport, train_encoder


@dataclass(frozen=True)
class TrainEncoder:
    """Train an encoder on a generator's own samples; ``dissect invert`` begins from what it tells."""

    source: Annotated[Source, tyro.conf.OmitArgPrefixes] = field(default_factory=Source)
    layer: str | None = None
    """Whose features it tells beside the latent; default: the first of at least 8x8 cells."""
    steps: int = 4_000
    """Batches to learn from, at most."""
    minutes: float | None = 20.0
    """Time to learn, at most; None for no limit, so that the same command gives the same encoder."""
    batch: int = 32
    """Samples in a batch, drawn anew for each."""
    widths: tuple[int, ...] = WIDTHS
    """Channels after each halving; the last serves for all further ones."""
    seed: int = 0
    """Of the weights, the samples and the noise."""
    out: Path = Path("encoder.safetensors")
    """The file. An existing one is kept."""

    def run(self, console: Console) -> None:
        """Train, measure on unseen samples, save."""
        require_seed(self.seed)
        require_free(self.out, overwrite=False)
        found = self.source.open()
        require_sample(found, {"batch": self.batch}, kept=math.prod(found.shape()))
        layer = self.layer or middle_layer(found.net, found.example())
        with Progress(console=console) as bar:
            task = bar.add_task("training", total=1.0)
            encoder, report = train_encoder(
                found.net,
                found.latents,
                layer=layer,
                steps=self.steps,
                minutes=self.minutes,
                rng=torch.Generator().manual_seed(self.seed),
                batch_size=self.batch,
                widths=self.widths,
                progress=lambda done: bar.update(task, completed=done),
            )
        self.out.parent.mkdir(parents=True, exist_ok=True)
        facts = {"generator_name": found.name, "seed": self.seed, "command": shlex.join(["dissect", *sys.argv[1:]])}
        encoder.save(self.out, report.as_dict() | facts)
        console.print(f"{told(report, layer)}\nencoder: {self.out}", highlight=False, soft_wrap=True)


def told(report: EncoderReport, layer: str | None) -> str:
    """How good an encoder is, in two lines."""
    features = "" if report.features_r2 is None else f" and {report.features_r2:.0%} of {layer}'s"
    drawn = "" if report.features_l1 is None else f", {report.features_l1:.3f} from {layer}"
    return (
        f"of {report.held_out} unseen samples it tells {report.latent_r2:.0%} of the latents' variance{features}; "
        f"drawn again they differ by {report.latent_l1:.3f} a pixel from the latent{drawn}; two samples by "
        f"{report.chance_l1:.3f}\n"
        f"learnt from {report.images_seen:,} samples in {report.steps:,} steps, {report.seconds / 60:.1f} minutes; "
        f"{report.parameters:,} weights"
    )
