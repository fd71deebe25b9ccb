"""The main job's networks are as wide as this machine plays rounds enough of in its time."""

from __future__ import annotations

import io

import pytest
import torch
from rich.console import Console

from core_gans.data import Examples
from core_gans.session import Options
from demos import main_job
from demos.evolve.settings import SETTINGS


@pytest.mark.parametrize(
    ("speed", "seconds", "share", "said"),
    [(100.0, 90.0, 1, False), (2.0, 90.0, 2, True), (2.0, 5.0, 1, False)],
)
def test_the_networks_are_half_as_wide_where_the_time_holds_too_few_rounds(
    speed: float, seconds: float, share: int, said: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_job, "rounds_a_second", lambda *given: speed)
    monkeypatch.setattr(Options, "load", lambda self, console: Examples("none", torch.zeros(2, 1, 16, 16).byte()))
    setting, told = SETTINGS["digits"], io.StringIO()
    fields = main_job.fields_in_time(setting, seconds, Console(file=told))
    assert fields == {**setting.fields, "width": setting.fields["width"] // share}
    assert bool(told.getvalue()) is said
