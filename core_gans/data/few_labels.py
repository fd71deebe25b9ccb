"""A data set with most of its labels removed, for semi-supervised learning."""

from __future__ import annotations

import dataclasses

import torch

from core_gans.data.examples import Examples

UNKNOWN = -1


def few_labels(examples: Examples, each: int, rng: torch.Generator, *, balanced: bool = True) -> Examples:
    """The same images with ``each`` labels of every class kept, drawn by ``rng``; all others are -1.

    ``balanced`` repeats the labelled examples behind the others until they are about half of all, so that every batch
    has some. ValueError for data without labels, or with too few of a class.
    """
    if examples.labels is None:
        raise ValueError(f"expected labels to keep a few of, but {examples.name} has none.")
    kept = []
    for number, name in enumerate(examples.classes):
        there = (examples.labels == number).nonzero().flatten()
        if not 1 <= each <= len(there):
            raise ValueError(f"expected 1 to {len(there)} labels to keep of the class {name}, got {each}.")
        kept.append(there[torch.randperm(len(there), generator=rng)[:each]])
    labelled = torch.cat(kept)
    labels = torch.full_like(examples.labels, UNKNOWN)
    labels[labelled] = examples.labels[labelled]
    if not balanced:
        return dataclasses.replace(examples, labels=labels)
    again = labelled.repeat(max(0, (len(examples) - 2 * len(labelled)) // len(labelled) + 1))
    return dataclasses.replace(
        examples,
        images=torch.cat((examples.images, examples.images[again])),
        labels=torch.cat((labels, examples.labels[again])),
        captions=examples.captions and examples.captions.part(torch.cat((torch.arange(len(examples)), again))),
    )
