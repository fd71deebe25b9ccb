"""Data sets of torch, torchvision and ``datasets``, whose items are pictures with labels, become examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor

from core_gans.data.collection import Broken, Collection, Read, gather
from core_gans.data.examples import Examples
from core_gans.data.frame import Frame, Resize, Size
from core_gans.data.labels import check_labels
from core_gans.data.parquet import LABELS, PICTURES
from core_gans.data.pictures import pixels_of
from core_gans.foundation.errors import LabError


def examples_from(
    data: Any,
    size: Size = 32,
    *,
    channels: int | None = None,
    resize: Resize = "crop",
    skip_broken: bool = False,
    name: str = "pictures",
    classes: Sequence[str] | None = None,
) -> Examples:
    """The items of any map-style data set as ``Examples``, brought to one size and held as bytes.

    An item is a picture, (picture, label), or a dictionary with a picture under image, img, picture or photo and a
    label under label, labels, class or fine_label. A picture is one of Pillow, an array (H, W) or (H, W, C), or a
    tensor (H, W) or (C, H, W): bytes, 16 bits, or floats in [0, 1] or [-1, 1], which all pictures together decide.
    Labels are whole numbers, words, or rows of one 1; class names are ``classes``, else those that the data set has.

    LabError for items of another kind, for pictures that cannot be read unless they are to be skipped, and for floats
    in another range.
    """
    count = len(data)
    if count == 0:
        raise LabError("expected at least one example, got an empty data set.")
    said: dict[int, Any] = {}  # the labels of the items that could be read

    def pictures(frame: Frame) -> Read:
        for index in range(count):
            try:
                picture, label = _parts(data[index])
                pixels = _pixels(picture, frame)
            except (OSError, ValueError) as error:
                yield Broken(f"item {index}", f"item {index} of {name} cannot be read ({error}): remove it")
            else:
                if label is not None:
                    said[index] = np.asarray(label)
                yield pixels

    frame = Frame.of(size, channels, resize)
    examples = gather(Collection(name, count, pictures), frame, skip_broken=skip_broken)
    if not said:
        return examples
    known = classes if classes is not None else _names(data)
    labels = check_labels(np.array([said[index] for index in sorted(said)]), len(examples), known, f"labels of {name}")
    return replace(examples, labels=labels[0], classes=labels[1])


def _parts(item: Any) -> tuple[Any, Any]:
    """The picture and the label of an item, or None."""
    if isinstance(item, Mapping):
        picture = next((item[key] for key in PICTURES if key in item), None)
        if picture is None:
            raise LabError(f"expected a picture under {', '.join(PICTURES)}, got an item with {', '.join(item)}.")
        return picture, next((item[key] for key in LABELS if key in item), None)
    if isinstance(item, tuple | list):
        return item[0], item[1] if len(item) > 1 else None
    return item, None


def _pixels(picture: Any, frame: Frame) -> np.ndarray:
    """A picture as ``gather`` takes it."""
    if isinstance(picture, Image.Image):
        return pixels_of(picture, frame.colours == 4)
    if isinstance(picture, Tensor):
        array = picture.detach().cpu().numpy()
        array = array.transpose(1, 2, 0) if array.ndim == 3 else array
    else:
        array = np.asarray(picture)
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)) or 0 in array.shape:
        raise LabError(f"expected a picture, an array (H, W, C) or a tensor (C, H, W), got {type(picture).__name__} of "
                       f"shape {array.shape}.")  # fmt: skip
    array = _numbers(array)
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim == 3 and array.shape[2] == 4 and frame.colours != 4:
        raise LabError("expected 1 or 3 channels, got 4: ask for opacity (channels=4), or leave the fourth out.")
    return array


def _numbers(array: np.ndarray) -> np.ndarray:
    """The array as uint8, uint16 or float32."""
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * 255
    if array.dtype in (np.uint8, np.uint16):
        return array
    if array.dtype.kind == "f":
        return array.astype(np.float32)
    if array.dtype.kind in "iu" and array.min() >= 0 and array.max() <= 255:
        return array.astype(np.uint8)
    raise LabError(f"expected bytes, 16 bits or floats, got {array.dtype} in [{array.min()}, {array.max()}].")


def _names(data: Any) -> list[str] | None:
    """The class names of a data set: ``classes`` in torchvision, ``features['label'].names`` in ``datasets``."""
    found = getattr(data, "features", None)
    features = found if isinstance(found, Mapping) else {}
    for label in LABELS:
        if (names := getattr(features.get(label), "names", None)) is not None:
            return [str(each) for each in names]
    named = getattr(data, "classes", None)
    return [str(each) for each in named] if named else None
