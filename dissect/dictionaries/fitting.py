"""Dictionaries fitted to the cells that a layer puts out: by NMF, or by training a sparse autoencoder."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from dissect.dictionaries.dictionary import JumpDictionary, NonnegativeDictionary, SparseDictionary
from dissect.dictionaries.learning import JumpReLU, TopK, learn
from dissect.hooks import at_rest, record
from dissect.sampling import Progress, batches, features, generate

CELLS = 20_000  # that a dictionary is fitted to
ROUNDS = 200  # of NMF, at most
JUMP_RATE = 3e-3  # of JumpReLU, whose offsets have a long way to go


def cells_of(
    generator: nn.Module,
    layer: str,
    latents: Tensor,
    *,
    most: int = CELLS,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Tensor:
    """At most ``most`` cells (M, U) of what ``layer`` puts out, as many of each image, drawn by ``rng`` on the CPU.

    ValueError for no such layer, one that is no map or not finite, or no latents (N, ...).
    """
    drawn: list[Tensor] = []
    each = max(1, most // max(len(latents), 1))
    with at_rest(generator), record(generator, [layer]) as seen:
        for batch in batches(latents, batch_size, progress):
            generate(generator, batch)
            cells = features(seen, layer).movedim(1, -1).flatten(1, -2).cpu()  # (n, h w, U)
            places = torch.rand(cells.shape[:2], generator=rng).topk(min(each, cells.shape[1]), dim=1).indices
            drawn.append(cells.gather(1, places[:, :, None].expand(-1, -1, cells.shape[2])).flatten(0, 1))
    found = torch.cat(drawn)
    return found[torch.randperm(len(found), generator=rng)[:most]]


def check_nonnegative(count: int, cells: int, units: int) -> None:
    """ValueError for fewer than 1 atom of NMF, or more than there are ``cells`` or ``units``."""
    if not 1 <= count <= min(cells, units):
        raise ValueError(f"expected from 1 to {min(cells, units)} features, of units and cells at most, got {count}")


def check_sparse(count: int, active: int, steps: int) -> None:
    """ValueError for fewer features than are active in a cell, or fewer than 1 step."""
    if not 1 <= active <= count or steps < 1:
        raise ValueError(f"expected 1 to {count} active features and at least 1 step, got {active} and {steps}")


def check_jumping(count: int, sparsity: float, steps: int) -> None:
    """ValueError for no feature, a ``sparsity`` below 0, or fewer than 1 step."""
    if count < 1 or not sparsity >= 0 or steps < 1:
        raise ValueError(
            f"expected at least 1 feature, a sparsity of 0 or more and 1 step, got {count}, {sparsity} and {steps}"
        )


def fit_nonnegative(layer: str, cells: Tensor, count: int) -> NonnegativeDictionary:
    """``count`` atoms of NMF (scikit-learn, from the singular vectors) of the positive part of cells (M, U) of a layer.

    Atoms have length 1, so that a code says how much of them there is.

    ValueError for more atoms than units or cells, or cells of which none is above 0.
    """
    check_nonnegative(count, *cells.shape)
    positive = cells.clamp_min(0)
    if not bool(positive.any()):
        raise ValueError(f"layer {layer!r} puts out nothing above 0, so NMF finds nothing in it: take a sparse one")
    from sklearn.decomposition import NMF  # takes a second, and most commands need none of it
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # how much is explained is told
        atoms = torch.from_numpy(NMF(count, init="nndsvda", max_iter=ROUNDS).fit(positive.numpy()).components_).float()
    return NonnegativeDictionary(layer, atoms / atoms.norm(dim=1, keepdim=True).clamp_min(1e-12))


def fit_sparse(
    layer: str,
    cells: Tensor,
    count: int,
    *,
    active: int = 8,
    steps: int = 2_000,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> SparseDictionary:
    """A TopK autoencoder of ``count`` features, ``active`` of them in a cell, trained on cells (M, U) of a layer.

    The centre begins at the median of each unit. ``rng`` is on the CPU.

    ValueError for fewer features than are active, or fewer than 1 step.
    """
    check_sparse(count, active, steps)
    scaled, centre, size = _scaled(cells)
    learner = TopK(scaled, count, rng, active)
    learn(learner, scaled, steps, rng, progress)
    middle = centre + learner.middle * size
    return SparseDictionary(layer, learner.atoms.data, learner.reading.data, learner.offset * size, middle, active)


def fit_jumping(
    layer: str,
    cells: Tensor,
    count: int,
    *,
    sparsity: float = 0.02,
    steps: int = 2_000,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> JumpDictionary:
    """A JumpReLU autoencoder of ``count`` features, trained on cells (M, U) of a layer, as :func:`fit_sparse`.

    Each feature that is on in a cell costs ``sparsity``, a share of the cells' mean squared distance from the centre:
    what explains less is not worth it.

    ValueError for no feature, a sparsity below 0, or fewer than 1 step.
    """
    check_jumping(count, sparsity, steps)
    scaled, centre, size = _scaled(cells)
    learner = JumpReLU(scaled, count, rng, sparsity)
    learn(learner, scaled, steps, rng, progress, JUMP_RATE, quick=[learner.height])
    middle, threshold = centre + learner.middle * size, learner.height.exp() * size
    return JumpDictionary(layer, learner.atoms.data, learner.reading.data, learner.offset * size, middle, threshold)


def _scaled(cells: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Cells from their median and of a length of about 1, for the rate; the median (U,), and the length."""
    centre = cells.median(0).values
    size = (cells - centre).square().sum(1).mean().sqrt().clamp_min(1e-12)
    return (cells - centre) / size, centre, size
