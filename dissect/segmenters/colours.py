"""Colours for labels that come without: hues that jump by the golden angle, so that neighbours never look alike."""

from __future__ import annotations

import colorsys

from dissect.segmenters.contract import Colours

_GOLDEN = (5**0.5 - 1) / 2  # of a turn: of all steps the one whose first hues, however many, lie furthest apart
_LIGHTNESS = (0.55, 0.72, 0.4)


def spread_colours(count: int) -> Colours:
    """``count`` different RGB colours from 0 to 255; more of them begin with the same ones."""
    spread = (colorsys.hls_to_rgb(i * _GOLDEN % 1, _LIGHTNESS[i % len(_LIGHTNESS)], 0.62) for i in range(count))
    return tuple((round(255 * r), round(255 * g), round(255 * b)) for r, g, b in spread)
