"""Pictures and small pieces of markup, as they stand in the page: nothing is loaded from anywhere."""

from __future__ import annotations

import base64
from html import escape

import cv2

from dissect.report.sheets import Picture


def photo(picture: Picture, quality: int, alt: str) -> str:
    """A picture (H, W, 3) as an image element, compressed to WebP of ``quality`` (1 to 100)."""
    return _element(data_uri(picture, quality), picture, alt)


def data_uri(picture: Picture, quality: int) -> str:
    """A picture (H, W, 3) as an address that holds it whole, compressed to WebP of ``quality`` (1 to 100)."""
    return _uri("image/webp", encoded(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality]))


def pixels(picture: Picture, alt: str) -> str:
    """A small picture of flat colours: without loss, enlarged by the browser with its pixels kept square."""
    data = encoded(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return _element(_uri("image/png", data), picture, alt, ' class="pixels"')


def encoded(kind: str, picture: Picture, options: list[int]) -> bytes:
    """The bytes of an RGB picture in the format that belongs to the file ending ``kind``."""
    done, data = cv2.imencode(kind, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    assert done, f"OpenCV could not write a picture as {kind}"
    return data.tobytes()


def swatch(colour: str) -> str:
    """A small square of the CSS colour."""
    return f'<span class="swatch" style="background:{colour}"></span>'


def count(number: int, noun: str) -> str:
    """``1 unit``, ``2 units``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage people read: 46 %, 7.2 %, 0.31 %, in one piece."""
    value = 100.0 * share
    return f"{value:.0f}\N{NO-BREAK SPACE}%" if value >= 10 else f"{value:.2g}\N{NO-BREAK SPACE}%"


def _uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _element(uri: str, picture: Picture, alt: str, style: str = "") -> str:
    height, width = picture.shape[:2]
    return (
        f'<img{style} src="{uri}" alt="{escape(alt)}" width="{width}" height="{height}" loading="lazy" '
        'decoding="async">'
    )
