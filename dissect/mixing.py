"""Style mixing (Karras et al. 2019, section 3.1) in generators without styles: one latent lays out, another colours.

There a style is what scales and shifts the channels of a layer (their equation 1, adaptive instance normalisation of
Huang and Belongie 2017): ``style deviation * (x - mean) / deviation + style mean``, over the cells of each channel. A
generator without styles still has such means and deviations: from a layer on, those of one picture are put in place of
the other's. What is where stays the first picture's.

A latent in the style of itself moved along a direction, in some layers alone, is what Härkönen et al. 2020 (GANSpace,
section 2.4) write as a direction in a range of layers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from dissect.hooks import Edit, at_rest, intervene, record

SMALL = 1e-5  # deviation below which a channel counts as even, and is shifted alone


def mixed(generator: nn.Module, content: Tensor, style: Tensor, layers: Sequence[str]) -> Tensor:
    """The pictures (N, C, H, W) of ``content`` (N, ...), in the style that ``style`` (N or 1, ...) has in ``layers``.

    These put out maps (N, C, h, w); with none of them the pictures are those of ``content``.

    ValueError for a layer that the generator does not have.
    """
    return layered(generator, content, dict.fromkeys(layers, style))


def layered(generator: nn.Module, content: Tensor, styles: Mapping[str, Tensor]) -> Tensor:
    """The pictures (N, C, H, W) of ``content`` (N, ...), each layer in the style that its own latent has there.

    ``styles`` holds latents (N or 1, ...) by layer. ValueError for a layer that the generator does not have.
    """
    with at_rest(generator):
        edits: dict[str, Edit] = {}
        for style in {id(each): each for each in styles.values()}.values():
            layers = [layer for layer, own in styles.items() if own is style]
            with record(generator, layers) as seen:
                generator(style)
                edits |= {layer: styled(seen[layer].clone()) for layer in layers}
        with intervene(generator, edits):
            pictures: Tensor = generator(content)
    return pictures


def styled(style: Tensor) -> Edit:
    """The edit that gives each channel of maps (N, C, h, w) the mean and the deviation that it has in ``style``."""
    mean, deviation = style.mean((2, 3), keepdim=True), style.std((2, 3), keepdim=True, correction=0)

    def edit(maps: Tensor) -> Tensor:
        middle, spread = maps.mean((2, 3), keepdim=True), maps.std((2, 3), keepdim=True, correction=0)
        return (maps - middle) / spread.clamp(min=SMALL) * deviation + mean

    return edit
