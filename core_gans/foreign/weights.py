"""Reading the weights of strangers: only tensors, found by name, put into a network of ours that they must fit."""

from __future__ import annotations

import difflib
import functools
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import safetensors
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from core_gans.foundation.errors import DAMAGE, LabError

Weights = Mapping[str, Tensor]
Given = ParamSpec("Given")
Built = TypeVar("Built")
# Under these names files keep the weights; the averaged generator first.
WRAPPERS = ("g_ema", "G_ema", "ema", "netG", "generator", "state_dict", "model_state_dict", "g", "G")
LISTED = 10  # names in an error
PICKLE = b"\x80"  # its first byte
HEAD = 4  # bytes that tell a pickle's protocol from an archive
PARALLEL = re.compile(r"^(module\.|_orig_mod\.)+")  # what parallel training and torch.compile put before names
# What networks keep beside their weights and nobody needs: constants of resampling, and how many batches a norm saw.
CONSTANT = re.compile(r"(^|\.)(kernel|Kernel|resample_filter|num_batches_tracked)$")


def read_weights(path: str | Path) -> Any:
    """What lies at ``path``, safetensors or a file of ``torch.save``, read without running any code in it.

    Raises:
        LabError: it holds something else than tensors in mappings, or is damaged; a pickle of objects is named as what
            it is.
        OSError: there is no such file.
    """
    path = Path(path)
    if path.suffix == ".safetensors":
        try:
            return load_file(path)
        except safetensors.SafetensorError as error:
            raise LabError(f"{path} is not whole, or no safetensors: {error}.") from error
    with path.open("rb") as file:
        head = file.read(HEAD)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Detected pickle protocol")
            return torch.load(path, map_location="cpu", weights_only=True)
    except DAMAGE as error:
        if head[:1] != PICKLE and head[:2] != b"PK":
            raise LabError(
                f"{path} holds no weights that can be read safely: expected safetensors or a state dict."
            ) from error
        if isinstance(error, pickle.UnpicklingError) or holds_code(path):
            raise LabError(
                f"{path} holds objects of somebody's program, not weights alone, so reading it would run their code. "
                "Save the weights apart where you trust it: torch.save(network.state_dict(), 'weights.pt'), or for "
                "NVIDIA's files torch.save(pickle.load(open(file, 'rb'))['G_ema'].state_dict(), 'weights.pt')."
            ) from error
        raise LabError(f"{path} is damaged, or no file of weights: fetch it again.") from error


def holds_code(path: Path) -> bool:
    """Whether the file at ``path`` is TorchScript, which is a program. Only the names in its archive are read."""
    if not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return any("/code/" in name or name.endswith("constants.pkl") for name in archive.namelist())


def holds_weights(path: Path) -> bool:
    """Whether the file at ``path`` is safetensors, or what ``torch.save`` writes, told by its first byte and names."""
    with path.open("rb") as file:
        pickled = file.read(1) == PICKLE
    return path.suffix == ".safetensors" or pickled or (zipfile.is_zipfile(path) and not holds_code(path))


def state_of(content: Any) -> dict[str, Tensor]:
    """The state dict in ``content``: itself, or the one under a name that files use. LabError where there is none.

    Prefixes of parallel training and of torch.compile are taken off; a mean style beside the generator comes along.
    """
    if not isinstance(content, Mapping):
        raise LabError(f"expected a state dict of tensors, got a {type(content).__name__}.")
    for wrapper in WRAPPERS:
        if isinstance(content.get(wrapper), Mapping):
            inside = state_of(content[wrapper])
            return inside | {"latent_avg": content["latent_avg"]} if "latent_avg" in content else inside
    weights = {PARALLEL.sub("", name): value for name, value in content.items() if isinstance(value, Tensor)}
    if not weights:
        raise LabError(
            f"expected a state dict of tensors, got {', '.join(map(str, list(content)[:LISTED])) or 'nothing'}."
        )
    return {name: value.float() if value.is_floating_point() else value for name, value in weights.items()}


class Named(dict[str, Tensor]):
    """Weights that remember which of them were asked for by their names."""

    def __init__(self, weights: Weights) -> None:
        super().__init__(weights)
        self.unread = {name for name in weights if not CONSTANT.search(name)}

    def __getitem__(self, name: str) -> Tensor:
        self.unread.discard(name)
        return super().__getitem__(name)

    def get(self, name: str, default: Any = None) -> Any:
        self.unread.discard(name)
        return super().get(name, default)


def complete(
    build: Callable[Concatenate[Weights, Given], Built],
) -> Callable[Concatenate[Weights, Given], Built]:
    """``build``, which reads weights by their names, with a LabError for those that it leaves unread.

    A network with more layers than were read draws other images than its authors', without a word.
    """

    @functools.wraps(build)
    def checked(weights: Weights, *args: Given.args, **kwargs: Given.kwargs) -> Built:
        named = Named(weights)
        built = build(named, *args, **kwargs)
        if named.unread:
            left = [name for name in weights if name in named.unread]
            raise LabError(
                f"this layout has no place for {_listed(left)}: what they are for would be missing from the images. "
                "Is it of another layout or architecture? If they play no part in drawing, save the weights without."
            )
        return built

    return checked


def found(weights: Weights, name: str) -> Tensor:
    """The weight called ``name``. LabError with the ten nearest names where there is none."""
    if name not in weights:
        near = difflib.get_close_matches(name, list(weights), n=LISTED, cutoff=0)
        raise LabError(f"expected weights called {name} in this layout, and there are none; nearest: {_listed(near)}.")
    return weights[name].float()


def fitted(network: nn.Module, weights: Weights) -> None:
    """Put ``weights`` into ``network``. LabError with the names that miss, are too many, or have another shape."""
    own = network.state_dict()
    counts = {name: value for name, value in own.items() if name.endswith("num_batches_tracked")}  # of no use here
    weights = {**counts, **weights}
    wrong = [f"{name} is missing" for name in own if name not in weights]
    wrong += [f"{name} is one too many" for name in weights if name not in own]
    wrong += [
        f"{name} has the shape {tuple(weights[name].shape)}, not {tuple(value.shape)}"
        for name, value in own.items()
        if name in weights and weights[name].shape != value.shape
    ]
    if wrong:
        raise LabError(f"these weights do not fit together: {_listed(wrong, '; ')}.")
    if broken := [name for name, value in weights.items() if not bool(torch.isfinite(value.float()).all())]:
        raise LabError(f"there are NaN or infinite numbers in {_listed(broken)}: the file is of a run that diverged.")
    network.load_state_dict(dict(weights))
    network.eval().requires_grad_(False)


def _listed(names: Iterable[str], between: str = ", ") -> str:
    every = list(names)
    more = f" and {len(every) - LISTED} more" if len(every) > LISTED else ""
    return f"{between.join(every[:LISTED])}{more}"
