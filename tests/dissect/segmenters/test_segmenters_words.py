"""Concepts by words, and models of masks: tiny random ones of the real classes, where transformers is installed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from dissect.commands.segmenter_choice import chosen_segmenter
from dissect.segmenters.huggingface import HuggingFaceSegmenter, side_of
from dissect.segmenters.opening import open_segmenter
from dissect.segmenters.words import WordSegmenter, split_concepts

WORDS = ("red car", "lamp post")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CLIPSeg of a few weights, with a tokenizer of letters."""
    library = pytest.importorskip("transformers")
    place = tmp_path_factory.mktemp("clipseg")
    letters = [*"abcdefghijklmnopqrstuvwxyz"]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    (place / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (place / "merges.txt").write_text("#version: 0.2\n")
    sizes = {"hidden_size": 8, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 3}
    text = {**sizes, "vocab_size": len(tokens), "bos_token_id": 52, "eos_token_id": 53, "pad_token_id": 53}
    config = library.CLIPSegConfig(
        text_config=text,
        vision_config={**sizes, "image_size": 16, "patch_size": 4},
        projection_dim=8,
        extract_layers=[0, 1, 2],
        reduce_dim=8,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=16,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        library.CLIPSegForImageSegmentation(config).save_pretrained(place)
    library.CLIPTokenizer(str(place / "vocab.json"), str(place / "merges.txt")).save_pretrained(place)
    library.ViTImageProcessor(size={"height": 16, "width": 16}).save_pretrained(place)
    return place


def images(side: int) -> torch.Tensor:
    pixels = torch.randint(0, 256, (3, 3, side, side), generator=torch.Generator().manual_seed(0))
    return pixels.float() / 127.5 - 1


def test_words_are_looked_for_as_the_library_does(folder: Path):
    import transformers

    segmenter = open_segmenter(folder, WORDS)
    assert isinstance(segmenter, WordSegmenter)
    assert segmenter.labels == WORDS
    model = transformers.CLIPSegForImageSegmentation.from_pretrained(folder).eval()
    told = transformers.AutoTokenizer.from_pretrained(folder)(list(WORDS), padding=True, return_tensors="pt")
    shown = images(16)
    with torch.no_grad():
        scores = torch.stack(
            [
                model(**told, pixel_values=(image / 2).expand(2, -1, -1, -1)).logits.view(2, 16, 16)
                for image in shown / 0.5
            ]
        )
    torch.testing.assert_close(segmenter._scores(shown), scores, rtol=1e-4, atol=1e-5)
    classes = segmenter(shown)
    best = scores.max(1)
    assert torch.equal(classes, torch.where(best.values > 0, best.indices, -1))
    assert segmenter(images(24)).shape == (3, 24, 24)
    with pytest.raises(ValueError, match="red car"):
        WordSegmenter.from_pretrained(folder, ("red car", "red car"))


def test_a_panoptic_detr_is_a_segmenter(tmp_path: Path):
    library = pytest.importorskip("transformers")
    backbone = library.ResNetConfig(
        num_channels=3, embedding_size=8, hidden_sizes=[8, 8, 8, 8], depths=[1, 1, 1, 1], layer_type="basic",
        out_features=["stage1", "stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = library.DetrConfig(
        use_timm_backbone=False,
        use_pretrained_backbone=False,
        backbone=None,
        backbone_config=backbone,
        d_model=32,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=8,
        decoder_attention_heads=8,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        num_queries=5,
        id2label={0: "sky", 1: "tree"},
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        library.DetrForSegmentation(config).save_pretrained(tmp_path)
    library.DetrImageProcessor(size={"height": 64, "width": 64}).save_pretrained(tmp_path)
    segmenter = HuggingFaceSegmenter.from_pretrained(tmp_path)
    assert segmenter.labels == ("sky", "tree")
    assert segmenter(images(64)).shape == (3, 64, 64)
    with pytest.raises(ValueError, match="a detr answers with masks"):
        segmenter.differentiable()


def test_what_words_cannot_be_looked_for_is_said():
    assert split_concepts(" red car, lamp post,") == WORDS
    with pytest.raises(ValueError, match="strokes has labels of its own"):
        open_segmenter("strokes", WORDS)
    with pytest.raises(ValueError, match="in which folder it is, or DETECTOR"):
        chosen_segmenter(None, None, None, "red car")  # type: ignore[arg-type]


def test_a_size_is_read_off_mappings_and_objects():
    class SizeOfFive:
        height, width, shortest_edge = 16, None, None

    assert side_of({"height": 3}, "height") == 3
    assert side_of({"shortest_edge": 3}, "height") is None
    assert side_of(SizeOfFive(), "height") == 16
    assert side_of(SizeOfFive(), "width") is None
    assert np.isscalar(side_of({"width": np.int64(4)}, "width"))
