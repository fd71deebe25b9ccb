"""The CIFAR classifier against its network written out by hand, and its file with damage anywhere in it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core_gans.metrics import load_cifar_resnet20
from core_gans.runs.checkpoints import CheckpointError

MEAN = torch.tensor([0.485, 0.456, 0.406]).double().view(3, 1, 1)
DEVIATION = torch.tensor([0.229, 0.224, 0.225]).double().view(3, 1, 1)


def random_weights() -> dict[str, Tensor]:
    """A state dict of the published layout, written out from the description of the network."""
    rng = torch.Generator().manual_seed(1)
    weights: dict[str, Tensor] = {}

    def layer(place: str, number: int, before: int, after: int) -> None:
        scale = (2 / (9 * before)) ** 0.5
        weights[f"module.{place}conv{number}.weight"] = scale * torch.randn(after, before, 3, 3, generator=rng)
        norm = f"module.{place}bn{number}"
        weights[f"{norm}.weight"], weights[f"{norm}.running_var"] = (0.5 + torch.rand(2, after, generator=rng)).unbind()
        weights[f"{norm}.bias"], weights[f"{norm}.running_mean"] = (0.1 * torch.randn(2, after, generator=rng)).unbind()
        weights[f"{norm}.num_batches_tracked"] = torch.tensor(7)

    layer("", 1, 3, 16)
    before = 16
    for stage, after in enumerate((16, 32, 64), start=1):
        for block in range(3):
            layer(f"layer{stage}.{block}.", 1, before, after)
            layer(f"layer{stage}.{block}.", 2, after, after)
            before = after
    weights["module.linear.weight"] = 0.1 * torch.randn(10, 64, generator=rng)
    weights["module.linear.bias"] = 0.1 * torch.randn(10, generator=rng)
    return weights


def by_hand(weights: dict[str, Tensor], images: Tensor) -> Tensor:
    """The pooled features (N, 64) of 32x32 colour images, without modules and in double precision."""
    w = {name.removeprefix("module."): value.double() for name, value in weights.items()}

    def layer(x: Tensor, place: str, number: int, stride: int = 1) -> Tensor:
        x = F.conv2d(x, w[f"{place}conv{number}.weight"], stride=stride, padding=1)
        norm = f"{place}bn{number}"
        scale = w[f"{norm}.weight"] / (w[f"{norm}.running_var"] + 1e-5).sqrt()
        return x * scale.view(-1, 1, 1) + (w[f"{norm}.bias"] - w[f"{norm}.running_mean"] * scale).view(-1, 1, 1)

    x = layer(((images.double() + 1) / 2 - MEAN) / DEVIATION, "", 1).clamp(min=0)
    for stage in (1, 2, 3):
        for block in range(3):
            place, shortcut, stride = f"layer{stage}.{block}.", x, 1
            if stage > 1 and block == 0:  # option A: every second pixel, zeros for the new channels on both sides
                halved, stride = x[:, :, ::2, ::2], 2
                zeros = torch.zeros_like(halved)[:, : halved.shape[1] // 2]
                shortcut = torch.cat([zeros, halved, zeros], dim=1)
            x = (layer(layer(x, place, 1, stride).clamp(min=0), place, 2) + shortcut).clamp(min=0)
    return x.mean(dim=(2, 3))


def test_a_published_file_computes_what_the_description_says(tmp_path: Path, rng: torch.Generator) -> None:
    weights, path = random_weights(), tmp_path / "weights.th"
    torch.save({"state_dict": weights, "best_prec1": 91.7}, path)
    classifier = load_cifar_resnet20(path)
    images = torch.rand(4, 3, 32, 32, generator=rng) * 2 - 1
    expected = by_hand(weights, images)
    features = classifier(images)
    torch.testing.assert_close(features.double(), expected, rtol=1e-4, atol=1e-4)
    scores = expected @ weights["module.linear.weight"].double().T + weights["module.linear.bias"].double()
    torch.testing.assert_close(classifier.logits(features).double(), scores, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_damaged_file_is_refused_in_one_line_wherever_the_damage_is(zipped: bool, tmp_path: Path) -> None:
    whole, path = io.BytesIO(), tmp_path / "damaged.th"
    torch.save({"state_dict": random_weights()}, whole, _use_new_zipfile_serialization=zipped)
    published = whole.getvalue()
    for kept in (0, 1, 10, 100, 400, 1_000, 3_000, len(published) // 2, len(published) - 1):
        path.write_bytes(published[:kept])
        with pytest.raises(CheckpointError, match=r"damaged\.th is damaged, or no file of weights"):
            load_cifar_resnet20(path)
    path.write_text("hello, this is a letter and not a network\n" * 10)
    with pytest.raises(CheckpointError, match=r"damaged\.th is damaged, or no file of weights"):
        load_cifar_resnet20(path)
