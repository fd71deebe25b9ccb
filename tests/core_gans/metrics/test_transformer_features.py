"""CLIP and DINO from a folder: tiny random models of transformers, made here."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path
from typing import Any

import pytest
import torch

from core_gans.foundation.errors import LabError
from core_gans.metrics import Judge, load_clip, load_dino
from tests.tiny import pictures

SMALL = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}


@pytest.fixture
def library() -> Any:
    return pytest.importorskip("transformers", reason="transformers is an optional extra (gan-lab[segmenters])")


def folder_of(model: Any, place: Path) -> Path:
    model.save_pretrained(place, safe_serialization=True)
    return place


def test_clip_gives_the_embedding_of_its_image_side(library: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    config = library.CLIPVisionConfig(**SMALL, image_size=16, patch_size=8, projection_dim=12)
    model = library.CLIPVisionModelWithProjection(config).eval()
    clip = load_clip(folder_of(model, tmp_path / "tiny"))
    assert (clip.name, clip.size) == ("clip-tiny", 12)
    images = pictures(4, 16).images.float() / 127.5 - 1
    shown = (images.expand(-1, 3, -1, -1) + 1) / 2
    normal = (shown - torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)) / torch.tensor(
        [0.26862954, 0.26130258, 0.27577711]
    ).view(3, 1, 1)
    with torch.no_grad():
        assert torch.allclose(clip(images), model(pixel_values=normal).image_embeds, atol=1e-5)
    found = Judge(pictures(30, 16), 10, classifier=f"clip:{tmp_path / 'tiny'}", metrics=("frechet", "kernel"))
    assert [name.split("[")[1] for name in found.of_real(0)] == ["clip-tiny]"] * 2


@pytest.mark.parametrize("kind", ["ViT", "Dinov2"])
def test_dino_gives_its_first_token(kind: str, library: Any, tmp_path: Path) -> None:
    torch.manual_seed(0)
    more = {} if kind == "Dinov2" else {"intermediate_size": 24}
    small = {name: value for name, value in SMALL.items() if name != "intermediate_size"}
    config = getattr(library, f"{kind}Config")(**small, **more, image_size=16, patch_size=8)
    model = getattr(library, f"{kind}Model")(config).eval()
    place = folder_of(model, tmp_path / "tiny")
    (place / "preprocessor_config.json").write_text(json.dumps({"image_mean": [0.5] * 3, "image_std": [0.5] * 3}))
    dino = load_dino(place)
    images = pictures(4, 16).images.float() / 127.5 - 1
    with torch.no_grad():
        answer = model(pixel_values=images.expand(-1, 3, -1, -1)).last_hidden_state[:, 0]
    assert torch.allclose(dino(images), answer, atol=1e-5)


def test_a_model_of_another_kind(library: Any, tmp_path: Path) -> None:
    model = library.ViTModel(library.ViTConfig(**SMALL, image_size=16, patch_size=8))
    with pytest.raises(LabError, match="holds a vit, expected clip or clip_vision_model for clip:"):
        load_clip(folder_of(model, tmp_path / "tiny"))


def test_without_transformers_or_a_model_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(LabError, match=r"clip: features need transformers: pip install 'gan-lab\[segmenters\]'"):
        Judge(pictures(), 4, classifier=f"clip:{tmp_path}")
    monkeypatch.setitem(sys.modules, "transformers", types.ModuleType("transformers"))
    with pytest.raises(LabError, match="holds no model of transformers"):
        load_dino(tmp_path)
    with pytest.raises(ValueError, match=r"no set of features is called 'klip:x'.*clip:FOLDER"):
        Judge(pictures(), 4, classifier="klip:x")


class Fake(torch.nn.Module):
    """Answers as a vision model of transformers does: the mean of each colour, or tokens of them."""

    def __init__(self, embeds: bool) -> None:
        super().__init__()
        self.embeds = embeds

    def forward(self, pixel_values: torch.Tensor) -> Any:
        assert pixel_values.shape[1:] == (3, 8, 8)
        means = pixel_values.mean(dim=(2, 3))
        if self.embeds:
            return types.SimpleNamespace(image_embeds=means)
        return types.SimpleNamespace(last_hidden_state=torch.stack([means, 0 * means], dim=1))


@pytest.mark.parametrize(("load", "kind"), [(load_clip, "clip"), (load_dino, "dinov2")])
def test_images_come_in_the_model_s_size_and_colours(
    load: Any, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def opened(place: str, **given: Any) -> Any:
        asked.append(given)
        return Fake(embeds=kind == "clip")

    size = types.SimpleNamespace(image_size=8)
    config = types.SimpleNamespace(model_type=kind, vision_config=size, image_size=8)
    library: Any = types.ModuleType("transformers")
    library.AutoConfig = types.SimpleNamespace(from_pretrained=lambda place, **_: config)
    library.CLIPVisionModelWithProjection = library.AutoModel = types.SimpleNamespace(from_pretrained=opened)
    monkeypatch.setitem(sys.modules, "transformers", library)
    (tmp_path / "config.json").write_text("{}")
    told = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.5, 0.5, 2.0]}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(told))
    features = load(tmp_path)
    assert asked == [{"local_files_only": True, "use_safetensors": True}]
    found = features(torch.full((70, 1, 16, 12), 0.2))  # 0.6 in [0, 1]
    assert torch.allclose(found, torch.tensor([[1.0, 0.8, 0.15]]).expand(70, 3), atol=1e-5)
