"""A sketch of a stream of numbers that answers "what lies above 1% of them?" in bounded memory.

Karnin, Lang and Liberty 2016, "Optimal quantile approximation in streams" (KLL): buffers of falling weight; one that
overflows is sorted, and every other of its numbers goes on with twice the weight. Which half goes on is decided by a
coin, and the next time by the other side of the same coin, as in Agarwal et al. 2013, "Mergeable summaries".
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

SIZE = 4096  # numbers in the heaviest buffer: rank errors of about 0.0002 of the stream, measured below 0.001
FALLING = 2 / 3  # size of a buffer, of the next heavier one's
SMALLEST = 256  # buffers below this are sorted too often


class Sketch:
    """Quantiles of ``rows`` streams of the same length, such as the activations of the units of a layer.

    All rows share their coins, drawn from ``rng`` on the CPU: the same numbers in the same calls give the same answers.
    """

    def __init__(self, rows: int, rng: torch.Generator, size: int = SIZE) -> None:
        if size < SMALLEST:
            raise ValueError(f"expected a sketch of at least {SMALLEST} numbers, got {size}")
        self.count = 0  # numbers in each stream so far
        self.low = torch.full((rows,), torch.inf)  # exact
        self.top = torch.full((rows,), -torch.inf)
        self._size, self._rng = size, rng
        self._buffers: list[list[Tensor]] = [[]]  # by weight: 1, 2, 4 ...; each (rows, n) in parts
        self._coins: list[int] = [-1]  # of each buffer, the side that is still owed, or -1

    def add(self, values: Tensor) -> None:
        """Take in ``values`` (rows, n), without NaN.

        Raises:
            ValueError: another number of rows.
        """
        if values.ndim != 2 or len(values) != len(self.low):
            raise ValueError(f"expected values of {len(self.low)} rows, (rows, n), got {tuple(values.shape)}")
        if not values.shape[1]:
            return
        low, top = torch.aminmax(values, dim=1)
        self.low, self.top = torch.minimum(self.low.to(low), low), torch.maximum(self.top.to(top), top)
        self.count += values.shape[1]
        self._buffers[0].append(values.detach().clone())
        self._compact()

    def add_maps(self, maps: Tensor) -> None:
        """Take in ``maps`` (N, rows, h, w) image by image, so that it does not matter how images are batched.

        ValueError for other rows.
        """
        for each in maps:
            self.add(each.flatten(1))

    def merge(self, other: "Sketch") -> None:
        """Take in the whole stream of ``other``, which stays as it is.

        Raises:
            ValueError: another number of rows, or another size.
        """
        if len(other.low) != len(self.low) or other._size != self._size:
            raise ValueError(
                f"sketches of equal rows and size can be merged, got {len(self.low)} rows of size {self._size} "
                f"and {len(other.low)} of {other._size}"
            )
        while len(self._buffers) < len(other._buffers):
            self._grow()
        for mine, theirs in zip(self._buffers, other._buffers, strict=False):
            mine.extend(theirs)
        self.low, self.top = torch.minimum(self.low, other.low), torch.maximum(self.top, other.top)
        self.count += other.count
        self._compact()

    def quantile(self, share: float) -> Tensor:
        """The values (rows,) that about ``share`` of the stream lies at or below. Raises as :meth:`quantiles`."""
        return self.quantiles([share])[:, 0]

    def quantiles(self, shares: Sequence[float]) -> Tensor:
        """The values (rows, len(shares)) that about each of ``shares`` of the stream lies at or below.

        Raises:
            ValueError: nothing was taken in, or a share lies outside [0, 1].
        """
        if not self.count:
            raise ValueError("a sketch of no numbers has no quantiles: add some first")
        if outside := [share for share in shares if not 0 <= share <= 1]:
            raise ValueError(f"a quantile is asked for at a share from 0 to 1, got {outside[0]}")
        kept = [torch.cat(parts, dim=1) for parts in self._buffers if parts]
        weights = [2**i for i, parts in enumerate(self._buffers) for part in parts for _ in range(part.shape[1])]
        order = torch.cat(kept, dim=1).sort(dim=1)
        below = torch.tensor(weights, device=order.values.device)[order.indices].cumsum(1)
        places = [min(int(share * self.count), self.count - 1) for share in shares]
        wanted = torch.tensor(places, device=below.device).expand(len(below), -1).contiguous()
        found = torch.searchsorted(below, wanted, right=True)  # the first with more than that many up to it
        return order.values.gather(1, found)

    def stored(self) -> int:
        """How many numbers of each stream are kept."""
        return sum(part.shape[1] for parts in self._buffers for part in parts)

    def state(self) -> dict[str, np.ndarray]:
        """Everything, as arrays of any shape, for :meth:`restore`."""
        kept = [torch.cat(parts, dim=1) if parts else self.low.new_empty(len(self.low), 0) for parts in self._buffers]
        return {
            "kept": torch.cat(kept, dim=1).cpu().numpy(),
            "lengths": np.array([part.shape[1] for part in kept]),
            "coins": np.array(self._coins),
            "ends": torch.stack((self.low, self.top)).cpu().numpy(),
            "count": np.array([self.count]),
            "rng": self._rng.get_state().numpy(),
        }

    def restore(self, state: Mapping[str, np.ndarray], device: torch.device | str = "cpu") -> None:
        """Become the sketch whose :meth:`state` (arrays of any shape) this is; what follows is the same to the bit."""
        parts = torch.from_numpy(state["kept"].copy()).to(device).split(state["lengths"].tolist(), dim=1)
        self._buffers = [[part] if part.shape[1] else [] for part in parts]
        self._coins = state["coins"].tolist()
        self.low, self.top = torch.from_numpy(state["ends"].copy()).to(device)
        self.count = int(state["count"][0])
        self._rng.set_state(torch.from_numpy(state["rng"].copy()))

    def _capacity(self, index: int) -> int:
        return max(SMALLEST, int(self._size * FALLING ** (len(self._buffers) - 1 - index)))

    def _compact(self) -> None:
        index = 0
        while index < len(self._buffers):
            if sum(part.shape[1] for part in self._buffers[index]) > self._capacity(index):
                if index + 1 == len(self._buffers):
                    self._grow()
                ordered = _sorted(torch.cat(self._buffers[index], dim=1))
                even = ordered.shape[1] // 2 * 2
                self._buffers[index] = [ordered[:, even:].clone()] if even < ordered.shape[1] else []
                self._buffers[index + 1].append(ordered[:, self._toss(index) : even : 2].clone())
            index += 1

    def _grow(self) -> None:
        self._buffers.append([])
        self._coins.append(-1)

    def _toss(self, index: int) -> int:
        if self._coins[index] >= 0:
            side, self._coins[index] = self._coins[index], -1
        else:
            side = int(torch.randint(2, (), generator=self._rng))
            self._coins[index] = 1 - side
        return side


def unit_sketch(units: int) -> Sketch:
    """An empty sketch for the activations of the ``units`` of a layer, whose coins always fall alike.

    They only decide which of equally good numbers are kept, and a dissection is to be the same each time.
    """
    return Sketch(units, torch.Generator().manual_seed(0))


def _sorted(values: Tensor) -> Tensor:
    """Rows in ascending order; on a CPU by NumPy, whose sort of single precision is several times faster."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.sort(values.numpy(), axis=1))
    return values.sort(dim=1).values
