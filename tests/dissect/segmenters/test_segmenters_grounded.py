"""Boxes by words and outlines by boxes: tiny random models of the real classes, where transformers is installed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dissect.segmenters.grounded import GroundedSegmenter
from dissect.segmenters.opening import open_segmenter

WORDS = ("red car", "lamp post")
SIZES = {"hidden_size": 32, "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 2}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
DETECTORS = ("owlvit", "grounding-dino")


@pytest.fixture(scope="module")
def library() -> Any:
    return pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def outliner(library: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SAM of a few weights."""
    place = tmp_path_factory.mktemp("sam")
    side = {"image_size": 64, "patch_size": 16}
    vision = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "output_channels": 16}
    config = library.SamConfig(
        vision_config={**side, **vision, "num_pos_feats": 8, "global_attn_indexes": [1], "window_size": 2},
        prompt_encoder_config={**side, "hidden_size": 16, "mask_input_channels": 4},
        mask_decoder_config={"hidden_size": 16, "mlp_dim": 16, "num_attention_heads": 2, "iou_head_hidden_dim": 16},
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        library.SamModel(config).save_pretrained(place)
    sides = {"size": {"longest_edge": 64}, "pad_size": {"height": 64, "width": 64}}
    library.SamProcessor(library.SamImageProcessor(**sides)).save_pretrained(place)
    return place


@pytest.fixture(scope="module", params=DETECTORS)
def detector(request: pytest.FixtureRequest, library: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A detector of a few weights, with a tokenizer of letters."""
    place = tmp_path_factory.mktemp(request.param)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        {"owlvit": owl, "grounding-dino": dino}[request.param](library, place)
    return place


def owl(library: Any, place: Path) -> None:
    tokens = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>", "!"]
    (place / "vocab.json").write_text(json.dumps({token: number for number, token in enumerate(tokens)}))
    (place / "merges.txt").write_text("#version: 0.2\n")
    ends = {"bos_token_id": 52, "eos_token_id": 53, "pad_token_id": 54}
    config = library.OwlViTConfig(
        text_config={**SIZES, "vocab_size": len(tokens), **ends},
        vision_config={**SIZES, "image_size": 32, "patch_size": 8},
        projection_dim=32,
    )
    library.OwlViTForObjectDetection(config).save_pretrained(place)
    tokenizer = library.CLIPTokenizer(
        str(place / "vocab.json"), str(place / "merges.txt"), pad_token="!", model_max_length=16
    )
    images = library.OwlViTImageProcessor(
        size={"height": 32, "width": 32}, do_center_crop=False, crop_size={"height": 32, "width": 32}
    )
    library.OwlViTProcessor(images, tokenizer).save_pretrained(place)


def dino(library: Any, place: Path) -> None:
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    (place / "vocab.txt").write_text("\n".join(tokens))
    backbone = library.SwinConfig(
        image_size=128, patch_size=4, embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 1, 1], window_size=2,
        out_features=["stage2", "stage3", "stage4"],
    )  # fmt: skip
    config = library.GroundingDinoConfig(
        backbone_config=backbone, text_config=library.BertConfig(**SIZES, vocab_size=len(tokens)),
        d_model=32, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2,
        encoder_ffn_dim=16, decoder_ffn_dim=16, num_queries=5, max_text_len=32,
    )  # fmt: skip
    library.GroundingDinoForObjectDetection(config).save_pretrained(place)
    images = library.GroundingDinoImageProcessor(size={"height": 128, "width": 128}, do_pad=False)
    library.GroundingDinoProcessor(images, library.BertTokenizer(str(place / "vocab.txt"))).save_pretrained(place)


def picture(side: int) -> Tensor:
    pixels = torch.randint(0, 256, (2, 3, side, side), generator=torch.Generator().manual_seed(0))
    return pixels.float() / 127.5 - 1


def test_the_surest_box_of_each_pixel_is_the_librarys_own(library: Any, detector: Path, outliner: Path) -> None:
    segmenter = GroundedSegmenter.from_pretrained(detector, outliner, WORDS, threshold=0.0)
    images = picture(48)
    found = segmenter(images)
    assert found.shape == (2, 48, 48)

    image = ((images[0].permute(1, 2, 0) + 1) * 127.5).round().byte().numpy()
    net = library.AutoModelForZeroShotObjectDetection.from_pretrained(detector).eval()
    asks = library.AutoProcessor.from_pretrained(detector)
    sam, prompts = library.SamModel.from_pretrained(outliner).eval(), library.SamProcessor.from_pretrained(outliner)
    best = np.full((48, 48), -1.0)
    expected = np.full((48, 48), -1)
    for number, word in enumerate(WORDS):
        asked = asks(images=image, text=[[word]], return_tensors="pt")
        with torch.no_grad():
            answer = net(**asked)
        (seen,) = asks.post_process_grounded_object_detection(answer, threshold=0.0, target_sizes=[(48, 48)])
        assert len(seen["boxes"])
        for box, score in zip(seen["boxes"].tolist(), seen["scores"].tolist(), strict=True):
            prompt = prompts(image, input_boxes=[[box]], return_tensors="pt")
            shown = {"pixel_values": prompt["pixel_values"], "input_boxes": prompt["input_boxes"].float()}
            with torch.no_grad():
                masks = sam(**shown, multimask_output=False).pred_masks
            (mask,) = prompts.image_processor.post_process_masks(
                masks, prompt["original_sizes"], prompt["reshaped_input_sizes"]
            )
            surer = mask[0, 0].numpy() & (score > best)
            best[surer], expected[surer] = score, number
    assert {-1, 0, 1} & set(expected.flatten().tolist()) != {-1}
    assert np.array_equal(found[0].numpy(), expected)


def test_the_command_takes_two_folders(detector: Path, outliner: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    segmenter = open_segmenter(f"{detector}+{outliner}", WORDS)
    assert isinstance(segmenter, GroundedSegmenter)
    assert segmenter.labels == WORDS
    monkeypatch.setattr(segmenter, "boxes", lambda *_: (torch.zeros(0, 4), torch.zeros(0)))
    assert (segmenter(picture(32)) == -1).all()
    with pytest.raises(ValueError, match="holds a sam: what finds words is one of grounding-dino"):
        open_segmenter(f"{outliner}+{detector}", WORDS)
    with pytest.raises(ValueError, match="take a CLIPSeg, or DETECTOR"):
        open_segmenter(detector, WORDS)


@pytest.mark.parametrize("text", ["nowhere", "nowhere+hf:sam", "hf:dino+nowhere"])
def test_a_folder_that_is_not_there_is_not_asked_of_the_hub(text: str) -> None:
    with pytest.raises(FileNotFoundError, match="there is no folder 'nowhere'"):
        open_segmenter(text, WORDS)
