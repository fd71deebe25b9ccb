"""What stands on the grass: round trees and conifers, people, and lamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core_gans.data.scenes.canvas import Canvas, Colour, code
from core_gans.data.scenes.light import Light, mix
from core_gans.data.scenes.vocabulary import Label

FOLIAGE: dict[str, tuple[Colour, ...]] = {
    "green": ((72, 138, 66), (92, 154, 62), (58, 122, 78)),
    "autumn": ((218, 130, 48), (204, 92, 52), (226, 168, 60)),
    "blossom": ((240, 176, 196), (246, 206, 214), (232, 150, 180)),
}
_NEEDLES: tuple[Colour, ...] = ((46, 104, 80), (40, 92, 66), (62, 116, 84))
_BARK: Colour = (112, 80, 58)
_COATS: tuple[Colour, ...] = (
    (214, 58, 60),
    (240, 186, 56),
    (58, 104, 190),
    (150, 74, 160),
    (240, 238, 232),
    (44, 146, 140),
)
_SKIN: tuple[Colour, ...] = ((244, 208, 178), (214, 164, 124), (142, 96, 68))
_HAIR: tuple[Colour, ...] = ((60, 42, 34), (140, 92, 50), (214, 176, 104), (40, 36, 40))


@dataclass(frozen=True)
class Tree:
    """A tree with its foot at (x, foot), in units."""

    x: float
    foot: float
    width: float
    height: float
    conifer: bool


def draw_tree(canvas: Canvas, rng: np.random.Generator, light: Light, tree: Tree, season: str, instance: int) -> None:
    """Draw it, lighter on the side of the light."""
    if tree.conifer:
        _conifer(canvas, light, tree, _NEEDLES[int(rng.integers(len(_NEEDLES)))], code(Label.TREE, instance))
    else:
        leaves = FOLIAGE[season]
        _round_tree(canvas, rng, light, tree, leaves[int(rng.integers(len(leaves)))], code(Label.TREE, instance))


def _round_tree(canvas: Canvas, rng: np.random.Generator, light: Light, tree: Tree, leaf: Colour, label: int) -> None:
    trunk = max(0.9, tree.width * 0.09)
    canvas.polygon(
        [
            (tree.x - trunk * 1.3, tree.foot),
            (tree.x - trunk * 0.8, tree.foot - tree.height * 0.5),
            (tree.x + trunk * 0.8, tree.foot - tree.height * 0.5),
            (tree.x + trunk * 1.3, tree.foot),
        ],
        light.on(_BARK),
        label,
    )
    half = tree.width / 2
    crown = tree.height * 0.72
    middle = tree.foot - tree.height + crown / 2
    blobs = [(0.0, -0.16, 0.66), (-0.44, 0.12, 0.54), (0.44, 0.12, 0.54), (0.0, 0.22, 0.6)]
    blobs = [(dx, dy + rng.uniform(-0.08, 0.08), r) for dx, dy, r in blobs]
    for shade, shift, shrink in ((0.74, 0.0, 1.0), (1.0, 0.1, 0.84), (1.2, 0.26, 0.46)):
        for dx, dy, r in blobs:
            x = tree.x + dx * half + light.side * shift * half
            y = middle + dy * crown - shift * crown * 0.35
            canvas.disc(x, y, r * half * shrink, light.on(leaf, shade), label)


def _conifer(canvas: Canvas, light: Light, tree: Tree, needle: Colour, label: int) -> None:
    trunk = max(0.7, tree.width * 0.08)
    canvas.box(tree.x - trunk, tree.foot - tree.height * 0.2, tree.x + trunk, tree.foot, light.on(_BARK), label)
    lit, dark = light.on(needle, 1.24), light.on(needle, 0.82)
    top = tree.foot - tree.height
    for begin, end, share in ((0.42, 0.9, 1.0), (0.2, 0.66, 0.8), (0.0, 0.42, 0.58)):
        half = tree.width / 2 * share
        y0, y1 = top + tree.height * begin, top + tree.height * end
        canvas.polygon([(tree.x, y0), (tree.x - half, y1), (tree.x + half, y1)], lit, label)
        away = tree.x - light.side * half
        canvas.polygon([(tree.x, y0), (away, y1), (tree.x + light.side * half * 0.12, y1)], dark, label)


def draw_person(
    canvas: Canvas, rng: np.random.Generator, light: Light, x: float, foot: float, height: float, instance: int
) -> None:
    """Somebody in a coat, ``height`` tall, standing at (x, foot)."""
    label = code(Label.PERSON, instance)
    coat = light.on(_COATS[int(rng.integers(len(_COATS)))])
    skin, hair = light.on(_SKIN[int(rng.integers(3))]), light.on(_HAIR[int(rng.integers(4))])
    head = height * 0.15
    neck, hem = foot - height + 2 * head, foot - height * 0.24
    legs = light.on((64, 58, 78))
    canvas.box(x - height * 0.13, hem - 0.4, x - height * 0.02, foot, legs, label)
    canvas.box(x + height * 0.02, hem - 0.4, x + height * 0.13, foot, legs, label)
    narrow, wide = height * 0.13, height * 0.22
    canvas.polygon([(x - narrow, neck - 0.3), (x + narrow, neck - 0.3), (x + wide, hem), (x - wide, hem)], coat, label)
    shade = mix(coat, (20, 20, 40), 0.22)
    canvas.polygon(
        [(x, neck - 0.3), (x - light.side * narrow, neck - 0.3), (x - light.side * wide, hem), (x, hem)], shade, label
    )
    canvas.disc(x, neck - head, head, hair, label)
    canvas.disc(x, neck - head * 0.75, head * 0.78, skin, label)


def draw_lamp(canvas: Canvas, light: Light, x: float, foot: float, height: float, instance: int) -> None:
    """A street lamp, ``height`` tall, that stands at (``x``, ``foot``); it burns from sunset on."""
    label = code(Label.LAMP, instance)
    iron = light.on((62, 62, 76))
    top = foot - height
    glass: Colour = (255, 236, 160) if light.lamps_burn else light.on((226, 232, 226))
    canvas.box(x - 0.75, top + 3.6, x + 0.75, foot, iron, label)
    canvas.box(x - 1.5, foot - 1.0, x + 1.5, foot, iron, label)
    canvas.polygon(
        [(x - 2.0, top + 1.2), (x + 2.0, top + 1.2), (x + 1.3, top + 4.6), (x - 1.3, top + 4.6)], glass, label
    )
    canvas.polygon([(x - 2.5, top + 1.4), (x, top - 0.4), (x + 2.5, top + 1.4)], iron, label)
    canvas.box(x - 1.4, top + 4.4, x + 1.4, top + 5.2, iron, label)
