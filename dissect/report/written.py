"""A page of text, tables and pictures that is written twice: as HTML that stands alone, and as Markdown beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core_gans.foundation.html import filled
from core_gans.foundation.markdown import table
from core_gans.foundation.pixels import Picture, write_png
from core_gans.foundation.whole_files import write_whole
from dissect.report.markup import photo
from dissect.report.page import styles

QUALITY = 88  # of the pictures in the HTML page
NUMBER = re.compile(r"[+−-]?[\d.,]+\s?%?( \(.*\))?( to [\d.,+−-]+)?( of \d+)?")  # what stands at the right of a column


@dataclass(frozen=True)
class PageTable:
    """A table of words; every row has one cell for each head."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""  # in the HTML page alone

    def numeric(self, column: int) -> bool:
        """Whether all that stands in a column, but for what is left empty, is a number."""
        cells = [row[column] for row in self.rows if row[column]]
        return column > 0 and bool(cells) and all(NUMBER.fullmatch(cell) for cell in cells)

    def markdown(self) -> str:
        """The table in Markdown."""
        return table(self.heads, self.rows)


@dataclass(frozen=True, eq=False)
class PagePicture:
    """A picture (H, W, 3) that lies beside the page as NAME.png."""

    name: str
    told: str  # what it shows, for those who do not see it
    picture: Picture

    def markdown(self) -> str:
        """The picture in Markdown."""
        return f"![{self.told}]({self.name}.png)"


def unbroken(cell: str) -> str:
    """``cell`` with what stands in brackets, as an interval, kept on one line."""
    return re.sub(r"\([^()]*\)", lambda found: found.group().replace(" ", "\u00a0"), cell)


def pictured(pictures: Mapping[str, Picture], name: str, told: str) -> list[PagePicture]:
    """The picture of that name, if it is there, with what it shows."""
    return [PagePicture(name, told, pictures[name])] if name in pictures else []


@dataclass(frozen=True)
class PageSection:
    """A heading and what stands under it: paragraphs, tables, pictures."""

    heading: str
    parts: Sequence[str | PageTable | PagePicture]

    @property
    def anchor(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.heading.lower()).strip("-")


@dataclass(frozen=True)
class WrittenPage:
    """A page: its kind in a word, its title, its answer in a sentence or two, and the sections."""

    kind: str
    title: str
    answer: str
    sections: Sequence[PageSection]
    provenance: Mapping[str, str]  # where the numbers come from, by name
    beside: Mapping[str, str]  # what else lies in the folder: names of files, and what is in them
    facts: Sequence[tuple[str, str]] = ()  # a few numbers at the head of the HTML page: what, how many

    def write(self, folder: Path, name: str) -> Path:
        """Write NAME.html, NAME.md and the pictures into ``folder``, which is there; returns the HTML page."""
        for section in self.sections:
            for part in section.parts:
                if isinstance(part, PagePicture):
                    write_png(folder / f"{part.name}.png", part.picture)
        write_whole(folder / f"{name}.md", self.markdown())
        return write_whole(folder / f"{name}.html", self.html())

    def markdown(self) -> str:
        """The page in Markdown; its pictures lie beside it."""
        parts = [f"# {self.title}", self.answer]
        for section in self.sections:
            parts.append(f"## {section.heading}")
            parts += [part if isinstance(part, str) else part.markdown() for part in section.parts]
        origin = PageTable(["made from", ""], [[name, value] for name, value in self.provenance.items()])
        return "\n\n".join([*parts, "## Where it comes from", origin.markdown()]) + "\n"

    def html(self) -> str:
        """The page as one file of HTML that loads nothing."""
        return filled(
            "dissect.report",
            "written.html.j2",
            page=self,
            styles=styles("written.css"),
            kind_of=lambda part: type(part).__name__,
            photo=lambda shown: photo(shown.picture, QUALITY, shown.told),
            unbroken=unbroken,
        )
