"""Inversion: the latent, and then the features of a middle layer, from which a generator draws a given picture.

Bau et al. 2019, "Seeing What a GAN Cannot Generate", section 4: an encoder's guess, then the latent and a middle layer
by gradient descent. Latents alone find the scene, seldom its details; features find those, and their deviation from
what the latent gives is penalised, so that the units go on meaning what they mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dissect.addressing.addresses import read_address
from dissect.fingerprint import fingerprint
from dissect.from_layer import resumed
from dissect.hooks import at_rest
from dissect.inversion.descent import Clock, descend
from dissect.inversion.encoder import Encoder
from dissect.inversion.goal import Goal
from dissect.inversion.inversion import Inversion, Step
from dissect.inversion.perceptual import Perceptual
from dissect.sampling import batches, generate, segment
from dissect.segmenters.protocol import Segmenter

LEAST_SPREAD = 1e-3  # of a unit: one that hardly varies may hardly deviate
STRANGE = 1.4  # a strangeness beyond which a picture is not like what the generator draws


@dataclass(frozen=True)
class InversionSettings:
    """How long, and what counts for how much. Stages end when their steps or their part of the seconds is over."""

    latent_steps: int = 100
    """Steps on the latent, at most."""
    feature_steps: int = 150
    """Steps on the features, at most."""
    seconds: float | None = None
    """For all steps, at most; with it, the result depends on the machine's speed."""
    latent_part: float = 0.4
    """Of the seconds, for the latent, where features follow."""
    latent_rate: float = 0.1
    """Of Adam, in standard deviations of the prior."""
    feature_rate: float = 0.08
    """Of Adam, in standard deviations of each unit."""
    perceptual: float = 0.1
    """Weight of the perceptual distance, beside the pixels' mean of |difference| and of its square."""
    prior: float = 0.01
    """Weight of the latent's mean square, in deviations of the prior: a Gaussian prior's -log density."""
    deviation: float = 0.01
    """Weight of the offset's mean square, in deviations of each unit."""

    def __post_init__(self) -> None:
        if min(self.latent_steps, self.feature_steps) < 0:
            raise ValueError(f"expected steps of at least 0, got {self.latent_steps} and {self.feature_steps}")
        if self.seconds is not None and not 0 < self.seconds < math.inf:
            raise ValueError(f"expected seconds above 0, got {self.seconds}")
        if not 0 <= self.latent_part <= 1:
            raise ValueError(f"expected a part of the seconds from 0 to 1, got {self.latent_part}")
        if not (self.latent_rate > 0 and self.feature_rate > 0):
            raise ValueError(f"expected rates above 0, got {self.latent_rate} and {self.feature_rate}")
        if not all(weight >= 0 for weight in (self.perceptual, self.prior, self.deviation)):
            raise ValueError("expected weights of at least 0")


def invert(
    generator: nn.Module,
    image: Tensor,
    samples: Tensor,
    *,
    encoder: Encoder | None = None,
    layer: str | None = None,
    perceptual: Perceptual | None = None,
    segmenter: Segmenter | None = None,
    settings: InversionSettings | None = None,
    batch_size: int = 32,
    progress: Callable[[float], None] | None = None,
    enough: Callable[[], bool] = lambda: False,
) -> Inversion:
    """Find what ``generator`` draws ``image`` from.

    It starts from the encoder's latent, or from the best of ``samples`` where there is none or that is better. Equal
    arguments give equal results, unless ``settings.seconds`` ends it.

    Args:
        image: (C, H, W) in [-1, 1], of the size that the generator draws.
        samples: latents (N, ...) drawn from the prior, at least 2. They tell the prior's mean and deviation, and how
            far the generator's own pictures are from the nearest other: ``strangeness`` is this picture's distance to
            the nearest of them, over the median of theirs.
        layer: whose features are sought after the latent; by default the encoder's, without one none.
        segmenter: judges how many pixels show the same class; it takes no part in the search.
        batch_size: samples that are drawn at once; no number depends on it.
        progress: called with the part that is done, from 0 to 1, after every step.
        enough: asked after every step; once it says True, each stage ends, and what was found so far is the result.

    Raises:
        ValueError: an image of another shape, out of range or not finite; samples that are not finite, fewer than 2,
            or that the generator does not take; no such layer, one without maps, or all runs of one (``@all``); a
            generator that draws NaN.
        LabError: the encoder belongs to another generator.
        FloatingPointError: the loss became NaN; lower rates help.
    """
    settings = settings or InversionSettings()
    if len(samples) < 2 or not bool(torch.isfinite(samples).all()):
        raise ValueError(f"expected at least 2 latents, all finite, got {tuple(samples.shape)}")
    if encoder is not None:
        encoder.require(generator)
        layer = layer or encoder.layer
    _check_image(image, _drawn(generator, samples[:1], batch_size))
    if layer is not None:
        _rest(generator, layer, samples[:1])
    drawn = _drawn(generator, samples, batch_size)
    target = image[None].to(drawn).detach()  # (1, C, H, W)
    goal = Goal(target, perceptual, settings.perceptual)
    mean, spread = samples.float().mean(), samples.float().std().clamp_min(LEAST_SPREAD)
    clock = Clock(settings.seconds, settings.latent_part if layer is not None else 1.0, progress, enough)
    with at_rest(generator):
        start, begin = _start(generator, goal, samples, drawn, encoder)
        move, curve = descend(
            lambda move: generator((begin + spread * move).to(samples.dtype)),
            lambda move: settings.prior * ((begin - mean) / spread + move).square().mean(),
            torch.zeros_like(begin),
            goal,
            clock.stage("latent", settings.latent_steps, settings.latent_rate),
        )
        latent = (begin + spread * move).to(samples.dtype)
        rendering = alone = generate(generator, latent)
        offset = None
        if layer is not None:
            offset, more = _offset(generator, layer, latent, goal, encoder, settings, clock)
            curve += more
            draw, own = resumed(generator, layer, latent)
            rendering = draw(own + offset)
    agreement = None
    if segmenter is not None:
        agreement = float((segment(segmenter, target) == segment(segmenter, rendering)).float().mean())
    return Inversion(
        image=target[0],
        rendering=rendering[0],
        latent=latent,
        layer=layer,
        offset=offset,
        pixel_l1=_l1(rendering, target),
        latent_pixel_l1=_l1(alone, target),
        agreement=agreement,
        strangeness=_strangeness(target, drawn),
        start=start,
        curve=tuple(curve),
        generator_fingerprint=fingerprint(generator),
    )


