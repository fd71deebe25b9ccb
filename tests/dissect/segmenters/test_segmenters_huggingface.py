"""Models of transformers, behind a stand-in that takes and gives what the library's documentation says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.segmenters import HuggingFaceSegmenter, StrokeSegmenter
from dissect.segmenters.huggingface import labels_of
from dissect.segmenters.opening import open_segmenter
from dissect.segmenters.protocol import DifferentiableSegmenter
from dissect.segmenters.unet import UNet, UNetSegmenter
from tests.dissect.glass import COLOURS, LABELS
from tests.dissect.nearest import Nearest, blocks


class FakeProcessor:
    """Prepares images as SegFormer's processor does, or as OneFormer's, which must be told a task for each."""

    image_mean, image_std = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
    do_resize, do_normalize = True, True

    def __init__(self, told: bool) -> None:
        self.told = told
        self.size = {"height": 16, "width": 16}

    def __call__(self, *, images: list[np.ndarray], return_tensors: str, **more: list[str]) -> dict[str, Tensor]:
        assert return_tensors == "pt"
        assert more == ({"task_inputs": ["semantic"] * len(images)} if self.told else {})
        assert all(image.dtype == np.uint8 and image.shape[2] == 3 for image in images)
        stacked = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 255
        return {"pixel_values": (stacked - 0.5) / 0.25} | ({"task_inputs": torch.zeros(1)} if self.told else {})

    def post_process_semantic_segmentation(
        self, outputs: SimpleNamespace, target_sizes: list[tuple[int, int]]
    ) -> list[Tensor]:
        assert len(target_sizes) == len(outputs.logits)
        sized = (
            F.interpolate(logits[None], size, mode="bilinear", align_corners=False)[0].argmax(0)
            for logits, size in zip(outputs.logits, target_sizes, strict=True)
        )
        return list(sized)


class FakeModel(Nearest):
    """A network on pixels normalised as ``FakeProcessor`` does, with a configuration."""

    def __init__(self, config: SimpleNamespace) -> None:
        super().__init__("object", reduced=1)
        self.config = config
        self.colours.data = ((COLOURS + 1) / 2 - 0.5) / 0.25
        self.told = config.model_type == "oneformer"

    def forward(self, pixel_values: Tensor, task_inputs: Tensor | None = None) -> object:
        assert (task_inputs is not None) == self.told
        return super().forward(pixel_values)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Plants a ``transformers`` with a model of the given type; returns what is asked of it, call by call."""

    def plant(kind: str, id2label: dict[int | str, str] | None = None) -> list[str]:
        config = SimpleNamespace(model_type=kind, id2label=id2label or dict(enumerate(LABELS)))
        asked: list[str] = []

        def opener(name: str, make: Callable[[], object], kinds: tuple[str, ...] | None = None) -> SimpleNamespace:
            def from_pretrained(source: str) -> object:
                asked.append(f"{name} {source}")
                if kinds is not None and kind not in kinds:
                    raise ValueError(f"Unrecognized configuration class for {name}")
                return make()

            return SimpleNamespace(from_pretrained=from_pretrained)

        module = ModuleType("transformers")
        masks, pixels = ("detr", "maskformer", "mask2former", "oneformer"), ("segformer", "upernet")
        openers = {
            "AutoConfig": opener("AutoConfig", lambda: config),
            "AutoImageProcessor": opener("AutoImageProcessor", lambda: FakeProcessor(told=False)),
            "AutoProcessor": opener("AutoProcessor", lambda: FakeProcessor(told=True), ("oneformer",)),
            "AutoModelForSemanticSegmentation": opener(
                "AutoModelForSemanticSegmentation", lambda: FakeModel(config), pixels
            ),
            "AutoModelForUniversalSegmentation": opener(
                "AutoModelForUniversalSegmentation", lambda: FakeModel(config), masks
            ),
        }
        for name, value in openers.items():
            setattr(module, name, value)
        monkeypatch.setitem(sys.modules, "transformers", module)
        return asked

    return plant


