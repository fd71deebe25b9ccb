"""Disturbed images: changed as far as is said, and grey stays grey."""

from __future__ import annotations

import torch

from dissect.segmenters.disturbance import Disturbance
from tests.dissect.discs import seeded

STILL = Disturbance(blur=0, noise=0, stains=0, brightness=0, contrast=0, saturation=0, hue=0)


def test_no_disturbance_changes_nothing() -> None:
    images = torch.rand(3, 3, 16, 16, generator=seeded()) * 2 - 1
    assert torch.allclose(STILL(images, seeded(1)), images, atol=1e-6)


def test_disturbances_keep_grey_grey_and_the_range() -> None:
    shades = torch.linspace(-0.9, 0.9, 16).expand(8, 3, 16, 16)
    turned = Disturbance(blur=0, noise=0, stains=0, brightness=0, hue=1.0, saturation=0.9)(shades, seeded())
    assert torch.allclose(turned[:, 0], turned[:, 1], atol=1e-5)
    assert torch.allclose(turned[:, 0], turned[:, 2], atol=1e-5)
    assert not torch.allclose(turned, shades, atol=0.02)  # the contrast changed
    wild = Disturbance(noise=3.0)(shades, seeded())
    assert wild.min() == -1
    assert wild.max() == 1


def test_hue_turns_colours_and_keeps_their_strength() -> None:
    red = torch.zeros(64, 3, 8, 8)
    red[:, 0] = 0.5
    turned = Disturbance(blur=0, noise=0, stains=0, brightness=0, contrast=0, saturation=0, hue=0.5)(red, seeded())
    assert torch.allclose(turned.mean(1), red.mean(1), atol=1e-5)
    assert torch.allclose(turned.norm(dim=1), red.norm(dim=1), atol=1e-5)
    angle = torch.acos(((turned - turned.mean(1, True)) * (red - red.mean(1, True))).sum(1) / (0.5**2 * 2 / 3))
    assert 0.3 < float(angle.max()) <= 0.5 + 1e-3


def test_blur_softens_and_keeps_the_mean() -> None:
    board = ((torch.arange(16)[:, None] + torch.arange(16)) % 2 * 2 - 1).float().expand(16, 3, 16, 16)
    soft = Disturbance(noise=0, stains=0, brightness=0, contrast=0, saturation=0, hue=0)(board, seeded())
    assert float(soft.std()) < 0.8
    assert torch.allclose(soft.mean((1, 2, 3)), torch.zeros(16), atol=1e-5)
