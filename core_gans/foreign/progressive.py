"""Progressive generators of others, ready to draw and to be dissected. Karras et al. 2018."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core_gans.foreign.layouts import ours
from core_gans.foreign.weights import read_weights
from core_gans.foundation.errors import LabError
from core_gans.networks.progressive import ProgressiveGenerator, side_of

WRAPPERS = ("state_dict", "netG", "generator")  # names under which files keep the weights


def load_progressive(path: str | Path) -> ProgressiveGenerator:
    """The generator whose state dict lies at ``path``, as ``torch.save`` wrote it; no code in the file is run.

    Raises:
        LabError: the file holds something else than tensors, or no layout that is known.
        OSError: there is no such file.
    """
    content = read_weights(path)
    if not isinstance(content, Mapping):
        raise LabError(f"{path} holds a {type(content).__name__}, not a state dict.")
    return progressive_from(content)


def is_progressive(weights: Mapping[str, Any]) -> bool:
    """Whether these are names of gandissect's or pytorch_GAN_zoo's progressive generators."""
    of_gandissect = "layer1.conv.weight" in weights or "features.0.conv.weight" in weights
    return of_gandissect or any(name.startswith("formatLayer.") for name in weights)


def progressive_from(content: Mapping[str, Any]) -> ProgressiveGenerator:
    """A fully grown generator in evaluation mode with these weights, in the layout of gandissect or pytorch_GAN_zoo.

    Latents, channels and size are read off the weights; a state dict inside ``state_dict`` or ``netG`` is found. The
    images of smaller stages, which gandissect's files lack, are grey: a grown generator does not use them.

    Raises:
        LabError: the layout is none of these, a layer is missing, or the shapes do not fit together.
    """
    for wrapper in WRAPPERS:
        if isinstance(content.get(wrapper), Mapping):
            return progressive_from(content[wrapper])
    weights = ours({name.removeprefix("module."): value for name, value in content.items() if _is_tensor(value)})
    side, channels = 4, []
    while (name := f"block{side}.conv2.weight") in weights:
        channels.append(len(weights[name]))
        side *= 2
    if not channels:
        raise LabError("expected at least the two layers of the image of 4x4 pixels among these weights.")
    image = weights[f"image{side_of(len(channels) - 1)}.weight"]
    latent = weights["block4.dense.weight"].shape[1]
    with torch.random.fork_rng(devices=[]):
        network = ProgressiveGenerator(latent, tuple(channels), len(image))
    own = network.state_dict()
    wrong = [name for name, value in weights.items() if name not in own or own[name].shape != value.shape]
    wrong += [name for name in own if name.startswith("block") and name not in weights]
    if wrong:
        raise LabError(
            f"these weights do not fit together: {', '.join(wrong[:4])} are missing, or not of the expected shape."
        )
    lacking = {name: torch.zeros_like(value) for name, value in own.items() if name.startswith("image")}
    network.load_state_dict({**own, **lacking, **weights})
    return network.eval().requires_grad_(False)


def _is_tensor(value: object) -> bool:
    return isinstance(value, Tensor)
