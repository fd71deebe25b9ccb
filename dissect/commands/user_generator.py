"""The user's own generator: a module of theirs, a TorchScript file or a list of layers, and the latents it takes."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import torch
from torch import nn

from core_gans.foreign import PUBLISHED, open_published
from core_gans.foreign.weights import holds_weights
from core_gans.foundation.memory import require_memory
from core_gans.foundation.names import require_known
from core_gans.trusted_code import is_own
from core_gans.user_code import load_object
from dissect.commands.named_file import is_file
from dissect.generators import (
    KnowsLatents,
    Latents,
    Prior,
    latents_taken,
    open_torchscript,
    read_sequential,
    sequential,
)

FLOAT = 4  # bytes
WEIGHTS = (".pt", ".pth", ".pkl", ".bin", ".safetensors")  # files of weights that others published
LISTS = (".txt", ".layers")  # files that list layers
PRIORS = ("normal", "uniform")


def own_network(text: str, truncation: float | None = None) -> nn.Module:
    """The generator that ``text`` means; its weights are those of a file, else what the code gives them.

    ``stylegan2:FILE`` and the like are weights that others published, in that layout (``core_gans.foreign``), and so is
    a file of weights alone, whose layout is found by its names; these may have a ``truncation``. ``module:name`` is
    a module, or something that makes one when it is called without arguments; a text with ``;`` is
    a list of layers, and so is a file that ends in .txt or .layers; any other path is a TorchScript file.

    Raises:
        ValueError, FileNotFoundError: there is no such thing, or it is no generator.
    """
    path = Path(text)
    layout, _, file = text.partition(":")
    known = [each.name for each in PUBLISHED]
    if file and (layout in known or Path(file).suffix in WEIGHTS or is_file(Path(file))):
        require_known("layout of published generators", layout, known)
        _require_file(Path(file))
        return open_published(file, layout, truncation)[0]
    if is_file(path) and holds_weights(path):
        return open_published(path, None, truncation)[0]
    if truncation is not None:
        raise ValueError(f"--truncation is for published layouts ({', '.join(known)})")
    with torch.random.fork_rng(devices=[]):  # initial weights are drawn from the global random state
        if ";" in text or "\n" in text:
            return sequential(text)
        if path.suffix in LISTS:
            return read_sequential(path)
        if path.exists() or not is_own(text):
            _require_file(path)
            return open_torchscript(path)
        return _made(text, load_object(text))


def own_latents(net: nn.Module, shape: tuple[int, ...], prior: str) -> tuple[Latents, str]:
    """Where the latents come from, and that in words.

    ``prior`` is normal, uniform, or ``module:name`` of a function (count, rng). Without a ``shape`` they are drawn by
    the generator's own method ``latents``, or have the shape that its first weights take.
    """
    if is_own(prior):
        drawn = load_object(prior)
        if not callable(drawn):
            raise ValueError(
                f"{prior} is a {type(drawn).__name__}: expected a function (count, rng) that gives latents"
            )
        return drawn, prior
    if prior not in PRIORS:
        raise ValueError(
            f"there is no prior {prior!r}: choose normal, uniform, or module:name of a function (count, rng)"
        )
    if not shape and isinstance(net, KnowsLatents):
        return net.latents, "the generator's own latents"
    words = f"{prior}, {' x '.join(map(str, shape))}"
    if not shape:
        taken = latents_taken(net)
        if taken is None:
            raise ValueError(
                "its weights do not tell which latents the generator takes: give their shape, as in --latent 100 or "
                "--latent 100 1 1, or the generator a method latents(count, rng)"
            )
        layer, shape = taken
        words = f"{prior}, {' x '.join(map(str, shape))} as layer {layer} takes"
    require_memory(math.prod(shape) * FLOAT, f"a latent of {' x '.join(map(str, shape))}", "--latent")
    return Prior(shape, "normal" if prior == "normal" else "uniform"), words


def _made(name: str, found: Any) -> nn.Module:
    if not isinstance(found, nn.Module):
        if not callable(found):
            raise ValueError(f"{name} is a {type(found).__name__}: expected an nn.Module, or a function that makes one")
        if needed := [each for each in inspect.signature(found).parameters.values() if _is_needed(each)]:
            names = ", ".join(each.name for each in needed)
            raise ValueError(f"{name} needs {names}: name a function without arguments that makes the generator")
        found = found()
    if not isinstance(found, nn.Module):
        raise ValueError(f"{name} made a {type(found).__name__}: expected an nn.Module")
    return found


def _is_needed(parameter: inspect.Parameter) -> bool:
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return parameter.default is inspect.Parameter.empty and parameter.kind not in optional


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no generator {str(path)!r}: give module:name of an nn.Module or of a function that makes one, a "
            "TorchScript file, or a list of layers such as 'linear 64 784; tanh; reshape 1 28 28'"
        )
