"""``python -m benchmarks.dissection_cost [counting] [layers] [memory]``: what it costs to count a dissection.

``counting`` holds the ways to count against the dense one, interpolate and multiply matrices, on the same tensors: 256
units of 16x16 (block16 of the shipped scenes generator for two latents), brought to 64x64, against the 15 concepts of
its segmenter and none. ``layers`` holds all that is counted about a layer against generating and segmenting. Works
take turns; medians are printed. With THREADS=1 (the default) the processor's own seconds count, otherwise the clock's.
``memory`` is the peak of a fresh process that dissects IMAGES (10,000) images.
"""

from __future__ import annotations

import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from benchmarks.generation_cost import Work, in_turn
from benchmarks.parts import run_parts
from core_gans import shipped
from core_gans.models import Model, load_model
from dissect import compare_layers, record
from dissect.measure.accumulators import Accumulators
from dissect.measure.agreement import iou, iqr, score
from dissect.measure.classmap import ClassMap
from dissect.measure.levels import Levels, spread
from dissect.measure.quantiles import unit_sketch
from dissect.measure.tally import Tally
from dissect.measure.upsampling import Upsampling, view
from dissect.report.study import spatial_layers
from dissect.segmenters.unet import UNetSegmenter

THREADS = int(os.environ.get("THREADS", "1"))
IMAGES = int(os.environ.get("IMAGES", "10000"))  # of the part memory
SAMPLE = 64  # images a turn


@torch.no_grad()
def main() -> None:
    """Run the parts named on the command line, or all of them."""
    torch.set_num_threads(THREADS)
    run_parts({"counting": counting, "layers": layers, "memory": memory})


def counting() -> None:
    """One level and a hundred, in milliseconds an image."""
    features, classes = activations()
    sample = unit_sketch(features.shape[1])
    sample.add_maps(features)
    works: dict[str, Work] = {}
    for share in (0.005, 0.01, 0.05):
        level = Levels.single(sample, share)
        works[f"one level at {share:.1%}, dense: interpolate and matmul"] = dense(features, classes, level)
        works[f"one level at {share:.1%}, bilinear, sparse"] = plain(features, classes, level, "bilinear")
        works[f"one level at {share:.1%}, nearest"] = plain(features, classes, level, "nearest")
    hundred = Levels.place(sample, spread(), 30)
    works["100 levels, bilinear"] = plain(features, classes, hundred, "bilinear")
    works["100 levels, bilinear, and what agrees by chance"] = tallied(features, classes, hundred)
    works["100 levels, nearest"] = plain(features, classes, hundred, "nearest")
    print("| 256 units 16x16 to 64x64, 15 classes and none | ms an image |\n|---|---|")
    for name, seconds in zip(works, in_turn(*works.values()), strict=True):
        print(f"| {name} | {1000 * statistics.median(seconds) / SAMPLE:.2f} |")
    tally = Tally(hundred, 15)
    tally.add(features, [ClassMap(seen, 15) for seen in classes])
    print(
        f"| IoU, score and IQR at all levels, once a dissection | {1000 * once(lambda: judged(tally)):.0f} ms in all |"
    )


def layers() -> None:
    """All that is counted about each layer, beside generating and segmenting the images."""
    model, segmenter = opened()
    latents = drawn(model, SAMPLE)
    names = spatial_layers(model.net, latents[:1])
    with record(model.net, names) as seen:
        images = model.net(latents)
    found = dict(seen)
    classes = segmenter(images)

    def gather(layer: str) -> Work:
        features = found[layer].float()
        sample = unit_sketch(features.shape[1])
        sample.add_maps(features)
        levels = Levels.place(sample, spread(), 30)

        def work() -> None:
            part = Accumulators(levels, sample.low, 15, 8, "bilinear")
            for some, seen_there in zip(features.split(32), classes.split(32), strict=True):
                part.add(some, [ClassMap(each, 15) for each in seen_there])

        return work

    def draw() -> None:
        for part in latents.split(32):
            model.net(part)

    def segment() -> None:
        for part in images.split(32):
            segmenter(part)

    works: dict[str, Work] = {"generating": draw, "segmenting": segment}
    works |= {f"{name}, {' x '.join(map(str, found[name].shape[1:]))}, gathering": gather(name) for name in names}
    print("| the shipped scenes generator, 100 levels | ms an image |\n|---|---|")
    for name, seconds in zip(works, in_turn(*works.values()), strict=True):
        print(f"| {name} | {1000 * statistics.median(seconds) / SAMPLE:.2f} |")


