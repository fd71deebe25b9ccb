"""A bank of examples: some hundred pictures of a generator, and what they show where.

Made once, in seconds, and kept in a sealed file that belongs to one generator. It bounds its own size: of each picture
it holds the latent, the classes and the pixels, a byte each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.names import unknown_name
from core_gans.foundation.pixels import to_bytes
from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.fingerprint import fingerprint
from dissect.from_layer import rest_of
from dissect.hooks import at_rest, record
from dissect.painting.strokes import Donor
from dissect.sampling import batches, generate, segment
from dissect.segmenters.protocol import Segmenter

FORMAT = 1
MOST = 4096  # pictures in a bank
NONE = 255  # in the classes: no label


@dataclass(frozen=True, eq=False)
class Bank:
    """Pictures of one generator: latents (N, ...), classes (N, H, W) and pictures (N, C, H, W), both uint8."""

    latents: Tensor
    classes: Tensor
    pictures: Tensor
    labels: tuple[str, ...]
    generator: str  # the digest of its weights

    @classmethod
    def make(cls, generator: nn.Module, latents: Tensor, segmenter: Segmenter, *, batch_size: int = 50) -> Bank:
        """Draw and segment the picture of each of ``latents`` (N, ...).

        Raises:
            ValueError: no latents or over ``MOST``, more than 255 labels, or a generator or segmenter that does not
                answer as expected.
        """
        if len(latents) > MOST:
            raise ValueError(f"a bank takes at most {MOST} pictures, got {len(latents)} latents")
        if len(segmenter.labels) > NONE:
            raise ValueError(f"a bank takes at most {NONE} labels, the segmenter has {len(segmenter.labels)}")
        pictures, classes = [], []
        with at_rest(generator):
            for batch in batches(latents, batch_size):
                drawn = generate(generator, batch)
                found = segment(segmenter, drawn)
                pictures.append(torch.from_numpy(to_bytes(drawn)).permute(0, 3, 1, 2))
                classes.append(torch.where(found < 0, NONE, found).to(torch.uint8).cpu())
        return cls(
            latents.detach().cpu(),
            torch.cat(classes),
            torch.cat(pictures).contiguous(),
            tuple(segmenter.labels),
            fingerprint(generator),
        )

    def save(self, path: str | Path, *, overwrite: bool = False) -> None:
        """Write it into a sealed file. OSError where that cannot be written or is there already."""
        arrays = {"latents": self.latents.numpy(), "classes": self.classes.numpy(), "pictures": self.pictures.numpy()}
        facts = {"format": FORMAT, "kind": "bank", "labels": list(self.labels), "generator": self.generator}
        write_sealed(path, arrays, facts, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Bank:
        """Read what :meth:`save` wrote.

        Raises:
            FileNotFoundError: there is no such file.
            LabError: it is damaged, or no bank.
        """
        arrays, facts = read_sealed(path)
        if facts.get("kind") != "bank" or facts.get("format") != FORMAT:
            raise LabError(f"{path} is no bank of examples that this version reads: make it again")
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        return cls(**tensors, labels=tuple(facts["labels"]), generator=facts["generator"])

    def __len__(self) -> int:
        return len(self.latents)

    def check(self, generator: nn.Module, labels: Sequence[str]) -> None:
        """ValueError where the bank is of another generator or another segmenter than these."""
        if self.generator != fingerprint(generator):
            raise ValueError("the bank of examples is of another generator: make one of this generator (Bank.make)")
        if self.labels != tuple(labels):
            raise ValueError(
                f"the bank of examples knows {', '.join(self.labels)}, but the segmenter {', '.join(labels)}: "
                "make one with this segmenter (Bank.make)"
            )

    def showing(self, concepts: Sequence[str]) -> Tensor:
        """(N, H, W) bool: where one of ``concepts`` is shown. ValueError for one that the bank has no label for."""
        for concept in concepts:
            if concept not in self.labels:
                raise unknown_name("concept", concept, self.labels)
        numbers = torch.tensor([self.labels.index(concept) for concept in concepts], dtype=torch.uint8)
        return torch.isin(self.classes, numbers)

    def donors(self, generator: nn.Module, layers: Sequence[str], numbers: Sequence[int]) -> list[Donor]:
        """The pictures called ``numbers`` as donors of ``layers``; one forward pass. Call with the bank's generator.

        ValueError for no layers.
        """
        rest, start = rest_of(generator, layers, self.latents[list(numbers)])
        with at_rest(rest), record(rest, layers) as seen:
            rest(start)
            features: Mapping[str, Tensor] = {layer: seen[layer].detach() for layer in layers}
        classes = self.classes.long()
        classes = torch.where(classes == NONE, -1, classes)
        return [
            Donor({layer: maps[place : place + 1] for layer, maps in features.items()}, classes[number])
            for place, number in enumerate(numbers)
        ]
