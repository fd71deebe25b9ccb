"""A run that plays nothing ends as it began: the judge sees the averaged networks before and after."""

from pathlib import Path

import pytest
from rich.console import Console

from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import DivergedError
from core_gans.run_kind import RunKind
from core_gans.runs import folder as runs
from core_gans.session import Options
from egan.experiment import resume_evolution, run_evolution
from egan.options import Evolution

FIELDS = {"width": 8, "latent": 2, "depth": 1, "family": "mlp"}


def quiet() -> Console:
    return Console(quiet=True)


def options(**more: object) -> Options:
    return Options(data="ring", count=300, batch=16, explain_every=0, **more)  # type: ignore[arg-type]


def test_a_training_resumed_for_no_rounds(tmp_path: Path) -> None:
    place = {"runs_folder": tmp_path, "name": "x", "console": quiet()}
    made = run_training("gan", FIELDS, options(), rounds=40, **place)  # type: ignore[arg-type]
    again = resume_training(tmp_path / "x", rounds=40, console=quiet())
    assert again.before == again.after == made.after
    raw = resume_training(tmp_path / "x", rounds=40, console=quiet()).state
    assert raw.averages["generator"] is not raw.nets["generator"]


def test_an_evolution_resumed_for_no_generations(tmp_path: Path) -> None:
    place = {"runs_folder": tmp_path, "name": "x", "console": quiet()}
    made = run_evolution("gan", FIELDS, options(), Evolution(), rounds=12, **place)  # type: ignore[arg-type]
    again = resume_evolution(tmp_path / "x", rounds=12, console=quiet())
    assert again.before == again.after == made.after


def test_a_translation_resumed_for_no_rounds(tmp_path: Path) -> None:
    small = Options(data="edges:scenes", count=24, size=16, batch=4, explain_every=0)
    place = {"runs_folder": tmp_path, "name": "x", "console": quiet()}
    made = run_training("pix2pix", {"width": 4, "patch_layers": 1}, small, rounds=3, **place)  # type: ignore[arg-type]
    again = resume_training(tmp_path / "x", rounds=3, console=quiet())
    assert again.before == again.after == made.after


class TestRefused:
    """What fails before its first round leaves nothing behind, and its name is free."""

    @pytest.fixture
    def failing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise DivergedError("expected finite losses")

        monkeypatch.setattr("core_gans.training.play_round", fail)

    @pytest.mark.usefixtures("failing")
    def test_in_the_first_round(self, tmp_path: Path) -> None:
        with pytest.raises(DivergedError):
            run_training("gan", FIELDS, options(), rounds=4, runs_folder=tmp_path, name="x", console=quiet())
        assert not (tmp_path / "x").exists()

    def test_the_name_may_be_used_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> None:
            raise ValueError("no")

        with monkeypatch.context() as patch:
            patch.setattr(RunKind, "_judged", refuse)
            with pytest.raises(ValueError, match="no"):
                run_training("gan", FIELDS, options(), rounds=4, runs_folder=tmp_path, name="x", console=quiet())
        result = run_training("gan", FIELDS, options(), rounds=4, runs_folder=tmp_path, name="x", console=quiet())
        assert result.state.round == 4

    def test_an_empty_folder_may_be_used_and_a_full_one_is_kept(self, tmp_path: Path) -> None:
        (tmp_path / "x").mkdir()
        (tmp_path / "x" / "run.lock").touch()
        runs.create(tmp_path, "x", {}).close()
        with pytest.raises(ValueError, match="exists already and is kept"):
            runs.create(tmp_path, "x", {})

    def test_what_was_played_is_kept(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from core_gans import training

        played = training.play_round

        def fail(state: training.TrainingState) -> dict[str, float | str]:
            if state.round == 3:
                raise DivergedError("expected finite losses")
            return played(state)

        monkeypatch.setattr("core_gans.training.play_round", fail)
        with pytest.raises(DivergedError):
            run_training("gan", FIELDS, options(), rounds=9, runs_folder=tmp_path, name="x", console=quiet())
        assert (tmp_path / "x" / "metrics.jsonl").exists()