def memory() -> None:
    """The peak memory of a fresh process."""
    print(f"| peak memory of the process, {IMAGES:,} images | GB | s |\n|---|---|---|")
    for name, code in {
        "imports and the generator alone": "b.opened()",
        "block16, 100 levels": "b.dissected(('block16',), None)",
        "block16, gandissect": "b.dissected(('block16',), 'gandissect')",
        "every layer, 100 levels": "b.dissected((), None)",
    }.items():
        work = (
            "import torch, benchmarks.dissection_cost as b\nfrom benchmarks.generation_cost import peak\n"
            f"torch.set_num_threads({THREADS})\nb.IMAGES = {IMAGES}\n{code}\nprint(peak())"
        )
        begun = time.perf_counter()
        # A process begins with its parent's peak, so the shell, which is small, stands between.
        command = f"{shlex.quote(sys.executable)} -c {shlex.quote(work)}; exit"
        done = subprocess.run(["/bin/sh", "-c", command], check=True, capture_output=True, text=True)
        print(f"| {name} | {float(done.stdout):.2f} | {time.perf_counter() - begun:.0f} |", flush=True)


def dissected(names: tuple[str, ...], preset: str | None) -> None:
    """A dissection of ``IMAGES`` images."""
    model, segmenter = opened()
    latents = drawn(model, IMAGES)
    wanted = list(names) or spatial_layers(model.net, latents[:1])
    compare_layers(model.net, wanted, latents, segmenter, criterion=preset)


def dense(features: Tensor, classes: Tensor, levels: Levels) -> Work:
    """Intersections and areas by upsampling every map and multiplying with the classes, one-hot."""

    def work() -> None:
        both = torch.zeros(features.shape[1], 16)
        for maps, seen in zip(features.split(1), classes, strict=True):
            one = maps.contiguous(memory_format=torch.channels_last)
            large = F.interpolate(one, size=seen.shape, mode="bilinear", align_corners=False)
            on = (large[0].flatten(1) > levels.values).float()
            there = F.one_hot(torch.where(seen < 0, 15, seen).flatten(), 16).float()
            both += on @ there

    return work


def plain(features: Tensor, classes: Tensor, levels: Levels, upsampling: Upsampling) -> Work:
    """Intersections and areas at every level, as a dissection counts them."""

    def work() -> None:
        counts = torch.zeros(16, features.shape[1], levels.values.shape[1] + 1, dtype=torch.int64)
        for maps, seen in zip(features, classes, strict=True):
            view(maps, (64, 64), levels, upsampling).count(ClassMap(seen, 15), counts)

    return work


def tallied(features: Tensor, classes: Tensor, levels: Levels) -> Work:
    """The same, and against the classes of another image."""
    return lambda: Tally(levels, 15).add(features, [ClassMap(seen, 15) for seen in classes])


def judged(tally: Tally) -> None:
    """From counts to agreement."""
    seen = tally.counts()
    iou(seen.both, seen.on, seen.concept)
    score(seen.both, seen.by_chance, seen.on, seen.concept)
    iqr(seen.both, seen.on, seen.concept, seen.total)


def activations() -> tuple[Tensor, Tensor]:
    """Activations (SAMPLE, 256, 16, 16) and classes (SAMPLE, 64, 64)."""
    model, segmenter = opened()
    with record(model.net, ["block16"]) as seen:
        images = model.net(drawn(model, 2 * SAMPLE))
        return seen["block16"].float().unflatten(0, (2, SAMPLE)).transpose(0, 1).flatten(1, 2), segmenter(
            images[:SAMPLE]
        )


def opened() -> tuple[Model, UNetSegmenter]:
    """The scenes generator and the segmenter that come with the lab."""
    model = load_model(shipped.path("scenes-generator"))
    model.net.eval()
    return model, UNetSegmenter.load(shipped.path("scenes-segmenter"))


def drawn(model: Model, count: int) -> Tensor:
    """Latents of a fixed seed."""
    return model.game.latents(count, torch.Generator().manual_seed(0))


def once(work: Callable[[], object]) -> float:
    """Seconds of one run, after another that does not count."""
    work()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
