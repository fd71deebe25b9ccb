"""How near translations are to references: exact matches, and BLEU and chrF by sacrebleu, the field's common measure.

sacrebleu is the extra ``text`` and is imported here alone.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Sequence
from typing import Any

import torch

from core_gans.foundation.errors import LabError
from core_gans.foundation.intervals import Interval

RESAMPLES = 1_000  # of a bootstrap


def has_sacrebleu() -> bool:
    """Whether the extra ``text`` is installed."""
    return importlib.util.find_spec("sacrebleu") is not None


def exact_match(written: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The share of texts that equal one of their references."""
    return sum(text in right for text, right in zip(written, references, strict=True)) / len(written)


def bleu(written: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The corpus BLEU in [0, 100] (Papineni et al. 2002), sacrebleu's defaults. LabError without sacrebleu."""
    return float(_metric("BLEU").corpus_score(list(written), _streams(references)).score)


def chrf(written: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The corpus chrF in [0, 100] (Popovic 2015), sacrebleu's defaults. LabError without sacrebleu."""
    return float(_metric("CHRF").corpus_score(list(written), _streams(references)).score)


def bleu_interval(written: Sequence[str], references: Sequence[Sequence[str]], rng: torch.Generator) -> Interval:
    """BLEU with its 95% interval over resampled test sets (Koehn 2004); the counts of n-grams are taken once."""
    return _interval([list(written)], references, rng)[0]


def bleu_difference(
    one: Sequence[str], other: Sequence[str], references: Sequence[Sequence[str]], rng: torch.Generator
) -> Interval:
    """BLEU of ``one`` less that of ``other``, with its 95% interval over the same resampled test sets for both."""
    return _interval([list(one), list(other)], references, rng)[1]


def _interval(
    systems: Sequence[list[str]], references: Sequence[Sequence[str]], rng: torch.Generator
) -> tuple[Interval, Interval]:
    metric = _metric("BLEU")
    streams = _streams(references)
    counts = [torch.tensor(metric._extract_corpus_statistics(each, streams)) for each in systems]

    def score(chosen: torch.Tensor) -> list[float]:
        return [float(metric._compute_score_from_stats(each[chosen].sum(0).tolist()).score) for each in counts]

    number = len(references)
    drawn = [score(torch.randint(number, (number,), generator=rng)) for _ in range(RESAMPLES)]
    found = torch.tensor(drawn, dtype=torch.float64)
    whole = score(torch.arange(number))
    first, difference = found[:, 0], found[:, 0] - found[:, -1]
    ends = torch.tensor([0.025, 0.975], dtype=torch.float64)
    return (
        Interval(whole[0], *(float(each) for each in first.quantile(ends))),
        Interval(whole[0] - whole[-1], *(float(each) for each in difference.quantile(ends))),
    )


def _metric(name: str) -> Any:
    if not has_sacrebleu():
        raise LabError("BLEU and chrF need the extra `text`: pip install 'gan-lab[text]'.")
    return getattr(importlib.import_module("sacrebleu.metrics"), name)()


def _streams(references: Sequence[Sequence[str]]) -> list[list[str | None]]:
    """References by their order, as sacrebleu has them: the first of each text, the second, ...; None for no more."""
    most = max(map(len, references))
    return [[right[place] if place < len(right) else None for right in references] for place in range(most)]
