"""Translations with a known right answer: a landscape by night and in winter, computed pixel by pixel.

Two domains without partners are made of disjoint halves of a data set, one as it is, the other under the map. What a
game made of them is then compared with the map itself on images that it never saw.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from core_gans.data.domains import Domains
from core_gans.data.examples import Examples, as_float
from core_gans.data.pairs import Pairs, held_out
from core_gans.foundation.names import require_known

MOONLIGHT = (0.45, 0.55, 0.9)  # what the night leaves of red, green and blue
DARKENING = 1.5  # exponent of the night's contrast curve
SNOW = (0.92, 0.96, 1.0)  # its colour in full light
COVER = 0.85  # share of the snow's colour in what is wholly green
GREENNESS = 6.0  # a pixel is wholly green when its green exceeds its other colours by a sixth
PALENESS = 0.3  # share of their own grey in all colours
COLD = (0.9, 0.97, 1.05)  # what the light of winter leaves of red, green and blue


def night(images: Tensor) -> Tensor:
    """Images (N, 3, H, W) in [-1, 1], darker and bluer: c' = m c^1.5 for colours c in [0, 1] and moonlight m."""
    light = _light(images)
    return 2 * (_planes(MOONLIGHT, light) * light**DARKENING) - 1


def winter(images: Tensor) -> Tensor:
    """Images (N, 3, H, W) in [-1, 1] under snow, where they were green, and in a paler, colder light.

    For colours c = (r, g, b) in [0, 1] of mean m, with h and l the larger and the smaller of r and b:
    s = 0.85 clamp(6 (g - 0.7 h - 0.3 l), 0, 1) is the share of snow, which is as bright as the cube root of m; the rest
    is 0.7 c + 0.3 m, times what the cold leaves of each colour.
    """
    light = _light(images)
    red, green, blue = light.split(1, dim=1)
    mean = light.mean(1, keepdim=True)  # (N, 1, H, W)
    others = 0.7 * torch.maximum(red, blue) + 0.3 * torch.minimum(red, blue)
    share = COVER * (GREENNESS * (green - others)).clamp(0, 1)
    snow = _planes(SNOW, light) * mean ** (1 / 3)
    pale = (_planes(COLD, light) * torch.lerp(light, mean.expand_as(light), PALENESS)).clamp(0, 1)
    return 2 * torch.lerp(pale, snow, share) - 1


MAPS: dict[str, Callable[[Tensor], Tensor]] = {"day-to-night": night, "summer-to-winter": winter}
"""From images (N, 3, H, W) in [-1, 1] to what they truly become, by the names of the translations."""


def mapped_pairs(name: str, examples: Examples) -> Pairs:
    """Every image of ``examples`` with what the map called ``name`` makes of it, both in [-1, 1].

    ValueError for images without colour.
    """
    images, target = _both(name, examples)
    return Pairs(f"{name} of {examples.name}", images, target)


def mapped_domains(name: str, examples: Examples) -> tuple[Domains, Pairs]:
    """Two domains without partners to learn from, and the held-out images with the truth.

    One in ten is held out (see ``held_out``); of the others every second one is a source, and the map's values of the
    rest are the targets. ValueError for a map that is not there, for images without colours, and for fewer than three.
    """
    images, target = _both(name, examples)
    called = f"{name} of {examples.name}"
    if len(images) < 3:
        raise ValueError(f"expected at least three images for two domains and a truth, got {len(images)} in {called}.")
    learned, held = held_out(len(images), called)
    return Domains(called, images[learned[0::2]], target[learned[1::2]]), Pairs(called, images[held], target[held])


def _both(name: str, examples: Examples) -> tuple[Tensor, Tensor]:
    require_known("translation", name, MAPS)
    images = as_float(examples.images)
    if images.dim() != 4 or images.shape[1] != 3:
        raise ValueError(f"expected images in colour (N, 3, H, W) for {name}, got shape {tuple(images.shape)}.")
    return images, MAPS[name](images)


def _light(images: Tensor) -> Tensor:
    return (images + 1) / 2


def _planes(colour: tuple[float, float, float], like: Tensor) -> Tensor:
    return torch.tensor(colour, dtype=like.dtype, device=like.device)[:, None, None]
