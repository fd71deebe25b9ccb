"""What every game of translation keeps, and the commands that train one and translate folders of pictures."""

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console
from torch import Tensor

from core_gans import models
from core_gans.__main__ import main
from core_gans.commands.translate import Translate
from core_gans.data import Batches, Examples
from core_gans.data.domains import Domains
from core_gans.data.pairs import Pairs
from core_gans.foundation.errors import DivergedError, LabError
from core_gans.foundation.pixels import to_bytes
from core_gans.game import TranslationGame
from core_gans.models import Model
from core_gans.runs import checkpoints
from core_gans.training import TrainingState, start, take_turn, train
from core_gans.translation import Lesson, read_lesson, translate_folder
from core_gans.translation.judging import judge_of
from core_gans.translation.lessons import _labelled
from core_gans.translation.watching import strips
from core_gans.variants import TRANSLATIONS, VARIANTS, make, name_of, variant
from tests.killing import final_checkpoint, metrics
from tests.tiny import all_equal, chance, differences, weights

EVERY = pytest.mark.parametrize("name", TRANSLATIONS)
SMALL = {"width": 4, "patch_layers": 1, "levels": 2, "blocks": 1, "pool": 3}
CPU = torch.device("cpu")


def noise(count: int, channels: int = 3, seed: int = 0) -> Tensor:
    return torch.rand(count, channels, 16, 16, generator=chance(seed)) * 2 - 1


def data(name: str) -> Pairs | Domains | Examples:
    kind = TRANSLATIONS[name].learns_from
    if kind == "labels":
        return Examples("noise", noise(21), torch.arange(21) % 3, ("a", "b", "c"))
    return (Pairs if kind == "pairs" else Domains)("noise", noise(21), noise(21, seed=1))


def small(name: str, **fields: Any) -> TranslationGame:
    known = {field.name for field in dataclasses.fields(TRANSLATIONS[name])}
    whole = data(name)
    wanted = SMALL | Lesson(whole, whole, (3,)).fields({})
    return TRANSLATIONS[name](**{field: value for field, value in (wanted | fields).items() if field in known})


def begun(name: str, seed: int = 0, **fields: Any) -> TrainingState:
    return start(small(name, **fields), Batches(data(name), 4, seed), chance(seed))


def played(name: str, rounds: int, state: TrainingState | None = None, seed: int = 0) -> TrainingState:
    state = state or begun(name, seed)
    return train(state.game, state.batches, rounds, rng=state.rng, state=state)


