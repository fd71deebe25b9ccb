"""Pairs of latents for activation patching: one picture shows a concept, the other does not, and a third as a control.

The segmenter looks through a sample, and chance makes the pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dissect.hooks import at_rest
from dissect.sampling import Progress, batches, sights
from dissect.segmenters.protocol import Segmenter
from dissect.segmenters.wholes import labels_of

SHOWS = 0.003  # of a picture's pixels: a moon of twelve pixels in a picture of 64 x 64
LACKS = 0.0005  # at most: a segmenter sees a stray pixel here and there


@dataclass(frozen=True, eq=False)
class Pairs:
    """``N`` latents whose pictures show a concept, as many that show none of it, and as many others that do not."""

    sources: Tensor  # (N, ...)
    targets: Tensor  # (N, ...)
    donors: Tensor  # (N, ...) the control: none equals its target

    def __len__(self) -> int:
        return len(self.sources)


def find_pairs(
    generator: nn.Module,
    latents: Tensor,
    segmenter: Segmenter,
    concept: str,
    count: int,
    *,
    batch_size: int = 32,
    rng: torch.Generator,
    progress: Progress | None = None,
) -> Pairs:
    """At most ``count`` pairs by chance among ``latents`` (N, ...), each latent in one of them.

    A source shows ``concept`` (a label, or a whole such as a house) on at least :data:`SHOWS` of its picture, targets
    and donors on at most :data:`LACKS`. Where too few lack it for donors of their own, a target is the donor of
    another pair. ``rng`` is on the CPU; ``progress`` hears of the pictures looked at.

    Raises:
        ValueError: no such concept, ``count`` below 1, or no pair in the sample.
    """
    if count < 1:
        raise ValueError(f"expected at least 1 pair, got {count}")
    columns = columns_of(concept, segmenter)
    found: list[Tensor] = []
    with at_rest(generator):
        for sight in sights(generator, (), batches(latents, batch_size, progress), segmenter):
            found.append(shows(sight.classes, columns).double().mean((1, 2)).cpu())
    share = torch.cat(found)
    having, lacking = (_shuffled(where, rng) for where in (share >= SHOWS, share <= LACKS))
    pairs = min(count, len(having), len(lacking))
    if not len(having) or len(lacking) < 2:
        raise ValueError(
            f"no pair found: of {len(share)} pictures {len(having)} show {concept} and {len(lacking)} do not, expected "
            "at least 1 and 2; look at more of them, or choose another concept"
        )
    donors = lacking[pairs : 2 * pairs] if len(lacking) >= 2 * pairs else lacking.roll(1)[:pairs]
    return Pairs(latents[having[:pairs]], latents[lacking[:pairs]], latents[donors])


def columns_of(concept: str, segmenter: Segmenter) -> tuple[int, ...]:
    """The classes that show ``concept``; ValueError where the segmenter knows none."""
    return tuple(segmenter.labels.index(label) for label in labels_of(concept, segmenter.labels))


def shows(classes: Tensor, columns: Sequence[int]) -> Tensor:
    """Where segmentations (N, H, W) show one of the classes ``columns``: (N, H, W) bool."""
    return torch.isin(classes, torch.tensor(columns, device=classes.device))


def _shuffled(where: Tensor, rng: torch.Generator) -> Tensor:
    """The places that are true, in an order by chance."""
    places = torch.nonzero(where).flatten()
    return places[torch.randperm(len(places), generator=rng)]
