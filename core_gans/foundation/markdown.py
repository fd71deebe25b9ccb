"""Tables of Markdown. Pages of it are templates, ``*.md.j2``, that ``html.filled`` fills without escaping."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False) -> str:
    """A table; the first column is set to the left and, where the others are ``numbers``, those to the right."""
    rule = [":--", *["--:"] * (len(heads) - 1)] if numbers else ["---"] * len(heads)
    return "\n".join(map(_line, (heads, rule, *rows)))


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
