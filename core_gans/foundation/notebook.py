"""How a value shows itself in a notebook: its words, a small table of numbers, and its picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from core_gans.foundation.html import tag
from core_gans.foundation.pixels import Picture, png_url


def shown(
    words: str, picture: Picture | None = None, numbers: Mapping[str, Sequence[float | str]] | None = None
) -> str:
    """HTML of ``words``, then a row for each of ``numbers`` by name, then the ``picture``; all of it escaped."""
    parts = [tag("p", tag("code", words))]
    if numbers:
        rows = (
            tag("tr", tag("th", name), *(tag("td", each if isinstance(each, str) else f"{each:.4g}") for each in row))
            for name, row in numbers.items()
        )
        parts.append(tag("table", *rows))
    if picture is not None:
        parts.append(tag("img", "", src=png_url(picture), alt=words))
    return str(tag("div", Markup("").join(parts)))
