"""The doctor says what is there and what is missing, and goes on past what fails; ``.ci/run`` lets it try all."""

from __future__ import annotations

import io
import tomllib
from pathlib import Path

import pytest
from rich.console import Console

from demos import doctor
from demos.doctor import EXTRAS, Doctor

ROOT = Path(__file__).parents[2]


def said(command: Doctor) -> str:
    out = io.StringIO()
    command.run(Console(file=out, width=200, markup=False))
    return out.getvalue()


def test_the_extras_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {*EXTRAS} == {*project["optional-dependencies"]} - {"dev"}


def test_what_is_missing_is_said_with_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXTRAS, "data", ("no_such_module", "parquet files"))
    told = said(Doctor(tmp_path / "not" / "yet", try_it=False))
    assert "missing, for parquet files: pip install 'gan-lab[data]'" in told
    for what in ("Python", "torch", "processor", "memory", "disk", "extra cluster"):
        assert f"│ {what} " in told
    assert "works" not in told


def test_what_fails_is_told_and_the_rest_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> str:
        raise OSError("no room")

    monkeypatch.setattr(doctor, "ATTEMPTS", {"training": fails, "evolution": lambda: "fine"})
    out = io.StringIO()
    with pytest.raises(SystemExit) as end:
        Doctor(tmp_path).run(Console(file=out, width=200, markup=False))
    assert end.value.code == 1
    assert "training: fails: OSError: no room" in out.getvalue()
    assert "evolution: works, fine (0.0 s)" in out.getvalue()
