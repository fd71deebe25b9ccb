"""What a page may ask for, read from JSON in which anything may stand."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from core_gans.foundation.names import unknown_name
from demos.exploring.finding import METHODS, Method

LARGEST_SEED = 2**31 - 1
GROUP = 3  # samples of a mean; see core_gans.exploring.arithmetic
MOST_NUMBERS = 64  # of a list
LONGEST_TEXT = 400  # characters
WAYS = {"straight": False, "circle": True}  # whether a way keeps to the shell on which normal latents lie


@dataclass(frozen=True)
class Sample:
    """A sample by its number, and what is asked for in it; None leaves that to the number."""

    seed: int
    label: int | None = None
    codes: tuple[float, ...] | None = None
    text: str | None = None


@dataclass(frozen=True)
class Moves:
    """A step along each of the first directions of a method."""

    method: Method
    steps: tuple[float, ...]


def seed_in(asked: Mapping[str, Any], name: str) -> int:
    """The number of a sample. ValueError for anything else."""
    return _whole(asked.get(name), name)


def group_in(asked: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """The numbers of 1 to ``GROUP`` samples. ValueError for anything else."""
    found = asked.get(name)
    if not isinstance(found, list) or not 1 <= len(found) <= GROUP:
        raise ValueError(f"expected {name} to be the numbers of 1 to {GROUP} samples.")
    return tuple(_whole(each, name) for each in found)


def way_in(asked: Mapping[str, Any]) -> bool:
    """Whether the way keeps to the shell. ValueError for a way that is not known."""
    return WAYS[one_of(asked.get("way"), "way", WAYS)]


def method_in(asked: Mapping[str, Any]) -> Method:
    """The method of finding directions. ValueError for one that is not known."""
    name = one_of(asked.get("method"), "method", METHODS)
    return next(method for method in METHODS if method == name)


def sample_in(asked: Mapping[str, Any]) -> Sample:
    """The sample asked for. ValueError where its number, class, codes or text are not what they should be."""
    label, codes, text = asked.get("label"), asked.get("codes"), asked.get("text")
    if text is not None and not (isinstance(text, str) and len(text) <= LONGEST_TEXT):
        raise ValueError(f"expected a text of at most {LONGEST_TEXT} characters.")
    return Sample(
        seed_in(asked, "seed"),
        None if label is None else _whole(label, "label"),
        None if codes is None else _numbers(codes, "codes"),
        text,
    )


def moves_in(asked: Mapping[str, Any]) -> Moves | None:
    """The steps asked for, None where there are none. ValueError where they are not numbers."""
    if asked.get("steps") is None:
        return None
    return Moves(method_in(asked), _numbers(asked["steps"], "steps"))


def one_of(found: Any, name: str, known: Collection[str]) -> str:
    """``found``, which is one of the words ``known``. ValueError with the nearest of them for anything else."""
    if not isinstance(found, str) or found not in known:
        raise unknown_name(name, str(found)[:80], known)
    return found


def _whole(found: Any, name: str) -> int:
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= LARGEST_SEED:
        raise ValueError(f"expected {name} to be a whole number from 0 to {LARGEST_SEED}.")
    return found


def _numbers(found: Any, name: str) -> tuple[float, ...]:
    if not isinstance(found, list) or len(found) > MOST_NUMBERS:
        raise ValueError(f"expected {name} to be a list of at most {MOST_NUMBERS} numbers.")
    return tuple(_number(each, name) for each in found)


def _number(found: Any, name: str) -> float:
    if isinstance(found, bool) or not isinstance(found, int | float) or not abs(found) < 1e6 or math.isnan(found):
        raise ValueError(f"expected {name} to be numbers of a reasonable size.")
    return float(found)
