"""The task makers: what is hidden is hidden, what is known is copied to the bit, source and target are one image."""

import math

import pytest
import torch
from torch import Tensor

from core_gans.data import Examples
from core_gans.data.pairs import Pairs
from core_gans.data.tasks import TASKS, central_hole, grey, keep_known, mosaic, psnr, smaller, task, with_hole
from core_gans.foundation.errors import LabError
from core_gans.translation import read_lesson


def noise(count: int = 3, channels: int = 3, size: int = 16) -> Tensor:
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.mark.parametrize("name", TASKS)
def test_every_task_pairs_its_source_with_the_image_as_it_was(name: str) -> None:
    images = (torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(1)) * 255).byte()
    pairs = task(name, Examples("noise", images))
    assert torch.equal(((pairs.target + 1) * 127.5).round().byte(), images)
    assert pairs.source.shape == (4, 1 if name in ("colourisation", "edges") else 3, 16, 16)
    assert pairs.source.abs().max() <= 1
    assert pairs.name == f"{name} of noise"
    lone = task(name, Examples("noise", images[2:3]))
    torch.testing.assert_close(lone.source, pairs.source[2:3])  # no image knows of the others
    assert not torch.equal(pairs.source.expand_as(pairs.target), pairs.target)


def test_grey_weighs_the_colours_as_the_standard_does() -> None:
    primaries = 2 * torch.eye(3)[:, :, None, None] - 1
    assert grey(primaries).flatten().tolist() == pytest.approx([2 * w - 1 for w in (0.299, 0.587, 0.114)])
    assert grey(torch.full((1, 3, 2, 2), 0.25)).flatten().tolist() == pytest.approx([0.25] * 4)
    with pytest.raises(ValueError, match="expected images in colour"):
        grey(noise(channels=1))


def test_smaller_images_have_lost_their_detail_and_kept_their_planes() -> None:
    flat = torch.full((1, 1, 16, 16), 0.3)
    torch.testing.assert_close(smaller(flat, 4), flat)
    chequered = torch.tensor([1.0, -1.0]).repeat(8)[None, None, None] * torch.tensor([1.0, -1.0]).repeat(8)[:, None]
    assert smaller(chequered, 2).abs().max() < 1e-6
    images = noise()
    assert psnr(smaller(images, 2), images) > psnr(smaller(images, 4), images)
    with pytest.raises(ValueError, match="sides are multiples of 4, got 18x18: choose a --size"):
        smaller(noise(size=18), 4)


def test_a_hole_hides_its_pixels_and_known_ones_are_copied_to_the_bit() -> None:
    images = noise()
    hidden = central_hole(images)
    assert (int(hidden.sum()), hidden[0, 0, 4:12, 4:12].all().item()) == (64, True)
    source = with_hole(images, hidden)
    known = (~hidden).expand_as(images)
    assert torch.equal(source[known], images[known])
    changed = torch.where(hidden, -images, images)
    assert torch.equal(with_hole(changed, hidden), source)  # what was hidden left no trace
    means = images[:, :, ~hidden[0, 0]].mean(-1)
    torch.testing.assert_close(source[:, :, 8, 8], means)
    answer = keep_known(torch.zeros_like(images), source, hidden)
    assert torch.equal(answer[known], images[known])
    assert answer[~known].abs().max() == 0


def test_a_mosaic_s_stones_are_means_and_all_else_is_as_it_was() -> None:
    images = noise()
    hidden = central_hole(images)
    source = mosaic(images, hidden, stone=4)
    assert torch.equal(torch.where(hidden, 0, source), torch.where(hidden, 0, images))
    torch.testing.assert_close(
        source[:, :, 4:8, 8:12], images[:, :, 4:8, 8:12].mean((2, 3), keepdim=True).expand(-1, -1, 4, 4)
    )


def test_psnr_of_a_known_error() -> None:
    assert psnr(torch.full((2, 2), 0.2), torch.zeros(2, 2)) == pytest.approx(10 * math.log10(4 / 0.04), abs=1e-4)


def test_a_task_is_named_before_its_data() -> None:
    lesson = read_lesson("pairs", "inpainting:digits", size=16)
    assert isinstance(lesson.held, Pairs)
    assert lesson.name == "inpainting of digits"
    assert torch.equal(lesson.held.source, with_hole(lesson.held.target, central_hole(lesson.held.target)))
    with pytest.raises(ValueError, match="no task is called 'inpaintin': did you mean inpainting"):
        task("inpaintin", Examples("noise", noise()))
    with pytest.raises(
        LabError, match=r"digits has 1 of the 3 colours: take others \(colourisation:scenes\), or another"
    ):
        read_lesson("pairs", "colourisation:digits")
