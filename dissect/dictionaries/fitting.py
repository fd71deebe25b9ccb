"""Dictionaries fitted to the cells that a layer puts out: by NMF, or by training a sparse autoencoder."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn

from dissect.dictionaries.dictionary import NonnegativeDictionary, SparseDictionary, top_codes
from dissect.hooks import at_rest, record
from dissect.sampling import Latents, Progress, batches, features, generate

CELLS = 20_000  # that a dictionary is fitted to
ROUNDS = 200  # of NMF, at most
RATE, BATCH = 1e-3, 512  # of the autoencoder
IDLE = 200  # steps in which a feature that never fired counts as dead
REVIVING = 1 / 32  # of the loss by which dead features learn what the others miss (Gao et al. 2024, appendix A.2)


def cells_of(
    generator: nn.Module,
    layer: str,
    latents: Latents,
    *,
    most: int = CELLS,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Tensor:
    """At most ``most`` cells (M, U) of what ``layer`` puts out, as many of each image, drawn by ``rng`` on the CPU.

    ValueError for no such layer, one that is no map or not finite, or no latents (N, ...).
    """
    found: list[Tensor] = []
    with at_rest(generator), record(generator, [layer]) as seen:
        for batch in batches(latents, batch_size, progress):
            generate(generator, batch)
            found.append(features(seen, layer).movedim(1, -1).flatten(1, -2).cpu())  # (n, h w, U)
    cells = torch.cat(found)
    each = min(max(1, most // len(cells)), cells.shape[1])
    places = torch.rand(cells.shape[:2], generator=rng).topk(each, dim=1).indices
    drawn: Tensor = cells.gather(1, places[:, :, None].expand(-1, -1, cells.shape[2])).flatten(0, 1)
    return drawn[torch.randperm(len(drawn), generator=rng)[:most]]


def fit_nonnegative(layer: str, cells: Tensor, count: int) -> NonnegativeDictionary:
    """``count`` atoms of NMF (scikit-learn, from the singular vectors) of the positive part of cells (M, U) of a layer.

    Atoms have length 1, so that a code says how much of them there is.

    ValueError for more atoms than units or cells, or cells of which none is above 0.
    """
    if not 1 <= count <= min(cells.shape):
        raise ValueError(f"expected from 1 to {min(cells.shape)} features, of units and cells at most, got {count}")
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

    The centre begins at the median of each unit, atoms at what cells have that others lack, and what is read
    at the atoms, which keep length 1. Features that have not fired for long learn what the others leave over. ``rng``
    is on the CPU.

    ValueError for fewer features than are active, or fewer than 1 step.
    """
    if not 1 <= active <= count or steps < 1:
        raise ValueError(f"expected 1 to {count} active features and at least 1 step, got {active} and {steps}")
    centre = cells.median(0).values
    size = (cells - centre).square().sum(1).mean().sqrt().clamp_min(1e-12)  # to a length of about 1, for the rate
    scaled = (cells - centre) / size
    atoms = nn.Parameter(_drawn_apart(scaled, count, rng))
    reading = nn.Parameter(atoms.detach().T.clone())
    offset, middle = nn.Parameter(torch.zeros(count)), nn.Parameter(torch.zeros(cells.shape[1]))
    learning = torch.optim.Adam([atoms, reading, offset, middle], lr=RATE)
    idle = torch.zeros(count)
    for step in range(steps):
        rows = scaled[torch.randint(len(cells), (BATCH,), generator=rng)]
        numbers = (rows - middle) @ reading + offset
        codes = top_codes(numbers, active)
        left = rows - codes @ atoms - middle
        loss = left.square().sum(1).mean()
        dead = idle > IDLE
        if bool(dead.any()):
            waking = top_codes(numbers.masked_fill(~dead, -torch.inf), min(active, int(dead.sum())))
            loss = loss + REVIVING * (left.detach() - waking @ atoms).square().sum(1).mean()
        learning.zero_grad()
        loss.backward()
        learning.step()
        with torch.no_grad():
            atoms.div_(atoms.norm(dim=1, keepdim=True))
            idle = torch.where((codes > 0).any(0), 0.0, idle + 1)
        if progress is not None:
            progress(step + 1)
    with torch.no_grad():  # codes are in the units' own size again
        return SparseDictionary(
            layer, atoms.detach(), reading.detach(), offset.detach() * size, centre + middle.detach() * size, active
        )


def _drawn_apart(cells: Tensor, count: int, rng: torch.Generator) -> Tensor:
    """``count`` atoms: what those before leave of a cell, drawn by its squared length (as k-means++), to length 1."""
    left = cells.clone()
    atoms: list[Tensor] = []
    for _ in range(count):
        lengths = left.square().sum(1)
        chosen = left[torch.multinomial(lengths + 1e-12, 1, generator=rng)[0]]
        chosen = chosen + 1e-3 * torch.randn(chosen.shape, generator=rng) / len(chosen) ** 0.5  # where all is explained
        atoms.append(chosen / chosen.norm())
        left -= (left @ atoms[-1]).clamp_min(0)[:, None] * atoms[-1]
    return torch.stack(atoms)
