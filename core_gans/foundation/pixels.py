"""From the images of networks to uint8 pixels, and from pixels to PNG and WebP: as bytes, data URLs and files."""

from __future__ import annotations

import base64
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.foundation.whole_files import write_whole

Picture = npt.NDArray[np.uint8]  # (H, W, 3), RGB; those written may be grey, (H, W)
Pictures = npt.NDArray[np.uint8]  # (N, H, W, 3), RGB

PNG_EFFORT = 3  # of 0 to 9: more takes many times as long for a tenth less
_OPTIONS = {"png": cv2.IMWRITE_PNG_COMPRESSION, "webp": cv2.IMWRITE_WEBP_QUALITY}


def quantised(images: Tensor) -> Tensor:
    """Values in [-1, 1] of any shape as uint8 in 0 to 255: rounded to the nearest, clamped beyond."""
    return images.detach().float().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)


def to_bytes(images: Tensor) -> Pictures:
    """Images (N, C, H, W) in [-1, 1] as (N, H, W, 3), RGB; C is 1, 3, or 4 (RGB and opacity, which lie on white).

    ValueError for other shapes.
    """
    if images.dim() != 4 or images.shape[1] not in (1, 3, 4):
        raise ValueError(f"expected images (N, 1, 3 or 4, H, W), got shape {tuple(images.shape)}.")
    if images.shape[1] == 4:
        images = images.detach().float().clamp(-1, 1)
        images = 1 - (1 - images[:, :3]) * (1 + images[:, 3:]) / 2
    return quantised(images).expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous().cpu().numpy()


def png(picture: Picture, effort: int = PNG_EFFORT) -> bytes:
    """A picture as a PNG; ``effort``, 0 to 9, buys a smaller file with time."""
    return _encoded("png", picture, effort)


def png_url(picture: Picture, effort: int = PNG_EFFORT) -> str:
    """A picture as an address that holds it whole, as a PNG, for an ``img`` element."""
    return _url("png", png(picture, effort))


def webp_url(picture: Picture, quality: int) -> str:
    """The same as a WebP of ``quality``, 1 to 100: smaller, and not true to the bit."""
    return _url("webp", _encoded("webp", picture, quality))


def write_png(path: str | Path, picture: Picture) -> Path:
    """Write a picture as a PNG, whole or not at all, into a folder that is made if it is missing; returns the path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return write_whole(path, png(picture))


def _url(kind: str, code: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(code).decode()}"


def _encoded(kind: str, picture: Picture, option: int) -> bytes:
    order = cv2.COLOR_RGBA2BGRA if picture.shape[2:] == (4,) else cv2.COLOR_RGB2BGR
    written = picture if picture.ndim == 2 else cv2.cvtColor(picture, order)
    done, code = cv2.imencode(f".{kind}", written, [_OPTIONS[kind], option])
    if not done:
        height, width = picture.shape[:2]
        raise LabError(f"a picture of {width:,} x {height:,} pixels is too large for {kind.upper()}: ask for less.")
    return code.tobytes()
