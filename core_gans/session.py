"""A session: the options that every run takes, and the watchers of its rounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from rich.console import Console
from torch import Tensor
from torch.utils.data import Dataset

from core_gans import data as datasets
from core_gans.compute import Compute
from core_gans.convergence import Converging
from core_gans.data import Batches, Examples, Resize
from core_gans.data.captions import Captions
from core_gans.data.examples import as_float
from core_gans.data.frame import COLOURS, sides
from core_gans.foundation.errors import LabError
from core_gans.foundation.parsing import as_annotated
from core_gans.foundation.precision import has_bf16
from core_gans.foundation.seeds import require_seed
from core_gans.game import Batch, Game, Kind, NoiseGame, generate
from core_gans.metrics import Judge
from core_gans.metrics.measures import merit
from core_gans.networks import family
from core_gans.runs.averaging import Average
from core_gans.runs.folder import Run
from core_gans.runs.interrupt import Interrupt
from core_gans.runs.progress import ProgressBar, counted
from core_gans.runs.watchers import Checkpoint, Judged, Log, Samples, WatchedState, Watcher, fixed_latents

DEFAULT_SECONDS = 60.0  # of a run that was given no bound
SHEET, CLIPS = 64, 8  # images and clips on a sheet of samples
JUDGED_CLIPS = 500  # films of a judgement during a run: each is as many pictures as it has frames
POINTS = 2_000  # points in a cloud of samples
LOOK_SECONDS = 8.0  # of rounds, at most, between two looks at convergence: a minute has enough of them for a verdict
LOOKED_AT = 128  # real examples on which convergence is measured
MOST_THREADS = 1024
CAPTIONS = 128  # of the data, that a game of text draws where no text is asked for


@dataclass(frozen=True)
class Options:
    """What a run needs besides its game."""

    data: str = "digits"
    """ring, grid, digits, scenes or another of `core-gans list`; or a path, of pictures in any form (docs/data.md)."""
    size: int | str | None = None
    """Side of the images in pixels, or WIDTHxHEIGHT for files; default 32 for digits and files, 64 for scenes."""
    colours: int | None = None
    """1 (grey), 3 (RGB) or 4 (RGB and opacity) for files; default: what they have, opacity on white."""
    count: int | None = None
    """Points or scenes to draw; default 100,000 points, 4,000 scenes."""
    frames: int | None = None
    """Of a clip; default: what the data set says."""
    batch: int = 64
    """Examples in a batch."""
    seed: int = 0
    """Of everything: weights, latents, order of the data."""
    average: float = 0.999
    """Decay of the generator's weight average, which draws the samples; 0 for none."""
    average_rises: int = 0
    """Rounds over which the average's half-life rises to that of its decay, as in R3GAN; 0 for a few rounds."""
    samples_every: int = 250
    """Rounds between sheets of samples (more often in the beginning)."""
    log_every: int = 10
    """Rounds between lines of the log."""
    judge_every: int = 0
    """Rounds between judgements by independent metrics; 0 for one at the end."""
    explain_every: int = 200
    """Rounds between looks at whether the run converges, reported in words, and at most eight seconds of them; 0 for
    none."""
    checkpoint_every: int = 1000
    """Rounds between checkpoints; one is also written in the first seconds, every minute and at the end."""
    keep: int = 2
    """Newest checkpoints that stay; with --judge-every, the best by the judge stays, too."""
    device: str = "cpu"
    """cpu, cuda, cuda:N or mps."""
    bf16: bool = False
    """Compute in bfloat16 (autocast); weights stay in float32."""
    fp16: bool = False
    """Compute in float16 with scaled gradients; on CUDA devices alone."""
    micro_batch: int = 0
    """Examples of a batch that are computed at a time, their gradients summed: large batches in little memory; 0: all.
    What couples the examples of a batch, as batch normalisation does, then sees so many."""
    channels_last: bool = False
    """Store images with their channels last."""
    threads: int = 0
    """Processor threads; 0 for one on points, else what torch chooses."""
    resize: Resize = "crop"
    """Pictures of other proportions: crop (their centre), pad (all of them, never enlarged) or stretch."""
    skip_broken: bool = False
    """Leave out pictures that cannot be read, and list them; by default they are listed and nothing is trained."""

    def __post_init__(self) -> None:
        self.compute()  # refuses a device that is not there, before any work
        for name in ("batch", "samples_every", "log_every", "checkpoint_every", "keep"):
            if getattr(self, name) < 1:
                raise ValueError(f"expected --{name.replace('_', '-')} of at least 1, got {getattr(self, name)}.")
        for name in ("judge_every", "explain_every", "threads", "average_rises"):
            if getattr(self, name) < 0:
                raise ValueError(f"expected --{name.replace('_', '-')} of at least 0, got {getattr(self, name)}.")
        for name in ("count", "frames"):
            if (given := getattr(self, name)) is not None and given < 1:
                raise ValueError(f"expected --{name} of at least 1, got {given}.")
        if isinstance(self.size, int) and self.size < 1:
            raise ValueError(f"expected --size of at least 1, got {self.size}.")
        if self.size is not None:
            sides(self.size)
        if self.colours not in (None, *COLOURS):
            raise ValueError(f"expected --colours 1 (grey), 3 (RGB) or 4 (RGB and opacity), got {self.colours}.")
        if not 0 <= self.average < 1:
            raise ValueError(f"expected --average of at least 0 and below 1, got {self.average}.")
        if self.threads > MOST_THREADS:
            raise ValueError(f"expected at most {MOST_THREADS:,} --threads, got {self.threads:,}.")
        require_seed(self.seed)

    def compute(self) -> Compute:
        return Compute(self.device, self.bf16, self.channels_last, self.fp16, self.micro_batch)

    def rng(self) -> torch.Generator:
        return torch.Generator(self.device).manual_seed(self.seed)

    def load(self, console: Console, takes: Sequence[Kind] = ("points", "images")) -> Examples:
        """The examples of ``data``, files as the first of the kinds that a game ``takes``."""
        with counted(f"reading {self.data}", console) as progress:
            examples = datasets.load(
                self.data,
                size=self.size,
                channels=self.colours,
                count=self.count,
                seed=self.seed,
                resize=self.resize,
                skip_broken=self.skip_broken,
                frames=self.frames,
                takes=takes,
                progress=progress,
            )
        if self.bf16 and not has_bf16(torch.device(self.device)):
            console.print("bfloat16 is emulated here, about ten times more slowly than float32: leave --bf16 out.")
        for note in examples.notes:
            console.print(note, highlight=False, soft_wrap=True)
        return examples

    def batches(self, examples: Dataset) -> Batches:
        return Batches(examples, self.batch, self.seed, self.device)


