"""CLIP and DINO features, by the library ``transformers``, from a folder into which a person put the model.

Radford et al. 2021 (CLIP), Caron et al. 2021 and Oquab et al. 2023 (DINO). Nothing is downloaded and no pickle is
executed. ``transformers`` comes with the extra ``segmenters`` and is imported when a model is opened.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from core_gans.foundation.errors import LabError
from core_gans.metrics.features import Backbone

BATCH = 32  # images at a time
CLIP_NORMAL = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))  # mean, deviation in [0, 1]
IMAGENET_NORMAL = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


class TransformerFeatures(Backbone):
    """Images (N, 1 or 3, H, W) in [-1, 1] to what a vision model of ``transformers`` makes of them.

    Of CLIP it is the image's embedding, of DINO the first token (CLS) of the last layer. Images are brought to the
    model's side bicubically, smoothed where they become smaller, and to the colours' mean and deviation that its folder
    names.
    """

    def __init__(self, model: Any, name: str, side: int, mean: Any, deviation: Any) -> None:
        self.model = model.eval().requires_grad_(False)
        self.name, self.side = name, side
        self.mean, self.deviation = (torch.tensor(each).view(1, 3, 1, 1) for each in (mean, deviation))
        self.size = self(torch.zeros(1, 3, side, side)).shape[1]

    def __call__(self, images: Tensor) -> Tensor:
        return torch.cat([self._features(part) for part in self.colours(images).split(BATCH)])

    @torch.no_grad()
    def _features(self, images: Tensor) -> Tensor:
        brought = F.interpolate(images, size=(self.side, self.side), mode="bicubic", antialias=True).clamp(-1, 1)
        answer = self.model(pixel_values=((brought + 1) / 2 - self.mean) / self.deviation)
        embedded: Tensor | None = getattr(answer, "image_embeds", None)  # CLIP's; others have layers of tokens
        return embedded if embedded is not None else answer.last_hidden_state[:, 0]


def load_clip(folder: str | Path) -> TransformerFeatures:
    """The image side of the CLIP in ``folder``; LabError where there is none, or no ``transformers``."""
    return _load(Path(folder), "clip", "CLIPVisionModelWithProjection", ("clip", "clip_vision_model"), CLIP_NORMAL)


def load_dino(folder: str | Path) -> TransformerFeatures:
    """The DINO (v1 as a ViT, v2 or v2 with registers) in ``folder``; LabError as above."""
    kinds = ("vit", "dinov2", "dinov2_with_registers")
    return _load(Path(folder), "dino", "AutoModel", kinds, IMAGENET_NORMAL)


def _load(folder: Path, called: str, family: str, kinds: tuple[str, ...], normal: Any) -> TransformerFeatures:
    try:
        library = importlib.import_module("transformers")
    except ModuleNotFoundError as error:
        raise LabError(f"{called}: features need transformers: pip install 'gan-lab[segmenters]'.") from error
    if not (folder / "config.json").is_file():
        raise LabError(f"{folder} holds no model of transformers: expected a folder with config.json and weights.")
    config = library.AutoConfig.from_pretrained(str(folder), local_files_only=True)
    if config.model_type not in kinds:
        raise LabError(f"{folder} holds a {config.model_type}, expected {' or '.join(kinds)} for {called}:.")
    try:
        model = getattr(library, family).from_pretrained(str(folder), local_files_only=True, use_safetensors=True)
    except OSError as error:
        said = " ".join(str(error).split())[:200]
        raise LabError(f"{folder} holds no weights that can be read as safetensors ({said}).") from error
    vision = getattr(config, "vision_config", config)
    mean, deviation = _normal(folder, normal)
    return TransformerFeatures(model, f"{called}-{folder.resolve().name}", int(vision.image_size), mean, deviation)


def _normal(folder: Path, otherwise: Any) -> tuple[Any, Any]:
    """Mean and deviation of each colour, as the folder's preprocessor_config.json has them, or ``otherwise``."""
    path = folder / "preprocessor_config.json"
    told = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return told.get("image_mean", otherwise[0]), told.get("image_std", otherwise[1])
