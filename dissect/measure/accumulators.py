"""What is counted about one layer while the images pass, and the dissection that it makes in the end."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from dissect.measure import agreement
from dissect.measure.classmap import ClassMap
from dissect.measure.dissection import AGREEMENT, Criterion, Dissection, Rule, preference
from dissect.measure.levels import Levels, still
from dissect.measure.quantiles import unit_sketch
from dissect.measure.tally import Counts, Pixels, Tally
from dissect.measure.upsampling import Upsampling
from dissect.measure.values import HIGH, ConceptMeans


class Accumulators:
    """Counts, means, quantiles and strongest images of the units of a layer, each the same for any batches.

    ``low`` (U,) are activations with which a unit is surely off: they stand in for NaN and infinity.
    """

    def __init__(self, levels: Levels, low: Tensor, concepts: int, top: int, upsampling: Upsampling) -> None:
        units = len(low)
        self.tally = Tally(levels, concepts, upsampling)
        self.means = ConceptMeans(units, concepts)
        self.sketch = unit_sketch(units)
        self.low = low
        self.broken = torch.zeros(units, dtype=torch.bool, device=low.device)
        self.top = top
        self.images = 0
        self.peak = low.new_empty(units, 0)
        self.top_images = torch.empty(units, 0, dtype=torch.int64, device=low.device)

    def add(self, features: Tensor, classes: Sequence[ClassMap]) -> None:
        """Take in the ``features`` (N, U, h, w), finite or not, and the ``classes`` of the next images."""
        finite = torch.isfinite(features)
        if not bool(finite.all()):
            self.broken |= ~finite.all(dim=(2, 3)).all(dim=0)
            features = torch.where(finite, features, self.low[:, None, None])
        self.tally.add(features, classes)
        self.means.add(features, classes)
        self.sketch.add_maps(features)
        places = torch.arange(self.images, self.images + len(features), device=features.device)
        peak = torch.cat((self.peak, features.amax(dim=(2, 3)).T), dim=1)
        images = torch.cat((self.top_images, places.expand(len(peak), -1)), dim=1)
        order = peak.sort(dim=1, descending=True, stable=True).indices[:, : self.top]  # of equals, the earlier
        self.peak, self.top_images = peak.gather(1, order), images.gather(1, order)
        self.images += len(features)

    def result(
        self,
        layer: str,
        labels: tuple[str, ...],
        rule: Rule | float,
        criterion: Criterion,
        provenance: Mapping[str, str],
        *,
        unsteady: bool,
    ) -> Dissection:
        """The dissection of the images so far, at least one; ``rule`` placed the levels, or a share of activations."""
        seen = self.tally.counts()
        levels = self.tally.levels.values.cpu().numpy()
        measured = _agreement(seen, seen.both, seen.shuffled[0]) | {
            "area": np.broadcast_to(seen.on / seen.total, seen.both.shape),
            "level": np.broadcast_to(levels[:, None], seen.both.shape),
        }
        chosen = _at_best_level(measured, rule)
        following = (*seen.shuffled[1:], seen.shuffled[0])  # what tells the chance of a shuffle is another one
        by_chance = [
            _at_best_level(_agreement(seen, both, chance), rule)
            for both, chance in zip(seen.shuffled, following, strict=True)
            if both is not chance
        ]
        concepts = preference(criterion.rank, *(chosen[name] for name in AGREEMENT)).argmax(axis=1)
        inside, outside = self.means.means()
        broken, dead = (units.nonzero()[:, 0].tolist() for units in (self.broken, self._dead()))
        high = self.sketch.quantile(HIGH).double().cpu().numpy()
        high[broken] = np.nan
        return Dissection(
            layer=layer,
            labels=labels,
            images=self.images,
            share=(seen.concept / seen.total).reshape(-1),
            inside=inside.T,
            outside=outside.T,
            high=high,
            top_images=self.top_images.cpu().numpy(),
            peak=self.peak.double().cpu().numpy(),
            levels=levels,
            curves=measured["iou"][np.arange(len(concepts)), concepts],
            rule=rule,
            upsampling=self.tally.upsampling,
            dead=tuple(dead),
            broken=tuple(broken),
            unsteady=unsteady,
            criterion=criterion,
            provenance=provenance,
            shuffled=np.array([[each[name] for name in AGREEMENT] for each in by_chance]) if by_chance else None,
            **chosen,
        )

    def state(self) -> dict[str, np.ndarray]:
        """Everything, as arrays of any shape, of at least one image; for :meth:`restored`."""
        levels = self.tally.levels
        own = {
            "levels": levels.values, "cells_low": levels.low, "per_cell": levels.per_cell, "table": levels.table,
            "low": self.low, "broken": self.broken, "peak": self.peak, "top_images": self.top_images,
        }  # fmt: skip
        parts = {"tally": self.tally.state(), "means": self.means.state(), "sketch": self.sketch.state()}
        inner = {f"{part}.{name}": array for part, state in parts.items() for name, array in state.items()}
        return (
            {name: tensor.cpu().numpy() for name, tensor in own.items()} | {"images": np.array([self.images])} | inner
        )

    @classmethod
    def restored(
        cls, state: Mapping[str, np.ndarray], concepts: int, top: int, upsampling: Upsampling, device: torch.device
    ) -> "Accumulators":
        """What had this :meth:`state`, arrays of any shape; what follows is the same to the bit."""

        def part(name: str) -> dict[str, np.ndarray]:
            return {key.removeprefix(f"{name}."): array for key, array in state.items() if key.startswith(f"{name}.")}

        tensors = {
            name: torch.tensor(state[name], device=device)
            for name in ("levels", "cells_low", "per_cell", "table", "low", "broken", "peak", "top_images")
        }
        levels = Levels(*(tensors[name] for name in ("levels", "cells_low", "per_cell", "table")))
        made = cls(levels, tensors["low"], concepts, top, upsampling)
        made.tally.restore(part("tally"))
        made.means.restore(part("means"))
        made.sketch.restore(part("sketch"), device)
        made.broken, made.peak, made.top_images = (tensors[name] for name in ("broken", "peak", "top_images"))
        made.images = int(state["images"][0])
        return made

    def _dead(self) -> Tensor:
        return still(self.sketch.low, self.sketch.top)


def _agreement(seen: Counts, both: Pixels, by_chance: Pixels) -> dict[str, Pixels]:
    """IoU, information quality ratio and score (U, K, L) of ``both``, where ``by_chance`` is shared by chance."""
    return {
        "iou": agreement.iou(both, seen.on, seen.concept),
        "iqr": agreement.iqr(both, seen.on, seen.concept, seen.total),
        "score": agreement.score(both, by_chance, seen.on, seen.concept),
    }


def _at_best_level(measured: Mapping[str, Pixels], rule: Rule | float) -> dict[str, Pixels]:
    """What was ``measured`` (U, K, L) at the level that is best by ``rule``: (U, K) each."""
    wanted = preference("iou" if isinstance(rule, float) else rule, *(measured[name] for name in AGREEMENT))
    best = wanted.argmax(axis=2)[:, :, None]  # (U, K, 1)
    return {name: np.take_along_axis(table, best, axis=2)[:, :, 0] for name, table in measured.items()}