def require_taken(kind: type[Game], examples: Examples) -> None:
    """LabError where games of ``kind`` do not learn from what ``examples`` are."""
    if examples.kind not in kind.takes:
        raise LabError(
            f"{kind.name} learns from {' or '.join(kind.takes)}, and {examples.name} holds {examples.kind}: "
            "`core-gans list` says which data and which variants there are."
        )


def with_data(game_fields: dict[str, Any], examples: Examples) -> dict[str, Any]:
    """A game's fields for these data: their shape, and the mlp family for points that the asked one does not take."""
    fields = {**game_fields, "shape": examples.shape}
    if "classes" in fields and fields.get("conditional", True):
        if examples.labels is None:
            raise LabError(f"a conditional game needs a class with every example, and {examples.name} has no labels.")
        fields["classes"] = len(examples.classes)
    if "words" in fields:
        captions = captions_of(examples)
        fields |= {"words": captions.words, "captions": captions.different(CAPTIONS)}
    if examples.kind == "points" and not family(fields.get("family", "dcgan")).points:
        fields["family"] = "mlp"
    return fields


def captions_of(examples: Examples) -> Captions:
    """The captions of ``examples``, or the names of their classes; a LabError where they have neither."""
    if examples.captions is not None:
        return examples.captions
    if examples.labels is None:
        raise LabError(
            f"a game of text needs a caption with every example, and {examples.name} has neither captions nor classes: "
            "choose data with captions, as scenes."
        )
    return Captions.of_classes(examples.labels, examples.classes)


