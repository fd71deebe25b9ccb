"""What is sent to the canvas: pictures as data URLs, classes as bytes."""

from __future__ import annotations

import base64
import io

import numpy as np
import torch
from PIL import Image

from demos.paint.canvas import NO_CLASS, class_bytes, image_url


def test_pictures_arrive_to_the_bit() -> None:
    values = torch.randint(256, (3, 9, 9), generator=torch.Generator().manual_seed(0))
    url = image_url(values / 127.5 - 1)
    with Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))) as picture:
        assert np.array_equal(np.asarray(picture), values.permute(1, 2, 0).numpy())


def test_every_class_arrives_and_none_has_its_own_byte() -> None:
    sent = class_bytes(torch.tensor([[0, 7], [-1, 14]]))
    assert np.frombuffer(base64.b64decode(sent), np.uint8).tolist() == [0, 7, NO_CLASS, 14]
