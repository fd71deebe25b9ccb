"""The notebooks of examples, played here, in this process, and written as pages with what they print and show.

    python -m docs.making.notebooks                  play all of them, write docs/notebooks (ten minutes)
    python -m docs.making.notebooks islands mend     or some

A notebook is a Python script in jupytext's percent format: ``# %%`` begins a cell, ``# %% [markdown]`` one of text. So
it is a script to start from, too, and `jupytext --to ipynb examples/NAME.py` makes an .ipynb of it. A line
``NAME = 3_000  # small: 3`` is a size, and its comment what it is in tests. Of a notebook without a page in
docs/notebooks the site has one that is played at its smallest while the site is built.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
EXAMPLES, PAGES = ROOT / "examples", ROOT / "docs" / "notebooks"
NAMES = (
    *("survey_on_the_ring", "egan_and_chance", "dissect_the_shipped", "dissect_a_stranger", "mend", "own_folder"),
    *("latent_arithmetic", "pix2pix_task", "islands"),
)
WIDTH = 110
SMALL = (
    "Played at its smallest, while this site was built: numbers and pictures show what appears here, not what the "
    "sizes above would draw."
)
SIZE = re.compile(r"^(\w+ = )[^#\n]+?(  # small: )([\w.]+)$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """A cell as it is written."""

    text: bool
    source: str


@dataclass(frozen=True)
class Shown:
    """What a cell printed, and what its last line shows: words, or a PNG."""

    printed: str
    words: str = ""
    png: bytes | None = None


def cells_of(name: str) -> list[Cell]:
    """The cells of examples/NAME.py; texts without the signs of comments."""
    parts = re.split(r"^# %%(.*)\n", (EXAMPLES / f"{name}.py").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    cells = []
    for kind, source in zip(parts[::2], parts[1::2], strict=True):
        text = "[markdown]" in kind
        cells.append(Cell(text, re.sub(r"^# ?", "", source, flags=re.MULTILINE).strip() if text else source.strip()))
    return cells


def played(name: str, *, small: bool) -> Iterator[tuple[Cell, Shown | None]]:
    """Each cell with what it showed, None of texts; ``small`` takes the sizes of tests."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells_of(name):
        yield cell, None if cell.text else _shown(SIZE.sub(r"\1\3", cell.source) if small else cell.source, name, names)


def _shown(source: str, name: str, names: dict[str, Any]) -> Shown:
    """Run a cell as a notebook does: what its last line is worth is shown, if that line is an expression."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"examples/{name}.py", "exec"), names)
        value = eval(compile(ast.Expression(last.value), f"examples/{name}.py", "eval"), names) if last else None
    png = value._repr_png_() if hasattr(value, "_repr_png_") else None
    pictured = png is not None and type(value).__module__.startswith("PIL.")
    words = "" if value is None or pictured else "\n".join(textwrap.wrap(repr(value), WIDTH))
    return Shown(printed.getvalue().rstrip(), words, png)


def page_of(name: str, *, small: bool) -> tuple[str, dict[str, bytes]]:
    """Play a notebook: its page, and the pictures of the page by their names."""
    parts: list[str] = []
    pictures: dict[str, bytes] = {}
    for cell, shown in played(name, small=small):
        parts.append(cell.source if cell.text else f"```python\n{cell.source}\n```")
        if shown is not None:
            said = "\n".join(filter(None, (shown.printed, shown.words)))
            parts += [f"```text\n{said}\n```"] if said else []
            if shown.png is not None:
                picture = f"{name}-{len(pictures) + 1}.png"
                pictures[picture] = shown.png
                parts.append(f"![What this cell shows]({picture})")
    told = SMALL if small else f"Played by `python -m docs.making.notebooks {name}`."
    return "\n\n".join([*parts, f"{told} The script is `examples/{name}.py`."]) + "\n", pictures


if __name__ == "__main__":
    PAGES.mkdir(exist_ok=True)
    for each in sys.argv[1:] or NAMES:
        page, drawn = page_of(each, small=False)
        for picture, png in {f"{each}.md": page.encode(), **drawn}.items():
            (PAGES / picture).write_bytes(png)
        print(f"{each}: {len(page):,} characters, {len(drawn)} pictures")
