"""The published MNIST generators, opened from a list of layers or a few lines of code, and dissected.

Judges: the digits classifier of the lab, trained on other digits, and the labels that the generator was asked for.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from core_gans.metrics import load_digits_classifier
from dissect import Dissection, ablate, compare_layers, intervene
from dissect.generators import (
    LabelDoor,
    LabelledLatents,
    Prior,
    carry_labels,
    classes_known,
    default_layers,
    load_weights,
    oddities,
    sequential,
    with_unit_maps,
)
from dissect.sampling import segment
from dissect.segmenters import RuleSegmenter, StrokeSegmenter

pytestmark = pytest.mark.skipif("GANLAB_DATA" not in os.environ, reason="GANLAB_DATA does not name a folder of data")
DENSE = "linear 64 256; relu; linear 256 256; relu; linear 256 784; tanh; reshape 1 28 28"
IMAGES = 200
LABELS = ("background", "stroke", "loop", "edge")


class Conditional(nn.Module):
    """HayatoHongo's class-conditional WGAN-GP: a label's row behind the latent, then two enlargements."""

    def __init__(self) -> None:
        super().__init__()
        self.label_emb = nn.Embedding(10, 10)
        self.l1 = sequential("linear 20 6272")
        self.conv_blocks = sequential(
            "batchnorm 128; upsample 2; conv 128 128 3 1 1; batchnorm 128 0.8; relu;"
            "upsample 2; conv 128 64 3 1 1; batchnorm 64 0.8; relu; conv 64 1 3 1 1; tanh"
        )

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        images: Tensor = self.conv_blocks(self.l1(torch.cat((latents, self.label_emb(labels)), 1)).view(-1, 128, 7, 7))
        return images


def weights(name: str) -> Path:
    return Path(os.environ["GANLAB_DATA"]) / "weights" / name


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def dense() -> nn.Sequential:
    net = sequential(DENSE).eval().requires_grad_(False)
    load_weights(net, weights("csinva_mnist_mlp_G.ckpt"))
    return net


def conditional() -> nn.Module:
    net = Conditional().eval().requires_grad_(False)
    load_weights(net, weights("hayatohongo_mnist_cwgangp_G.pth"))
    carry_labels(net, LabelDoor((10,), classes_known(net) or 0))
    return net


@pytest.fixture(scope="module")
def dissected() -> tuple[nn.Module, Tensor, dict[str, Dissection]]:
    net, latents = conditional(), LabelledLatents(Prior((10,)), 10)(IMAGES, rng())
    return net, latents, compare_layers(net, ["conv_blocks.4", "conv_blocks.8"], latents, seen())


def seen() -> RuleSegmenter:
    """Strokes with their ends, the loops they close, and their outline."""
    strokes = StrokeSegmenter()
    end, stroke = strokes.labels.index("end"), LABELS.index("stroke")

    def classes(images: Tensor) -> Tensor:
        found = strokes(images)
        return found.where(found != end, stroke)

    return RuleSegmenter(classes, LABELS)


@torch.no_grad()
def answers(images: Tensor) -> Tensor:
    """Probabilities (N, 10) of the ten digits."""
    judge = load_digits_classifier()
    return judge.logits(judge(images)).softmax(1)


def showing(concept: str, images: Tensor) -> Tensor:
    """The share of each of ``images`` (N, 1, H, W) that shows ``concept``."""
    return (segment(seen(), images) == LABELS.index(concept)).flatten(1).float().mean(1)


def test_a_list_of_layers_and_published_weights_draw_digits() -> None:
    net, latents = dense(), Prior((64,))(IMAGES, rng())
    assert oddities(net, latents[:8]) == []
    images = net(latents)
    assert images.shape == (IMAGES, 1, 28, 28)
    told = answers(images)
    assert told.amax(1).mean() > 0.7
    assert told.argmax(1).unique().numel() == 10
    assert answers(sequential(DENSE)(latents)).amax(1).mean() < 0.3


def test_the_conditional_generator_draws_the_labels_it_is_asked_for() -> None:
    net, latents = conditional(), LabelledLatents(Prior((10,)), 10)(IMAGES, rng())
    assert default_layers(net, latents[:1]) == ["conv_blocks.0", "conv_blocks.4", "conv_blocks.8"]
    assert oddities(net, latents[:8]) == []
    asked = latents[:, -1].long()
    told = answers(net(latents)).argmax(1)
    assert (told == asked).float().mean() > 0.3  # the published digits are imperfect; chance is 0.1
    assert (told == (asked + 3) % 10).float().mean() < 0.15
    zeros, ones = (net(LabelledLatents(Prior((10,)), 10, label)(100, rng())) for label in (0, 1))
    assert (showing("loop", zeros) > 0).float().mean() > (showing("loop", ones) > 0).float().mean() + 0.1


def test_units_for_strokes_are_found_late(dissected: tuple[nn.Module, Tensor, dict[str, Dissection]]) -> None:
    _, _, found = dissected
    middle, last = found["conv_blocks.4"], found["conv_blocks.8"]
    assert len(last.matched()) > last.count / 2 > last.count * len(middle.matched()) / middle.count
    stroke, edge = last.concept("stroke"), last.concept("edge")
    best = last.units("stroke")[0]
    assert last.iou[best, stroke] > 0.5
    assert last.iou[best, stroke] > 2 * last.iou[best, edge]
    assert last.score[:, edge].max() > 0.1
    assert not last.units("loop")  # ground that strokes enclose is drawn by no unit of its own


def test_removing_the_units_of_strokes_removes_strokes_and_removing_random_ones_does_not(
    dissected: tuple[nn.Module, Tensor, dict[str, Dissection]],
) -> None:
    net, latents, found = dissected
    units = found["conv_blocks.8"].units("stroke", 6)
    others = [unit for unit in torch.randperm(64, generator=rng()).tolist() if unit not in units]

    def strokes(removed: Sequence[int]) -> float:
        with intervene(net, {"conv_blocks.8": ablate(removed)}):
            return float(showing("stroke", net(latents[:64])).mean())

    whole, without = strokes([]), strokes(units)
    random = [strokes(others[start : start + len(units)]) for start in (0, 6, 12, 18)]
    assert len(units) == 6
    assert without < 0.7 * whole
    assert without < min(random)


def test_a_generator_without_maps_has_units_for_whole_pictures() -> None:
    net, latents = dense(), Prior((64,))(2 * IMAGES, rng())
    layer = with_unit_maps(net, "3")
    found = compare_layers(net, [layer], latents, seen())[layer]
    assert found.count == 256
    loops = found.units("loop")
    assert loops
    best = loops[0]
    with torch.no_grad():
        activation = net[:4](latents)[:, best]
        loop = showing("loop", net(latents))
    on = activation > found.level[best, found.concept("loop")]
    assert loop[on].mean() > 1.5 * loop[~on].mean()
