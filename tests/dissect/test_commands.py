"""The command line: which generators it opens, what it says when it cannot, and how a stopped run goes on."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast, get_args, get_type_hints

import pytest
import torch
from rich.console import Console
from safetensors.torch import save_file
from torch import Tensor, nn

from core_gans.compute import Compute
from core_gans.foundation.errors import LabError
from core_gans.models import Model, save_model
from core_gans.variants import make
from dissect.__main__ import main
from dissect.commands import COMMANDS
from dissect.commands.layers import Layers
from dissect.commands.opening import Source, _placed
from dissect.commands.run import Run
from dissect.generators import sequential
from dissect.measure.dissection import Dissection
from dissect.measure.presets import PRESETS
from dissect.report import study as studying
from tests.core_gans import foreign_weights

DIGITS = "linear 6 32; reshape 8 2 2; upsample 4; conv 8 5 3 1 1; relu; conv 5 1 3 1 1; tanh"
OWN = """
import torch
from torch import nn
from tests.dissect.glass import GlassGenerator, latents as glass_latents

made = nn.Sequential(nn.Unflatten(1, (1, 2, 2)), nn.Tanh())
number = 3

class Drawing(GlassGenerator):
    def latents(self, count, rng):
        return torch.rand(count, 6, generator=rng)

