"""``python -m benchmarks.dissection_cost [PART ...]``: what it costs to count a dissection.

``counting`` holds the ways to count against the dense one, interpolate and multiply matrices, on the same tensors: 256
units of 16x16 (block16 of the shipped scenes generator for two latents), brought to 64x64, against the 15 concepts of
its segmenter and none. ``layers`` holds all that is counted about a layer against generating and segmenting. Works
take turns; medians are printed. On one thread (the default) the processor's own seconds count, otherwise the clock's.
``memory`` is the peak of a fresh process that dissects 10,000 images.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
import tyro
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.timing import Work, chosen, heading, in_turn, peak, peak_of, timed
from core_gans import shipped
from core_gans.foreign.stylegan2 import StyleGAN2
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


@dataclass(frozen=True)
class Options:
    """Measure what it costs to count a dissection."""

    parts: tyro.conf.Positional[tuple[str, ...]] = ()
    """Of counting, layers, memory and stylegan2; default: all."""
    pairs: int = 9
    """Turns that are timed."""
    sample: int = 64
    """Images a turn."""
    images: int = 10_000
    """To dissect where memory is measured."""
    threads: int = 1
    """Of torch."""
    alone: str = ""
    """Do the work of one row of the memory table in this process and print its peak."""


def main(args: Sequence[str] | None = None) -> None:
    """Run the parts named on the command line, or all of them."""
    asked = tyro.cli(Options, prog="python -m benchmarks.dissection_cost", args=args)
    torch.set_num_threads(asked.threads)
    if asked.alone:
        DISSECTED[asked.alone](asked)
        print(peak())
        return
    names = chosen(asked.parts, list(PARTS), "part")
    print(f"{heading()}\n")
    for name in names:
        with torch.no_grad():
            PARTS[name](asked)
        print(flush=True)


def counting(asked: Options) -> None:
    """One level and a hundred, in milliseconds an image."""
    features, classes = activations(asked.sample)
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
    for name, seconds in zip(works, in_turn(list(works.values()), asked.pairs), strict=True):
        print(f"| {name} | {1000 * statistics.median(seconds) / asked.sample:.2f} |")
    tally = Tally(hundred, 15)
    tally.add(features, [ClassMap(seen, 15) for seen in classes])
    once = 1000 * timed(lambda: judged(tally), repeats=asked.pairs)
    print(f"| IoU, score and IQR at all levels, once a dissection | {once:.0f} ms in all |")


def layers(asked: Options) -> None:
    """All that is counted about each layer, beside generating and segmenting the images."""
    model, segmenter = opened()
    latents = drawn(model, asked.sample)
    names = spatial_layers(model.net, latents[:1])
    gathered("the shipped scenes generator", model.net, segmenter, latents, names, asked.pairs)


def stylegan2(asked: Options) -> None:
    """The same for a StyleGAN2 of 256 pixels with random weights: layers of 512 units, and the shipped segmenter."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = StyleGAN2(512, 512, 8, (512, 512, 512, 512, 512, 256, 128)).eval()
        for name, value in net.named_parameters():
            if name.endswith("weight"):
                torch.nn.init.normal_(value, std=value[0].numel() ** -0.5)
            elif name.endswith(("const", "affine.bias")):
                torch.nn.init.normal_(value, mean=float("affine" in name))
    latents = net.latents(min(asked.sample, 8), torch.Generator().manual_seed(0))
    gathered("a StyleGAN2 of 256 pixels", net, opened()[1], latents, ["b16", "b32", "b64"], asked.pairs, batch=4)


