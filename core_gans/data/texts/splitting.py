"""A text as its words, and words as a text again: any script, in the order in which it is read.

Words are runs of letters, digits and marks, in small letters; each punctuation mark is a word of its own, and so is
each character of Chinese and Japanese, which are written without blanks. Marks that only turn the direction of writing
are left out: Arabic and Hebrew are kept in the order in which they are read.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

Level = Literal["words", "characters"]
"""What a text is cut into."""

IDEOGRAMS = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
MARKS = (  # punctuation and symbols, of Latin, Hebrew, Arabic, Indic and East Asian writing
    "!-&(-/:-@\\[-^`{-~\u00a1-\u00a9\u00ab-\u00b1\u00b4\u00b6-\u00b8\u00bb-\u00bf\u00d7\u00f7\u055a-\u055f\u0589\u05be"
    "\u05c0\u05c3\u05f3\u05f4\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965\u2010-\u2018\u201a-\u2027\u2030-\u2bff"
    "\u3001-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65'\u2019"
)
INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # of direction and of breaks
LETTERS = rf"[^\s{IDEOGRAMS}{MARKS}]+"
WORDS = re.compile(rf"[{IDEOGRAMS}]|{LETTERS}(?:['\u2019-]{LETTERS})*|[^\s]")
CLOSING = re.compile(r"[.,!?;:%)\]}…،؛؟。、，！？；：）」』]")
OPENING = re.compile(r"[(\[{¿¡（「『]")
IDEOGRAM = re.compile(f"[{IDEOGRAMS}]")


def plain(text: str) -> str:
    """``text`` in one form of its letters (NFC), in small letters, without invisible marks and outer blanks."""
    return INVISIBLE.sub("", unicodedata.normalize("NFC", text)).lower().strip()


def cut(text: str, level: Level) -> list[str]:
    """The words, or the characters with single blanks, of ``text``."""
    known = plain(text)
    return WORDS.findall(known) if level == "words" else list(" ".join(known.split()))


def joined(units: Iterable[str], level: Level) -> str:
    """The text of ``units``: no blank before closing marks, after opening ones, and between ideograms."""
    if level == "characters":
        return "".join(units)
    text, before = "", ""
    for unit in units:
        glued = not before or CLOSING.fullmatch(unit) or OPENING.fullmatch(before)
        glued = glued or (IDEOGRAM.fullmatch(unit) and (IDEOGRAM.fullmatch(before) or CLOSING.fullmatch(before)))
        text += unit if glued else f" {unit}"
        before = unit
    return text
