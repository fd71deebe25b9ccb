"""``dissect inspect``: what a file holds, told without running it."""

from pathlib import Path

import pytest
import torch

from core_gans import shipped
from dissect.commands.inspect import told
from dissect.commands.opening import SHIPPED
from tests.core_gans import foreign_weights as theirs


def lines(path: Path) -> str:
    return "\n".join(told(path))


def test_published_weights_are_told_with_the_command_that_opens_them(tmp_path: Path):
    torch.save({"epoch": 3, "netG": theirs.filled(theirs.example())}, tmp_path / "g.pt")
    said = lines(tmp_path / "g.pt")
    assert "it holds epoch, netG" in said
    assert "11 tensors" in said
    assert "main.0.weight 5 x 8 x 4 x 4" in said
    assert said.endswith(f"open it: dissect run --generator dcgan:{tmp_path / 'g.pt'}")


def test_other_files_are_told(tmp_path: Path):
    torch.save({"mine": torch.zeros(2)}, tmp_path / "w.pt")
    assert "a layout that is not known here" in lines(tmp_path / "w.pt")
    (tmp_path / "noise").write_bytes(b"nothing")
    assert "no weights that can be read safely" in lines(tmp_path / "noise")
    assert "sealed" in lines(shipped.path(SHIPPED))
    assert "no run of this lab" in lines(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    assert f"open it: dissect run {tmp_path}" in lines(tmp_path)
    with pytest.raises(FileNotFoundError):
        lines(tmp_path / "nothing")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_torchscript_is_called_a_program(tmp_path: Path):
    torch.jit.trace(torch.nn.Linear(2, 2), torch.zeros(1, 2)).save(str(tmp_path / "s.pt"))
    assert "a program, which opening runs" in lines(tmp_path / "s.pt")
