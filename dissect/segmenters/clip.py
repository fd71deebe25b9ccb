"""CLIP (Radford et al. 2021) of ``transformers``: pictures and words as vectors, alike where they mean the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.segmenters.contract import check_images
from dissect.segmenters.huggingface import transformers_library

KIND = "clip"  # the type that its configuration tells
AT_ONCE = 256  # words


class Clip:
    """A CLIP; :meth:`from_pretrained` opens one. ``tokens`` turns words into what its text model takes."""

    def __init__(self, model: Any, tokens: Any, *, mean: Sequence[float], std: Sequence[float]) -> None:
        self.model = model.eval().requires_grad_(False)
        self.tokens = tokens
        self.size = int(model.config.vision_config.image_size)
        self.mean, self.std = tuple(mean), tuple(std)

    @classmethod
    def from_pretrained(cls, source: str | Path) -> Clip:
        """Open the model in a folder, or the one of that name on the hub.

        Raises:
            ValueError: ``transformers`` is not installed, or it is no CLIP.
            FileNotFoundError: it can be no name on the hub, OWNER/NAME, and there is no such folder.
            OSError: the hub has no such name or cannot be reached, as ``transformers`` puts it.
        """
        name = str(source)
        if not Path(name).is_dir() and not re.fullmatch(r"[\w-][\w.-]*/[\w.-]+", name):
            raise FileNotFoundError(f"there is no folder {name!r}: give one with a CLIP, or its OWNER/NAME on the hub.")
        library = transformers_library()
        kind = str(library.AutoConfig.from_pretrained(name).model_type)
        if kind != KIND:
            raise ValueError(f"{name} holds a {kind}: expected a CLIP, such as openai/clip-vit-base-patch16")
        prepares = library.AutoImageProcessor.from_pretrained(name)
        model, tokens = library.CLIPModel.from_pretrained(name), library.AutoTokenizer.from_pretrained(name)
        return cls(model, tokens, mean=prepares.image_mean, std=prepares.image_std)

    @torch.no_grad()
    def pictures(self, images: Tensor) -> Tensor:
        """Vectors (N, D) of length 1 of images (N, 3, H, W) in [-1, 1]: the middle square, at the model's size.

        ValueError for images of another shape.
        """
        check_images(images)
        side = min(images.shape[2:])
        top, left = ((length - side) // 2 for length in images.shape[2:])
        square = (images.float()[..., top : top + side, left : left + side] + 1) / 2
        shown = F.interpolate(square, (self.size, self.size), mode="bicubic", align_corners=False, antialias=True)
        mean, std = (torch.tensor(numbers, device=images.device).view(3, 1, 1) for numbers in (self.mean, self.std))
        model = self.model.to(images.device)
        seen = model.vision_model(pixel_values=(shown.clamp(0, 1) - mean) / std).pooler_output
        return F.normalize(model.visual_projection(seen), dim=1)

    @torch.no_grad()
    def words(self, words: Sequence[str]) -> Tensor:
        """Vectors (W, D) of length 1 of ``words``, (W,), on the CPU."""
        found = []
        model = self.model.to("cpu")
        for start in range(0, len(words), AT_ONCE):
            told = self.tokens(list(words[start : start + AT_ONCE]), padding=True, truncation=True, return_tensors="pt")
            read = model.text_model(input_ids=told["input_ids"], attention_mask=told["attention_mask"]).pooler_output
            found.append(F.normalize(model.text_projection(read), dim=1))
        return torch.cat(found)
