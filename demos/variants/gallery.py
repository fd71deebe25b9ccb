"""What each variant draws with its recipe: the rows of the gallery that ship as small pictures in ``rows/``."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from markupsafe import Markup

from core_gans.foundation.html import filled
from core_gans.recipes import KINDS, Measured, choosing, recipe_for, rows
from demos.uploads import size_of
from demos.variants.telling import ROWS, TOLD

DISTANCE = "frechet["
DATA = {"digits": "Digits", "mnist": "MNIST", "cifar": "CIFAR-10", "scenes": "Scenes", "moving_digits": "Moving digits"}


@dataclass(frozen=True)
class RowPicture:
    """A picture that ships: its file, and how large it is."""

    name: str
    content: bytes
    digest: str  # of the content, 16 hex digits
    width: int
    height: int

    @property
    def address(self) -> str:
        """Where it is found, below the page's own address."""
        return f"lab/variants/row/{self.digest}/{self.name}"


@dataclass(frozen=True)
class GalleryRow:
    """Samples beside each other, and what they are."""

    picture: RowPicture
    data: str
    about: str
    distance: float  # to real examples, infinite where it was not measured


@lru_cache(maxsize=1)
def _pictures() -> dict[str, RowPicture]:
    found = {}
    for file in files("demos.variants").joinpath("rows").iterdir():
        content = file.read_bytes()
        digest = hashlib.sha256(content).hexdigest()[:16]
        found[file.name] = RowPicture(file.name, content, digest, *size_of(content))
    return found


def picture_of(name: str) -> RowPicture | None:
    """The picture of this file name among those that ship."""
    return _pictures().get(name)


def gallery_of(variant: str, value: str = "") -> list[GalleryRow]:
    """The rows of ``variant``, with ``value`` of what it lets choose (a divergence), one a data set; maybe none."""
    chosen = choosing(f"{variant}/{value}")[1] if f"{variant}/{value}" in rows() else {}
    recipes = [recipe_for(variant, kind, chosen) for kind in KINDS]
    return [shown for recipe in recipes if recipe for measured in recipe.measured for shown in _shown(measured)]


def whole_gallery(variant: str) -> list[GalleryRow]:
    """The rows of ``variant``, and of all that it lets choose."""
    own = [row.partition("/") for row in rows() if row.partition("/")[0] == variant]
    return [shown for _, _, value in own for shown in gallery_of(variant, value)]


def file_name(row: str, data: str) -> str:
    """``fgan/kl`` on digits as digits-fgan-kl.jpg."""
    return f"{data}-{row.replace('/', '-')}.jpg"


def _shown(measured: Measured) -> list[GalleryRow]:
    picture = picture_of(file_name(measured.row, measured.data))
    if picture is None:
        return []
    distance = next((value for name, value in measured.figures.items() if name.startswith(DISTANCE)), math.inf)
    told = f", Fréchet distance {distance:.3g}" if distance < math.inf else ""
    _, _, value = measured.row.partition("/")
    title = f"{measured.data}, {value}" if value else measured.data
    about = f"{title}: {measured.rounds:,} rounds in {measured.seconds:.0f} s of one core{told}"
    return [GalleryRow(picture, measured.data, about, distance)]


@lru_cache(maxsize=1)
def gallery() -> Markup:
    """All rows as HTML, a data set after the other, in each the nearest to real examples first, and the names of the
    variants that have none. Distances of different data sets are by different judges.
    """
    drawn = [
        (f"{TOLD[variant].title}, {ROWS[value].title}" if value in ROWS else TOLD[variant].title, shown)
        for variant, _, value in (row.partition("/") for row in rows())
        for shown in gallery_of(variant, value)
    ]
    seen = {shown.picture.name: (title, shown) for title, shown in drawn}
    ranked = sorted(seen.values(), key=lambda each: each[1].distance)
    sets = [(title, [each for each in ranked if each[1].data == data]) for data, title in DATA.items()]
    without = [told.title for name, told in TOLD.items() if not whole_gallery(name)]
    return filled("demos.variants", "gallery.html.j2", sets=[each for each in sets if each[1]], without=without)
