"""How the units of a layer vary together: means, covariances and correlations over all cells of many images.

The sums are kept in float64 and are those of deviations from the first batch's means, so that nothing cancels; memory
is a matrix of units by units, whatever the number of images.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dissect.hooks import at_rest, record
from dissect.sampling import Latents, Progress, batches, features, generate

CONSTANT = 1e-12  # of the largest variance of the layer: a unit that varies less is dead


@dataclass(frozen=True, eq=False)
class Coactivation:
    """First and second moments of ``U`` units over cells, and where in the picture each unit is strong."""

    mean: Tensor  # (U,)
    covariance: Tensor  # (U, U)
    maps: Tensor  # (U, h, w) mean over the images
    images: int

    @property
    def deviation(self) -> Tensor:
        """Standard deviation (U,) of each unit over cells."""
        return self.covariance.diagonal().sqrt()

    @property
    def alive(self) -> Tensor:
        """Which units (U,) vary at all."""
        variance = self.covariance.diagonal()
        return variance > CONSTANT * variance.max()

    def correlation(self) -> Tensor:
        """Pearson's correlation (U, U) of the units' maps; 0 beside a unit that is dead."""
        deviation = torch.where(self.alive, self.deviation, torch.inf)
        return (self.covariance / (deviation[:, None] * deviation)).clamp(-1, 1)


def coactivation(
    generator: nn.Module, layer: str, latents: Latents, *, batch_size: int = 32, progress: Progress | None = None
) -> Coactivation:
    """The moments of the units of ``layer`` (N, U, h, w) over all cells of the images of ``latents``, in float64.

    Raises:
        ValueError: no such layer, one that is no map or not finite, or no latents.
    """
    origin: Tensor | None = None
    total = products = maps = torch.zeros(())
    images = 0
    with at_rest(generator), record(generator, [layer]) as seen:
        for batch in batches(latents, batch_size, progress):
            generate(generator, batch)
            found = features(seen, layer).double()
            if origin is None:
                origin = found.mean((0, 2, 3))
                maps = torch.zeros_like(found[0])
                total, products = torch.zeros_like(origin), torch.zeros(len(origin), len(origin)).to(found)
            maps += found.sum(0)
            cells = found.transpose(0, 1).flatten(1) - origin[:, None]  # (U, N h w)
            total += cells.sum(1)
            products += cells @ cells.T
            images += len(batch)
    assert origin is not None, "batches() yields at least one"
    count = images * maps[0].numel()
    offset = total / count
    covariance = products / count - offset[:, None] * offset
    return Coactivation((origin + offset).cpu(), covariance.cpu(), (maps / images).cpu(), images)
