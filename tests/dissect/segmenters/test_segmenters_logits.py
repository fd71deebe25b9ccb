"""Any module with logits as a segmenter."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dissect.segmenters import IMAGENET_MEAN, IMAGENET_STD, LogitSegmenter
from dissect.segmenters.protocol import DifferentiableSegmenter
from tests.dissect.glass import COLOURS, LABELS, ColourSegmenter
from tests.dissect.nearest import Nearest, blocks


@pytest.mark.parametrize("kind", ["tensor", "out", "logits", "object"])
def test_every_way_of_answering_gives_the_planted_classes(kind: str) -> None:
    images, classes = blocks()
    segmenter = LogitSegmenter(Nearest(kind, reduced=1), LABELS, batch_size=2)
    answer = segmenter(images)
    assert answer.dtype == torch.int64
    assert torch.equal(answer, classes)


def test_small_scores_are_enlarged_bilinearly() -> None:
    images, classes = blocks()
    module = Nearest(reduced=4)
    segmenter = LogitSegmenter(module, LABELS)
    small = module.eval()(images)
    assert isinstance(small, Tensor)
    scores = segmenter.logits(images)
    assert torch.allclose(scores, F.interpolate(small, scale_factor=4, mode="bilinear"))
    centres = (slice(None), slice(1, None, 4), slice(1, None, 4))  # a quarter off the cell's centre: its class still
    assert (segmenter(images)[centres] == classes[centres]).float().mean() > 0.9


def test_images_are_normalised_and_resized_as_the_network_was_trained() -> None:
    images, classes = blocks()
    seen: list[Tensor] = []

    class Looks(nn.Module):
        def forward(self, shown: Tensor) -> Tensor:
            seen.append(shown)
            return torch.zeros(len(shown), 2, 3, 3)

    LogitSegmenter(Looks(), ("a", "b"), mean=IMAGENET_MEAN, std=IMAGENET_STD, size=(8, 24))(images)
    assert seen[0].shape == (5, 3, 8, 24)
    white = torch.ones(1, 3, 4, 4)
    LogitSegmenter(Looks(), ("a", "b"), mean=IMAGENET_MEAN, std=IMAGENET_STD)(white)
    wanted = (1 - torch.tensor(IMAGENET_MEAN)) / torch.tensor(IMAGENET_STD)
    assert torch.allclose(seen[1][0, :, 0, 0], wanted)
    LogitSegmenter(Looks(), ("a", "b"))(images)
    assert torch.allclose(seen[2], images, atol=1e-6)
    # Twice the size and back: the classes stay, up to the soft borders.
    doubled = LogitSegmenter(Nearest(), LABELS, size=32)(images)
    assert doubled.shape == classes.shape
    assert (doubled == classes).float().mean() > 0.8


def test_gradients_reach_the_images_and_not_the_network() -> None:
    images, _ = blocks()
    module = Nearest("out", reduced=1)
    segmenter = LogitSegmenter(module, LABELS, batch_size=2)
    assert isinstance(segmenter, DifferentiableSegmenter)
    assert not isinstance(ColourSegmenter(), DifferentiableSegmenter)
    images.requires_grad_()
    scores = segmenter.logits(images)
    assert scores.shape == (5, len(LABELS), 16, 16)
    (slope,) = torch.autograd.grad(scores[:, 2].sum(), images)
    assert torch.allclose(slope, -2 * (images - COLOURS[2].view(3, 1, 1)), atol=1e-5)  # of minus the squared distance
    assert module.colours.grad is None
    assert not module.colours.requires_grad
    assert not segmenter(images).requires_grad


class Answers(nn.Module):
    """Answers with whatever it is made of."""

    def __init__(self, answer: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, images: Tensor) -> object:
        return self.answer(images)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda x: x.new_zeros(len(x), 7, 4, 4), "tells 7 classes apart, but there are 5 labels"),
        (lambda x: x.new_zeros(len(x), 5), r"expected logits \(2, 5, h, w\) from the network, got \(2, 5\)"),
        (lambda x: x.new_zeros(1, 5, 4, 4), r"got \(1, 5, 4, 4\)"),
        (lambda x: x.new_full((len(x), 5, 4, 4), float("nan")), "NaN"),
        (lambda x: {"aux": x}, "got a mapping of aux"),
        (lambda x: (x, x), "got tuple"),
        (lambda x: SimpleNamespace(logits="none"), "got SimpleNamespace"),
    ],
)
def test_answers_that_are_no_logits_are_named(answer: Callable[[Tensor], object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        LogitSegmenter(Answers(answer), LABELS)(torch.zeros(2, 3, 8, 8))


def test_a_segmenter_that_cannot_be_is_refused() -> None:
    cases: list[tuple[tuple[str, ...] | str, dict[str, object], str]] = [
        (("a", "b", "a"), {}, "'a' is there more than once"),
        ((), {}, "at least one label"),
        (("a", " "), {}, "none of them empty"),
        ("sky", {}, "write \\['sky'\\]"),
        (("a",), {"colours": [(0, 0)]}, "RGB from 0 to 255"),
        (("a",), {"size": 0}, "at least 1 pixel"),
        (("a",), {"std": (1.0, 1.0, 0.0)}, "std above 0"),
        (("a",), {"mean": (0.5,)}, "three numbers"),
        (("a",), {"batch_size": 0}, "batch size"),
    ]
    for labels, options, told in cases:
        with pytest.raises(ValueError, match=told):
            LogitSegmenter(nn.Identity(), labels, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"got torch.float32 \(1, 1, 8, 8\)"):
        LogitSegmenter(Nearest(), LABELS)(torch.zeros(1, 1, 8, 8))
