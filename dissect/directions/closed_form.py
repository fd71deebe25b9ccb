"""Closed-form directions: what the first weights of a generator amplify most, without a single image.

Shen and Zhou 2021, SeFa, equation 5: the first layer adds A (z + s n) - A z = s A n, so the directions n of length 1
that change its output most are the eigenvectors of A^T A with the largest eigenvalues. For normal latents they are the
principal directions of that layer's output.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from core_gans.foundation.names import require_known
from dissect.directions.moving import LatentDirection

Weighted = nn.Linear | nn.Conv2d | nn.ConvTranspose2d


def closed_form_directions(
    generator: nn.Module,
    layers: Sequence[str],
    latent_shape: Sequence[int],
    *,
    count: int = 10,
    moving: Tensor | None = None,
) -> tuple[LatentDirection, ...]:
    """The ``count`` directions of the latents that the weights of ``layers`` amplify most, of length 1.

    ``facts``: the share of the ``gain``, the eigenvalue among all eigenvalues. Their number and their signs are those
    of the eigenvectors; the entry largest in size is made positive.

    Args:
        layers: layers that take the latents themselves: ``Linear``, ``Conv2d`` or ``ConvTranspose2d``, or a container
            that begins with one. Of several, as in style-based generators, the weights are stacked.
        latent_shape: of one latent: (D,), or (D, 1, 1) where the generator takes maps of one cell.
        moving: of which numbers of a latent the directions are, bool of ``latent_shape``; the others, such as a class,
            stay. All by default.

    Raises:
        ValueError: no such layer, one without weights for latents of this size, or more directions than numbers.
    """
    size = int(torch.Size(latent_shape).numel())
    places = torch.arange(size) if moving is None else moving.flatten().nonzero().flatten()
    if not 1 <= count <= len(places):
        raise ValueError(f"latents of {len(places)} numbers have 1 to {len(places)} directions, got {count}")
    stacked = torch.cat([_matrix(generator, layer, size) for layer in layers])[:, places]
    values, vectors = torch.linalg.eigh(stacked.T @ stacked)
    values, vectors = values.flip(0), vectors.flip(1)
    found = []
    for k in range(count):
        vector = torch.zeros(size, dtype=vectors.dtype)
        vector[places] = vectors[:, k] * vectors[vectors[:, k].abs().argmax(), k].sign()
        share = float(values[k] / values.sum())
        found.append(LatentDirection(f"sefa {k + 1}", vector.float().view(tuple(latent_shape)), {"gain": share}))
    return tuple(found)


def first_weights(generator: nn.Module) -> str:
    """The name of the first layer that has weights: where closed-form directions are read off by default.

    ValueError when there is none.
    """
    for name, module in generator.named_modules():
        if name and isinstance(module, Weighted):
            return name
    raise ValueError("the generator has no Linear, Conv2d or ConvTranspose2d layer to read directions off")


def _matrix(generator: nn.Module, layer: str, size: int) -> Tensor:
    """The matrix A (outputs, size) by which ``layer`` maps a latent, float64 on the CPU."""
    known = {name: module for name, module in generator.named_modules() if name}
    require_known("layer", layer, known)
    module = next((part for part in known[layer].modules() if isinstance(part, Weighted)), None)
    if module is None:
        raise ValueError(f"layer {layer!r} has no weights: name a Linear, Conv2d or ConvTranspose2d, or what holds one")
    if not isinstance(module, nn.Linear) and module.groups != 1:
        raise ValueError(f"layer {layer!r} is a convolution in {module.groups} groups: only whole ones have directions")
    weight = module.weight.detach().double().cpu()
    inputs_first = weight if isinstance(module, nn.ConvTranspose2d) else weight.transpose(0, 1)
    if len(inputs_first) != size:
        fitting = next((name for name in known if _inputs(known[name]) == size), None)
        remedy = "none does, so take principal directions" if fitting is None else f"such as {fitting!r}"
        raise ValueError(
            f"layer {layer!r} takes {len(inputs_first)} numbers, but a latent has {size}: name the layer that takes "
            f"the latents themselves, {remedy}"
        )
    return inputs_first.flatten(1).T


def _inputs(module: nn.Module) -> int | None:
    """How many numbers a layer with weights takes; None for any other."""
    if isinstance(module, nn.Linear):
        return module.in_features
    return module.in_channels if isinstance(module, nn.Conv2d | nn.ConvTranspose2d) else None
