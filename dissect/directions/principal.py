"""Principal directions of a layer: along what its activations vary most.

Härkönen et al. 2020, GANSpace, section 2.2: principal components of a layer's activations over many latents are carried
back to the latents by least squares. With the coordinates x_j of the latents z_j on the components, the basis is
U = argmin sum_j |U x_j - z_j|^2, and a step along column k of U is a step along component k.

The components are fitted batch by batch (scikit-learn's ``IncrementalPCA``; Ross et al. 2008), so that memory is
bounded by a batch of activations, whatever the number of latents. From batch to batch more components are carried than
are asked for, because what is dropped on the way is lost to the later ones.
"""

import math
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from core_gans.foundation.memory import require_memory
from dissect.directions.coactivation import coactivation
from dissect.directions.moving import LatentDirection, UnitDirection
from dissect.hooks import at_rest, layers, record
from dissect.sampling import Latents, Progress, batches, generate

FITTED = 100  # latents that the components learn from at once, however few are drawn at once
CARRIED = 5  # components from batch to batch for each one asked for
DOUBLE = 8  # bytes
SLIGHT = 1e-9  # of the variance along the first component: less is rounding


def principal_directions(
    generator: nn.Module,
    layer: str,
    latents: Tensor,
    *,
    count: int = 10,
    batch_size: int = 32,
    fitted: int = FITTED,
    progress: Progress | None = None,
) -> tuple[LatentDirection, ...]:
    """The ``count`` principal directions of ``layer``'s whole output (N, ...), as directions of the latents.

    They have length 1 and these ``facts``: ``variance``, the share of the layer's variance along the component, and
    ``linearity``, the squared correlation of the coordinate on it with the latents along the direction. Where that is
    small, no straight line through the latents follows the component.

    Args:
        latents: (N, ...), at least ``count``; ten for each number of a latent make a good fit.
        batch_size: images that are made at once; no number depends on it.
        fitted: latents that the components are fitted with at once.
        progress: called with the number of latents done, of 2 N: the layer is looked at twice.

    Raises:
        ValueError: no such layer, too few latents, activations that are not finite or do not vary, or more of them at
            once than memory holds.
    """
    if not 1 <= count <= len(latents) // 2:
        raise ValueError(
            f"{count} directions need at least {2 * max(count, 1)} latents, and there is at least one direction; "
            f"got {len(latents)} latents"
        )
    from sklearn.decomposition import IncrementalPCA  # takes a second, and most directions need none of it

    carried = min(CARRIED * count, len(latents))
    size = max(fitted, carried)
    if (shape := layers(generator, latents[:1]).get(layer)) is not None:
        numbers = min(size, len(latents)) * math.prod(shape[1:])
        require_memory(
            numbers * DOUBLE, f"the output of {layer} for {size:,} images at once", "the count of directions"
        )
    components: IncrementalPCA | None = None
    for rows in _outputs(generator, layer, latents, size, batch_size, progress):
        if rows.shape[1] < count:
            raise ValueError(f"layer {layer!r} puts out {rows.shape[1]} numbers, too few for {count} directions")
        components = components or IncrementalPCA(n_components=min(carried, rows.shape[1]))
        components.partial_fit(rows)
    assert components is not None, "there are latents"
    variance = components.explained_variance_
    if not variance[count - 1] > SLIGHT * variance[0]:
        raise ValueError(f"the output of layer {layer!r} varies in fewer than {count} directions: ask for fewer")
    coordinates: list[NDArray[np.float64]] = []
    again = None if progress is None else lambda done: progress(len(latents) + done)
    for rows in _outputs(generator, layer, latents, size, batch_size, again):
        coordinates.append(components.transform(rows)[:, :count])
    x = np.concatenate(coordinates)  # (N, K)
    z = latents.detach().flatten(1).double().cpu().numpy()  # (N, D)
    x, z = x - x.mean(0), z - z.mean(0)
    basis = np.linalg.lstsq(x, z, rcond=None)[0]  # (K, D), the columns of U
    basis /= np.linalg.norm(basis, axis=1, keepdims=True)
    along = z @ basis.T
    linearity = (x * along).sum(0) ** 2 / ((x**2).sum(0) * (along**2).sum(0))
    return tuple(
        LatentDirection(
            f"pca {k + 1}",
            torch.from_numpy(basis[k]).float().view(latents.shape[1:]),
            {"variance": float(components.explained_variance_ratio_[k]), "linearity": float(linearity[k])},
        )
        for k in range(count)
    )


def principal_units(
    generator: nn.Module,
    layer: str,
    latents: Latents,
    *,
    count: int = 10,
    batch_size: int = 32,
    progress: Progress | None = None,
) -> tuple[UnitDirection, ...]:
    """The ``count`` principal directions of the units of ``layer`` (N, U, h, w), every cell of a map being a sample.

    A step is one standard deviation of the cells along the direction. ``facts``: the share of the ``variance``.

    Raises:
        ValueError: no such layer, or one that is no map; fewer units than ``count``; units that do not vary.
    """
    moments = coactivation(generator, layer, latents, batch_size=batch_size, progress=progress)
    units = len(moments.mean)
    if not 1 <= count <= units:
        raise ValueError(f"layer {layer!r} has {units} units, so 1 to {units} directions; got {count}")
    values, vectors = torch.linalg.eigh(moments.covariance)
    values, vectors = values.flip(0).clamp_min(0), vectors.flip(1)
    if not values[count - 1] > SLIGHT * values[0]:
        raise ValueError(f"the units of layer {layer!r} vary in fewer than {count} directions: ask for fewer")
    return tuple(
        UnitDirection(
            f"unit pca {k + 1}",
            layer,
            (values[k].sqrt() * _upright(vectors[:, k])).float(),
            {"variance": float(values[k] / values.sum())},
        )
        for k in range(count)
    )


def _upright(vector: Tensor) -> Tensor:
    """The one of ``vector`` and ``-vector`` whose largest entry is positive: eigenvectors come with either sign."""
    return vector * vector[vector.abs().argmax()].sign()


def _outputs(
    generator: nn.Module, layer: str, latents: Tensor, size: int, batch_size: int, progress: Progress | None
) -> Iterator[NDArray[np.float32]]:
    """The layer's outputs as rows, in pieces of ``size`` rows or a few more; none is smaller than ``size``."""
    pieces = max(1, len(latents) // size)
    done = 0
    with at_rest(generator), record(generator, [layer]) as seen:
        for piece in latents.tensor_split(pieces):
            rows = []
            for batch in batches(piece, batch_size):
                generate(generator, batch)
                found = seen[layer].detach().flatten(1).float()
                if not bool(torch.isfinite(found).all()):
                    raise ValueError(
                        f"layer {layer!r} puts out NaN or infinite numbers: the generator or its input is broken"
                    )
                rows.append(found.cpu())
            yield torch.cat(rows).numpy()
            done += len(piece)
            if progress is not None:
                progress(done)
