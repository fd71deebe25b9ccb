"""The colours of the pictures that are written to files, as hex: words, axes, and the lines of a chart."""

INK = "#2b2d33"
QUIET = "#7b7f8a"  # axes, notes
PALE = "#b2b6be"  # what something is compared with: random units, the other contenders
GRID = "#e9eaee"
BLUE, GREEN, RED, ORANGE, VIOLET = "#2563af", "#2f9e6e", "#c2483d", "#e08a3c", "#9a6bb0"
SERIES = (BLUE, QUIET, VIOLET, GREEN, ORANGE, RED, "#5aa9c4", "#b5a13a", INK, "#c46a9b")  # in the order they are taken


def rgb(colour: str) -> tuple[int, int, int]:
    """A colour such as "#2563af" as red, green and blue, each in 0 to 255."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
