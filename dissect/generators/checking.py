"""Checks of a generator before any work: are these images, and does the same latent always give the same image?"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm as BatchNorm  # the base that all batch norms of PyTorch share

from dissect.hooks import at_rest
from dissect.sampling import generate, odd_range

NAMED = 3  # modules in a line, at most
SAME = 1e-3  # by how much the same picture may differ, made alone and among others


def oddities(generator: nn.Module, latents: Tensor) -> list[str]:
    """What to know before trusting a dissection of ``generator``, a line each; none where all is well.

    ``latents`` (at least 4) are tried in eval mode. What is noticed: modules that stay in training mode; batch norms
    without running statistics, whose images depend on each other; images that differ at equal latents or that do not
    differ at all; brightness outside of [-1, 1], or in [0, 1] only.

    Raises:
        ValueError: the generator gives no images (N, C, H, W) of 1 or 3 channels, or they are not finite; fewer than 4
            latents.
    """
    if len(latents) < 4:
        raise ValueError(f"expected at least 4 latents to look a generator over, got {len(latents)}")
    with at_rest(generator):
        images = generate(generator, latents)
        again = generate(generator, latents)
        alone = generate(generator, latents[:1])
        training = [name or "the generator" for name, module in generator.named_modules() if module.training]
    if images.shape[1] not in (1, 3):
        raise ValueError(
            f"expected images of 1 or 3 channels from the generator, got {images.shape[1]}: opacity is not "
            "dissected, so train on pictures without (--colours 3)."
            if images.shape[1] == 4
            else f"expected images of 1 or 3 channels from the generator, got {images.shape[1]}."
        )
    if not bool(torch.isfinite(images).all()):
        raise ValueError("the generator draws NaN or infinite numbers: are these its weights, and its latents?")
    found = []
    if training:
        found.append(f"{_named(training)} in training mode although eval() was called: dropout and noise go on there")
    if loose := [name for name, module in generator.named_modules() if _depends_on_the_batch(module)]:
        found.append(
            f"{_named(loose)} without running statistics: an image depends on the others in its batch, and so will "
            "every number; train with track_running_stats=True, or compute the statistics once"
        )
    if not torch.equal(images, again) and not torch.allclose(images, again, atol=SAME):
        found.append(
            "the generator gives other images at equal latents: effects are measured together with that noise; fix the "
            "noise that its forward draws, or make it part of the latents"
        )
    elif not loose and not torch.allclose(images[:1], alone, atol=SAME):
        found.append("an image depends on the others in its batch: every number will depend on the batches, too")
    if bool((images == images[:1]).all()):
        found.append("all latents give the same image: nothing varies that units could agree with")
    if odd := odd_range(images):
        found.append(odd)
    return found


def _depends_on_the_batch(module: nn.Module) -> bool:
    return isinstance(module, BatchNorm) and module.running_mean is None


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{', '.join(repr(name) for name in names[:NAMED])}{more} {'are' if len(names) > 1 else 'is'}"
