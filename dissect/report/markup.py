"""Pictures and small pieces of markup, as they stand in the page: nothing is loaded from anywhere."""

from __future__ import annotations

from markupsafe import Markup

from core_gans.foundation.html import tag
from core_gans.foundation.pixels import Picture, png_url, webp_url


def photo(picture: Picture, quality: int, alt: str) -> Markup:
    """A picture (H, W, 3) as an image element, compressed to WebP of ``quality`` (1 to 100)."""
    return _element(webp_url(picture, quality), picture, alt)


def pixels(picture: Picture, alt: str) -> Markup:
    """A small picture of flat colours: without loss, enlarged by the browser with its pixels kept square."""
    return _element(png_url(picture, effort=9), picture, alt, "pixels")


def swatch(colour: str) -> Markup:
    """A small square of the CSS colour."""
    return tag("span", "", class_="swatch", style=f"background:{colour}")


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage people read: 46 %, 7.2 %, 0.31 %, in one piece."""
    value = 100.0 * share
    return f"{value:.0f}\N{NO-BREAK SPACE}%" if value >= 10 else f"{value:.2g}\N{NO-BREAK SPACE}%"


def _element(url: str, picture: Picture, alt: str, kind: str | None = None) -> Markup:
    height, width = picture.shape[:2]
    return tag("img", class_=kind, src=url, alt=alt, width=width, height=height, loading="lazy", decoding="async")