@pytest.mark.parametrize(
    ("kind", "processor", "model"),
    [
        ("segformer", "AutoImageProcessor", "AutoModelForSemanticSegmentation"),
        ("mask2former", "AutoImageProcessor", "AutoModelForUniversalSegmentation"),
        ("oneformer", "AutoProcessor", "AutoModelForUniversalSegmentation"),
        ("detr", "AutoImageProcessor", "AutoModelForUniversalSegmentation"),
    ],
)
def test_models_of_transformers_see_what_they_see(
    library: Callable[..., list[str]], kind: str, processor: str, model: str
) -> None:
    asked = library(kind)
    segmenter = HuggingFaceSegmenter.from_pretrained("some/where", batch_size=2)
    assert sorted(asked) == sorted(f"{name} some/where" for name in ("AutoConfig", processor, model))
    assert segmenter.labels == LABELS
    images, classes = blocks()
    assert torch.equal(segmenter(images), classes)


def test_a_segformer_can_be_differentiated_through(library: Callable[..., list[str]]) -> None:
    library("segformer")
    segmenter = HuggingFaceSegmenter.from_pretrained("some/where")
    through = segmenter.differentiable()
    assert isinstance(through, DifferentiableSegmenter)
    images, _ = blocks()
    assert torch.equal(through(images), segmenter(images))
    images.requires_grad_()
    assert torch.autograd.grad(through.logits(images)[:, 1].sum(), images)[0].abs().sum() > 0
    segmenter.processor.size = {"shortest_edge": 16}
    with pytest.raises(ValueError, match="shortest_edge"):
        segmenter.differentiable()
    segmenter.processor.do_resize = False
    assert segmenter.differentiable().size is None


def test_models_that_cannot_are_named(library: Callable[..., list[str]]) -> None:
    library("mask2former")
    with pytest.raises(ValueError, match="mask2former answers with masks"):
        HuggingFaceSegmenter.from_pretrained("some/where").differentiable()
    library("bert")
    with pytest.raises(ValueError, match="some/where holds a bert"):
        HuggingFaceSegmenter.from_pretrained("some/where")
    library("segformer", {0: "sky", 1: "tree"})
    with pytest.raises(ValueError, match=r"2 labels are the classes 0 to 1, .* run from 0 to 4"):
        HuggingFaceSegmenter.from_pretrained("some/where")(blocks()[0])
    with pytest.raises(ValueError, match="batch size"):
        HuggingFaceSegmenter.from_pretrained("some/where", batch_size=0)


def test_labels_come_in_the_order_of_their_numbers_and_differ() -> None:
    assert labels_of({"10": "k", **{str(i): f"l{i}" for i in range(10)}})[10] == "k"
    assert labels_of({0: "screen", 1: "door", 2: "screen"}) == ("screen (0)", "door", "screen (2)")
    with pytest.raises(ValueError, match=r"got them for \[0, 2\]"):
        labels_of({0: "a", 2: "b"})


def test_without_transformers_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ValueError, match=r"gan-lab\[segmenters\]"):
        HuggingFaceSegmenter.from_pretrained("some/where")


def test_segmenters_are_opened_by_what_a_person_writes(library: Callable[..., list[str]], tmp_path: Path) -> None:
    assert isinstance(open_segmenter("strokes"), StrokeSegmenter)
    asked = library("segformer")
    assert isinstance(open_segmenter("hf:some/where"), HuggingFaceSegmenter)
    (tmp_path / "config.json").write_text("{}")
    assert isinstance(open_segmenter(tmp_path), HuggingFaceSegmenter)
    assert asked[0] == "AutoConfig some/where"
    assert asked[-1].endswith(str(tmp_path))
    UNetSegmenter(UNet(2, (4, 8), normalise=False), ("a", "b")).save(tmp_path / "own.safetensors")
    assert open_segmenter(tmp_path / "own.safetensors").labels == ("a", "b")
    with pytest.raises(FileNotFoundError, match="there is no segmenter 'strokez'"):
        open_segmenter("strokez")
    (tmp_path / "config.json").unlink()
    with pytest.raises(ValueError, match=r"without config\.json"):
        open_segmenter(tmp_path)