@EVERY
class TestEveryGame:
    def test_three_rounds_teach_every_player(self, name: str) -> None:
        fresh, state = begun(name), played(name, 3)
        assert all(isinstance(term, float) and abs(term) < 1e6 for term in state.terms.values())
        for player, net in state.nets.items():
            assert not all_equal(weights(fresh.nets[player]), weights(net)), player

    def test_a_turn_changes_only_its_players(self, name: str) -> None:
        state = begun(name)
        for turn, optimizer in zip(state.game.turns(), state.optimizers, strict=True):
            before = {player: weights(net) for player, net in state.nets.items()}
            take_turn(turn, state.nets, next(state.batches), optimizer, state.rng, state.compute)
            for player, net in state.nets.items():
                assert all_equal(before[player], weights(net)) == (player not in turn.players), player

    @pytest.mark.parametrize("stop", [1, 4])
    def test_stopped_and_resumed_equals_never_stopped_to_the_bit(self, name: str, stop: int, tmp_path: Path) -> None:
        whole = played(name, 7)
        path = checkpoints.save(tmp_path / "stop.safetensors", played(name, stop).state_dict())
        state = begun(name, seed=99)
        state.batches = Batches(data(name), 4)
        state.load_state_dict(checkpoints.load(path))
        assert differences(played(name, 7, state).state_dict(), whole.state_dict()) == []

    def test_seeds_decide_and_the_global_random_state_neither_matters_nor_moves(self, name: str) -> None:
        torch.manual_seed(7)
        before = torch.get_rng_state()
        one, same, other = played(name, 2, seed=1), played(name, 2, seed=1), played(name, 2, seed=2)
        assert torch.equal(before, torch.get_rng_state())
        assert differences(one.state_dict(), same.state_dict()) == []
        assert differences(one.state_dict()["nets"], other.state_dict()["nets"])

    def test_nan_stops_the_game_and_spares_the_weights(self, name: str) -> None:
        state = played(name, 1)
        before = {player: weights(net) for player, net in state.nets.items()}
        broken = data(name)
        fields = ("images",) if isinstance(broken, Examples) else ("source", "target")
        empty = {field: torch.full_like(getattr(broken, field), torch.nan) for field in fields}
        state.batches = Batches(dataclasses.replace(broken, **empty), 4)
        with pytest.raises(DivergedError, match=r"expected finite losses.*weights were left as they were"):
            played(name, 2, state)
        assert all(all_equal(before[player], weights(net)) for player, net in state.nets.items())
        finite = [buffer.isfinite().all() for net in state.nets.values() for buffer in net.buffers()]
        assert name == "pix2pix" or all(finite)  # batch normalisation has counted the batch already

    def test_translating_changes_nothing_and_knows_each_image_alone(self, name: str) -> None:
        state = played(name, 2)
        game = state.game
        assert isinstance(game, TranslationGame)
        before = {player: {k: v.clone() for k, v in net.state_dict().items()} for player, net in state.nets.items()}
        images = noise(70, seed=5)
        for target in range(len(game.targets)):
            drawn = game.translate(state.nets, images, target)
            assert drawn.shape == images.shape
            assert drawn.dtype == torch.float32
            assert not drawn.requires_grad
            assert drawn.abs().max() <= 1
            torch.testing.assert_close(game.translate(state.nets, images[3:4], target), drawn[3:4])
            assert not torch.allclose(drawn[0], drawn[1], atol=1e-5)
        assert differences(before, {player: net.state_dict() for player, net in state.nets.items()}) == []
        assert all(net.training for net in state.nets.values())
        with pytest.raises(LabError, match=f"expected a domain from 0 to {len(game.targets) - 1}, got"):
            game.translate(state.nets, images, len(game.targets))
        with pytest.raises(LabError, match="expected images of 3 channels to translate, got 1"):
            game.translate(state.nets, noise(2, 1))
        with pytest.raises(LabError, match="expected images"):
            game.translate(state.nets, images[0])

    def test_the_rates_fall_on_a_line_to_zero(self, name: str) -> None:
        state = begun(name, rate=0.01, fall_rounds=4)
        played(name, 4, state)  # the last round followed three others
        assert [group["lr"] for o in state.optimizers for group in o.param_groups] == pytest.approx([0.0025, 0.0025])
        with pytest.raises(LabError, match="needs its length in rounds: give --rounds"):
            small(name, fall_rounds=-1).turns()

    def test_it_is_a_variant_whose_fields_survive_json(self, name: str) -> None:
        game = small(name)
        assert make(name, **json.loads(json.dumps(dataclasses.asdict(game)))) == game
        assert (variant(name), name_of(game), name in VARIANTS) == (type(game), name, False)
        assert type(game).paper[-4:].isdigit()
        with pytest.raises(ValueError, match=f"no field of {name} is called 'widht': did you mean width"):
            make(name, widht=3)
        with pytest.raises(LabError, match="expected a learning rate above 0"):
            make(name, rate=0)

    def test_help_explains_every_field(self, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            main(["train", name, "--help-all"])
        told = capsys.readouterr().out
        assert all(f"--{field.name.replace('_', '-')}" in told for field in dataclasses.fields(variant(name)))

    def test_a_strip_begins_with_the_image_and_its_translation(self, name: str) -> None:
        state, whole = begun(name), data(name)
        game = state.game
        assert isinstance(game, TranslationGame)
        shown = strips(game, state.nets, Lesson(whole, whole, (3,) if name == "stargan" else ()), CPU, 5)
        source = whole.images if isinstance(whole, Examples) else whole.source
        assert shown.shape == (5, 4 if name == "stargan" else 3, 3, 16, 16)
        assert torch.equal(shown[:, 0], source[:5])
        assert torch.equal(shown[:, 1], game.translate(state.nets, source[:5]))
        if isinstance(whole, Pairs):
            assert torch.equal(shown[:, 2], whole.target[:5])


@dataclasses.dataclass(frozen=True)
class Turned(TranslationGame):
    """A game that is known: it turns channels, and has nothing to learn."""

    name, paper, learns_from = "turned", "a known map 2026", "pairs"
    shape: tuple[int, ...] = (3, 16, 16)

    @property
    def targets(self) -> tuple[str, ...]:
        return ("next", "before")

    def translate(self, nets: Any, images: Tensor, target: int = 0, rng: torch.Generator | None = None) -> Tensor:
        return images.roll(-1 if target else 1, dims=1)

    def players(self) -> dict[str, torch.nn.Module]:
        return {"generator": torch.nn.Linear(1, 1)}

    def turns(self) -> tuple[Any, ...]:
        return ()


class TestJudge:
    def test_a_known_map_has_no_error_and_the_baselines_are_what_they_are(self) -> None:
        source = noise(30)
        for game, expected in ((Turned(), 0.0), (Turned(), None)):
            target = source.roll(1, dims=1) if expected == 0 else source.roll(2, dims=1)
            learned, held = Pairs("noise", source, target).split()
            found = judge_of(game, Lesson(learned, held), CPU)({})
            assert found["l1[untouched]"] == pytest.approx((held.source - held.target).abs().mean().item())
            assert found["l1[mean]"] == pytest.approx((learned.target.mean(0) - held.target).abs().mean().item())
            truth = (held.source.roll(1, dims=1) - held.target).abs().mean().item()
            assert found["l1"] == pytest.approx(truth)
            assert (truth == 0) == (expected == 0)

    def test_grey_sources_of_coloured_targets_have_no_untouched_error(self) -> None:
        pairs = Pairs("noise", noise(30), noise(30, 1))
        assert judge_of(Turned(), Lesson(pairs, pairs), CPU)({}).keys() == {"l1", "l1[mean]"}

    @pytest.mark.parametrize(("count", "measured"), [(20, False), (30, True)])
    def test_labelled_images_too_few_for_a_distance_are_not_judged(self, count: int, measured: bool) -> None:
        lesson = _labelled([Examples("mine", noise(count), torch.arange(count) % 2, ("a", "b"))])
        assert bool(judge_of(Turned(), lesson, CPU)({})) == measured

    def test_domains_are_compared_as_sets(self) -> None:
        reds, greens = noise(60), noise(60, seed=1)
        reds[:, 1:] = -1
        greens[:, [0, 2]] = -1
        learned, held = Domains("colours", reds, greens).split()
        found = judge_of(Turned(), Lesson(learned, held), CPU)({})
        assert found["frechet[pca-pixels]"] < found["frechet[pca-pixels][untouched]"] / 2


def write_pictures(folder: Path, images: Tensor) -> None:
    folder.mkdir(parents=True)
    for number, page in enumerate(to_bytes(images)):
        Image.fromarray(page).save(folder / f"{number:03d}.png")


def pixels(path: Path) -> Tensor:
    with Image.open(path) as page:
        return torch.from_numpy(np.array(page)).permute(2, 0, 1)


class TestFolder:
    def test_every_picture_becomes_its_translation_under_its_name(self, tmp_path: Path) -> None:
        images = noise(20)
        write_pictures(tmp_path / "in" / "deep", images)
        told: list[tuple[int, int]] = []
        game, net = Turned(), torch.nn.Linear(1, 1)
        done = translate_folder(
            game, net, tmp_path / "in", tmp_path / "out", target=1, progress=lambda *of: told.append(of)
        )
        assert [path.relative_to(tmp_path / "out").as_posix() for path in done.written] == [
            f"deep/{number:03d}.png" for number in range(20)
        ]
        assert told == [(16, 20), (20, 20)]
        assert done.broken == ()
        for path in done.written:
            source = pixels(tmp_path / "in" / path.relative_to(tmp_path / "out"))
            assert torch.equal(pixels(path), source.roll(-1, dims=0))

    def test_nothing_is_overwritten(self, tmp_path: Path) -> None:
        write_pictures(tmp_path / "in", noise(3))
        write_pictures(tmp_path / "out", noise(1, seed=4))
        before = (tmp_path / "out" / "000.png").read_bytes()
        with pytest.raises(FileExistsError, match=r"000\.png exists already and is kept: choose another folder"):
            translate_folder(Turned(), torch.nn.Linear(1, 1), tmp_path / "in", tmp_path / "out")
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["000.png"]
        assert (tmp_path / "out" / "000.png").read_bytes() == before

    def test_a_broken_picture_is_named_before_any_work_and_skipped_only_when_asked(self, tmp_path: Path) -> None:
        write_pictures(tmp_path / "in", noise(3))
        whole = (tmp_path / "in" / "001.png").read_bytes()
        (tmp_path / "in" / "001.png").write_bytes(whole[: len(whole) // 2])
        (tmp_path / "in" / "003.png").write_text("no picture")
        folders = (tmp_path / "in", tmp_path / "out")
        with pytest.raises(ValueError, match=r"2 of 4 .*001\.png.*003\.png.*leave them out \(--skip-broken\)"):
            translate_folder(Turned(), torch.nn.Linear(1, 1), *folders)
        assert not (tmp_path / "out").exists()
        done = translate_folder(Turned(), torch.nn.Linear(1, 1), *folders, skip_broken=True)
        assert [path.name for path in done.written] == ["000.png", "002.png"]
        assert [Path(line.split(" is ")[0]).name for line in done.broken] == ["001.png", "003.png"]

    def test_rectangles_are_translated_and_twelve_bits_are_not_dark(self, tmp_path: Path) -> None:
        (tmp_path / "in").mkdir()
        for name, value in (("bright", 4095), ("dim", 1000)):
            Image.fromarray(np.full((20, 40), value, np.uint16)).save(tmp_path / "in" / f"{name}.png")
        game = Turned((3, 16, 32))
        done = translate_folder(game, torch.nn.Linear(1, 1), tmp_path / "in", tmp_path / "out")
        shown = [pixels(path) for path in done.written]
        assert [page.shape[1:] for page in shown] == [(16, 32), (16, 32)]
        assert [page.unique().tolist() for page in shown] == [[255], [62]]

    def test_folders_that_make_no_sense_are_refused(self, tmp_path: Path) -> None:
        net = torch.nn.Linear(1, 1)
        with pytest.raises(LabError, match="expected a folder of pictures to translate"):
            translate_folder(Turned(), net, tmp_path / "none", tmp_path / "out")
        (tmp_path / "in").mkdir()
        with pytest.raises(LabError, match="holds no pictures to translate"):
            translate_folder(Turned(), net, tmp_path / "in", tmp_path / "out")
        for name in ("a.png", "a.bmp"):
            Image.new("RGB", (8, 8)).save(tmp_path / "in" / name)
        with pytest.raises(LabError, match=r"a\.bmp and .*a\.png would both become .*a\.png: rename one of them"):
            translate_folder(Turned(), net, tmp_path / "in", tmp_path / "out")
        with pytest.raises(LabError, match="which is to be read: choose a folder elsewhere"):
            translate_folder(Turned(), net, tmp_path / "in", tmp_path / "in" / "out")


class TestLessons:
    def test_two_folders_are_pairs_when_their_names_agree(self, tmp_path: Path) -> None:
        images = noise(20)
        write_pictures(tmp_path / "source", images)
        write_pictures(tmp_path / "target", images.roll(1, dims=1))
        for given in (str(tmp_path), f"{tmp_path / 'source'},{tmp_path / 'target'}"):
            lesson = read_lesson("pairs", given, size=16)
            assert isinstance(lesson.learned, Pairs)
            assert (len(lesson), len(lesson.held), lesson.shape) == (18, 2, (3, 16, 16))
            assert torch.equal(lesson.learned.source.roll(1, dims=1), lesson.learned.target)
            assert lesson.fields({"width": 9}) == {"width": 9, "shape": (3, 16, 16), "drawn": 3}
        (tmp_path / "target" / "007.png").unlink()
        with pytest.raises(ValueError, match=r"source/007 has none in .*target, and so 1 in all: leave them out"):
            read_lesson("pairs", str(tmp_path), size=16)
        unpaired = read_lesson("domains", str(tmp_path), size=16)
        assert isinstance(unpaired.learned, Domains)
        assert (len(unpaired.learned.source), len(unpaired.learned.target)) == (18, 18)

    def test_two_pictures_of_one_name_have_no_partner_to_tell(self, tmp_path: Path) -> None:
        for side, twin in (("source", "000"), ("target", "002")):
            write_pictures(tmp_path / side, noise(3))
            Image.open(tmp_path / side / f"{twin}.png").save(tmp_path / side / f"{twin}.bmp")
        with pytest.raises(ValueError, match=r"000\.bmp and .*000\.png would have the same partner: keep one of them"):
            read_lesson("pairs", str(tmp_path), size=16)

    def test_masks_with_a_palette_are_painted(self, tmp_path: Path) -> None:
        masks = (np.arange(6 * 16 * 16) % 3).reshape(6, 16, 16).astype(np.uint8)
        palette = np.array([[255, 0, 0], [0, 9, 0], [1, 2, 3]], np.uint8)
        photos = np.zeros((6, 16, 16, 3), np.uint8)
        path = tmp_path / "streets.npz"
        np.savez(path, train_masks=masks, train_photos=photos, palette=palette)
        lesson = read_lesson("pairs", f"{path}:train_masks,{path}:train_photos", size=16)
        assert isinstance(lesson.held, Pairs)
        assert {tuple(colour) for colour in lesson.held.source.permute(0, 2, 3, 1).reshape(-1, 3).tolist()} == {
            tuple(colour) for colour in palette.tolist()
        }
        np.savez(path, train_masks=masks + 1, train_photos=photos, palette=palette)
        with pytest.raises(
            ValueError, match="expected masks of classes 0 to 2, one for each colour of the palette, got 3"
        ):
            read_lesson("pairs", f"{path}:train_masks,{path}:train_photos", size=16)

    def test_several_labelled_sets_are_learned_at_once(self) -> None:
        lesson = read_lesson("labels", "digits,digits", size=8)
        assert (lesson.groups, len(lesson.fields({})["domains"])) == ((10, 10), 20)
        assert lesson.name == "digits and digits"

    def test_data_that_do_not_suit_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(
            LabError, match="expected sources with their targets, got 'digits': give --data SOURCE,TARGET"
        ):
            read_lesson("pairs", "digits")
        with pytest.raises(LabError, match="expected two domains, got 'digits,': give --data SOURCE,TARGET"):
            read_lesson("domains", "digits,")
        with pytest.raises(ValueError, match="no data set is called 'diggits': did you mean digits"):
            read_lesson("pairs", "digits,diggits")
        with pytest.raises(
            LabError, match="images whose labels are their domains, at least two of them, and scenes has 0"
        ):
            read_lesson("labels", "scenes", size=32, count=2)
        with pytest.raises(ValueError, match="expected a target for every source, got 1,797 sources and 2 targets"):
            read_lesson("pairs", "digits,scenes", size=32, count=2)


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    images = noise(20)
    write_pictures(tmp_path / "pairs" / "source", images)
    write_pictures(tmp_path / "pairs" / "target", images.roll(1, dims=1))
    options = ["--data", tmp_path / "pairs", "--size=16", "--batch=4", "--width=4", "--patch-layers=1", "--threads=1"]
    options += ["--log-every=1", "--judge-every=3"]
    main([str(word) for word in ["train", "pix2pix", *options, "--rounds", 3, "--runs", tmp_path, "--name", "run"]])
    return tmp_path / "run"


class TestCommands:
    def test_a_run_has_sheets_of_source_translation_and_target_and_a_judge(self, trained: Path) -> None:
        assert (trained / "training.gif").is_file()
        with Image.open(trained / "samples" / "round-0000003.png") as page:
            shown = np.array(page)
        assert shown.shape == (66 + 2, 6 * 66 + 2, 3)  # two held-out pairs in one row, fourfold
        config = json.loads((trained / "config.json").read_text())
        assert (config["kind"], config["fields"]["shape"], config["fields"]["drawn"]) == ("training", [3, 16, 16], 3)
        last = metrics(trained)[-1]
        assert {"l1", "l1[mean]", "l1[untouched]"} <= last.keys()
        assert (trained / "checkpoints" / "best-0000003.safetensors").is_file()

    def test_resuming_and_repeating_are_exact(self, trained: Path) -> None:
        main(["resume", str(trained), "--rounds", "5"])
        main(["train", "--like", str(trained), "--rounds", "5", "--runs", str(trained.parent), "--name", "whole"])
        assert differences(final_checkpoint(trained), final_checkpoint(trained.parent / "whole")) == []

    def test_a_run_and_a_model_file_translate_alike(self, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
        model = models.open_translator(trained)
        file = models.save_model(trained.parent / "model.safetensors", model)
        source = trained.parent / "pairs" / "source"
        for given, out in ((trained, "one"), (file, "two")):
            main(["translate", str(given), str(source), str(trained.parent / out)])
            told = capsys.readouterr().out
            assert "20 pictures translated to target: " in told
            assert "note: this model has played 3 rounds, so it has hardly learned: train it for longer" in told
        for path in sorted((trained.parent / "one").iterdir()):
            assert path.read_bytes() == (trained.parent / "two" / path.name).read_bytes()
        (trained.parent / "pairs" / "source" / "000.png").write_text("broken")
        main(["translate", str(file), str(source), str(trained.parent / "three"), "--skip-broken", "--noise"])
        told = capsys.readouterr().out
        assert "000.png is not a JPEG" in told
        assert "19 pictures translated to target, 1 left out: " in told
        assert (trained.parent / "three" / "001.png").read_bytes() != (trained.parent / "one" / "001.png").read_bytes()

    def test_what_it_cannot_do_is_refused_in_one_line(self, trained: Path, tmp_path: Path) -> None:
        noise_game = make("gan", shape=(1, 16, 16), width=4, latent=2)
        net = noise_game.players()["generator"]
        file = models.save_model(tmp_path / "gan.safetensors", Model(net, noise_game))
        console = Console(file=io.StringIO())
        with pytest.raises(LabError, match="is of gan, which draws from latents and translates nothing"):
            Translate(file, tmp_path, Path("out")).run(console)
        with pytest.raises(checkpoints.CheckpointError, match="pix2pix draws from no latents: it translates pictures"):
            models.open_model(trained)
        with pytest.raises(ValueError, match="no domain of this game is called 'winter': choose one of target"):
            Translate(trained, tmp_path, Path("out"), to="winter").run(console)
        game = models.open_translator(trained).game
        wrong = Model(game.players()["discriminator"], game, "discriminator")
        with pytest.raises(LabError, match="holds a discriminator, which translates nothing"):
            models.open_translator(models.save_model(tmp_path / "d.safetensors", wrong))
        with pytest.raises(SystemExit):
            main(["train", "pix2pix", "--data", "digits", "--runs", str(tmp_path), "--name", "none"])
        assert not (tmp_path / "none").exists()
