"""Images and masks in folders: the same pairs from every layout, and what is broken is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dissect.segmenters.pairs import Pairs, read_pairs
from tests.dissect.planted_pairs import (
    COLOURS,
    as_colours,
    as_palette,
    expected,
    planted,
    write_classes,
    write_pictures,
)


@pytest.mark.parametrize(
    ("kind", "ending"), [("numbers", ""), ("palette", "_mask"), ("colours", "_L"), ("colours without a list", "")]
)
def test_folders_of_every_kind_of_mask_hold_the_same_pairs(tmp_path: Path, kind: str, ending: str) -> None:
    images, masks = planted()
    makers: dict[str, Callable[[np.ndarray], Image.Image]] = {"numbers": Image.fromarray, "palette": as_palette}
    write_pictures(tmp_path / "images", images)
    write_pictures(tmp_path / "masks", masks, makers.get(kind, as_colours), ending)
    if kind != "colours without a list":
        write_classes(tmp_path)
        pairs = read_pairs(tmp_path)
        assert pairs.labels == ("sky", "door")
        assert pairs.colours == COLOURS[:2]
        assert np.array_equal(pairs.masks, expected(masks))
    else:
        pairs = read_pairs(tmp_path)
        assert pairs.labels == ("#000000", "#0a14c8", "#800000")
        assert np.array_equal(np.array(pairs.colours)[pairs.masks], np.array(COLOURS)[masks])
    assert np.array_equal(pairs.images, images)
    assert pairs.held_out == 0


def test_numbers_without_a_list_are_their_own_names(tmp_path: Path) -> None:
    images, masks = planted()
    write_pictures(tmp_path / "images", images)
    write_pictures(tmp_path / "masks", masks)
    assert read_pairs(tmp_path).labels == ("class 0", "class 1", "class 2")
    (tmp_path / "binary").mkdir()
    write_pictures(tmp_path / "binary" / "images", images)
    write_pictures(tmp_path / "binary" / "masks", np.where(masks == 1, 255, 0).astype(np.uint8))
    binary = read_pairs(tmp_path / "binary")
    assert binary.labels == ("class 0", "class 1")
    assert np.array_equal(binary.masks, masks == 1)


@pytest.mark.parametrize(
    "layout", ["{}_images {}_masks", "{}/images {}/masks", "images/{} masks/{}", "{} {}annot"], ids=lambda text: text
)
def test_splits_in_folders(tmp_path: Path, layout: str) -> None:
    (train, train_masks), (test, test_masks) = planted(5), planted(2, seed=1)
    for split, images, masks in (("train", train, train_masks), ("test", test, test_masks)):
        of_images, of_masks = (tmp_path / part.format(split) for part in layout.split())
        write_pictures(of_images, images)
        write_pictures(of_masks, masks)
    write_classes(tmp_path, coloured=False)
    pairs = read_pairs(tmp_path)
    assert pairs.held_out == 2
    assert np.array_equal(pairs.images, np.concatenate([train, test]))
    assert np.array_equal(pairs.masks, expected(np.concatenate([train_masks, test_masks])))
    with pytest.raises(ValueError, match="it has test"):
        read_pairs(tmp_path, split="val")


def test_pictures_are_brought_to_one_size_when_asked(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    small = []
    for i, scale in enumerate((1, 2, 3)):
        mask = rng.integers(0, 2, (8, 9)).astype(np.uint8)
        small.append(mask)
        large = mask.repeat(scale, 0).repeat(scale, 1)
        Image.fromarray(large).save(tmp_path / "masks" / f"{i}.png")
        Image.fromarray(np.stack([large * 255] * 3, -1)).save(tmp_path / "images" / f"{i}.png")
    with pytest.raises(ValueError, match="3 sizes, such as 8 x 9 and 24 x 27"):
        read_pairs(tmp_path)
    pairs = read_pairs(tmp_path, size=(8, 9))
    assert np.array_equal(pairs.masks, small)
    assert np.array_equal(pairs.images[..., 1], np.array(small) * 255)
    with pytest.raises(ValueError, match="at least 8 x 8"):
        read_pairs(tmp_path, size=(4, 9))


def one_pair(place: Path, image: Image.Image, mask: np.ndarray, **options: Any) -> np.ndarray:
    """The image that is read, where the mask beside it is this one."""
    for name in ("images", "masks"):
        (place / name).mkdir(parents=True, exist_ok=True)
    image.save(place / "images" / "a.png", **options)
    Image.fromarray(mask).save(place / "masks" / "a.png")
    return read_pairs(place).images[0]


def test_pictures_are_read_as_they_are_seen(tmp_path: Path) -> None:
    (image,), (mask,) = planted(1)
    deep = image[..., 0].astype(np.uint16) * 257
    assert np.array_equal(one_pair(tmp_path, Image.fromarray(deep), mask), np.stack([image[..., 0]] * 3, -1))
    clear = Image.fromarray(np.dstack((image, np.where(mask, 255, 0).astype(np.uint8))))
    assert np.array_equal(one_pair(tmp_path, clear, mask), np.where(mask[..., None], image, 255))
    exif = Image.Exif()
    exif[0x0112] = 6  # a camera held upright: the first row as stored is the right side
    stored = Image.fromarray(np.rot90(image))
    assert np.array_equal(one_pair(tmp_path, stored, mask, exif=exif), image)
    lying = np.ascontiguousarray(np.rot90(mask))  # drawn on the pixels as they are stored
    assert np.array_equal(one_pair(tmp_path, stored, lying, exif=exif), np.rot90(image))


def folder(tmp_path: Path) -> Path:
    images, masks = planted(8)
    write_pictures(tmp_path / "images", images)
    write_pictures(tmp_path / "masks", masks)
    write_classes(tmp_path)
    return tmp_path


def test_broken_pairs_are_named_together(tmp_path: Path) -> None:
    place = folder(tmp_path)
    (place / "masks" / "photo00.png").unlink()
    (place / "images" / "photo01.png").unlink()
    damaged = place / "images" / "photo02.png"
    damaged.write_bytes(damaged.read_bytes()[:150])
    (place / "masks" / "photo03.png").write_text("no picture")
    Image.fromarray(np.zeros((5, 6), np.uint8)).save(place / "masks" / "photo04.png")
    with pytest.raises(ValueError, match="broken pairs") as told:
        read_pairs(place)
    for part in (
        "photo00.png has no mask photo00.png in masks",
        "the mask photo01.png has no image in images",
        "photo02.png is damaged",
        "photo03.png is no picture",
        "photo04.png has 10 x 13 pixels, its mask photo04.png 5 x 6",
    ):
        assert part in str(told.value)
    for i in (5, 6):
        (place / "masks" / f"photo{i:02}.png").unlink()
    with pytest.raises(ValueError, match=r"; and 2 more$"):
        read_pairs(place)


def test_two_pictures_of_one_name_are_named(tmp_path: Path) -> None:
    place = folder(tmp_path)
    Image.open(place / "images" / "photo00.png").save(place / "images" / "photo00.jpg")
    Image.open(place / "masks" / "photo01.png").save(place / "masks" / "photo01.bmp")
    with pytest.raises(ValueError, match=r"images has both photo00\.jpg and photo00\.png: keep one of them") as told:
        read_pairs(place)
    assert "masks has both photo01.bmp and photo01.png" in str(told.value)


def test_masks_that_are_no_classes_are_named(tmp_path: Path) -> None:
    place = folder(tmp_path)
    mask = place / "masks" / "photo03.png"
    as_colours(planted(1)[1][0]).save(mask)
    with pytest.raises(ValueError, match=r"photo03.png has colours, photo00.png not"):
        read_pairs(place)
    Image.fromarray(np.full((10, 13), 7, np.uint8)).save(mask)
    with pytest.raises(ValueError, match=r"'photo03.png' holds the class 7, but there are 3 class names"):
        read_pairs(place)
    Image.fromarray(np.zeros((10, 13), np.float32)).save(mask.with_suffix(".tif"))
    mask.unlink()
    with pytest.raises(ValueError, match=r"photo03.tif is a picture of the kind F"):
        read_pairs(place)


def test_colours_that_are_not_listed_are_named(tmp_path: Path) -> None:
    images, masks = planted(3)
    write_pictures(tmp_path / "images", images)
    write_pictures(tmp_path / "masks", masks, as_colours)
    write_classes(tmp_path)
    strange = np.array(as_colours(masks[1]))
    strange[2, 3] = (128, 1, 0)
    Image.fromarray(strange).save(tmp_path / "masks" / "photo01.png")
    with pytest.raises(ValueError, match=r"photo01.png holds the colour \(128, 1, 0\), which is none"):
        read_pairs(tmp_path)
    write_classes(tmp_path, coloured=False)
    with pytest.raises(ValueError, match="must say each class's"):
        read_pairs(tmp_path)
    (tmp_path / "classes.txt").write_text("a 1 2 3\nb 1 2 3")
    with pytest.raises(ValueError, match="the same colour"):
        read_pairs(tmp_path)
    (tmp_path / "classes.txt").unlink()
    Image.fromarray(images[0]).save(tmp_path / "masks" / "photo01.png")
    with pytest.raises(ValueError, match="too many to be classes"):
        read_pairs(tmp_path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# nothing\n", "names no class"),
        ("sky 1 2 3\ndoor\n", "1 of 2 classes have a colour"),
        ("sky 1 2 300\n", "line 1: red, green and blue"),
        ("sky\nsky\n", "'sky' is there more than once"),
    ],
)
def test_a_list_of_classes_that_is_none(tmp_path: Path, text: str, told: str) -> None:
    place = folder(tmp_path)
    (place / "classes.txt").write_text(text)
    with pytest.raises(ValueError, match=told):
        read_pairs(place)


def test_folders_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with pytest.raises(ValueError, match=r"expected the folders images and masks, .* got pictures"):
        read_pairs(tmp_path)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(ValueError, match="images holds no pictures"):
        read_pairs(tmp_path)


def test_a_name_of_several_words_keeps_them(tmp_path: Path) -> None:
    place = folder(tmp_path)
    (place / "classes.txt").write_text(
        "\ufeffnight sky, 1, 2, 3\ndoor of 2 wings 4 5 6\nvoid 0 0 0\n", encoding="utf-8"
    )
    pairs: Pairs = read_pairs(place)
    assert pairs.labels == ("night sky", "door of 2 wings")
    assert pairs.colours == ((1, 2, 3), (4, 5, 6))
