"""An edit goes back into the original; where the renderings do not differ the original stays, to the bit."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dissect.inversion.pasting import changed, paste_back
from tests.tiny import chance


def pictures(side: int = 16) -> tuple[Tensor, Tensor, Tensor]:
    """An original, a rendering, and the rendering with a square of 4x4 set to 0.9."""
    original, rendering = (torch.rand(2, 3, side, side, generator=chance()) - 0.5).unbind()
    edited = rendering.clone()
    edited[:, 6:10, 6:10] = 0.9
    return original, rendering, edited


@pytest.mark.parametrize("detail", [0.0, 0.5, 1.0])
def test_outside_nothing_changes_and_inside_is_the_edit(detail: float) -> None:
    original, rendering, edited = pictures()
    pasted = paste_back(original, rendering, edited, detail=detail, feather=0)
    outside = torch.ones(16, 16, dtype=torch.bool)
    outside[6:10, 6:10] = False
    assert torch.equal(pasted[:, outside], original[:, outside])
    wanted = (0.9 + detail * (original - rendering)).clamp(-1, 1)
    torch.testing.assert_close(pasted[:, 6:10, 6:10], wanted[:, 6:10, 6:10])


def test_it_fades_over_the_feather_and_no_further() -> None:
    original, rendering, edited = pictures()
    mask = changed(rendering, edited, feather=3)
    assert (mask[6:10, 6:10] == 1).all()
    torch.testing.assert_close(mask[7, 10:14], torch.tensor([0.75, 0.5, 0.25, 0.0]))
    far = mask == 0
    assert 0 < far.sum() < 16 * 16 - 16
    pasted = paste_back(original, rendering, edited, feather=3)
    assert torch.equal(pasted[:, far], original[:, far])
    near = (mask > 0) & (mask < 1)
    torch.testing.assert_close(pasted[:, near], torch.lerp(original, edited, mask)[:, near])


def test_without_an_edit_it_is_the_original() -> None:
    original, rendering, _ = pictures()
    assert torch.equal(paste_back(original, rendering, rendering.clone()), original)
    assert torch.equal(paste_back(original, rendering, rendering + 1 / 255), original)


def test_a_larger_original_keeps_its_pixels_outside() -> None:
    original, rendering, edited = pictures()
    large = original.repeat_interleave(4, 1).repeat_interleave(4, 2)
    pasted = paste_back(large, rendering, edited, feather=0)
    assert pasted.shape == (3, 64, 64)
    torch.testing.assert_close(pasted[:, 28:36, 28:36], torch.full((3, 8, 8), 0.9))
    assert torch.equal(pasted[:, :20], large[:, :20])
    assert torch.equal(pasted[..., 44:], large[..., 44:])


def test_what_does_not_fit_is_refused() -> None:
    original, rendering, edited = pictures()
    with pytest.raises(ValueError, match="the renderings of one shape"):
        paste_back(original, rendering, edited[:, :8])
    with pytest.raises(ValueError, match="an original of at least"):
        paste_back(original[:, :8], rendering, edited)
    with pytest.raises(ValueError, match="an original of at least"):
        paste_back(original[:1], rendering, edited)
    with pytest.raises(ValueError, match="detail from 0 to 1"):
        paste_back(original, rendering, edited, detail=2.0)
    with pytest.raises(ValueError, match="a feather of at least 0"):
        paste_back(original, rendering, edited, feather=-1.0)
