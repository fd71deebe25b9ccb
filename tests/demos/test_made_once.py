"""A value is made once while its source is the same, and few are kept."""

from __future__ import annotations

import threading

import pytest

from demos.made_once import MadeOnce


def test_it_is_made_again_when_its_source_is_another_one() -> None:
    made: list[str] = []
    kept: MadeOnce[int] = MadeOnce(2)

    def make(name: str) -> int:
        made.append(name)
        return len(made)

    assert kept.of("a", 1, lambda: make("a")) == 1
    assert kept.of("a", 1, lambda: make("a")) == 1
    assert kept.of("a", 2, lambda: make("a again")) == 2
    assert made == ["a", "a again"]


def test_those_used_last_are_kept() -> None:
    made: list[str] = []
    kept: MadeOnce[None] = MadeOnce(2)
    for key in ("a", "b", "a", "c", "a", "b"):
        kept.of(key, 0, lambda key=key: made.append(key))  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]  # b was the longest unused when c came


def test_what_cannot_be_made_is_tried_again() -> None:
    kept: MadeOnce[float] = MadeOnce(1)
    with pytest.raises(ZeroDivisionError):
        kept.of("a", 0, lambda: 1 / 0)
    assert kept.of("a", 0, lambda: 3.0) == 3


def test_many_threads_make_one() -> None:
    made: list[int] = []
    kept: MadeOnce[None] = MadeOnce(1)
    threads = [threading.Thread(target=kept.of, args=("a", 0, lambda: made.append(1))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [1]
