"""An option that is none is answered in one line with the one that was meant."""

import pytest

from core_gans.__main__ import main as core_gans
from core_gans.commands.options import MEANT
from dissect.__main__ import main as dissect
from egan.__main__ import main as egan


def told(capsys: pytest.CaptureFixture[str], main: object, words: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(words.split())  # type: ignore[operator]
    assert stopped.value.code == 2
    out = capsys.readouterr()
    assert out.err == ""
    (line,) = out.out.splitlines()
    return line


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("train dcgan --lr 1e-3", "--rate"),
        ("train dcgan --epochs 3", "--rounds? (a round is a batch"),
        ("train dcgan --batch-size=3", "--batch"),
        ("train dcgan --batch_size 3", "--batch"),
        ("train dcgan --widht 3", "--width"),
        ("train gan --data ring --z-dim 3", "--latent"),
        ("resume --lr 3 runs/x", "--rate"),
        ("judge runs/x --num-samples 3", "--count"),
        ("sample runs/x --label 3", "--classes"),
        ("compare gan lsgan --sedes 3", "--seeds"),
        ("compare gan lsgan --outdir x", "--out?"),
        ("train dcgan --out x", "--runs? (a new folder in it holds the run, called by --name)"),
    ],
)
def test_of_core_gans(words: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"did you mean {meant}" in told(capsys, core_gans, words)


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("evolve --lr 1e-3", "--rate"),
        ("evolve wgan_gp --data ring --pop-size 3", "--parents"),
        ("evolve --epochs 3", "--rounds"),
        ("resume runs/x --lr 3", "--rate"),
        ("experiment ring --batch-size 3", "--batch"),
        ("evolve --out x", "--runs? (a new folder in it holds the run, called by --name)"),
    ],
)
def test_of_egan(words: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"did you mean {meant}" in told(capsys, egan, words)


@pytest.mark.parametrize("name", ["count", "sample", "num-images"])
def test_of_dissect(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, dissect, f"run --{name} 3") == (
        f"error: dissect run has no option --{name}: did you mean --images?"
    )


def test_fid_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert "fid is measured on an Inception network" in told(capsys, core_gans, "judge runs/x --metrics fid")


def test_values_that_do_not_fit_keep_their_own_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        core_gans(["sample", "runs/x", "--seed", "a"])
    assert "--seed" in capsys.readouterr().err


def test_what_is_meant_is_an_option_of_some_command() -> None:
    known = "rate rounds seconds batch size colours data count out runs latent width device threads workers parents"
    found = {meant for names, _ in MEANT.values() for meant in names.split(" or ")}
    assert found <= {*known.split(), "seed", "classes", "truncation", "metrics", "images"}
