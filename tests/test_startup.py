"""Help texts answer without loading what they do not need: in a fresh process, by the names in sys.modules."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SLOW = {"torch", "matplotlib", "tensorboard", "gradio"}
ASK = """
import json, runpy, sys
sys.argv = {words}
try:
    runpy.run_module({package!r}, run_name="__main__", alter_sys=False)
    code = 0
except SystemExit as left:
    code = left.code or 0
print(json.dumps([code, sorted(set({slow}) & set(sys.modules))]))
"""


def asked(package: str, *words: str) -> tuple[int, set[str], str]:
    """Exit code of ``python -m package words``, which of the slow modules it loaded, and what it printed."""
    code = ASK.format(words=[package, *words], package=package, slow=sorted(SLOW))
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    *printed, last = told.splitlines()
    exit_code, loaded = json.loads(last)
    return exit_code, set(loaded), "\n".join(printed)


@pytest.mark.parametrize("package", ["core_gans", "egan", "dissect"])
def test_a_help_text_loads_none_of_the_slow_modules(package: str) -> None:
    code, loaded, told = asked(package, "--help")
    assert (code, loaded) == (0, set())
    assert "Every command explains its fields with --help." in told


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("core_gans", ["list"]),
        ("core_gans", ["train", "gan", "--help"]),
        ("core_gans", ["compare", "--help"]),
        ("egan", ["evolve", "--help"]),
        ("dissect", ["run", "--help"]),
    ],
)
def test_a_command_explains_itself_without_drawing_or_logging(package: str, words: list[str]) -> None:
    code, loaded, told = asked(package, *words)
    assert (code, loaded) == (0, {"torch"})
    assert told


LATER = {
    "core_gans.comparison",
    "core_gans.exploring",
    "demos.exploring.calls",
    "dissect.directions",
    "dissect.findings",
    "dissect.mending",
    "egan.evolution",
    "egan.experiments",
    "matplotlib",
    "scipy",
    "sklearn",
    "tensorboard",
    "torchmetrics",
    "transformers",
}
BUILD = """
import json, sys
from pathlib import Path
from demos.lab import Lab
from demos.serve import web_app
web_app(Lab.at(Path(sys.argv[1])))
print(json.dumps(sorted(sys.modules)))
"""


def test_the_app_is_built_without_what_only_its_tabs_need(tmp_path: Path) -> None:
    """What trains, evolves, mends, explores and draws charts is imported when somebody asks for it."""
    done = subprocess.run([sys.executable, "-c", BUILD, tmp_path], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert LATER & loaded == set()
    assert {"gradio", "torch", "demos.paint.painter"} <= loaded  # Paint is the first page, and shows a picture at once
    for name in LATER:
        assert importlib.util.find_spec(name) or name in ("tensorboard", "transformers"), f"no module is called {name}"


@pytest.mark.parametrize(("given", "expected"), [(None, "1000"), ("7", "7")])
def test_waiting_threads_hardly_spin_in_every_command(
    given: str | None, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """GNU OpenMP reads the variable when torch is loaded, so it is set before any command is imported."""
    for package in ("core_gans", "egan", "dissect", "demos"):
        monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
        if given is not None:
            monkeypatch.setenv("GOMP_SPINCOUNT", given)
        main = importlib.import_module(f"{package}.__main__").main
        with contextlib.suppress(SystemExit):
            main(["--help"])
        assert os.environ["GOMP_SPINCOUNT"] == expected, package
    capsys.readouterr()


def test_public_names_are_those_of_their_modules() -> None:
    import core_gans
    import dissect
    import egan

    for package in (core_gans, egan, dissect):
        for name in package.__all__:
            assert getattr(package, name) is not None
            assert name in dir(package)
        with pytest.raises(AttributeError, match=f"module '{package.__name__}' has no attribute 'misspelt'"):
            package.misspelt  # noqa: B018
    assert callable(dissect.dissect)
    from dissect import dissect as function
    from dissect.report import study

    assert function is dissect.dissect
    assert study.study is not None
