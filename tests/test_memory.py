"""More memory than there is: refused in a line before it is taken, and where an allocator says no, in a line too."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from rich.console import Console

from core_gans.__main__ import main
from core_gans.commands.dispatch import friendly_errors
from core_gans.foundation.errors import LabError
from core_gans.foundation.memory import available, is_out_of_memory, require_memory
from core_gans.foundation.pixels import png, write_png
from core_gans.runs.playable import require_playable, sketched
from core_gans.variants import TRANSLATIONS, VARIANTS, make
from dissect.__main__ import main as dissect_main
from dissect.commands.real_images import thirds
from dissect.directions.principal import principal_directions
from dissect.generators import Prior, sequential
from dissect.segmenters.pairs import read_pairs
from egan.__main__ import main as egan_main


@pytest.mark.parametrize(
    ("words", "lower"),
    [
        ("train gan --data ring --width 2000000000", "--width"),
        ("train dcgan --data digits --width 2000000000", "--width"),
        ("train gan --data ring --width 200000", "--width"),
        ("train gan --data ring --count 900000000000", "--count"),
        ("train dcgan --data scenes --count 900000000000", "--count"),
        ("train gan --data ring --batch 900000000000", "--batch"),
        ("train dcgan --data digits --size 2000000", "size"),
        ("train gan --data ring --latent 900000000000", "--width"),
        ("train cyclegan --data day-to-night:scenes --count 10 --blocks 900000000000", "--blocks"),
    ],
)
def test_what_does_not_fit_is_refused_before_it_is_taken(
    words: str, lower: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        main([*words.split(), "--rounds", "1"])
    said = capsys.readouterr().out
    assert end.value.code == 2
    assert said.startswith("error: ")
    assert len(said.splitlines()) == 1
    assert lower in said
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_layers_that_never_ends_is_not_made() -> None:
    with pytest.raises(LabError, match="expected a depth of at most 1,000 layers, got 900,000,000,000: lower --depth"):
        make("gan", family="maxout", depth=900_000_000_000).players()


@pytest.mark.parametrize("option", ["--parents", "--children", "--evaluation-size", "--discriminators"])
def test_individuals_that_do_not_fit_are_refused(
    option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        egan_main(["evolve", "gan", "--data", "ring", "--rounds", "1", option, "900000000000"])
    said = capsys.readouterr().out
    assert end.value.code == 2
    assert "of memory, and" in said
    assert option in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("explore RUN --paths 1001", "expected 2 to 1,000 paths of 2 to 1,000 steps, got 1001 of 9"),
        ("explore RUN --steps 1001", "expected 2 to 1,000 paths"),
        ("judge RUN --batch 900000000000 --count 900000000000 --metrics frechet", "lower --batch"),
        ("compare gan --data ring --seeds 900000000000", "expected 1 to 10,000 seeds, got 900,000,000,000"),
        ("compare gan --data ring --batch 900000000000", "lower --batch"),
        ("compare gan --data ring --seeds 10000 --workers 10000", "lower --workers"),
    ],
)
def test_numbers_of_what_looks_at_runs_are_refused(
    words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    old = Path(__file__).parent / "old_runs" / "train-gan-ring"
    with pytest.raises(SystemExit) as end:
        main(words.replace("RUN", str(old)).split())
    assert end.value.code == 2
    assert said in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_no_file_holds_is_refused() -> None:
    with pytest.raises(LabError, match="a picture of 1,000,001 x 1 pixels is too large for PNG"):
        png(np.zeros((1, 1_000_001, 3), np.uint8))


@pytest.mark.parametrize("name", [*VARIANTS, *TRANSLATIONS])
def test_every_variant_can_be_sketched_without_memory(name: str) -> None:
    players = sketched(make(name))
    assert players is not None
    devices = {parameter.device.type for net in players.values() for parameter in net.parameters()}
    assert devices == {"meta"}


def test_the_estimate_counts_what_training_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    game = make("gan", family="mlp", shape=(2,), latent=2, width=8, depth=1)
    numbers = sum(parameter.numel() for net in game.players().values() for parameter in net.parameters())
    monkeypatch.setattr("core_gans.foundation.memory.available", lambda device: 4 * 4 * numbers - 1)
    with pytest.raises(LabError, match="lower --width"):
        require_playable(game, 1)
    require_playable(game, 1, copies=1)


def test_free_memory_is_told_and_compared() -> None:
    free = available()
    assert free is not None
    assert free > 2**20
    require_memory(2**10, "a kilobyte", "nothing")
    with pytest.raises(LabError, match=r"everything would take 1,048,576\.0 GiB of memory, and .* free: lower --count"):
        require_memory(2**50, "everything", "--count")


def test_an_allocators_error_is_a_line() -> None:
    said = io.StringIO()
    for ask in (lambda: torch.empty(2**60), lambda: np.empty(2**60, np.uint8), lambda: bytearray(2**60)):
        with pytest.raises(SystemExit) as end, friendly_errors(Console(file=said, width=500)):
            ask()
        assert end.value.code == 2
    lines = said.getvalue().splitlines()
    assert len(lines) == 3
    assert all(line.startswith("error: not enough memory (") and "lower --batch" in line for line in lines)


def test_other_runtime_errors_stay_what_they_are() -> None:
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    with pytest.raises(RuntimeError, match="cannot be multiplied"), friendly_errors(Console(quiet=True)):
        torch.zeros(2, 3) @ torch.zeros(2, 3)


OWN = "linear 6 64; reshape 16 2 2; upsample 4; conv 16 8 3 1 1; relu; upsample 2; conv 8 3 3 1 1; tanh"


@pytest.fixture
def no_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing more latents than a look at the generator takes is an error of another kind."""

    def drawn(prior: Prior, count: int, rng: torch.Generator) -> torch.Tensor:
        if count >= 20:
            raise AssertionError("the sample is drawn")
        return torch.zeros(count, *prior.shape)

    monkeypatch.setattr(Prior, "__call__", drawn)


