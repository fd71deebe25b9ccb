"""The help of a training: ten flags first, and all of them once, each among those that it belongs to."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core_gans.__main__ import main
from core_gans.commands.flags import Flag, flags_in, help_text
from core_gans.commands.sample import Sample
from core_gans.commands.train_help import TEN, grouped
from core_gans.variants import VARIANTS
from egan.__main__ import main as egan


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(["train", *words])
    assert not end.value.code
    return capsys.readouterr().out


def named(text: str) -> list[str]:
    """The flags of the first column; the second name of a switch may stand below the first."""
    return re.findall(r"^  (--(?!no-)[\w-]+)", text, re.MULTILINE)


def test_ten_flags_come_first_and_all_stand_once(capsys: pytest.CaptureFixture[str]) -> None:
    short, whole = told(capsys, "dcgan", "--help"), told(capsys, "dcgan", "--help-all")
    first, flags = named(short), named(whole)
    assert len(first) == TEN
    assert flags[:TEN] == first
    assert len(flags) == len(set(flags)) > 60
    assert f"--help-all shows the other {len(flags) - TEN} flags" in short
    titles = re.findall(r"^[a-z][\w ]+$", whole, re.MULTILINE)
    assert titles == ["what matters most", "the run", "data", "what is written when", "what computes", "networks",
                      "optimisers", "penalties", "changes of images", "dcgan itself"]  # fmt: skip


def test_the_defaults_are_those_for_the_data(capsys: pytest.CaptureFixture[str]) -> None:
    ring = " ".join(told(capsys, "gan", "--data", "ring", "-h").split())
    assert "8,000 on ring, 17,500 on grid. (default: 8000)" in ring
    assert "(default: 8000)" not in told(capsys, "gan", "--help")


def test_without_a_variant_the_names_come_before_the_flags(capsys: pytest.CaptureFixture[str]) -> None:
    main(["train", "--help"])
    out = capsys.readouterr().out
    assert "seqgan" in out.partition("usage:")[0]
    assert len(named(out)) == TEN


def test_a_field_that_is_called_like_an_option_belongs_to_the_game() -> None:
    flags = [Flag(("--game-batch",), "INT", "", "1"), Flag(("--batch",), "INT", "", "1"), Flag(("--r1",), "", "", "0")]
    kind = VARIANTS["dcgan"]
    assert [*grouped(kind, flags)] == ["the run", "data", "penalties"]  # dcgan has no field called batch


def test_evolution_has_its_ten_and_its_groups(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        egan(["evolve", "--help-all"])
    out = capsys.readouterr().out
    assert named(out)[:3] == ["--data", "--seconds", "--rounds"]
    assert {"--mutations", "--gamma", "--islands"} <= set(named(out)[:TEN])
    assert len(named(out)) == len(set(named(out)))
    assert "\nevolution\n" in out
    assert "\nislands\n" in out


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("line", "offered"),
    [("core-gans sa", {"sample"}), ("core-gans train dcg", {"dcgan"}), ("core-gans sample --cou", {"--count"}),
     ("core-gans train dcgan --r1", {"--r1"}), ("core-gans completi", {"completion"})],
)  # fmt: skip
def test_a_shell_completes_commands_variants_and_flags(line: str, offered: set[str], script: Path) -> None:
    words = line.split()
    ask = f'source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _core_gans; echo "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == offered


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``core-gans completion`` prints."""
    path, said = tmp_path_factory.mktemp("shell") / "core-gans", io.StringIO()
    with contextlib.redirect_stdout(said):
        main(["completion"])
    path.write_text(said.getvalue())
    return path


def test_rows_are_read_with_what_they_take_and_their_defaults() -> None:
    rows = {flag.field: flag for group in flags_in(help_text(Sample, "sample")).values() for flag in group}
    assert rows["count"] == Flag(("--count",), "INT", "How many samples.", "64")
    assert rows[""] == Flag((), "PATH", "A run's folder or a model file.", None)
    assert "help" not in rows