class Conditional(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(3, 4)
        self.draw = nn.Sequential(nn.Linear(6, 16), nn.Unflatten(1, (1, 4, 4)), nn.Sigmoid())

    def forward(self, latents, labels):
        return self.draw(torch.cat((latents, self.table(labels)), 1))

def sized(width):
    return nn.Linear(width, width)

def nothing():
    return None

def ones(count, rng):
    return torch.ones(count, 4)
"""


@pytest.fixture(autouse=True)
def weights() -> Iterator[None]:
    """The same initial weights in every test."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the module ``mine``, in which the commands are run."""
    (tmp_path / "mine.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("mine", None)


def ran(command: Run | Layers) -> str:
    console = Console(file=io.StringIO(), width=200)
    command.run(console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def rng() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        with pytest.raises(SystemExit) as left:
            main([name, "--help"])
        assert left.value.code == 0
        assert f"usage: dissect {name}" in capsys.readouterr().out
    hints = get_type_hints(Run)
    assert set(get_args(hints["preset"])) == set(PRESETS)


def test_the_shipped_generator_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    main(["layers"])
    lines = capsys.readouterr().out.splitlines()
    shapes = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
    assert shapes["block4"] == "320 x 4 x 4 *"
    assert shapes["block4.1"] == "320 x 4 x 4"
    found = Source().open()
    assert found.name == "scenes-generator"
    assert found.notes == ()
    assert found.net(found.example(2)).shape == (2, 3, 64, 64)


def test_a_generator_of_ones_own_is_made_by_its_name(own: Path) -> None:
    found = Source(generator="mine:Drawing").open()
    assert found.facts == {"latents": "the generator's own latents"}
    assert torch.equal(found.latents(3, rng()), torch.rand(3, 6, generator=rng()))
    assert found.layers() == (("stem",), ())
    assert Source(generator="mine:made", prior="mine:ones").open().latents(2, rng()).tolist() == [[1.0] * 4] * 2
    uniform = Source(generator="mine:made", latent=(4,), prior="uniform").open()
    assert uniform.facts["latents"] == "uniform, 4"
    assert uniform.latents(50, rng()).abs().max() <= 1


def test_a_list_of_layers_takes_weights_and_tells_where_its_latents_come_from(own: Path) -> None:
    net = sequential(DIGITS).eval()
    save_file(net.state_dict(), "digits.safetensors")
    Path("digits.txt").write_text(DIGITS.replace("; ", "\n"))
    for text in (DIGITS, "digits.txt"):
        found = Source(generator=text, weights=Path("digits.safetensors")).open()
        latents = found.latents(3, rng())
        assert torch.equal(latents, torch.randn(3, 6, generator=rng()))
        assert torch.equal(found.net(latents), net(latents))
        assert found.facts == {"weights": "digits.safetensors", "latents": "normal, 6 as layer 0 takes"}
    before = torch.get_rng_state()
    Source(generator=DIGITS).open()
    assert torch.equal(before, torch.get_rng_state())


def test_a_label_is_fixed_or_drawn_and_the_report_says_which(own: Path) -> None:
    fixed = Source(generator="mine:Conditional", latent=(2,), label="1", unit_range=True).open()
    assert fixed.facts == {"latents": "normal, 2", "label": "1", "images": "in [0, 1], shown as [-1, 1]"}
    assert fixed.latents(5, rng())[:, 2].tolist() == [1.0] * 5
    assert fixed.net(fixed.latents(50, rng())).min() < 0
    assert fixed.notes == ()
    drawn = Source(generator="mine:Conditional", latent=(2,), label="any").open()
    assert drawn.facts["label"] == "any, drawn for each image"
    assert set(drawn.latents(50, rng())[:, 2].tolist()) == {0.0, 1.0, 2.0}
    (note,) = drawn.notes
    assert "say so (--range 0..1" in note


def test_a_conditional_generator_of_the_lab_draws_the_label_asked_for(tmp_path: Path) -> None:
    game = make("cgan", shape=(1, 16, 16), classes=4, latent=5, width=4)
    model = Model(game.players()["generator"].eval().requires_grad_(False), game)  # type: ignore[arg-type]
    path = save_model(tmp_path / "digits.safetensors", model)
    found = Source(path, label="2").open()
    assert found.facts == {"label": "2"}
    latents = found.latents(6, rng())
    assert latents[:, 5:].tolist() == [[0.0, 0.0, 1.0, 0.0]] * 6
    assert torch.equal(found.net(latents), model.net(latents))
    assert all("net" not in layer for layer in found.layers()[0])
    assert len(found.layers()[0]) > 0
    drawn = Source(path).open()
    assert drawn.facts == {"label": "any, drawn for each image"}
    assert drawn.latents(40, rng())[:, 5:].sum(0).min() > 0
    with pytest.raises(LabError, match="expected classes from 0 to 3, got 7"):
        Source(path, label="7").open()
    with pytest.raises(ValueError, match="the number of a class, or any, for --label, got seven"):
        Source(path, label="seven").open()


@pytest.mark.filterwarnings("ignore:.*torch.jit.*deprecated:DeprecationWarning")
def test_torchscript_is_dissected_by_its_layers_or_said_to_be_closed(own: Path) -> None:
    class Looping(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.act = nn.Tanh()

        def forward(self, latents: Tensor) -> Tensor:
            for _ in range(int(latents.size(1))):
                latents = latents * 0.9
            return self.act(latents.view(-1, 1, 2, 2))

    torch.jit.script(
        sequential(DIGITS.replace("reshape 8 2 2", "identity").replace("linear 6 32", "deconv 6 8 2")).eval()
    ).save("a.ts")
    found = Source(generator="a.ts", latent=(6, 1, 1)).open()
    assert found.layers(["4"]) == (("4",), ())
    assert found.notes == ()
    from mine import Conditional

    torch.jit.script(Conditional().eval()).save("c.ts")
    labelled = Source(generator="c.ts", latent=(2,), label="1", classes=3, unit_range=True).open()
    assert labelled.notes == ()
    assert torch.equal(
        labelled.net(labelled.latents(4, rng())),
        torch.jit.load("c.ts")(torch.randn(4, 2, generator=rng()), torch.ones(4, dtype=torch.long)) * 2 - 1,
    )
    torch.jit.script(Looping()).save("b.ts")
    closed = Source(generator="b.ts", latent=(4,)).open()
    assert closed.notes == ("TorchScript keeps closed what is inside the generator",)
    with pytest.raises(
        ValueError, match=r"b\.ts has no layer that puts out maps: .* its code with --generator module:name"
    ):
        closed.layers()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"generator": "mine:Drawng"}, "did you mean Drawing"),
        ({"generator": "mine:number"}, "mine:number is a int: expected an nn.Module, or a function that makes one"),
        ({"generator": "mine:sized"}, "mine:sized needs width: name a function without arguments"),
        ({"generator": "mine:nothing"}, "made a NoneType: expected an nn.Module"),
        ({"generator": "their:thing"}, "there is no module their"),
        ({"generator": "nowhere.ts"}, "there is no generator 'nowhere.ts': give module:name"),
        ({"generator": "mine.py"}, "mine.py is no TorchScript"),
        ({"generator": "mine:made"}, r"give their shape, as in --latent 100 or"),
        ({"generator": "mine:made", "latent": (5,)}, "does not take latents of shape 5: .* --latent"),
        ({"generator": "mine:made", "latent": (4,), "prior": "gauss"}, "there is no prior 'gauss': choose normal"),
        ({"generator": "mine:made", "prior": "mine:number"}, "mine:number is a int: expected a function"),
        ({"generator": "mine:Conditional", "latent": (2,)}, "does not take latents of shape 2: .*a label with --label"),
        ({"generator": "mine:Conditional", "latent": (2,), "label": "3"}, "label 3 was asked for, .* 0 to 2"),
        ({"generator": "mine:made", "latent": (4,), "label": "3"}, "give their number with --classes"),
        ({"generator": "mine:made", "model": Path("a")}, "expected one generator, got two"),
        ({"generator": "linear 4 4; tanh"}, r"expected 4 images of shape \(C, H, W\)"),
        ({"latent": (4,)}, "--latent is for a generator of your own: name it by --generator"),
        ({"label": "3"}, "scenes-generator knows no labels"),
        ({"model": Path("nowhere")}, "there is nothing at nowhere"),
    ],
)  # fmt: skip
def test_what_cannot_be_opened_is_said_in_one_line(own: Path, options: dict[str, Any], told: str) -> None:
    with pytest.raises((ValueError, LabError, OSError), match=told) as error:
        Source(**options).open()
    assert "\n" not in str(error.value)


