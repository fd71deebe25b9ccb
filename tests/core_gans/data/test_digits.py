"""The digits: what scikit-learn has, larger and still the same writing."""

import cv2
import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from core_gans.data.digits import digits


def test_all_of_them_in_order_with_their_labels() -> None:
    examples = digits()
    blocks, labels = load_digits(return_X_y=True)
    assert examples.images.shape == (len(blocks), 1, 32, 32)
    assert examples.images.dtype == torch.uint8
    assert examples.labels is not None
    assert examples.labels.tolist() == labels.tolist()
    assert examples.classes == tuple("0123456789")


@pytest.mark.parametrize("size", [16, 32, 64])
def test_the_ink_lies_where_it_lay(size: int) -> None:
    """Reduced to blocks again, each picture is nearest to the very scan it came from."""
    count = 200
    images = digits(size).images[:count, 0].numpy()
    reduced = np.stack([cv2.resize(image, (10, 10), interpolation=cv2.INTER_AREA)[1:-1, 1:-1] for image in images])
    blocks = load_digits().images[:count]
    distance = np.linalg.norm(reduced.reshape(count, 1, 64) / 255 - blocks.reshape(1, count, 64) / 16, axis=2)
    assert (distance.argmin(axis=1) == np.arange(count)).all()


def test_strokes_are_smooth_and_have_full_contrast() -> None:
    images = digits().images.float() / 255
    assert images.amax(dim=(1, 2, 3)).min() > 0.9
    assert images[:, :, [0, -1]].mean() < 0.01  # paper above and below
    steps = (images[..., 1:] - images[..., :-1]).abs()
    assert steps.max() < 0.75  # blocks would jump from paper to ink, by 1
    repeated = images[..., 0::2] == images[..., 1::2]
    inked = (images[..., 0::2] > 0.05) & (images[..., 0::2] < 0.95)
    assert repeated[inked].float().mean() < 0.1  # and repeat their pixels


def test_a_size_below_the_scan_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 8 pixels, got 4"):
        digits(4)
