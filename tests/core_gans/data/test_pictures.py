"""One picture: every usual kind decodes to the colours it shows, and what is damaged or enormous is refused."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core_gans.data.pictures import LIMIT_PIXELS, decode

RED, GREEN, BLUE = (220, 30, 40), (20, 200, 60), (10, 60, 230)


def flag(width: int = 48, height: int = 32) -> Image.Image:
    """Red on the left, and on the right green above blue: no turn or flip leaves it the same."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (width // 2, 0, width, height // 2))
    image.paste(BLUE, (width // 2, height // 2, width, height))
    return image


def encoded(image: Image.Image, format: str, **options: object) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("PNG", {}),
        ("BMP", {}),
        ("GIF", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"quality": 95}),
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
    ],
)
def test_every_format_shows_its_colours(format: str, options: dict[str, object]) -> None:
    picture = decode(encoded(flag(), format, **options), "flag")
    assert picture.shape == (32, 48, 3)
    assert picture.dtype == np.uint8
    for place, colour in (((16, 10), RED), ((6, 38), GREEN), ((26, 38), BLUE)):
        np.testing.assert_allclose(picture[place], colour, atol=8)


@pytest.mark.parametrize("mode", ["P", "CMYK", "RGBA"])
def test_palettes_inks_and_opaque_layers_are_rgb(mode: str) -> None:
    image = flag().quantize() if mode == "P" else flag().convert(mode)
    picture = decode(encoded(image, "JPEG" if mode == "CMYK" else "PNG"), "flag")
    np.testing.assert_allclose(picture[16, 10], RED, atol=8)


@pytest.mark.parametrize("mode", ["1", "L", "LA"])
def test_grey_stays_grey(mode: str) -> None:
    image = Image.new("L", (5, 4), 255)
    image.paste(0, (0, 0, 2, 4))
    picture = decode(encoded(image.convert(mode), "PNG"), "grey")
    assert picture.tolist() == [[0, 0, 255, 255, 255]] * 4


def test_sixteen_bits_become_eight() -> None:
    deep = Image.fromarray(np.array([[0, 257, 32767, 65535]], np.uint16))
    assert decode(encoded(deep, "PNG"), "deep").tolist() == [[0, 1, 127, 255]]


def test_transparency_lies_on_white() -> None:
    image = Image.new("RGBA", (3, 1), (*RED, 255))
    image.putpixel((1, 0), (*RED, 0))
    image.putpixel((2, 0), (0, 0, 0, 127))
    picture = decode(encoded(image, "PNG"), "glass")
    assert picture[0, :2].tolist() == [list(RED), [255, 255, 255]]
    assert picture[0, 2].tolist() == [128, 128, 128]


def test_an_animation_gives_its_first_frame() -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    picture = decode(encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]), "moving")
    np.testing.assert_allclose(picture[0, 0], RED, atol=2)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_camera_s_orientation_is_undone(orientation: int) -> None:
    """The file holds the flag as a camera held that way stores it; decoding turns it upright."""
    turn = Image.Transpose
    stored = {
        1: [],
        2: [turn.FLIP_LEFT_RIGHT],
        3: [turn.ROTATE_180],
        4: [turn.FLIP_TOP_BOTTOM],
        5: [turn.TRANSPOSE],
        6: [turn.ROTATE_90],
        7: [turn.TRANSVERSE],
        8: [turn.ROTATE_270],
    }[orientation]
    image = flag()
    for way in stored:
        image = image.transpose(way)
    exif = Image.Exif()
    exif[0x0112] = orientation
    np.testing.assert_array_equal(decode(encoded(image, "PNG", exif=exif), "turned"), np.asarray(flag()))


def test_damaged_camera_notes_do_not_cost_the_picture() -> None:
    file = encoded(flag(), "JPEG", exif=b"Exif\0\0" + b"nonsense", quality=95)
    assert decode(file, "odd notes").shape == (32, 48, 3)


def test_a_large_photograph_comes_reduced_and_the_same() -> None:
    file = encoded(flag(960, 640), "JPEG", quality=95)
    small = decode(file, "photo", least=64)
    assert 64 <= small.shape[0] < 160
    assert small.shape[1] * 2 == small.shape[0] * 3
    np.testing.assert_allclose(small[small.shape[0] // 2, 5], RED, atol=8)


def bomb(width: int, height: int) -> io.BytesIO:
    """A PNG whose header declares a size that its few bytes do not bear out."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return io.BytesIO(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b""))


@pytest.mark.parametrize("side", [8_001, 9_700, 20_000, 2**31 - 1])
def test_an_enormous_picture_is_refused_by_its_header(side: int) -> None:
    with pytest.raises(ValueError, match=r"huge\.png is too large: expected at most 64,000,000 pixels"):
        decode(bomb(side, side), "huge.png")
    assert LIMIT_PIXELS < 8_001**2


def test_what_is_no_picture_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"^a/b\.png is not a JPEG, PNG, WebP, BMP, GIF or TIFF picture"):
        decode(io.BytesIO(b"hello"), "a/b.png")
    with pytest.raises(ValueError, match=r"a\.jpg is not a JPEG"):
        decode(encoded(flag(), "TGA"), "a.jpg")  # a format outside the list, whatever its name


@given(st.data(), st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"]))
def test_a_damaged_picture_is_decoded_or_refused_in_one_line(data: st.DataObject, format: str) -> None:
    whole = encoded(flag(), format).getvalue()
    hurt = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    for _ in range(data.draw(st.integers(0, 3))):
        if hurt:
            hurt[data.draw(st.integers(0, len(hurt) - 1))] = data.draw(st.integers(0, 255))
    outcome: np.ndarray | str
    try:
        outcome = decode(io.BytesIO(bytes(hurt)), "hurt")
    except ValueError as error:
        outcome = str(error)
    if isinstance(outcome, str):
        assert outcome.startswith("hurt ")
        assert "\n" not in outcome
    else:
        assert outcome.dtype == np.uint8


def test_a_picture_cut_short_is_refused() -> None:
    for format in ("PNG", "JPEG", "GIF", "WEBP", "BMP"):
        whole = encoded(flag(), format).getvalue()
        with pytest.raises(ValueError, match=r"short is damaged \(.*\): remove it or replace it"):
            decode(io.BytesIO(whole[: len(whole) * 2 // 3]), "short")