def test_a_layer_of_numbers_is_dissected_as_maps_of_one_cell(own: Path) -> None:
    found = Source(generator=DIGITS).open()
    names, (note,) = found.layers(["0", "4"])
    assert names == ("0.maps", "4")
    assert "layer 0 puts out 32 numbers, no maps: it is dissected as 0.maps" in note
    flat = Source(generator="linear 6 16; relu; reshape 1 4 4; tanh").open()
    with pytest.raises(ValueError, match=r"has no layer that puts out maps: name one without.*--layer 0 or 1"):
        flat.layers()
    with pytest.raises(ValueError, match=r"no layer is called 'painted': did you mean painter \(3 x 32 x 32\)"):
        Source(generator="mine:Drawing").open().layers(["painted"])


def test_a_run_writes_a_report_that_says_what_was_dissected(own: Path) -> None:
    command = Run(
        Source(generator=DIGITS, latent=(6,)), images=40, preset="best-iou", upsampling="nearest", out=Path("out")
    )
    text = ran(command)
    assert f"report: {Path('out') / 'report.html'}" in text
    assert "4 *" in text
    found = Dissection.load("out/dissection.safetensors")
    assert found.layer == "4"
    assert found.images == 40
    said = found.provenance
    assert (said["generator"], said["latents"], said["segmenter"], said["preset"]) == (
        DIGITS,
        "normal, 6",
        "strokes",
        "best-iou",
    )
    assert json.loads(Path("out/report.json").read_text())
    assert not Path("out.counts").exists()


