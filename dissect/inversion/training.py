"""An encoder trained on a generator's own samples, whose latents and features are known; and how good it is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.fingerprint import fingerprint
from dissect.generators.latents import Latents
from dissect.hooks import Edit, at_rest, intervene, record
from dissect.inversion.encoder import SLOPE, WIDTHS, Encoder, EncoderNet, EncoderShapes
from dissect.sampling import features as features_seen
from dissect.sampling import generate

HELD_OUT = 256  # samples that only the report sees; as many others tell the means and deviations
WARM = 0.05  # of the training: the learning rate rises
NOISE = 0.1  # largest deviation of the noise of single pixels in what is learned from; images are in [-1, 1]


@dataclass(frozen=True)
class EncoderReport:
    """How good an encoder is on samples that it has not seen; distances of pixels are means of |difference|, 0 to 2.

    What begins with ``features`` is None for an encoder that tells no layer.
    """

    latent_r2: float  # 1 - squared error / variance: 0 tells nothing, 1 all
    features_r2: float | None
    latent_l1: float  # between a sample and what the generator draws from the latent that is told
    features_l1: float | None  # the same from the layer's output that is told
    chance_l1: float  # between two samples
    held_out: int
    images_seen: int
    steps: int
    parameters: int
    seconds: float

    def as_dict(self) -> dict[str, object]:
        """All of it, as JSON takes it."""
        return asdict(self)


def train_encoder(
    generator: nn.Module,
    latents: Latents,
    *,
    layer: str | None = None,
    steps: int = 3000,
    minutes: float | None = None,
    rng: torch.Generator,
    batch_size: int = 32,
    learning_rate: float = 2e-3,
    widths: Sequence[int] = WIDTHS,
    progress: Callable[[float], None] | None = None,
) -> tuple[Encoder, EncoderReport]:
    """Train an encoder to tell, from a picture of ``generator``, its latent, and the output of ``layer``.

    Args:
        latents: ``latents(count, rng)``: (count, ...). Every batch is drawn anew.
        layer: a layer that puts out maps; None for an encoder of latents alone.
        steps: batches to learn from at most.
        minutes: stop after so long, whatever the steps; the learning rate falls to its end by then. With it, the result
            depends on the machine's speed.
        rng: draws the latents, the weights and the noise; a CPU generator.
        learning_rate: Adam's largest; it falls to 0.
        progress: called with the part of the training that is done, from 0 to 1, after every step.

    Raises:
        ValueError: no such layer, or one without maps; a generator that gives no finite images; numbers below 1.
        FloatingPointError: the loss became NaN; a lower learning rate helps.
    """
    if min(steps, batch_size) < 1 or (minutes is not None and not minutes > 0):
        raise ValueError(
            f"expected at least one step and one image, and minutes above 0, got {steps}, {batch_size}, {minutes}"
        )
    if not widths or min(widths) < 1:
        raise ValueError(f"expected a width of at least 1 for each halving, got {tuple(widths)}")
    begin = time.perf_counter()
    known = [_sample(generator, latents(HELD_OUT, rng), layer, batch_size) for _ in range(2)]
    net = _fresh(known[0], widths, rng)
    optimizer = torch.optim.AdamW(net.parameters(), lr=learning_rate, weight_decay=1e-3)
    step, done = 0, 0.0
    while done < 1.0:
        optimizer.param_groups[0]["lr"] = learning_rate * _warm_then_fall(max(done, (step + 0.5) / steps))
        drawn = _sample(generator, latents(batch_size, rng), layer, batch_size)
        net.train()
        loss = _loss(net, _noisy(drawn.images, rng), drawn)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(f"the loss became {loss.item()} at step {step}: try a lower learning rate")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        step += 1
        spent = 0.0 if minutes is None else (time.perf_counter() - begin) / (60 * minutes)
        done = min(max(step / steps, spent), 1.0)
        if progress is not None:
            progress(done)
    encoder = Encoder(net, layer, fingerprint(generator))
    seconds = time.perf_counter() - begin
    return encoder, _report(encoder, generator, known[1], step, batch_size, seconds)


@dataclass(frozen=True)
class _Sample:
    latents: Tensor  # (N, ...)
    images: Tensor  # (N, C, H, W)
    features: Tensor | None  # (N, U, h, w)


def _sample(generator: nn.Module, latents: Tensor, layer: str | None, batch_size: int) -> _Sample:
    """What the generator draws from ``latents``, at most ``batch_size`` at once, and what goes on in ``layer``."""
    images, features = [], []
    with at_rest(generator), record(generator, [] if layer is None else [layer]) as seen:
        for part in latents.split(batch_size):
            images.append(generate(generator, part).float())
            if layer is not None:
                features.append(features_seen(seen, layer))
    drawn = torch.cat(images)
    if not bool(torch.isfinite(drawn).all()):
        raise ValueError("the generator draws NaN or infinite numbers: are these its weights, and its latents?")
    return _Sample(latents, drawn, torch.cat(features) if features else None)


def _fresh(known: _Sample, widths: Sequence[int], rng: torch.Generator) -> EncoderNet:
    """A network with He-initialised weights drawn from ``rng`` alone, that knows the sample's means and deviations."""
    features = known.features
    shapes = EncoderShapes(
        tuple(known.images.shape[1:]),
        tuple(known.latents.shape[1:]),
        None if features is None else tuple(features.shape[1:]),
    )
    with torch.random.fork_rng(devices=[]):  # the default weights come from the global generator: leave it alone
        net = EncoderNet(shapes, widths)
    for name, parameter in net.named_parameters():
        if name.endswith("bias") or name in ("latent.3.weight", "features.1.weight"):
            nn.init.zeros_(parameter)  # it begins by telling the mean
        elif parameter.ndim > 1:
            nn.init.kaiming_normal_(parameter, SLOPE, generator=rng)
    flat = known.latents.flatten(1).float()
    net.latent_mean.copy_(flat.mean(0))
    net.latent_spread.copy_(flat.std(0).clamp_min(1e-3))
    if features is not None:
        net.unit_mean.copy_(features.mean((0, 2, 3))[:, None, None])
        net.unit_spread.copy_(features.transpose(0, 1).flatten(1).std(1)[:, None, None].clamp_min(1e-3))
    return net.to(known.images.device)