def over_the_run(game_fields: dict[str, Any], rounds: int | None) -> dict[str, Any]:
    """A game's fields with ``fall_rounds`` -1 (learning rates that fall over the whole run) filled in."""
    if game_fields.get("fall_rounds", 0) >= 0 or rounds is None:
        return game_fields
    return {**game_fields, "fall_rounds": rounds}


def told_of_fallen_rates(game: Game, rounds: int | None) -> str:
    """What to know before a run goes on for longer than its learning rates were to fall; empty where they do not."""
    end = getattr(game, "fall_rounds", 0)
    if not end or rounds is None or rounds <= end:
        return ""
    share = getattr(game, "fall_to", 0.0)
    left = f"stay at {share:.0%} of what they began with" if share else "are zero, so nothing is learned any more"
    return f"this run's learning rates fell over {end:,} rounds; from there on they {left}. Longer: a new run."


def make_watchers(
    run: Run, game: NoiseGame, options: Options, examples: Examples, console: Console, unit: str
) -> tuple[list[Watcher], Judged]:
    """The watchers of a run, in the order in which they look, and the judge among them."""
    points = examples.kind == "points"
    clips = examples.kind == "clips"
    shown = POINTS if points else CLIPS if clips else SHEET
    latents = fixed_latents(game, shown, options.seed + 1).to(options.device)
    real = examples.images[:POINTS] if points else None
    log = Log(run.folder, options.log_every, console)
    judge = Judge(examples, JUDGED_CLIPS) if clips else Judge(examples)

    def draw(state: WatchedState) -> Tensor:
        return generate(state.sampling_nets()["generator"], latents)

    def judged(state: WatchedState) -> dict[str, float]:
        rng = torch.Generator(options.device).manual_seed(options.seed + 2)
        return judge(lambda count: game.sample(state.sampling_nets(), count, rng).cpu())

    verdict = Judged(judged, log, options.judge_every)
    watchers: list[Watcher] = [Interrupt(console)]  # first to begin, last to end: Ctrl-C spares what the others write
    watchers += [Average(decay=options.average, rises=options.average_rises)] if options.average else []
    watchers += [log, verdict]
    if options.explain_every:
        labels = None if examples.labels is None else examples.labels[:LOOKED_AT]
        text = None if examples.captions is None else examples.captions.tokens[:LOOKED_AT]
        looked_at = game.with_condition(Batch(as_float(examples.images[:LOOKED_AT]), labels, text=text))
        kinds = len(examples.classes)
        watchers.append(
            Converging(
                game,
                looked_at,
                log,
                options.explain_every,
                judged=verdict,
                kinds=kinds,
                console=console,
                seconds=LOOK_SECONDS,
            )
        )
    watchers += [
        Samples(run.folder, draw, options.samples_every, real),
        Checkpoint(
            run.checkpoints, run.describe(), options.checkpoint_every, keep=options.keep, judged=verdict, merit=merit
        ),
        ProgressBar(unit, console),
    ]
    return watchers, verdict


def restore_watchers(watchers: list[Watcher], saved: dict[str, Any]) -> None:
    """Give every named watcher its state back."""
    for watcher in watchers:
        if watcher.name in saved:
            watcher.load_state_dict(saved[watcher.name])


def options_from(saved: dict[str, Any]) -> Options:
    """Options as config.json holds them. LabError for fields of other versions, by name, and values of other types."""
    return Options(**as_annotated(Options, saved, "the run's options"))