def test_a_report_replays_itself(own: Path) -> None:
    """In a process of its own, from any folder and the seed on, with a layer that had no maps."""
    save_file(sequential(DIGITS).state_dict(), "digits.safetensors")
    Path("digits.layers").write_text(DIGITS)
    source = Source(generator="digits.layers", weights=Path("digits.safetensors"), prior="uniform")
    ran(Run(source, layer=("0", "4"), images=30, seed=4, out=Path("out")))
    again = subprocess.run(
        [sys.executable, "replay.py"], cwd="out", capture_output=True, text=True, timeout=120, check=False
    )
    assert again.returncode == 0, again.stdout + again.stderr
    assert "The replay agrees with the report." in again.stdout


def test_colour_pictures_of_ones_own_need_a_segmenter_and_a_run_two_images(own: Path) -> None:
    with pytest.raises(ValueError, match="say with --segmenter who is to tell"):
        ran(Run(Source(generator="mine:Drawing"), images=10))
    with pytest.raises(ValueError, match="at least 2 images, got --images 1"):
        ran(Run(images=1))


def test_ctrl_c_says_how_to_go_on_and_the_same_command_does(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    source = Source(generator=DIGITS, latent=(6,))
    monkeypatch.setattr(sys, "argv", ["dissect", "run", "--images", "70"])
    whole = ran(Run(source, images=70, out=Path("whole")))
    monkeypatch.setattr(studying, "remarks", stopped)
    console = Console(file=io.StringIO(), width=200)
    with pytest.raises(SystemExit) as left:
        Run(source, images=70).run(console)
    assert left.value.code == 130
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "this goes on from the counts in runs/dissection-" in text
    again = text.strip().splitlines()[-1]
    assert again.strip().startswith("dissect run --images 70 --out runs/dissection-")
    monkeypatch.undo()
    monkeypatch.chdir(own)
    out = Path(again.split()[-1])
    assert out.with_name(out.name + ".counts").exists()
    resumed = ran(Run(source, images=70, out=out))
    assert resumed.replace(str(out), "whole") == whole
    first, second = (Dissection.load(folder / "dissection.safetensors") for folder in (Path("whole"), out))
    assert (first.score == second.score).all()
    assert list(Path("runs").iterdir()) == [out]


@pytest.mark.parametrize(
    "name",
    ["run", "layers", "findings", "patch", "directions", "dictionary", "mend", "train-segmenter", "train-encoder"],
)
def test_every_command_takes_a_device_and_refuses_one_that_is_not_there(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = [] if name == "layers" else ["--out", str(tmp_path / "out")]
    out += ["--layer", "block8"] if name == "dictionary" else []
    for device, told in (("gpu", "expected the device cpu, cuda, cuda:N or mps"), ("cuda:99", "--device cuda:99")):
        with pytest.raises(SystemExit) as left:
            main([name, "--device", device, *out])
        assert left.value.code
        assert told in "".join(capsys.readouterr())
    assert not (tmp_path / "out").exists()


def test_a_generator_and_its_latents_go_to_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    found = _placed(Source().open(), cast(Compute, SimpleNamespace(device="meta")))
    assert {each.device.type for each in found.net.parameters()} == {"meta"}
    assert found.latents(2, rng()).device.type == "meta"


@pytest.mark.parametrize(
    ("generator", "line"),
    [
        ("styleganx:{there}", "no layout of published generators is called 'styleganx': did you mean stylegan3"),
        ("styleganx:no.pt", "no layout of published generators is called 'styleganx': did you mean stylegan3"),
        ("stylegan2:no.pt", "there is no generator 'no.pt'"),
        ("stylegan3:{there}", "does not hold stylegan3 as NVlabs/stylegan3"),
    ],
)
def test_a_layout_or_a_file_that_is_none_is_told_in_a_line(
    generator: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.pt"
    torch.save(foreign_weights.filled(foreign_weights.ada()), there)
    with pytest.raises(SystemExit):
        main(["run", "--generator", generator.format(there=there), f"--out={tmp_path / 'out'}"])
    assert line in capsys.readouterr().out
    assert not (tmp_path / "out").exists()
