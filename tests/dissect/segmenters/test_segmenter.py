"""The U-Net segmenter: it folds and files without change, and refuses bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file

from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.segmenters.protocol import DifferentiableSegmenter
from dissect.segmenters.unet import UNet, UNetSegmenter, folded
from tests.dissect.discs import COLOURS, LABELS, seeded


def untrained(classes: int = 4, widths: tuple[int, ...] = (4, 8)) -> UNet:
    """A network whose normalisations have seen something, so that folding them matters."""
    net = UNet(classes, widths)
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=0.4, generator=seeded(parameter.numel()))
    net.train()(torch.randn(8, 3, 16, 16, generator=seeded()) * 2 + 1)
    return net.eval()


def test_logits_are_differentiable_and_tell_the_same_classes() -> None:
    segmenter = UNetSegmenter(folded(untrained()), LABELS)
    assert isinstance(segmenter, DifferentiableSegmenter)
    images = (torch.rand(3, 3, 9, 14, generator=seeded()) * 2 - 1).requires_grad_()
    scores = segmenter.logits(images)
    assert scores.shape == (3, 4, 9, 14)
    assert torch.equal(scores.argmax(1), segmenter(images))
    assert torch.allclose(scores.softmax(1), segmenter.probabilities(images), atol=1e-6)
    (slope,) = torch.autograd.grad(scores[1, 2].sum(), images)
    assert slope[1].abs().sum() > 0
    assert slope[0].abs().sum() == 0
    with torch.no_grad():
        step = 1e-3 * slope[1] / slope[1].norm()
        nudged = images.clone()
        nudged[1] += step
        gained = segmenter.logits(nudged)[1, 2].double().sum() - scores[1, 2].double().sum()
    assert float(gained) == pytest.approx(1e-3 * float(slope[1].norm()), rel=0.1)


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


def test_large_pictures_are_seen_at_the_size_that_was_learned_and_small_ones_as_they_are() -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # a network this narrow may be silent by chance
        net = UNet(3, (4, 8), normalise=False)
    plain, sized = (UNetSegmenter(net, LABELS[:3], size=size) for size in (0, 8))
    images = (torch.rand(2, 3, 16, 24, generator=seeded()) * 2 - 1).requires_grad_()
    small = torch.nn.functional.avg_pool2d(images, 2)  # (2, 3, 8, 12)
    expected = torch.nn.functional.interpolate(plain.logits(small), (16, 24), mode="bilinear")
    torch.testing.assert_close(sized.logits(images), expected)
    assert torch.equal(sized(images), expected.argmax(1))
    assert torch.equal(sized.logits(small), plain.logits(small))
    (gradient,) = torch.autograd.grad(sized.logits(images).square().sum(), images)
    assert bool(gradient.any())


def test_round_trip_through_a_file(tmp_path: Path) -> None:
    segmenter = UNetSegmenter(folded(untrained()), LABELS, COLOURS)
    path = tmp_path / "segmenter.safetensors"
    segmenter.save(path, {"pixel_accuracy": 0.25})
    again = UNetSegmenter.load(path)
    assert again.labels == LABELS
    assert again.colours == COLOURS
    assert read_sealed(path)[1]["facts"] == {"pixel_accuracy": 0.25}
    images = torch.rand(20, 3, 16, 16, generator=seeded()) * 2 - 1
    assert torch.allclose(again.logits(images), segmenter.logits(images), rtol=0.02, atol=0.02)  # half precision
    parameters = sum(parameter.numel() for parameter in segmenter.net.parameters())
    assert path.stat().st_size < 2.2 * parameters + 4000
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
    with pytest.raises(ValueError, match="'disc' is there more than once"):
        UNetSegmenter(untrained(), ("ground", "disc", "disc", "never"))
    with pytest.raises(ValueError, match="0 to 255"):
        UNetSegmenter(untrained(), LABELS, [(0, 0, 300)] * 4)
