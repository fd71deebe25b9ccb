"""The sample: batches of latents, the images a generator makes of them, and the classes a segmenter sees."""

import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dissect.hooks import Recording, record
from dissect.segmenters.protocol import Segmenter

Latents = Tensor | Iterable[Tensor]  # (N, ...), or batches of it
REACH = 1.05  # how far a picture's brightness may lie from 0: a convolution without a tanh errs a little
Progress = Callable[[int], None]  # called with the number of images done so far


@dataclass(frozen=True)
class Sight:
    """A batch of images, what the segmenter sees in them, and what went on in the layers that are watched."""

    latents: Tensor  # (N, ...)
    images: Tensor  # (N, C, H, W) in [-1, 1]
    classes: Tensor  # (N, H, W) int64: the index of a label, or -1 for none
    features: dict[str, Tensor]  # layer -> (N, U, h, w)


def batches(latents: Latents, size: int, progress: Progress | None = None) -> Iterator[Tensor]:
    """Batches (n, ...) of at most ``size`` latents of a tensor (N, ...); of an iterable, its own.

    ``progress`` is told the number of latents so far when the next batch is asked for.

    Raises:
        ValueError: there are no latents, or ``size`` is below 1.
    """
    if size < 1:
        raise ValueError(f"expected a batch size of at least 1, got {size}")
    done = 0
    for batch in latents.split(size) if isinstance(latents, Tensor) else latents:
        if len(batch):
            yield batch
            done += len(batch)
            if progress is not None:
                progress(done)
    if not done:
        raise ValueError("expected at least one latent to look at, got none")


def sights(
    generator: nn.Module,
    layers: Sequence[str],
    latent_batches: Iterable[Tensor],
    segmenter: Segmenter,
    *,
    finite: bool = True,
) -> Iterator[Sight]:
    """Generate, segment and record, batch after batch. Call it with the generator at rest (``hooks.at_rest``).

    Latents are batches (N, ...); shapes and ranges are those of :class:`Sight`.

    Raises:
        ValueError: no such layer, a layer that is no map of units, NaN or infinity in it unless ``finite`` is false,
            or a generator or segmenter that does not answer as expected.
    """
    look = features if finite else maps
    with record(generator, layers) as seen:
        for number, batch in enumerate(latent_batches):
            images = generate(generator, batch)
            if number == 0 and (odd := odd_range(images)):
                warnings.warn(odd, RangeWarning, stacklevel=2)
            yield Sight(batch, images, segment(segmenter, images), {layer: look(seen, layer) for layer in layers})


class RangeWarning(UserWarning):
    """Images whose numbers are hardly those of [-1, 1]."""


def odd_range(images: Tensor) -> str | None:
    """What is odd about the range of ``images`` (N, C, H, W), which are looked at as [-1, 1]; None where nothing is."""
    low, high = (float(extreme) for extreme in torch.aminmax(images.detach()))
    reach = f"its images reach from {low:.2f} to {high:.2f}"
    if low < -REACH or high > REACH:
        bytes_ = ": if theirs is 0 to 255, say so (--range 0..255)" if low >= 0 and high > 100 else ""
        return f"{reach}, but are looked at as [-1, 1]: what is beyond is cut{bytes_}"
    if low >= 0 and high > 0.5:
        return f"{reach} only: if theirs is [0, 1], say so (--range 0..1, or dissect.generators.stretch_images)"
    return None


def generate(generator: nn.Module, latents: Tensor) -> Tensor:
    """The images of ``latents``; a ValueError when the generator does not return (N, C, H, W)."""
    images = generator(latents)
    if not isinstance(images, Tensor) or images.ndim != 4 or len(images) != len(latents):
        found = tuple(images.shape) if isinstance(images, Tensor) else type(images).__name__
        raise ValueError(f"expected {len(latents)} images of shape (C, H, W) from the generator, got {found}")
    return images.detach()


def segment(segmenter: Segmenter, images: Tensor) -> Tensor:
    """The classes (N, H, W) of ``images``; grey images are shown to the segmenter as RGB.

    Raises:
        ValueError: the segmenter's answer has another shape or type, or names a class it has no label for.
    """
    shown = images.float()
    classes = segmenter(shown.expand(-1, 3, -1, -1) if shown.shape[1] == 1 else shown)
    if not isinstance(classes, Tensor):
        raise ValueError(f"expected a tensor of classes, (N, H, W), from the segmenter, got {type(classes).__name__}")
    if classes.ndim != 3 or len(classes) != len(images) or classes.is_floating_point():
        raise ValueError(
            f"expected {len(images)} maps of integer classes, (N, H, W), from the segmenter, "
            f"got {classes.dtype} of shape {tuple(classes.shape)}"
        )
    if classes.shape[1:] != images.shape[2:]:
        raise ValueError(
            f"expected a class for each of {' x '.join(map(str, images.shape[2:]))} pixels from the segmenter, got "
            f"maps of {' x '.join(map(str, classes.shape[1:]))}: resize its answers to the images"
        )
    low, high = (int(extreme) for extreme in torch.aminmax(classes))
    if low < -1 or high >= len(segmenter.labels):
        raise ValueError(
            f"the segmenter has {len(segmenter.labels)} labels, so its classes run from 0 to "
            f"{len(segmenter.labels) - 1} (-1 is none of them); it answered with {low} to {high}"
        )
    return classes.long()


def features(seen: Recording, layer: str) -> Tensor:
    """What ``layer`` put out, (N, U, h, w) float32; a ValueError when that is no map of units, or not finite."""
    found = maps(seen, layer)
    if not bool(torch.isfinite(found).all()):
        raise ValueError(f"layer {layer!r} puts out NaN or infinite numbers: the generator is broken or its input is")
    return found


def maps(seen: Recording, layer: str) -> Tensor:
    """What ``layer`` put out, (N, U, h, w) float32, finite or not; a ValueError when that is no map of units."""
    if layer not in seen:
        raise ValueError(f"layer {layer!r} does not run when the generator makes images: choose another layer")
    found = seen[layer].detach()
    if found.ndim != 4 or not found.numel():
        tokens = f"; if these are tokens with a place each, write {layer}~tokens" if found.ndim == 3 else ""
        raise ValueError(
            f"layer {layer!r} puts out the shape {tuple(found.shape)}, expected (N, units, height, width){tokens}"
        )
    if doubt := seen.doubt(layer):
        raise ValueError(doubt)
    return found.float()
