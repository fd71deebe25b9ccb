"""What a measure is: it sums samples up batch by batch and scores the sums; and the value by which a judge knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, Self, TypeVar

from torch import Tensor

from core_gans.data.examples import Examples
from core_gans.metrics.features import Classifier


class Summary(Protocol):
    """What a measure keeps of samples."""

    def merge(self, other: Self) -> Self:
        """The summary of both sets together."""


S = TypeVar("S", bound=Summary)


class Measure(Protocol, Generic[S]):
    """One pass over features, and the named numbers that come of it."""

    metrics: tuple[str, ...]  # names without the features, such as "frechet"

    def summarise(self, features: Tensor) -> S:
        """The summary of a batch of features (N, F)."""

    def score(self, real: S, generated: S) -> dict[str, float]:
        """Named numbers, one for each of ``metrics`` and in their order."""


@dataclass(frozen=True)
class Seen:
    """What a measure is made for."""

    data: Examples
    """The real examples."""
    features: str
    """The name of the features through which samples are seen."""
    classifier: Classifier | None
    """What sees them, if it also knows classes."""
    count: int
    """Samples of a judgement."""


@dataclass(frozen=True)
class KnownMeasure:
    """A measure before it is made. The judge, the tables and the commands read its fields and ask for no name."""

    metrics: tuple[str, ...]
    """The names of its numbers, without the features; in a table, ``frechet`` becomes ``frechet[digits-cnn]``."""
    make: Callable[[Seen], Measure[Any]]
    needs: str = "images or points"
    """What it is for, in words."""
    suits: Callable[[Examples, Classifier | None], bool] = lambda data, classifier: True
    """Whether it can be measured of samples like these, seen by the classifier if there is one."""
    quick: bool = False
    """Cheap enough to be asked often during a run."""
    lower_is_better: bool = False
    of_samples: bool = False
    """Whether it sums up the samples themselves, and not their features."""
    about: str = ""
    """One line for `core-gans list`."""
