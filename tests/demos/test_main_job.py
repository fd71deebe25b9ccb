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


@pytest.mark.parametrize(("speed", "seconds", "narrow"), [(100.0, 90.0, False), (2.0, 90.0, True), (2.0, 5.0, False)])
def test_the_networks_are_narrower_where_the_time_holds_too_few_rounds(
    speed: float, seconds: float, narrow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(main_job, "rounds_a_second", lambda *given: speed)
    monkeypatch.setattr(Options, "load", lambda self, console: Examples("none", torch.zeros(2, 1, 16, 16).byte()))
    setting, told = SETTINGS["digits"], io.StringIO()
    fields = main_job.fields_in_time(setting, seconds, Console(file=told))
    assert fields == {**setting.fields, **(main_job.NARROW if narrow else {})}
    assert main_job.NARROW["width"] < setting.fields["width"]
    assert bool(told.getvalue()) is narrow
