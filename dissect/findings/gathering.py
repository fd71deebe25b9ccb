"""Gathering the findings: layers compared, objects removed, doses, cause against agreement, doors put into places.

Bau et al. 2019, GAN Dissection, sections 4.1 (units), 4.3 (removing) and 4.4 (inserting). Units are found on one
half of the latents and judged on the other.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import torch
from torch import Tensor, nn

from core_gans.foundation.names import unknown_name
from dissect.cause.alpha import Alpha, optimise_alpha
from dissect.cause.attribution import attribution
from dissect.cause.choosing import PAPER_SHARE, choose_units
from dissect.cause.context import Contexts, insertion_by_context
from dissect.cause.dose import Dose, dose_response
from dissect.findings.removal import RARE, Removal, removals
from dissect.generators import default_layers, layer_shape
from dissect.hooks import at_rest
from dissect.measure.dissecting import compare_layers
from dissect.measure.dissection import Dissection
from dissect.sampling import sights
from dissect.segmenters.protocol import DifferentiableSegmenter, Segmenter

CAUSAL = 128  # images in which units are removed
DOSED = 48  # images in which doses are tried; one at least shows it
ATTRIBUTED = 160  # images that tell what units contribute to a concept, the first that show it
PLACED = 60  # places for each context
LARGE = 0.1  # of all pixels: what covers more is a background, which cannot be removed, only painted over
SCORE, ATTRIBUTION, ALPHA = "agreement (score)", "cause (attribution)", "cause (alpha)"
Told = Callable[[str, int, int], None]  # called with what is being done, how much of it is, and how much there is


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found in a generator, and how."""

    dissections: Mapping[str, Dissection]  # by layer
    layer: str  # where units were changed
    count: int  # units changed for each concept
    chosen_by: str  # what ranks the units of ``removed``, ``dose`` and ``contexts``
    judged: Tensor  # (N, ...) the latents of the images in which units were removed
    placed: Tensor  # (M, ...) those in which places for insertions were looked for
    removed: Mapping[str, Removal]  # by concept
    object: str  # the concept of the doses and of ``choices``
    choices: Mapping[str, Removal]  # of ``object``, by what ranked its units
    alpha: Alpha | None  # of ``object``; None where it was not asked for, or the segmenter has no logits
    dose: Dose
    contexts: Contexts | None  # None where no unit stands for the concept to insert, or there is no other class

    @property
    def dissection(self) -> Dissection:
        """That of the layer where units were changed."""
        return self.dissections[self.layer]


