"""What pages have going on: found again by the page's name alone, and forgotten in order."""

from __future__ import annotations

import time

import pytest

from demos.sessions import Sessions

ONE, OTHER, THIRD = "a" * 32, "b" * 32, "c" * 32


class Thing:
    def __init__(self) -> None:
        self.forgotten = False

    def forget(self) -> None:
        self.forgotten = True


def test_a_page_finds_its_things_again_and_nobody_elses() -> None:
    sessions = Sessions()
    mine = sessions.of(ONE, "thing", Thing)
    assert sessions.of(ONE, "thing", Thing) is mine
    assert sessions.of(ONE, "another thing", Thing) is not mine
    assert sessions.of(OTHER, "thing", Thing) is not mine


@pytest.mark.parametrize("token", [None, "", "short", 5, ["a" * 32], "a" * 65, "../" + "a" * 30, "a" * 20 + "\n"])
def test_a_name_that_no_page_makes_up_is_refused(token: object) -> None:
    with pytest.raises(ValueError, match="reload"):
        Sessions().of(token, "thing", Thing)


def test_the_page_longest_unseen_is_forgotten_first() -> None:
    sessions = Sessions(most=2)
    first, second = (sessions.of(token, "thing", Thing) for token in (ONE, OTHER))
    sessions.of(ONE, "thing", Thing)  # seen again
    sessions.of(THIRD, "thing", Thing)
    assert second.forgotten
    assert not first.forgotten
    sessions.close()
    assert first.forgotten


def test_a_page_that_gives_no_sign_of_life_is_forgotten() -> None:
    sessions = Sessions(forgotten_after=0.01)
    old = sessions.of(ONE, "thing", Thing)
    time.sleep(0.02)
    sessions.of(OTHER, "thing", Thing)
    assert old.forgotten
    assert sessions.of(ONE, "thing", Thing) is not old