@pytest.mark.parametrize(
    ("words", "lower"),
    [
        ("run --images 900000000000", "--images"),
        ("findings --images 900000000000", "--images"),
        ("mend --images 900000000000 --data digits", "--images or --judged"),
        ("mend --images 40 --judged 900000000000 --data digits", "--images or --judged"),
        ("directions --images 900000000000", "--images or --judged"),
        ("train-encoder --batch 900000000000", "--batch"),
        ("invert PICTURE --samples 900000000000", "--samples"),
        ("run --latent 900000000000", "--latent"),
    ],
)
@pytest.mark.usefixtures("no_sample")
def test_a_sample_that_does_not_fit_is_refused_before_it_is_drawn(
    words: str, lower: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    picture = write_png(tmp_path / "given" / "picture.png", np.zeros((16, 16, 3), np.uint8))
    command, *rest = words.replace("PICTURE", str(picture)).split()
    seen_by = [] if command in ("mend", "train-encoder") else ["--segmenter", "strokes"]
    with pytest.raises(SystemExit) as end:
        dissect_main([command, "--generator", OWN, *seen_by, *rest])
    said = capsys.readouterr().out
    assert end.value.code == 2
    assert "would take" in said.splitlines()[-1]
    assert said.rstrip().endswith(f"lower {lower}.")
    assert list(tmp_path.iterdir()) == [picture.parent]


@pytest.mark.parametrize(
    "words",
    [
        "directions --method pca --steps 900000000000",
        "directions --method pca --random 900000000000",
        "mend --random 900000000000",
        "patch --pairs 900000000000",
    ],
)
def test_more_than_anybody_waits_for_is_refused_before_anything_is_opened(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        dissect_main(words.split())
    assert end.value.code == 2
    assert capsys.readouterr().out.startswith("error: expected at most ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("run --images 1000", 1000 * 6),
        ("findings --images 100", 100 * (6 + 16 * 16)),  # the classes of a half, in 64 bits
        ("mend --images 400 --judged 300 --data digits", (800 + 300) * 6),
        ("directions --method probe --layer 4 --concept loop --images 70 --judged 30", 100 * (6 + 2 * 8)),
        ("directions --method cell-probe --layer 4 --concept loop --images 70 --judged 30", 100 * (6 + 2 * 8 * 16)),
    ],
)
@pytest.mark.usefixtures("no_sample")
def test_the_estimate_counts_what_is_kept_of_each_image(
    words: str, numbers: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    command, *rest = words.split()
    asked = [command, "--generator", OWN, *([] if command == "mend" else ["--segmenter", "strokes"]), *rest]
    monkeypatch.setattr("core_gans.foundation.memory.available", lambda device: 4 * numbers - 1)
    with pytest.raises(SystemExit):
        dissect_main(asked)
    assert "a sample of " in capsys.readouterr().out
    monkeypatch.setattr("core_gans.foundation.memory.available", lambda device: 4 * numbers)
    with pytest.raises(AssertionError, match="the sample is drawn"):
        dissect_main(asked)


def test_drawn_real_images_are_estimated_by_the_option_that_asks_for_them() -> None:
    with pytest.raises(LabError, match=r"900,000,000,000 real images of scenes would take .* lower --real"):
        thirds("scenes", (3, 64, 64), 900_000_000_000, None)


@pytest.mark.parametrize(
    ("words", "lower"),
    [
        ("train-segmenter --count 900000000000", "--count"),
        ("train-segmenter --widths 16 900000", "--widths"),
        ("layers --generator", "their sizes"),
    ],
)
def test_networks_and_scenes_of_dissect_are_estimated(
    words: str, lower: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as end:
        dissect_main(
            [*words.split(), *(["linear 64 90000000000; reshape 1 300000 300000"] if "layers" in words else [])]
        )
    said = capsys.readouterr().out
    assert end.value.code == 2
    assert said.rstrip().endswith(f"lower {lower}.")
    assert list(tmp_path.iterdir()) == []


def test_pictures_of_a_folder_are_estimated_before_they_are_brought_to_a_size(tmp_path: Path) -> None:
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
        write_png(tmp_path / folder / "one.png", np.zeros((8, 8, 3), np.uint8))
    with pytest.raises(LabError, match=r"1 pictures of 900000 x 900000 pixels would take .* lower the size"):
        read_pairs(tmp_path, size=(900_000, 900_000))


def test_the_outputs_that_directions_are_fitted_to_at_once_are_estimated(monkeypatch: pytest.MonkeyPatch) -> None:
    net = sequential("linear 6 64; reshape 16 2 2; conv 16 3 3 1 1; tanh")
    latents = torch.randn(120, 6, generator=torch.Generator().manual_seed(0))
    monkeypatch.setattr("core_gans.foundation.memory.available", lambda device: 100 * 64 * 8 - 1)
    with pytest.raises(LabError, match=r"the output of 0 for 100 images at once .* lower the count of directions"):
        principal_directions(net, "0", latents, count=3)
    monkeypatch.setattr("core_gans.foundation.memory.available", lambda device: 100 * 64 * 8)
    assert len(principal_directions(net, "0", latents, count=3)) == 3
