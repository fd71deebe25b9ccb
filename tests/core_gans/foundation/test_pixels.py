"""Pixels: every value becomes the byte that belongs to it, and every encoder keeps what it promises."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core_gans.foundation.pixels import png, png_url, quantised, to_bytes, webp_url, write_png


def flat(*values: float, side: int = 3) -> torch.Tensor:
    """One even grey image a value."""
    return torch.tensor(values).view(-1, 1, 1, 1).expand(-1, 1, side, side)


def noise(height: int = 5, width: int = 7) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_minus_one_to_one_become_0_to_255_and_what_lies_beyond_is_clamped() -> None:
    pixels = to_bytes(flat(-9.0, -1.0, 0.0, 0.2, 1.0, 9.0))
    assert pixels.shape == (6, 3, 3, 3)
    assert pixels.dtype == np.uint8
    assert pixels[:, 0, 0, 0].tolist() == [0, 0, 128, 153, 255, 255]


def test_every_byte_survives_the_way_to_floats_and_back() -> None:
    every = torch.arange(256).view(256, 1, 1, 1)
    assert to_bytes(every / 127.5 - 1)[:, 0, 0, 0].tolist() == list(range(256))


def test_colours_keep_their_channels() -> None:
    red = torch.tensor([1.0, -1.0, -1.0]).view(1, 3, 1, 1)
    assert to_bytes(red)[0, 0, 0].tolist() == [255, 0, 0]


def test_opacity_lies_on_white() -> None:
    red = torch.tensor([1.0, -1.0, -1.0])
    shown = to_bytes(
        torch.stack([torch.cat((red, torch.tensor([each]))) for each in (1.0, 0.0, -1.0)])[..., None, None]
    )
    assert shown[:, 0, 0].tolist() == [[255, 0, 0], [255, 128, 128], [255, 255, 255]]


@pytest.mark.parametrize("shape", [(3, 4, 4), (2, 2, 4, 4), (5, 2)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"expected images \(N, 1, 3 or 4, H, W\), got shape"):
        to_bytes(torch.zeros(shape))


def test_values_of_any_shape_are_quantised_where_they_are() -> None:
    assert quantised(torch.tensor([[-1.0, 1.0], [0.0, 0.2]])).tolist() == [[0, 255], [128, 153]]
    assert quantised(torch.tensor([-3.0, 3.0], dtype=torch.bfloat16, requires_grad=True)).tolist() == [0, 255]


@pytest.mark.parametrize("effort", [0, 3, 9])
def test_a_png_is_true_to_the_bit_at_any_effort(effort: int) -> None:
    with Image.open(io.BytesIO(png(noise(), effort))) as image:
        assert image.format == "PNG"
        assert np.array_equal(np.asarray(image), noise())


def test_an_address_holds_the_whole_picture() -> None:
    head, code = png_url(noise()).split(",")
    assert head == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(code))) as image:
        assert np.array_equal(np.asarray(image), noise())


def test_a_webp_is_near_and_smaller_at_a_lower_quality() -> None:
    ramp = np.broadcast_to(np.arange(64, dtype=np.uint8)[:, None, None] * 4, (64, 64, 3)).copy()
    head, code = webp_url(ramp, 90).split(",")
    assert head == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(code))) as image:
        assert np.abs(np.asarray(image.convert("RGB")).astype(int) - ramp).mean() < 3
    assert len(webp_url(noise(64, 64), 10)) < len(webp_url(noise(64, 64), 90))


def test_a_png_holds_the_very_pixels_and_replaces_an_older_one_whole(tmp_path: Path) -> None:
    page = noise()
    path = tmp_path / "new" / "page.png"
    write_png(path, np.zeros_like(page))
    assert write_png(path, page) == path
    with Image.open(path) as image:
        assert np.array_equal(np.asarray(image), page)
    assert [file.name for file in path.parent.iterdir()] == ["page.png"]
