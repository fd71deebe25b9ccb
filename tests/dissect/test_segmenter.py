"""The U-Net segmenter: it learns what can be learnt, folds and files without change, and refuses bad input."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from dissect.disturbance import Disturbance
from dissect.sealed import read_sealed, write_sealed
from dissect.segmenter import Segmenter
from dissect.segmenter_training import SegmenterReport, confusion, train_segmenter
from dissect.unet import UNet, UNetSegmenter, folded

LABELS = ("ground", "disc", "bar", "never")
COLOURS = ((10, 120, 20), (220, 40, 40), (40, 60, 230), (0, 0, 0))
STILL = Disturbance(blur=0, noise=0, stains=0, brightness=0, contrast=0, saturation=0, hue=0)


def glass(count: int, seed: int = 0, size: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a red disc and a blue bar on green ground, and their masks; class 3 is nowhere."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:size, :size]
    masks = np.zeros((count, size, size), np.uint8)
    for mask in masks:
        y, x = rng.integers(4, size - 4, 2)
        mask[(rows - y) ** 2 + (columns - x) ** 2 < 10] = 1
        left = rng.integers(0, size - 3)
        mask[:, left : left + 2] = 2
    images = np.asarray(COLOURS, np.uint8)[masks] + rng.integers(0, 20, (count, size, size, 3)).astype(np.uint8)
    return images, masks


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def untrained(classes: int = 4, widths: tuple[int, ...] = (4, 8)) -> UNet:
    """A network whose normalisations have seen something, so that folding them matters."""
    net = UNet(classes, widths)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.4, generator=seeded(parameter.numel()))
    net.train()(torch.randn(8, 3, 16, 16, generator=seeded()) * 2 + 1)
    return net.eval()


@pytest.fixture(scope="module")
def trained() -> tuple[UNetSegmenter, SegmenterReport]:
    images, masks = glass(120)
    return train_segmenter(
        images, masks, LABELS, steps=80, rng=seeded(), colours=COLOURS, widths=(8, 16), bf16=False, learning_rate=0.02
    )


def test_learns_planted_shapes(trained: tuple[UNetSegmenter, SegmenterReport]) -> None:
    segmenter, report = trained
    assert report.pixel_accuracy > 0.98
    assert report.disturbed_pixel_accuracy > 0.9
    assert (report.held_out, report.trained_on, report.steps) == (12, 108, 80)
    images, masks = glass(30, seed=99)
    answer = segmenter(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1)
    assert answer.dtype == torch.int64
    assert (answer.numpy() == masks).mean() > 0.97


def test_the_report_agrees_with_the_confusion(trained: tuple[UNetSegmenter, SegmenterReport]) -> None:
    segmenter, report = trained
    images, masks = glass(120)
    counts = confusion(segmenter, images[108:], masks[108:])
    assert counts.sum() == 12 * 16 * 16
    assert counts.sum(1).tolist() == np.bincount(masks[108:].ravel(), minlength=4).tolist()
    assert report.pixel_accuracy == pytest.approx(np.trace(counts) / counts.sum())
    assert report.iou["never"] is None  # not in the held-out masks
    overlap = (segmenter_classes(segmenter, images[108:]) == 1) & (masks[108:] == 1)
    either = (segmenter_classes(segmenter, images[108:]) == 1) | (masks[108:] == 1)
    assert report.iou["disc"] == pytest.approx(overlap.sum() / either.sum())
    there = [iou for iou in report.iou.values() if iou is not None]
    assert report.mean_iou == pytest.approx(sum(there) / 3)
    assert report.as_dict()["iou"] == report.iou


def segmenter_classes(segmenter: Segmenter, images: np.ndarray) -> np.ndarray:
    return segmenter(torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1).numpy()


def test_the_same_seed_gives_the_same_segmenter_and_leaves_the_global_generator_alone() -> None:
    images, masks = glass(20)
    before = torch.random.get_rng_state()
    first, second, third = (
        train_segmenter(images, masks, LABELS, steps=3, rng=seeded(seed), widths=(4, 8))[0] for seed in (1, 1, 2)
    )
    assert torch.equal(torch.random.get_rng_state(), before)
    for name, value in first.net.state_dict().items():
        assert torch.equal(value, second.net.state_dict()[name])
    assert not torch.equal(first.net.head.weight, third.net.head.weight)


def test_bytes_and_floats_are_the_same_images() -> None:
    images, masks = glass(20)
    floats = images.astype(np.float32) / 127.5 - 1
    a, b = (train_segmenter(x, masks, LABELS, steps=2, rng=seeded(), widths=(4, 8))[0] for x in (images, floats))
    assert torch.allclose(a.net.head.weight, b.net.head.weight, atol=1e-6)


def test_progress_counts_the_steps() -> None:
    images, masks = glass(10)
    calls: list[int] = []
    train_segmenter(images, masks, LABELS, steps=4, rng=seeded(), widths=(4, 8), progress=calls.append)
    assert calls == [1, 2, 3, 4]


def test_folding_the_normalisation_changes_nothing() -> None:
    net = untrained()
    images = torch.randn(3, 3, 20, 12, generator=seeded(5))
    plain = folded(net)
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in plain.modules())
    with torch.no_grad():
        assert torch.allclose(net(images), plain(images), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(("height", "width"), [(16, 16), (17, 16), (19, 30), (4, 5)])
def test_any_size_and_the_padding_is_cut_off(height: int, width: int) -> None:
    segmenter = UNetSegmenter(untrained(), LABELS)
    images = torch.rand(2, 3, height, width, generator=seeded()) * 2 - 1
    assert segmenter(images).shape == (2, height, width)
    padded = torch.nn.functional.pad(images, (0, width % 2, 0, height % 2), mode="replicate")
    assert torch.equal(segmenter(images), segmenter(padded)[:, :height, :width])


def test_batches_and_single_images_agree() -> None:
    segmenter = UNetSegmenter(folded(untrained()), LABELS)
    images = torch.rand(70, 3, 8, 8, generator=seeded()) * 2 - 1  # more than one chunk
    together = segmenter.probabilities(images)
    assert together.shape == (70, 4, 8, 8)
    assert torch.allclose(together.sum(1), torch.ones(70, 8, 8), atol=1e-5)
    for i in (0, 63, 64, 69):
        assert torch.allclose(segmenter.probabilities(images[i : i + 1])[0], together[i], atol=1e-5)
    assert torch.equal(segmenter(images), together.argmax(1))


def test_unsure_pixels_are_none_of_the_labels() -> None:
    net = folded(untrained())
    images = torch.rand(4, 3, 8, 8, generator=seeded()) * 2 - 1
    best = UNetSegmenter(net, LABELS).probabilities(images).amax(1)
    level = float(best.median())
    answer = UNetSegmenter(net, LABELS, sure=level)(images)
    assert torch.equal(answer == -1, best < level)
    assert 0.2 < (answer == -1).float().mean() < 0.8


def test_round_trip_through_a_file(tmp_path: Path, trained: tuple[UNetSegmenter, SegmenterReport]) -> None:
    segmenter, report = trained
    path = tmp_path / "segmenter.safetensors"
    segmenter.save(path, report.as_dict())
    again = UNetSegmenter.load(path)
    assert again.labels == LABELS
    assert again.colours == COLOURS
    images, _ = glass(20, seed=7)
    same = segmenter_classes(again, images) == segmenter_classes(segmenter, images)
    assert same.mean() > 0.999  # half precision
    assert path.stat().st_size < 2.2 * report.parameters + 4000
    with pytest.raises(FileExistsError):
        segmenter.save(path)


def test_files_that_are_no_segmenter_are_named(tmp_path: Path) -> None:
    path = tmp_path / "segmenter.safetensors"
    with pytest.raises(FileNotFoundError):
        UNetSegmenter.load(path)
    segmenter = UNetSegmenter(folded(untrained()), LABELS, COLOURS)
    segmenter.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ValueError, match="SHA-256"):
        UNetSegmenter.load(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="damaged"):
        UNetSegmenter.load(path)
    save_file(dict(load_file_of(whole, tmp_path)), path)
    with pytest.raises(ValueError, match="without a seal"):
        UNetSegmenter.load(path)


def load_file_of(content: bytes, folder: Path) -> dict[str, np.ndarray]:
    (folder / "copy").write_bytes(content)
    return load_file(folder / "copy")


def test_a_sealed_file_of_another_kind_or_a_newer_version(tmp_path: Path) -> None:
    path = tmp_path / "segmenter.safetensors"
    UNetSegmenter(folded(untrained()), LABELS).save(path)
    arrays, told = read_sealed(path)
    write_sealed(path, arrays, {**told, "kind": "dissection"}, overwrite=True)
    with pytest.raises(ValueError, match="holds 'dissection', not a segmenter"):
        UNetSegmenter.load(path)
    write_sealed(path, arrays, {**told, "version": 99}, overwrite=True)
    with pytest.raises(ValueError, match="has version 99"):
        UNetSegmenter.load(path)
    write_sealed(path, {"head.bias": arrays["head.bias"]}, told, overwrite=True)
    with pytest.raises(ValueError, match="do not fit"):
        UNetSegmenter.load(path)


def test_refuses_images_it_cannot_read() -> None:
    segmenter = UNetSegmenter(folded(untrained()), LABELS)
    with pytest.raises(ValueError, match=r"got torch.uint8 \(1, 3, 8, 8\)"):
        segmenter(torch.zeros(1, 3, 8, 8, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"got torch.float32 \(1, 1, 8, 8\)"):
        segmenter(torch.zeros(1, 1, 8, 8))
    with pytest.raises(ValueError, match="at least 4 x 4"):
        segmenter(torch.zeros(1, 3, 2, 8))
    with pytest.raises(ValueError, match="4 classes apart, but there are 3 labels"):
        UNetSegmenter(untrained(), LABELS[:3])
    with pytest.raises(ValueError, match="one colour for each of 4 labels, got 1"):
        UNetSegmenter(untrained(), LABELS, COLOURS[:1])
    with pytest.raises(ValueError, match=r"got 1\.5"):
        UNetSegmenter(untrained(), LABELS, sure=1.5)


def test_refuses_data_it_cannot_learn_from() -> None:
    images, masks = glass(4)
    floats = images / 127.5 - 1
    poisoned = floats.copy()
    poisoned[2, 3, 3, 1] = math.nan
    cases: list[tuple[np.ndarray, np.ndarray, tuple[str, ...], dict[str, float], str]] = [
        (images[:, :, :, :1], masks, LABELS, {}, "images must be"),
        (images, masks[:, :8], LABELS, {}, "masks must be"),
        (images, masks.astype(float), LABELS, {}, "must hold integers"),
        (images[:1], masks[:1], LABELS, {}, "at least 2 images"),
        (images[:, :4], masks[:, :4], LABELS, {}, "at least 8 x 8"),
        (images.astype(np.int32), masks, LABELS, {}, "uint8 in"),
        (poisoned, masks, LABELS, {}, "NaN"),
        (images.astype(float), masks, LABELS, {}, "float images must be in"),
        (images, masks, LABELS[:2], {}, "masks must hold 0 to 1 for 2 labels, got 0 to 2"),
        (images, masks.astype(np.int8) - 1, LABELS, {}, "got -1 to 1"),
        (images, masks, ("a", "b", "a"), {}, "each once"),
        (images, masks, LABELS, {"steps": 0}, "at least 1"),
        (images, masks, LABELS, {"held_out": 1.0}, "between 0 and 1"),
    ]
    for bad_images, bad_masks, labels, options, message in cases:
        arguments = {"steps": 1, **options}
        with pytest.raises(ValueError, match=message):
            train_segmenter(bad_images, bad_masks, labels, rng=seeded(), **arguments)  # type: ignore[arg-type]


def test_a_loss_that_is_lost_is_an_error() -> None:
    images, masks = glass(10)
    with pytest.raises(FloatingPointError, match="lower learning rate"):
        train_segmenter(images, masks, LABELS, steps=40, rng=seeded(), widths=(4, 8), learning_rate=1e30)


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