def _offset(
    generator: nn.Module,
    layer: str,
    latent: Tensor,
    goal: Goal,
    encoder: Encoder | None,
    settings: InversionSettings,
    clock: Clock,
) -> tuple[Tensor, list[Step]]:
    """What to add to the output of ``layer`` (1, U, h, w). No activation falls below the lowest that the latent gives:
    a rectified layer has none below zero."""
    resume, own = _rest(generator, layer, latent)
    low = own.amin()
    spread = own.float().std((0, 2, 3), keepdim=True).clamp_min(LEAST_SPREAD)

    def within(deviation: Tensor) -> Tensor:
        return torch.maximum(deviation, (low - own) / spread)

    def draw(deviation: Tensor) -> Tensor:
        return resume(own + spread * deviation)

    begin = torch.zeros_like(own)
    if encoder is not None and encoder.layer == layer:
        told = encoder(goal.target).features
        assert told is not None
        guess = within((told - own) / spread)
        with torch.no_grad():
            if goal.loss(draw(guess)) < goal.loss(draw(begin)):
                begin = guess
    deviation, way = descend(
        draw,
        lambda value: settings.deviation * value.square().mean(),
        begin,
        goal,
        clock.stage("features", settings.feature_steps, settings.feature_rate),
        within,
    )
    return spread * deviation, way


def _rest(generator: nn.Module, layer: str, latent: Tensor) -> tuple[Callable[[Tensor], Tensor], Tensor]:
    """The generator from ``layer`` on, and what that puts out. ValueError for a layer that is none, has no maps, or is
    the mean of several runs: what is added to that mean is not what each run becomes."""
    if read_address(layer, dict(generator.named_modules())).step == "all":
        one = layer.replace("@all", "@last")
        raise ValueError(f"layer {layer!r} is the mean of several runs: choose one of them, as in {one}")
    with at_rest(generator):
        resume, own = resumed(generator, layer, latent)
    if own.ndim != 4:
        raise ValueError(f"layer {layer!r} puts out the shape {tuple(own.shape)}, expected (N, units, height, width)")
    return resume, own


def _start(
    generator: nn.Module, goal: Goal, samples: Tensor, drawn: Tensor, encoder: Encoder | None
) -> tuple[str, Tensor]:
    """Where to begin, and its latent (1, ...)."""
    nearest = (drawn - goal.target).abs().mean((1, 2, 3)).argmin()
    found = ("sample", samples[nearest][None].float(), drawn[nearest][None])
    if encoder is not None:
        latent = encoder(goal.target).latents
        told = ("encoder", latent, _drawn(generator, latent.to(samples.dtype), 1))
        with torch.no_grad():
            if goal.loss(told[2]) <= goal.loss(found[2]):
                found = told
    return found[0], found[1]


def _drawn(generator: nn.Module, latents: Tensor, batch_size: int) -> Tensor:
    """The pictures (N, C, H, W) of ``latents``, a ValueError where they are not finite."""
    with at_rest(generator):
        images = torch.cat([generate(generator, part) for part in batches(latents, batch_size)]).float()
    if not bool(torch.isfinite(images).all()):
        raise ValueError("the generator draws NaN or infinite numbers: are these its weights, and its latents?")
    return images


def _check_image(image: Tensor, drawn: Tensor) -> None:
    wanted = tuple(drawn.shape[1:])
    if tuple(image.shape) != wanted or not image.is_floating_point():
        raise ValueError(f"expected an image {wanted} in [-1, 1], as the generator draws, got {tuple(image.shape)}")
    if not bool(torch.isfinite(image).all()):
        raise ValueError("the image holds NaN or infinite numbers")
    if float(image.abs().max()) > 1:
        raise ValueError(f"expected an image in [-1, 1], got {float(image.min()):.2f} to {float(image.max()):.2f}")


def _strangeness(target: Tensor, drawn: Tensor) -> float:
    """The distance of the target to the nearest of ``drawn``, over the median that these have to their nearest."""
    flat = drawn.flatten(1)
    between = torch.cdist(flat, flat, p=1).fill_diagonal_(math.inf).amin(1).median()
    return float(torch.cdist(target.flatten(1), flat, p=1).min() / between.clamp_min(1e-9))


def _l1(one: Tensor, other: Tensor) -> float:
    return float((one - other).abs().mean())
