"""``core-gans sample`` into a folder, an array and a sheet, as a person types it; what it writes is read again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from core_gans.__main__ import main
from core_gans.data import load
from core_gans.data.examples import as_float
from core_gans.models import Model, save_model
from core_gans.sampling import drawing
from core_gans.sampling.drawing import labels_of
from core_gans.variants import make
from tests.tiny import chance

Command = Callable[..., str]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*words: object, code: int = 0) -> str:
        if code:
            with pytest.raises(SystemExit) as stopped:
                main([str(word) for word in words])
            assert stopped.value.code == code
        else:
            main([str(word) for word in words])
        return capsys.readouterr().out

    return run


def saved(folder: Path, name: str, **fields: object) -> Path:
    """A model file of an untrained generator of ``name``."""
    torch.manual_seed(0)
    game = make(name, **{"shape": (1, 16, 16), "width": 4, "latent": 3, **fields})
    path = folder / f"{name}.safetensors"
    save_model(path, Model(game.players()["generator"].eval(), game))
    return path


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    return saved(tmp_path, "cgan", classes=12)


class TestClasses:
    def test_a_folder_has_a_file_a_picture_and_a_subfolder_a_class(
        self, command: Command, digits: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "deep" / "drawn"
        assert f"7 samples: {out}" in command(
            "sample", digits, "--classes", 3, 11, "--count", 7, "--out", out, "--seed", 5
        )
        found = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
        assert found == [*(f"03/{n:05d}.png" for n in range(4)), *(f"11/{n:05d}.png" for n in range(4, 7))]
        again = load(str(out), size=16)
        assert again.classes == ("03", "11")
        assert again.shape == (1, 16, 16)

    def test_an_array_holds_pictures_labels_and_their_names(
        self, command: Command, digits: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "x.npz"
        command("sample", digits, "--classes", 3, 11, "--count", 8, "--out", out, "--seed", 5)
        with np.load(out, allow_pickle=False) as file:
            assert (file["images"].dtype, file["images"].shape) == (np.uint8, (8, 16, 16))
            assert file["labels"].tolist() == [3] * 4 + [11] * 4
        again = load(str(out), size=16)
        assert again.labels is not None
        assert again.classes[11] == "11"
        game = make("cgan", shape=(1, 16, 16), width=4, latent=3, classes=12)
        torch.manual_seed(0)
        net = game.players()["generator"].eval()
        (part,) = drawing(game, net, 8, chance(5), label=labels_of(game, (3, 11), 8)).parts()  # type: ignore[arg-type]
        assert float((as_float(again.images) - part).abs().max()) <= 1 / 127.5

    def test_without_classes_the_labels_are_those_that_chance_drew(
        self, command: Command, digits: Path, tmp_path: Path
    ) -> None:
        out = tmp_path / "x.npz"
        command("sample", digits, "--count", 300, "--out", out)
        with np.load(out, allow_pickle=False) as file:
            assert set(file["labels"].tolist()) == set(range(12))

    def test_classes_that_are_not_there_or_not_asked_for(self, command: Command, digits: Path, tmp_path: Path) -> None:
        free = ("--out", tmp_path / "x.npz")
        assert "expected --classes from 0 to 11, got 12" in command("sample", digits, "--classes", 3, 12, *free, code=2)
        assert "a --count of at least 2" in command("sample", digits, "--classes", 3, 4, "--count", 1, *free, code=2)
        plain = saved(tmp_path, "dcgan")
        assert "dcgan cannot be asked for classes" in command("sample", plain, "--classes", 1, *free, code=2)
        assert not (tmp_path / "x.npz").exists()


class TestPlaces:
    def test_other_suffixes_are_refused(self, command: Command, digits: Path, tmp_path: Path) -> None:
        told = command("sample", digits, "--out", tmp_path / "x.jpg", code=2)
        assert "an .npz or a .png" in told
        assert "not written as .jpg" in told

    def test_nothing_is_overwritten(self, command: Command, digits: Path, tmp_path: Path) -> None:
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "mine.txt").write_text("mine")
        (tmp_path / "empty").mkdir()
        (tmp_path / "x.npz").write_text("mine")
        for name in ("full", "x.npz"):
            assert "exists already and is kept" in command("sample", digits, "--out", tmp_path / name, code=2)
        assert (tmp_path / "x.npz").read_text() == "mine"
        command("sample", digits, "--count", 2, "--out", tmp_path / "empty")
        assert len(list((tmp_path / "empty").rglob("*.png"))) == 2

    def test_without_a_place_the_sheets_are_numbered(
        self, command: Command, digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        for name in ("samples.png", "samples-2.png", "samples-3.png"):
            assert f"4 samples: {name}" in command("sample", digits, "--count", 4)
            with Image.open(tmp_path / name) as page:
                assert page.size == (2 * 18 + 2, 2 * 18 + 2)

    def test_points_go_into_an_array_and_not_into_a_folder(self, command: Command, tmp_path: Path) -> None:
        ring = saved(tmp_path, "gan", shape=(2,), family="mlp", depth=1)
        command("sample", ring, "--count", 9, "--out", tmp_path / "x.npz")
        with np.load(tmp_path / "x.npz", allow_pickle=False) as file:
            assert (file["points"].dtype, file["points"].shape) == (np.float32, (9, 2))
        assert "points are no pictures" in command("sample", ring, "--out", tmp_path / "folder", code=2)
        assert not (tmp_path / "folder").exists()

    def test_colours_stay_in_their_order(self, command: Command, tmp_path: Path) -> None:
        model = saved(tmp_path, "dcgan", shape=(3, 16, 16))
        command("sample", model, "--count", 2, "--out", tmp_path / "x.npz")
        command("sample", model, "--count", 2, "--out", tmp_path / "x")
        with np.load(tmp_path / "x.npz", allow_pickle=False) as file, Image.open(tmp_path / "x" / "00001.png") as page:
            assert np.array_equal(np.asarray(page), file["images"][1])


def test_the_truncation_is_said_and_the_seed_decides(command: Command, tmp_path: Path) -> None:
    model = saved(tmp_path, "wgan_gp", prior="normal")
    pages = []
    for number, words in enumerate((["0.2"], ["0.2"], ["0.2", "--seed", "1"])):
        out = tmp_path / f"{number}.npz"
        told = command("sample", model, "--count", 3, "--out", out, "--truncation", *words)
        assert "numbers of latents beyond 0.2 were drawn again (Brock et al. 2019)" in told
        with np.load(out, allow_pickle=False) as file:
            pages.append(file["images"])
    assert np.array_equal(pages[0], pages[1])
    assert not np.array_equal(pages[0], pages[2])
    assert "expected a truncation above 0" in command("sample", model, "--truncation", 0, code=2)


@pytest.mark.parametrize(
    ("rounds", "told"), [(0, "0 rounds"), (1, "1 round,"), (99, "99 rounds"), (100, ""), (None, "")]
)
def test_a_model_of_few_rounds_is_said_to_have_hardly_learned(
    rounds: int | None, told: str, command: Command, tmp_path: Path
) -> None:
    game = make("dcgan", shape=(1, 16, 16), width=4, latent=3)
    card = {} if rounds is None else {"rounds": rounds}
    path = save_model(tmp_path / "model.safetensors", Model(game.players()["generator"].eval(), game, card=card))
    said = command("sample", path, "--out", tmp_path / "sheet.png", "--count", 4)
    assert ("hardly learned" in said) == bool(told)
    assert told in said
