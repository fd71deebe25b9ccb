"""What each variant draws with its recipe: the rows of the gallery that ship as small pictures in ``rows/``."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib.resources import files

from core_gans.recipes import KINDS, Measured, choosing, recipe_for, rows

DISTANCE = "frechet["


@dataclass(frozen=True)
class GalleryRow:
    """Samples beside each other, as a picture that holds itself, and what they are."""

    url: str
    about: str


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
    picture = files("demos.variants").joinpath("rows", file_name(measured.row, measured.data))
    if not picture.is_file():
        return []
    url = f"data:image/jpeg;base64,{base64.b64encode(picture.read_bytes()).decode()}"
    distance = next((value for name, value in measured.figures.items() if name.startswith(DISTANCE)), None)
    told = f", Fréchet distance {distance:.3g}" if distance is not None else ""
    _, _, value = measured.row.partition("/")
    title = f"{measured.data}, {value}" if value else measured.data
    about = f"{title}: {measured.rounds:,} rounds in {measured.seconds:.0f} s of one core{told}"
    return [GalleryRow(url, about)]
