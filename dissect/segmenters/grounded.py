"""Concepts by words, as things: a detector of words finds boxes, and a segmenter of boxes their outlines.

The detector is Grounding DINO (Liu et al. 2023) or OWL-ViT (Minderer et al. 2022), the other one SAM (Kirillov et al.
2023, "Segment Anything"); models of ``transformers`` from folders or the hub.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core_gans.foundation.pixels import quantised
from dissect.segmenters.contract import check_images, checked_labels
from dissect.segmenters.huggingface import transformers_library

DETECTORS = ("grounding-dino", "owlvit", "owlv2")  # the types that their configurations tell
OUTLINERS = ("sam",)
PROBABLE = 0.25  # a box's score from which on it counts, Grounding DINO's own


class GroundedSegmenter:
    """A detector and a SAM as a ``Segmenter`` whose labels are ``concepts``; :meth:`from_pretrained` opens one.

    Each concept is looked for by itself. A pixel has the concept of the surest box whose outline holds it, or none.
    ``prepares`` and ``outlines_for`` are the processors of the two; boxes count from a score of ``threshold``.
    """

    def __init__(
        self,
        detector: Any,
        prepares: Any,
        outliner: Any,
        outlines_for: Any,
        concepts: Sequence[str],
        *,
        threshold: float = PROBABLE,
    ) -> None:
        if not 0 <= threshold < 1:
            raise ValueError(f"expected a threshold from 0 to below 1, got {threshold}")
        self.detector, self.outliner = (net.eval().requires_grad_(False) for net in (detector, outliner))
        self.prepares, self.outlines_for = prepares, outlines_for
        self.labels, self.threshold = checked_labels(concepts), threshold

    @classmethod
    def from_pretrained(
        cls, detector: str | Path, outliner: str | Path, concepts: Sequence[str], *, threshold: float = PROBABLE
    ) -> GroundedSegmenter:
        """Open the two models in folders, or those of that name on the hub.

        Raises:
            ValueError: ``transformers`` is not installed, they are no such models, or concepts are empty or twice.
            OSError: there is no such folder or name, as ``transformers`` puts it.
        """
        library, labels = transformers_library(), checked_labels(concepts)
        for source, kinds, wanted in ((detector, DETECTORS, "finds words"), (outliner, OUTLINERS, "outlines boxes")):
            kind = str(library.AutoConfig.from_pretrained(str(source)).model_type)
            if kind not in kinds:
                raise ValueError(f"{source} holds a {kind}: what {wanted} is one of {', '.join(kinds)}")
        return cls(
            library.AutoModelForZeroShotObjectDetection.from_pretrained(str(detector)),
            library.AutoProcessor.from_pretrained(str(detector)),
            library.SamModel.from_pretrained(str(outliner)),
            library.SamProcessor.from_pretrained(str(outliner)),
            labels,
            threshold=threshold,
        )

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64, -1 where no concept is, of images (N, 3, H, W) in [-1, 1]."""
        check_images(images)
        pictures = quantised(images).permute(0, 2, 3, 1).cpu().numpy()
        return torch.stack([self._classes(picture, images.device) for picture in pictures]).to(images.device)

    def boxes(self, picture: np.ndarray, concept: str, device: torch.device) -> tuple[Tensor, Tensor]:
        """Corners (B, 4) in pixels as x, y, x, y, and scores (B,), of ``concept`` in an RGB picture (H, W, 3)."""
        asked = self.prepares(images=picture, text=[[concept]], return_tensors="pt").to(device)
        answer = self.detector.to(device)(**asked)
        (found,) = self.prepares.post_process_grounded_object_detection(
            answer, threshold=self.threshold, target_sizes=[picture.shape[:2]]
        )
        return found["boxes"], found["scores"]

    def _classes(self, picture: np.ndarray, device: torch.device) -> Tensor:
        classes = torch.full(picture.shape[:2], -1, dtype=torch.int64, device=device)
        found = [self.boxes(picture, concept, device) for concept in self.labels]
        boxes, scores = (torch.cat(each) for each in zip(*found, strict=True))
        if not len(boxes):
            return classes
        numbers = torch.repeat_interleave(torch.tensor([len(each) for each, _ in found], device=device))
        outlines = self._outlines(picture, boxes, device)
        for place in scores.argsort().tolist():
            classes[outlines[place]] = numbers[place]
        return classes

    def _outlines(self, picture: np.ndarray, boxes: Tensor, device: torch.device) -> Tensor:
        """Which pixels (B, H, W) belong to the thing in each box."""
        asked = self.outlines_for(picture, input_boxes=[boxes.tolist()], return_tensors="pt")
        sizes = asked.pop("original_sizes"), asked.pop("reshaped_input_sizes")
        asked = {name: value.to(device=device, dtype=torch.float32) for name, value in asked.items()}
        answer = self.outliner.to(device)(**asked, multimask_output=False)
        (masks,) = self.outlines_for.image_processor.post_process_masks(answer.pred_masks, *sizes)
        return masks[:, 0].bool()
