"""Words as pixels, and the fonts that write them: DejaVu Sans, which comes with matplotlib, and what is installed.

DejaVu Sans has Latin, Greek, Cyrillic, Arabic and more. Chinese, Japanese and Korean are written in the first installed
font that has them; where no installed font has a letter, a box is drawn in its place.
"""

from __future__ import annotations

from functools import cache
from math import ceil
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core_gans.foundation.colours import INK, QUIET
from core_gans.foundation.pixels import Picture

Align = Literal["left", "centre", "right"]
EASTERN = "中あア한"  # a letter each of Chinese, Hiragana, Katakana and Korean
NAME, NOTE, LINE = 14.0, 12.0, 19  # pixels: the letters of a name, of what stands below it, and the height of a line


def label(
    text: str,
    width: int,
    height: int,
    *,
    size: float = 13.0,
    align: Align = "left",
    ink: str = INK,
    bold: bool = False,
) -> Picture:
    """One line of ``text`` on white, (height, width, 3), centred vertically; shrunk where it is too wide.

    ``size`` is that of the font in pixels, ``ink`` a colour as hex.
    """
    font = _font(text, size, bold)
    if (across := font.getlength(text)) > width:
        font = _font(text, max(1.0, size * width / across), bold)
    free = max(0.0, width - font.getlength(text))
    left = {"left": 0.0, "centre": free / 2, "right": free}[align]
    page = Image.new("RGB", (width, height), "white")
    ImageDraw.Draw(page).text((left, height / 2 + 0.36 * font.size), text, fill=ink, font=font, anchor="ls")
    return np.array(page)


def label_width(text: str, size: float = 13.0) -> int:
    """Pixels that a line of ``text`` takes at ``size``."""
    return ceil(_font(text, size).getlength(text))


def paragraph(text: str, width: int, height: int) -> Picture:
    """A name, and below it in grey the further lines of ``text``, in the middle of (at least ``height``, width, 3).

    Lines that are too wide are broken between words; a word that is too wide is shrunk.
    """
    name, *notes = text.split("\n")
    lines = [label(part, width, LINE, size=NAME) for part in _folded(name, width, NAME)]
    lines += [label(part, width, LINE, size=NOTE, ink=QUIET) for note in notes for part in _folded(note, width, NOTE)]
    above, beneath = divmod(max(0, height - LINE * len(lines)), 2)
    return np.pad(np.concatenate(lines), ((above, above + beneath), (0, 0), (0, 0)), constant_values=255)


@cache
def fallbacks() -> tuple[tuple[str, str], ...]:
    """The name and file of each installed font that has one of the letters of :data:`EASTERN`."""
    from matplotlib.font_manager import fontManager, get_font  # takes a second; for letters that DejaVu Sans lacks

    installed = {each.name: each.fname for each in fontManager.ttflist if Path(each.fname).is_file()}
    return tuple(
        (name, file)
        for name, file in sorted(installed.items())
        if not name.startswith("Last Resort")  # it has a box for every letter
        and any(get_font(file).get_char_index(ord(letter)) for letter in EASTERN)
    )


def _folded(line: str, width: int, size: float) -> list[str]:
    lines = [""]
    for word in line.split(" "):
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and label_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@cache
def _font(text: str, size: float, bold: bool = False) -> ImageFont.FreeTypeFont:
    """The first font that has all letters of ``text``, or else DejaVu Sans."""
    return ImageFont.truetype(_usual(bold) if text.isascii() else _having(frozenset(text), bold), size)


@cache
def _having(letters: frozenset[str], bold: bool) -> str:
    from matplotlib.font_manager import get_font

    for file in (_usual(bold), *(file for _, file in fallbacks())):
        if all(get_font(file).get_char_index(ord(letter)) for letter in letters):
            return file
    return _usual(bold)


def _usual(bold: bool) -> str:
    import matplotlib  # for the folder of its fonts

    return str(Path(matplotlib.get_data_path(), "fonts", "ttf", f"DejaVuSans{'-Bold' * bold}.ttf"))
