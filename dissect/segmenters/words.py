"""Concepts by words: CLIPSeg (Lüddecke & Ecker 2022, "Image Segmentation Using Text and Image Prompts").

A model of ``transformers`` from a folder or the hub. Each word is looked for by itself, and a pixel has the word that
scores highest there, or none where no word's probability reaches a half.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dissect.segmenters.contract import check_images, checked_labels
from dissect.segmenters.huggingface import side_of, transformers_library

KIND = "clipseg"  # the type that its configuration tells


class WordSegmenter:
    """A CLIPSeg as a ``Segmenter`` whose labels are ``concepts``; :meth:`from_pretrained` opens one.

    ``words`` are the concepts' codes (K, D), and ``size`` the sides that the model is shown. ``batch_size`` images are
    shown at once, and as often as there are concepts.
    """

    def __init__(
        self,
        model: Any,
        concepts: Sequence[str],
        words: Tensor,
        *,
        size: tuple[int, int],
        mean: Sequence[float],
        std: Sequence[float],
        batch_size: int = 4,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"expected a batch size of at least 1, got {batch_size}")
        self.model = model.eval().requires_grad_(False)
        self.labels = checked_labels(concepts)
        self.words, self.size, self.batch_size = words, size, batch_size
        self.mean, self.std = tuple(mean), tuple(std)

    @classmethod
    def from_pretrained(cls, source: str | Path, concepts: Sequence[str], *, batch_size: int = 4) -> WordSegmenter:
        """Open the model in a folder, or the one of that name on the hub, to look for ``concepts``.

        Raises:
            ValueError: ``transformers`` is not installed, it is no CLIPSeg, or concepts are empty or there twice.
            OSError: there is no such folder or name, as ``transformers`` puts it.
        """
        library = transformers_library()
        name, labels = str(source), checked_labels(concepts)
        kind = str(library.AutoConfig.from_pretrained(name).model_type)
        if kind != KIND:
            raise ValueError(
                f"{name} holds a {kind}, which does not look for words by itself: take a CLIPSeg, or DETECTOR+SAM "
                "(Grounding DINO or OWL-ViT, and SAM); for what knows its own labels leave --concepts out"
            )
        model = library.CLIPSegForImageSegmentation.from_pretrained(name).eval()
        told = library.AutoTokenizer.from_pretrained(name)(list(labels), padding=True, return_tensors="pt")
        with torch.no_grad():
            words = model.get_conditional_embeddings(
                batch_size=len(labels), input_ids=told["input_ids"], attention_mask=told["attention_mask"]
            )
        prepares = library.AutoImageProcessor.from_pretrained(name)
        height, width = side_of(prepares.size, "height"), side_of(prepares.size, "width")
        if height is None or width is None:
            raise ValueError(f"expected a processor that resizes to a height and a width, got {prepares.size}")
        return cls(
            model,
            labels,
            words,
            size=(height, width),
            mean=prepares.image_mean,
            std=prepares.image_std,
            batch_size=batch_size,
        )

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64, -1 where no concept is, of images (N, 3, H, W) in [-1, 1]."""
        check_images(images)
        scores = torch.cat([self._scores(chunk) for chunk in images.split(self.batch_size)])
        best = scores.max(1)
        return torch.where(best.values > 0, best.indices, -1)  # a score of 0 is a probability of a half

    def _scores(self, images: Tensor) -> Tensor:
        """(n, K, H, W)."""
        mean, std = (torch.tensor(numbers, device=images.device).view(3, 1, 1) for numbers in (self.mean, self.std))
        shown = F.interpolate(
            ((images.float() + 1) / 2 - mean) / std, self.size, mode="bilinear", align_corners=False, antialias=True
        )
        model, count = self.model.to(images.device), len(self.labels)
        answer = model(
            pixel_values=shown.repeat_interleave(count, 0),
            conditional_embeddings=self.words.to(images.device).repeat(len(images), 1),
        )
        scores = answer.logits.float().view(len(images), count, *answer.logits.shape[-2:])
        return F.interpolate(scores, images.shape[2:], mode="bilinear", align_corners=False)


def split_concepts(text: str) -> tuple[str, ...]:
    """The concepts in a text with commas between them, such as ``red car, lamp post``."""
    return tuple(word.strip() for word in text.split(",") if word.strip())