def find(
    generator: nn.Module,
    latents: Tensor,
    segmenter: Segmenter,
    *,
    layers: Sequence[str] = (),
    layer: str | None = None,
    object: str | None = None,
    inserted: str | None = None,
    share: float = PAPER_SHARE,
    updates: int = 300,
    batch_size: int = 32,
    rng: torch.Generator,
    told: Told = lambda what, done, total: None,
) -> Findings:
    """Gather the findings of ``generator``. Units are chosen by attribution, or, without logits, by their score.

    Args:
        latents: the sample, (N, ...); the first half finds units, the other judges them.
        layers: to compare; by default every one worth a look.
        layer: where units are changed; by default the one with most matched units.
        object: the concept that doses and alpha are tried on; by default a tree, as in the paper, where there is one,
            else the one with the most matched units of those that are neither rare nor a background.
        inserted: the concept to put into places; by default a door where there is one, else ``object``.
        share: of the layer's units, that are changed for each concept.
        updates: of alpha; 0 leaves it out.
        batch_size: images that are made at once; no number depends on it. Alpha's own updates look at 8.

    Raises:
        ValueError: a layer or concept that is not there, too few latents, numbers out of their range, or no concept
            with units at all.
    """
    half = len(latents) // 2
    if half < 2:
        raise ValueError(f"expected at least 4 latents, two to find units and two to judge them, got {len(latents)}")
    if not 0 < share <= 1 or updates < 0:
        raise ValueError(f"expected a share above 0, at most 1, and no updates below 0, got {share} and {updates}")
    names = list(layers) or default_layers(generator, latents[:1])
    if layer is not None and layer not in names:
        raise unknown_name("compared layer", layer, names)
    for concept in (object, inserted):
        if concept is not None and concept not in segmenter.labels:
            raise unknown_name("concept", concept, segmenter.labels)

    def heard(what: str, total: int) -> Callable[[int], None]:
        told(what, 0, total)
        return lambda done: told(what, done, total)

    found = compare_layers(
        generator, names, latents[:half], segmenter, batch_size=batch_size, progress=heard("dissecting", half)
    )
    dissection = found[layer] if layer is not None else max(found.values(), key=lambda each: len(each.matched()))
    if dissection.count < 2:
        raise ValueError(f"layer {dissection.layer!r} has one unit, and no others as a control: choose another layer")
    count = max(1, round(share * dissection.count))
    agreed = dict(zip(dissection.labels, dissection.score.T, strict=True))
    ranks, chosen_by = agreed, SCORE
    if isinstance(segmenter, DifferentiableSegmenter):
        ranks, chosen_by = (
            _contributions(generator, dissection, latents[:half], segmenter, batch_size, heard),
            ATTRIBUTION,
        )
    chosen = {concept: choose_units(dissection, concept, count, by=rank) for concept, rank in ranks.items()}
    chosen = {concept: units for concept, units in chosen.items() if units}
    if not chosen:
        raise ValueError(f"no unit of layer {dissection.layer!r} stands for any concept: try another layer")
    if object is not None and object not in chosen:
        raise ValueError(
            f"{object!r} has no units in layer {dissection.layer!r}: choose another layer, or one of "
            f"{', '.join(chosen)}."
        )
    judged = latents[half:][:CAUSAL]
    remove = partial(removals, batch_size=batch_size, rng=rng)
    removed = remove(generator, dissection.layer, chosen, judged, segmenter, progress=heard("removing", len(judged)))
    if not removed or object not in (None, *removed):
        raise ValueError(
            f"none of the {len(judged)} images that judge shows {object or ' or '.join(chosen)}: take more images"
            + (f", or another object: {', '.join(removed)}." if removed else ".")
        )
    subject = object or _subject(dissection, removed)
    choices, alpha = {chosen_by: removed[subject]}, None
    rivals = {SCORE: agreed[subject]} if chosen_by != SCORE else {}
    if updates and isinstance(segmenter, DifferentiableSegmenter):
        alpha = optimise_alpha(
            generator,
            dissection,
            subject,
            latents[:half],
            segmenter,
            updates=updates,
            batch_size=4,
            looked_at=batch_size,
            learning_rate=0.02,
            rng=rng,
            progress=heard("optimising alpha", updates),
        )
        rivals[ALPHA] = alpha.weight
    for way, rank in rivals.items():
        if units := choose_units(dissection, subject, count, by=rank):
            choices[way] = remove(generator, dissection.layer, {subject: units}, judged, segmenter)[subject]
    first = _first_that_shows(generator, subject, judged, segmenter, batch_size)
    dosed = judged[max(0, first + 1 - DOSED) :][:DOSED]
    dose = dose_response(
        generator,
        dissection.layer,
        np.argsort(-ranks[subject], kind="stable").tolist(),
        subject,
        dosed,
        segmenter,
        chosen=min(count, dissection.count - 1),
        random_trials=2,
        batch_size=batch_size,
        rng=rng,
        progress=heard("trying doses", len(dosed)),
    )
    put = inserted or ("door" if "door" in chosen else subject)
    contexts = None
    if put in chosen and len(segmenter.labels) > 1:
        height, width = layer_shape(generator, dissection.layer, latents[:1])[-2:]
        contexts = insertion_by_context(
            generator,
            dissection.layer,
            chosen[put],
            put,
            latents[half:],
            segmenter,
            value=dissection.high[chosen[put]].tolist(),
            patch=min(max(1, width // 8), height),
            most=PLACED,
            batch_size=batch_size,
            rng=rng,
            progress=heard("inserting", len(latents) - half),
        )
    return Findings(
        found,
        dissection.layer,
        count,
        chosen_by,
        judged,
        latents[half:],
        removed,
        subject,
        choices,
        alpha,
        dose,
        contexts,
    )


def _contributions(
    generator: nn.Module,
    dissection: Dissection,
    latents: Tensor,
    segmenter: Segmenter,
    batch_size: int,
    heard: Callable[[str, int], Callable[[int], None]],
) -> dict[str, np.ndarray]:
    """What each unit contributes to each concept that is seen, by the first images that show it."""
    with at_rest(generator):
        looks = sights(generator, [], latents.split(batch_size), segmenter)
        shown = [{int(k) for k in each.unique()} for look in looks for each in look.classes]
    told, found = heard("attributing", len(dissection.labels)), {}
    for column, concept in enumerate(dissection.labels):
        if places := [place for place, seen in enumerate(shown) if column in seen][:ATTRIBUTED]:
            shows = latents[places]
            found[concept] = attribution(
                generator, dissection.layer, concept, shows, segmenter, batch_size=-(-batch_size // 2)
            )
        told(column + 1)
    return found


def _first_that_shows(
    generator: nn.Module, concept: str, latents: Tensor, segmenter: Segmenter, batch_size: int
) -> int:
    """The place of the first of ``latents`` (N, ...), one of which does, whose image shows ``concept``."""
    column = segmenter.labels.index(concept)
    with at_rest(generator):
        looks = sights(generator, [], latents.split(batch_size), segmenter)
        shown = chain.from_iterable((look.classes == column).any(2).any(1).tolist() for look in looks)
        return next(place for place, shows in enumerate(shown) if shows)


def _subject(dissection: Dissection, removed: Mapping[str, Removal]) -> str:
    """A tree, or the concept with the most matched units of those that are neither rare nor large, if there is one."""
    if "tree" in removed:
        return "tree"
    fair = [concept for concept, removal in removed.items() if RARE <= removal.share <= LARGE] or list(removed)
    return max(fair, key=lambda concept: len(dissection.units(concept)))
