"""Segmenters of the ``transformers`` library: SegFormer, Mask2Former, MaskFormer, OneFormer and similar ones.

They are asked as the library documents it: its processor prepares the images, its model answers, and the processor's
``post_process_semantic_segmentation`` makes classes of the answer. ``transformers`` comes with the extra
``segmenters`` and is imported when a segmenter is opened.
"""

from __future__ import annotations

import importlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from core_gans.foundation.pixels import quantised
from dissect.segmenters.contract import check_images, checked_classes, checked_labels
from dissect.segmenters.logits import LogitSegmenter

_OF_MASKS = (
    "detr",
    "eomt",
    "maskformer",
    "mask2former",
    "oneformer",
)  # model types that answer with masks and their classes


class HuggingFaceSegmenter:
    """A model of ``transformers`` as a ``Segmenter``; :meth:`from_pretrained` opens one.

    ``task`` is the word that a OneFormer is told, None for models that are told nothing. ``batch_size`` images are
    shown at once; these models are large.
    """

    def __init__(
        self,
        model: Any,
        processor: Any,
        labels: Sequence[str],
        *,
        task: str | None = None,
        batch_size: int = 4,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"expected a batch size of at least 1, got {batch_size}")
        self.model = model.eval().requires_grad_(False)
        self.processor = processor
        self.labels = checked_labels(labels)
        self.task = task
        self.batch_size = batch_size

    @classmethod
    def from_pretrained(cls, source: str | Path, *, batch_size: int = 4) -> HuggingFaceSegmenter:
        """Open the model in a folder, or the one of that name on the hub (which downloads it once).

        The labels are the model's own; of those that are there more than once, each gets its number.

        Raises:
            ValueError: ``transformers`` is not installed, or the model does not segment.
            OSError: there is no such folder or name, as ``transformers`` puts it.
        """
        library = transformers_library()
        name = str(source)
        config = library.AutoConfig.from_pretrained(name)
        kind = str(config.model_type)
        family = "AutoModelForUniversalSegmentation" if kind in _OF_MASKS else "AutoModelForSemanticSegmentation"
        try:
            model = getattr(library, family).from_pretrained(name)
        except ValueError as error:  # what the library raises for a configuration of another kind
            raise ValueError(f"{name} holds a {kind}, which {family} does not open: choose a segmenter") from error
        told = kind == "oneformer"
        processor = (library.AutoProcessor if told else library.AutoImageProcessor).from_pretrained(name)
        return cls(
            model,
            processor,
            labels_of(config.id2label),
            task="semantic" if told else None,
            batch_size=batch_size,
        )

    @torch.no_grad()
    def __call__(self, images: Tensor) -> Tensor:
        """Classes (N, H, W) int64 of images (N, 3, H, W) in [-1, 1]."""
        check_images(images)
        return torch.cat([self._classes(chunk) for chunk in images.split(self.batch_size)])

    def differentiable(self) -> LogitSegmenter:
        """The same model as a segmenter with logits, its images prepared by torch, as the processor is set up to.

        Raises:
            ValueError: a model that answers with masks, such as Mask2Former, has no logits for every pixel.
        """
        if self.model.config.model_type in _OF_MASKS:
            raise ValueError(
                f"a {self.model.config.model_type} answers with masks and has no logits for every pixel: "
                "differentiate through a SegFormer, or through a segmenter of train-segmenter"
            )
        height, width = (side_of(self.processor.size, name) for name in ("height", "width"))
        if self.processor.do_resize and (height is None or width is None):
            raise ValueError(f"expected a processor that resizes to a height and a width, got {self.processor.size}")
        normalised = self.processor.do_normalize
        return LogitSegmenter(
            self.model,
            self.labels,
            size=(int(height or 0), int(width or 0)) if self.processor.do_resize else None,
            mean=self.processor.image_mean if normalised else (0.0, 0.0, 0.0),
            std=self.processor.image_std if normalised else (1.0, 1.0, 1.0),
            batch_size=self.batch_size,
        )

    def _classes(self, images: Tensor) -> Tensor:
        pixels = quantised(images).permute(0, 2, 3, 1).cpu().numpy()
        pictures: list[np.ndarray] = list(pixels)
        told = {} if self.task is None else {"task_inputs": [self.task] * len(pictures)}
        asked = self.processor(images=pictures, return_tensors="pt", **told)
        model = self.model.to(images.device)
        answer = model(**{name: value.to(images.device) for name, value in asked.items()})
        sizes = [tuple(images.shape[2:])] * len(pictures)
        maps = self.processor.post_process_semantic_segmentation(answer, target_sizes=sizes)
        return checked_classes(torch.stack(list(maps)), images, self.labels)


def labels_of(id2label: Mapping[int | str, str]) -> tuple[str, ...]:
    """The labels in the order of their numbers, which must be 0 to K - 1 (ValueError); equal ones get their number."""
    numbers = sorted(int(number) for number in id2label)
    if numbers != list(range(len(numbers))):
        raise ValueError(f"expected labels for the classes 0 to {len(numbers) - 1}, got them for {numbers}")
    named = {int(number): label for number, label in id2label.items()}
    counts = Counter(named.values())
    return tuple(named[i] if counts[named[i]] == 1 else f"{named[i]} ({i})" for i in numbers)


def side_of(size: Any, name: str) -> int | None:
    """The ``height`` or ``width`` in a processor's size, a mapping or (transformers 5) an object; None without one."""
    found = size.get(name) if isinstance(size, Mapping) else getattr(size, name, None)
    return None if found is None else int(found)


def transformers_library() -> Any:
    """The module ``transformers``, imported when it is asked for; ValueError where it is not installed."""
    try:
        return importlib.import_module("transformers")
    except ImportError as error:
        raise ValueError(
            "segmenters of transformers need the extra `segmenters`: pip install 'gan-lab[segmenters]'"
        ) from error
