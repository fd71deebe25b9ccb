"""Progress of what is counted: how many of how many, and the time left, by a clock that the test holds."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from core_gans.runs import progress
from core_gans.runs.progress import counted
from core_gans.session import Options


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that it is, in a list of one."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_a_file_gets_a_line_now_and_then(clock: list[float]) -> None:
    told = io.StringIO()
    with counted("reading scenes", Console(file=told)) as tell:
        for done in range(1, 7):
            clock[0] += 7
            tell(done, 24_000)
    # A scene takes 7 s here, and a line comes every 20 s: after the third, and after the sixth.
    assert told.getvalue().splitlines() == [
        "reading scenes: 3 of 24,000, 47 h left",
        "reading scenes: 6 of 24,000, 47 h left",
    ]


def test_a_terminal_gets_one_line_that_goes_away() -> None:
    told = io.StringIO()
    with counted("reading scenes", Console(file=told, force_terminal=True, width=100)) as tell:
        tell(1, 4)
        tell(4, 4)
    shown = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]", "", told.getvalue())
    assert "reading scenes" in shown
    assert "4 of 4, 0 s left" in shown
    assert told.getvalue().rstrip().endswith("\x1b[2K")  # the line is erased


def test_whatever_draws_its_data_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "QUIET_SECONDS", 0.0)
    told = io.StringIO()
    Options(data="scenes", size=16, count=5).load(Console(file=told))
    lines = told.getvalue().splitlines()
    assert [line.partition(",")[0] for line in lines] == [f"reading scenes: {done} of 5" for done in range(1, 6)]
