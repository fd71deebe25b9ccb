"""The outcome of an inversion: what a generator draws a given picture from, so that every edit acts on that picture."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core_gans.foundation.errors import LabError
from core_gans.foundation.sealed import read_sealed, write_sealed
from dissect.fingerprint import fingerprint
from dissect.from_layer import edit_for_good
from dissect.hooks import Edit

_KIND, _VERSION = "inversion", 1


@dataclass(frozen=True)
class Step:
    """Where an inversion was after one step."""

    stage: str  # "latent" or "features"
    step: int  # within the stage, from 1
    loss: float
    pixel_l1: float


@dataclass(frozen=True, eq=False)
class Inversion:
    """A picture as a generator draws it: from ``latent``, with ``offset`` added to the output of ``layer``.

    Pixels are in [-1, 1]; ``pixel_l1`` is the mean of |difference|, from 0 to 2.
    """

    image: Tensor  # (C, H, W), the picture that was given
    rendering: Tensor  # (C, H, W), what the generator makes of it
    latent: Tensor  # (1, ...)
    layer: str | None  # None where latents alone were sought
    offset: Tensor | None  # (1, U, h, w)
    pixel_l1: float
    latent_pixel_l1: float  # without the offset
    agreement: float | None  # the share of the pixels in whose class a segmenter sees both alike; None without one
    strangeness: float  # see ``invert``: about 1 for pictures like those that the generator draws
    start: str  # "encoder" or "sample": what it began from
    curve: tuple[Step, ...]
    generator_fingerprint: str

    def edits(self) -> dict[str, Edit]:
        """The offset as an edit: ``with intervene(generator, inversion.edits()): ...`` draws the picture."""
        if self.layer is None or self.offset is None:
            return {}
        offset = self.offset
        return {self.layer: lambda features: features + offset.to(features)}

    def applied_to(self, generator: nn.Module) -> nn.Module:
        """A copy of ``generator`` that draws the picture from ``latent``, with the layers and names of the generator.

        All that takes a generator, a layer and a latent acts on the picture: ``EditSession(inversion.applied_to(g),
        layer, inversion.latent, segmenter)``. Edits see the layer's output with the offset in it; of layers before
        ``layer``, they change what the latent draws, and leave the offset.

        Raises:
            LabError: it is not the generator that was inverted.
        """
        if fingerprint(generator) != self.generator_fingerprint:
            raise LabError("this inversion belongs to another generator, or to another state of this one: invert again")
        drawing = copy.deepcopy(generator)
        modules = dict(drawing.named_modules())
        for layer, edit in self.edits().items():
            if layer in modules:
                modules[layer].register_forward_hook(_hook(edit))
            else:
                edit_for_good(drawing, layer, edit)
        return drawing

    def save(self, path: str | Path, facts: Mapping[str, object] | None = None, *, overwrite: bool = False) -> None:
        """Write all of it into a sealed file; ``facts`` are any JSON-able remarks. FileExistsError as the seal's."""
        told: dict[str, object] = {"kind": _KIND, "version": _VERSION, "facts": dict(facts or {})}
        arrays = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Tensor):
                arrays[each.name] = value.detach().cpu().numpy()
            elif each.name == "curve":
                told["curve"] = [asdict(step) for step in value]
            else:
                told[each.name] = value
        write_sealed(path, arrays, told, overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Inversion:
        """Read what ``save`` wrote. FileNotFoundError, or ValueError for a file that is damaged, newer, or another."""
        arrays, told = read_sealed(path)
        if told.pop("kind", None) != _KIND:
            raise LabError(f"{path} holds no inversion: give a file that `dissect invert` wrote")
        if (version := told.pop("version")) > _VERSION:
            raise LabError(f"{path} has version {version}, this program reads up to {_VERSION}: update it")
        told.pop("facts")
        tensors = {name: torch.from_numpy(array) for name, array in arrays.items()}
        return cls(**told | tensors | {"curve": tuple(Step(**step) for step in told["curve"])})


def _hook(edit: Edit) -> Callable[[nn.Module, Any, Tensor], Tensor]:
    def hook(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor:
        return edit(output)

    return hook
