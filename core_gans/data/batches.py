"""An endless stream of batches: which one comes next depends on the seed and the position alone."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import Dataset

from core_gans.data.domains import Domains
from core_gans.data.driven import Driven
from core_gans.data.examples import Examples, as_float
from core_gans.data.first_batch import IMAGES, require_range
from core_gans.data.known import load
from core_gans.data.pairs import Pairs
from core_gans.data.texts.sentences import SentencePairs, Sentences
from core_gans.game import Batch


class Batches(Iterator[Batch]):
    """Batches of ``size`` from any map-style torch data set, reshuffled every epoch.

    Item ``i`` of the stream is item ``i mod N`` of the permutation of epoch ``i div N``, so batches run across the
    ends of epochs and every example is seen once an epoch. Items of a torch data set are tensors, or tuples whose
    first entry is the example and whose second, if any, is an integer label; bytes become floats in [-1, 1].

    Of ``Pairs`` and ``Domains``, the targets are a batch's ``real`` and the sources its ``other``. The two domains are
    of different lengths, so each has its own epochs and its own permutations.
    """

    def __init__(self, data: Dataset | str, size: int, seed: int = 0, device: torch.device | str = "cpu") -> None:
        """``data`` may be the name of a data set or a path, as ``data.load`` takes it."""
        if isinstance(data, str):
            data = load(data, seed=seed)
        count = len(data)  # type: ignore[arg-type]  # map-style data sets have a length; torch does not declare it
        if count == 0:
            raise ValueError("expected at least one example, got an empty data set.")
        if size < 1:
            raise ValueError(f"expected a batch size of at least 1, got {size}.")
        self.data, self.size, self.seed, self.device = data, size, seed, torch.device(device)
        self.count = count
        self.position = 0  # batches handed out
        self._looked = False  # whether the first batch was in range
        counts = (len(data.target), len(data.source)) if isinstance(data, Domains) else (count,)
        self._orders = [_Shuffled(each, seed, number) for number, each in enumerate(counts)]

    def __repr__(self) -> str:
        return f"Batches({self.data!r}, {self.size} at a time, {self.position:,} handed out)"

    def __next__(self) -> Batch:
        first = self.position * self.size
        self.position += 1
        batch = self._collate(*([order.at(i) for i in range(first, first + self.size)] for order in self._orders))
        self._looked = True
        return batch

    def _as_float(self, given: Tensor) -> Tensor:
        """What the data set gave, as floats; that of the first batch must be in the range of images."""
        if not self._looked:
            require_range(given)
        return as_float(given)

    def state_dict(self) -> dict[str, int]:
        return {"position": self.position, "seed": self.seed, "size": self.size, "count": self.count}

    def load_state_dict(self, state: dict[str, int]) -> None:
        ours = self.state_dict() | {"position": state["position"]}
        if ours != state:
            raise ValueError(
                f"the checkpoint was trained on batches {state}, not {ours}: give the same data and --batch."
            )
        self.position = state["position"]

    def _collate(self, indices: list[int], others: list[int] | None = None) -> Batch:
        if isinstance(self.data, Pairs | Domains):
            real = self._as_float(self.data.target[torch.tensor(indices)])
            other = self._as_float(self.data.source[torch.tensor(indices if others is None else others)])
            return Batch(real.to(self.device), other=other.to(self.device))
        if isinstance(self.data, Sentences | SentencePairs):
            texts = self.data.together(indices)
            return Batch(texts.real.to(self.device), other=None if texts.other is None else texts.other.to(self.device))
        if isinstance(self.data, Examples):
            chosen = torch.tensor(indices)
            real, label, captions = self._as_float(self.data.at(chosen)), self.data.labels, self.data.captions
            return Batch(
                real.to(self.device),
                None if label is None else label[chosen].to(self.device),
                other=self.data.actions[chosen].to(self.device) if isinstance(self.data, Driven) else None,
                text=None if captions is None else captions.tokens[chosen].to(self.device),
            )
        items = [self.data[index] for index in indices]
        if isinstance(items[0], Tensor):
            return Batch(self._stacked(items).to(self.device))
        real = self._stacked([item[0] for item in items]).to(self.device)
        label = torch.tensor([int(item[1]) for item in items], device=self.device) if len(items[0]) > 1 else None
        return Batch(real, label)

    def _stacked(self, given: list[object]) -> Tensor:
        """Pictures and points as floats; tokens, which are integers, as they are."""
        tensors = [each for each in given if isinstance(each, Tensor)]
        if len(tensors) < len(given):
            kind = next(type(each).__name__ for each in given if not isinstance(each, Tensor))
            raise TypeError(
                f"expected tensors from the data set, got {kind}: give it a transform that makes tensors, or read it "
                "with core_gans.data.examples_from."
            )
        stacked = torch.stack(tensors)
        examples = stacked.dtype == torch.uint8 or stacked.is_floating_point() or stacked.dim() >= IMAGES
        return self._as_float(stacked) if examples else stacked


class _Shuffled:
    """The numbers below ``count`` in an endless order, permuted anew each epoch; streams differ by ``number``."""

    def __init__(self, count: int, seed: int, number: int) -> None:
        self.count, self.seed, self.number = count, seed, number
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def at(self, item: int) -> int:
        epoch, place = divmod(item, self.count)
        if epoch != self._epoch:
            seed = ((self.seed << 24) + (self.number << 23) + epoch) % 2**63
            self._order = torch.randperm(self.count, generator=torch.Generator().manual_seed(seed))
            self._epoch = epoch
        return int(self._order[place])