def _loss(net: EncoderNet, images: Tensor, drawn: _Sample) -> Tensor:
    """The squared errors in deviations: of the latents, and of the features where they are told."""
    latents, features = net(images)
    loss = ((latents - drawn.latents.flatten(1)) / net.latent_spread).square().mean()
    if features is not None and drawn.features is not None:
        loss = loss + ((features - drawn.features) / net.unit_spread).square().mean()
    return loss


def _noisy(images: Tensor, rng: torch.Generator) -> Tensor:
    """Each image with noise of its own strength: pictures that no generator drew are seldom as smooth as its own."""
    strength = NOISE * torch.rand(len(images), 1, 1, 1, generator=rng)
    return images + (torch.randn(images.shape, generator=rng) * strength).to(images)


def _warm_then_fall(done: float) -> float:
    """The learning rate's part when ``done`` of the training is over: up in a line, then down a half cosine."""
    return done / WARM if done < WARM else 0.5 * (1 + math.cos(math.pi * (done - WARM) / (1 - WARM)))


def _report(
    encoder: Encoder, generator: nn.Module, unseen: _Sample, steps: int, batch_size: int, seconds: float
) -> EncoderReport:
    guess = encoder(unseen.images)
    again = _sample(generator, guess.latents, None, batch_size).images
    features_r2 = features_l1 = None
    if encoder.layer is not None and guess.features is not None and unseen.features is not None:
        parts = []
        for features, latents in zip(guess.features.split(batch_size), guess.latents.split(batch_size), strict=True):
            with at_rest(generator), intervene(generator, {encoder.layer: _replaced_by(features)}):
                parts.append(generate(generator, latents))
        features_r2, features_l1 = _r2(guess.features, unseen.features), _l1(torch.cat(parts), unseen.images)
    return EncoderReport(
        latent_r2=_r2(guess.latents, unseen.latents),
        features_r2=features_r2,
        latent_l1=_l1(again, unseen.images),
        features_l1=features_l1,
        chance_l1=_l1(unseen.images.roll(1, 0), unseen.images),
        held_out=len(unseen.images),
        images_seen=steps * batch_size,
        steps=steps,
        parameters=sum(parameter.numel() for parameter in encoder.net.parameters()),
        seconds=seconds,
    )


def _replaced_by(features: Tensor) -> Edit:
    return lambda _: features


def _r2(told: Tensor, true: Tensor) -> float:
    """The part of the variance of ``true`` (N, U, ...) that is told: 1 - mean square error / variance of each unit."""
    wide = true.flatten(2) if true.ndim > 2 else true
    spread = true.transpose(0, 1).flatten(1).var(1).mean() if wide.ndim > 2 else true.flatten(1).var(0).mean()
    return 1.0 - float((told - true).square().mean() / spread)


def _l1(one: Tensor, other: Tensor) -> float:
    return float(F.l1_loss(one, other))
