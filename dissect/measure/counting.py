"""The layers of a generator being counted, image by image; its state can be saved at any time and loaded again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from dissect.measure.accumulators import Accumulators
from dissect.measure.classmap import ClassMap
from dissect.measure.dissection import Rule
from dissect.measure.placing import FIRST_LOOK, is_steady, place
from dissect.measure.resume_file import Digest, ResumeFile, fingerprint
from dissect.measure.upsampling import Upsampling
from dissect.sampling import Progress, Sight, sights
from dissect.segmenters.protocol import Segmenter

ALIKE = 0.98  # of an image's pixels: what the same segmenter sees again, with other rounding
PROBED = 4  # images that are generated twice


@dataclass(frozen=True)
class CountingPlan:
    """What is to be counted; ``opening`` are the latents at the beginning of the sample that are in memory."""

    generator: nn.Module
    layers: Sequence[str]
    opening: Sequence[Tensor]
    segmenter: Segmenter
    rule: Rule | float
    upsampling: Upsampling
    top: int

    def placing(self) -> Iterator[Tensor]:
        """Batches of the latents (N, ...) that place the levels: the first ones; for a fixed quantile, all."""
        left = FIRST_LOOK if isinstance(self.rule, str) else sum(map(len, self.opening))
        for batch in self.opening:
            if left > 0:
                yield batch[:left]
            left -= len(batch)

    def question(self) -> dict[str, object]:
        """What the counts answer, by the names of its parts."""
        return {
            "layers": ", ".join(self.layers),
            "levels": self.rule,
            "upsampling": self.upsampling,
            "labels": ", ".join(self.segmenter.labels),
            "top": self.top,
            "generator": fingerprint(self.generator),
            "segmenter": fingerprint(self.segmenter),
            "opening latents": Digest(self.placing()),
        }


class Counting:
    """What was counted so far about the layers that can be dissected; ``unfit`` says why the others cannot."""

    def __init__(self, plan: CountingPlan) -> None:
        self.plan = plan
        self.accumulators: dict[str, Accumulators] = {}
        self.unfit: dict[str, str] = {}
        self.unsteady = False  # the generator gives other images at equal latents
        self.done = 0
        self._counted = Digest()
        self._first: Tensor | None = None  # classes (H, W) of the first image

    def begin(self, progress: Progress | None) -> None:
        """Place the levels. ValueError for a layer that the generator does not have."""
        plan = self.plan
        placed, self.unfit = place(plan.generator, plan.layers, plan.placing(), plan.rule, progress)
        for layer, found in placed.items():
            concepts = len(plan.segmenter.labels)
            self.accumulators[layer] = Accumulators(found.levels, found.low, concepts, plan.top, plan.upsampling)
        self.unsteady = not is_steady(plan.generator, plan.opening[0][:PROBED])

    def add(self, sight: Sight) -> None:
        """Take in the next images."""
        if self._first is None:
            self._first = sight.classes[0].clone()
        classes = [ClassMap(seen, len(self.plan.segmenter.labels)) for seen in sight.classes]
        for layer, part in self.accumulators.items():
            part.add(sight.features[layer], classes)
        self._counted.add(sight.latents)
        self.done += len(sight.images)

    def write(self, file: ResumeFile) -> None:
        """Write down everything, of at least one image."""
        assert self._first is not None, "an image was added"
        arrays = {f"{layer}/{name}": a for layer, part in self.accumulators.items() for name, a in part.state().items()}
        arrays["first"] = self._first.cpu().numpy()
        facts = {"unfit": self.unfit, "unsteady": self.unsteady, "done": self.done, "counted": str(self._counted)}
        file.write(arrays, facts)

    def resume(self, file: ResumeFile, latents: Iterator[Tensor]) -> Iterator[Tensor] | None:
        """Load what was saved, if anything was, and return the batches of ``latents`` (N, ...) that are left.

        Raises:
            ValueError: it was another sample, or the first image does not show what it showed then.
        """
        if (kept := file.read()) is None:
            return None
        arrays, facts = kept
        plan, device = self.plan, self.plan.opening[0].device
        self.unfit, self.unsteady = facts["unfit"], facts["unsteady"]
        for layer in plan.layers:
            if layer not in self.unfit:
                head = f"{layer}/"
                state = {name.removeprefix(head): array for name, array in arrays.items() if name.startswith(head)}
                concepts = len(plan.segmenter.labels)
                self.accumulators[layer] = Accumulators.restored(state, concepts, plan.top, plan.upsampling, device)
        self._first = torch.tensor(arrays["first"], device=device)
        if not self.unsteady and not self._sees_the_same():
            file.refuse("first image", "segmented otherwise, by another segmenter or from another picture")
        left = self._skip(latents, facts["done"])
        if self.done < facts["done"] or str(self._counted) != facts["counted"]:
            file.refuse("sample", f"not the latents that were counted, the first {facts['done']} of it")
        return left

    def look(self, latents: Iterable[Tensor]) -> Iterator[Sight]:
        """What is seen of batches of ``latents`` (N, ...) in the layers that are counted; NaN and infinity are kept.

        ValueError as ``sampling.sights``.
        """
        return sights(self.plan.generator, list(self.accumulators), latents, self.plan.segmenter, finite=False)

    def _skip(self, latents: Iterator[Tensor], count: int) -> Iterator[Tensor]:
        rest: list[Tensor] = []
        while self.done < count and (batch := next(latents, None)) is not None:
            known, rest = batch[: count - self.done], [batch[count - self.done :]]
            self._counted.add(known)
            self.done += len(known)
        return chain((batch for batch in rest if len(batch)), latents)

    def _sees_the_same(self) -> bool:
        seen = next(self.look([self.plan.opening[0][:1]])).classes[0]
        return self._first is not None and float((seen == self._first).float().mean()) >= ALIKE