def gathered(
    title: str,
    net: nn.Module,
    segmenter: UNetSegmenter,
    latents: Tensor,
    names: Sequence[str],
    pairs: int,
    batch: int = 32,
) -> None:
    """Print what it costs to draw, to segment, and to gather each layer, in milliseconds an image."""
    with record(net, names) as seen:
        images = net(latents)
    found = dict(seen)
    classes = segmenter(images)

    def gather(layer: str) -> Work:
        features = found[layer].float()
        sample = unit_sketch(features.shape[1])
        sample.add_maps(features)
        levels = Levels.place(sample, spread(), 30)

        def work() -> None:
            part = Accumulators(levels, sample.low, len(segmenter.labels), 8, "bilinear")
            for some, seen_there in zip(features.split(batch), classes.split(batch), strict=True):
                part.add(some, [ClassMap(each, len(segmenter.labels)) for each in seen_there])

        return work

    def draw() -> None:
        for part in latents.split(batch):
            net(part)

    def segment() -> None:
        for part in images.split(batch):
            segmenter(part)

    works: dict[str, Work] = {"generating": draw, "segmenting": segment}
    works |= {f"{name}, {' x '.join(map(str, found[name].shape[1:]))}, gathering": gather(name) for name in names}
    print(f"| {title}, 100 levels | ms an image |\n|---|---|")
    for name, seconds in zip(works, in_turn(list(works.values()), pairs, before=min(2, pairs - 1)), strict=True):
        print(f"| {name} | {1000 * statistics.median(seconds) / len(latents):.2f} |")


def memory(asked: Options) -> None:
    """The peak memory of a fresh process."""
    print(f"| peak memory of the process, {asked.images:,} images | GB | s |\n|---|---|---|")
    for name in DISSECTED:
        sizes = ["--images", str(asked.images), "--threads", str(asked.threads)]
        gigabytes, seconds = peak_of("benchmarks.dissection_cost", ["--alone", name, *sizes])
        print(f"| {name} | {gigabytes:.2f} | {seconds:.0f} |", flush=True)


def dissected(asked: Options, names: tuple[str, ...] = (), preset: str | None = None) -> None:
    """A dissection of the ``names``, or of every layer."""
    model, segmenter = opened()
    latents = drawn(model, asked.images)
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
            view(maps, (64, 64), levels, upsampling).count((ClassMap(seen, 15), counts))

    return work


def tallied(features: Tensor, classes: Tensor, levels: Levels) -> Work:
    """The same, and against the classes of another image."""
    return lambda: Tally(levels, 15).add(features, [ClassMap(seen, 15) for seen in classes])


def judged(tally: Tally) -> None:
    """From counts to agreement."""
    seen = tally.counts()
    iou(seen.both, seen.on, seen.concept)
    score(seen.both, seen.shuffled[0], seen.on, seen.concept)
    iqr(seen.both, seen.on, seen.concept, seen.total)


def activations(sample: int) -> tuple[Tensor, Tensor]:
    """Activations (sample, 256, 16, 16) and classes (sample, 64, 64)."""
    model, segmenter = opened()
    with record(model.net, ["block16"]) as seen:
        images = model.net(drawn(model, 2 * sample))
    both = seen["block16"].float().unflatten(0, (2, sample))
    return both.transpose(0, 1).flatten(1, 2), segmenter(images[:sample])


def opened() -> tuple[Model, UNetSegmenter]:
    """The scenes generator and the segmenter that come with the lab."""
    model = load_model(shipped.path("scenes-generator"))
    model.net.eval()
    return model, UNetSegmenter.load(shipped.path("scenes-segmenter"))


def drawn(model: Model, count: int) -> Tensor:
    """Latents of a fixed seed."""
    return model.game.latents(count, torch.Generator().manual_seed(0))


PARTS: dict[str, Callable[[Options], None]] = {
    "counting": counting,
    "layers": layers,
    "memory": memory,
    "stylegan2": stylegan2,
}
DISSECTED: dict[str, Callable[[Options], object]] = {
    "imports and the generator alone": lambda asked: opened(),
    "block16, 100 levels": partial(dissected, names=("block16",)),
    "block16, gandissect": partial(dissected, names=("block16",), preset="gandissect"),
    "every layer, 100 levels": dissected,
}


if __name__ == "__main__":
    main()
