"""A mended generator as a file that opens like any other: the lab's own as a model file, others as their weights."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

from safetensors.torch import save
from torch import Tensor, nn

from core_gans.foundation.whole_files import write_whole
from core_gans.games.conditions import ConditionalGenerator
from core_gans.models import save_model
from dissect.commands.opening import Source
from dissect.dictionaries.attaching import WithFeatures
from dissect.mending import Mending
from dissect.mending.folding import Mended, MendedNetwork

FILE = "mended.safetensors"


def save_mended(
    folder: Path, source: Source, generator: nn.Module, mending: Mending, example: Tensor, facts: Mapping[str, str]
) -> str:
    """Write the mended generator into ``folder``, if its architecture can hold the edit; returns how to open it."""
    mended = mending.apply(generator, example).cpu()
    if any(isinstance(module, Mended | MendedNetwork | WithFeatures) for module in mended.modules()):
        return (
            f"the weights before {mending.layers} cannot hold the edit, so no mended.safetensors was written: apply "
            "mending.safetensors with dissect.mending.Mending.load(...).apply(generator, latents)"
        )
    path = folder / FILE
    if source.generator is not None:
        write_whole(path, save({name: tensor.clone() for name, tensor in mended.state_dict().items()}, dict(facts)))
        return f"mended generator: --generator {source.generator} --weights {path}"
    model = source.lab_model()
    net: nn.Module = mended
    if isinstance(model.net, ConditionalGenerator):
        net = copy.deepcopy(model.net)
        net.net = mended
    card = {"mended": {"ablations": [asdict(each) for each in mending.ablations], **facts}}
    save_model(path, replace(model, net=net, card={**model.card, **card}))
    return f"mended generator: {path}"
