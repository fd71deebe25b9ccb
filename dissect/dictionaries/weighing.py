"""A dictionary beside the units it is made of: what is matched, what is dead, and what as many of each cause."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from core_gans.foundation.counting import how_many
from dissect.addressing.addresses import read_address
from dissect.cause.causal import causal_effect
from dissect.cause.choosing import choose_units
from dissect.dictionaries.attaching import WithFeatures
from dissect.measure.dissecting import compare_layers
from dissect.measure.dissection import Dissection
from dissect.segmenters.protocol import Segmenter

TOP = 10  # units and features that are ablated; of fewer than twice as many, half


@dataclass(frozen=True, eq=False)
class Weighed:
    """Units and features of one layer, measured on the same images."""

    units: Dissection
    features: Dissection
    concept: str | None
    removed: tuple[float, float]
    """The part of the concept's pixels that the best ``top`` units take away, and as many features; NaN without one."""
    top: int

    def lines(self) -> list[str]:
        """It in words."""
        told = [f"matched units: {self.units.matched_in_words()}"]
        told.append(f"matched features: {self.features.matched_in_words()}")
        told.append(f"dead: {how_many(len(self.units.dead), 'unit')}, {how_many(len(self.features.dead), 'feature')}")
        if self.concept is not None:
            units, features = self.removed
            told.append(
                f"of the pixels of {self.concept}, the best {self.top} units take away {units:.0%}, as many features "
                f"{features:.0%}"
            )
        return told


def weigh(
    generator: nn.Module,
    layer: str,
    latents: Tensor,
    judged: Tensor,
    segmenter: Segmenter,
    concept: str | None = None,
    *,
    batch_size: int = 32,
    rng: torch.Generator,
) -> Weighed:
    """Dissect the units of ``layer`` and the features attached to it on ``latents``, and ablate the best on ``judged``.

    ValueError where no features are attached, no unit or feature agrees with the ``concept``, or as :func:`dissect`.
    """
    address = read_address(layer, {name: each for name, each in generator.named_modules() if name})
    if not isinstance(generator.get_submodule(address.module), WithFeatures):
        raise ValueError(f"layer {layer!r} has no features: attach a dictionary to it first")
    both = (layer, f"{address.module}.features")
    found = compare_layers(generator, both, latents, segmenter, batch_size=batch_size)
    if missing := [name for name in both if name not in found]:
        raise ValueError(f"{missing[0]} cannot be dissected: it is dead, or not finite")
    removed = [float("nan")] * 2
    top = max(1, min(TOP, *(found[name].count // 2 for name in both)))
    for place, name in enumerate(both if concept is not None else ()):
        chosen = choose_units(found[name], concept or "", top)
        if not chosen:
            raise ValueError(f"nothing in {name} agrees with {concept!r}: choose another concept or layer")
        effect = causal_effect(
            generator, name, chosen, judged, segmenter, random_trials=1, batch_size=batch_size, rng=rng
        )
        removed[place] = effect.removed(concept or "")
    return Weighed(found[both[0]], found[both[1]], concept, (removed[0], removed[1]), top)
