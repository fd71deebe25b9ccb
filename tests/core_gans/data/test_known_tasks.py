"""Edges, masks and known maps as lessons: planted answers, values by hand, and what is held out beside its truth."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from core_gans.data import Examples, as_float, scenes
from core_gans.data.domains import Domains
from core_gans.data.files import read
from core_gans.data.known_maps import MAPS, mapped_domains, mapped_pairs, night, winter
from core_gans.data.masked import mask_task, nearest_class
from core_gans.data.pairs import Pairs
from core_gans.data.tasks import edges, task
from core_gans.foundation.errors import LabError
from core_gans.translation import Lesson, read_lesson
from core_gans.translation.judging import judge_of
from core_gans.variants import CycleGAN
from core_gans.variants.pix2pix import Pix2Pix


def noise(count: int = 4, channels: int = 3, size: int = 16) -> Tensor:
    return torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(0)) * 2 - 1


def colour(*light: float) -> Tensor:
    """One pixel (1, 3, 1, 1) in [-1, 1] of a colour in [0, 1]."""
    return 2 * torch.tensor(light)[None, :, None, None] - 1


def light(images: Tensor) -> list[float]:
    return ((images + 1) / 2).flatten().tolist()


class TestEdges:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_those_of_a_planted_square_run_along_its_border_and_nowhere_else(self, channels: int) -> None:
        images = torch.full((2, channels, 24, 24), -0.8)
        images[1, :, 8:16, 6:14] = 0.8
        found = edges(images)
        assert found.shape == (2, 1, 24, 24)
        assert found[0].eq(-1).all()
        assert set(found.unique().tolist()) == {-1.0, 1.0}
        rows, columns = found[1, 0].eq(1).nonzero().T
        border = torch.maximum((rows - 11.5).abs() - 4, (columns - 9.5).abs() - 4)  # distance to the square
        assert len(rows) >= 24
        assert border.abs().max() <= 1.5

    def test_an_image_is_drawn_from_its_edges(self) -> None:
        images = Examples("scenes", scenes.examples(scenes.draw_many(12, 32)).images)
        lesson = task("edges", images)
        assert lesson.source.shape == (12, 1, 32, 32)
        assert torch.equal(lesson.source, edges(lesson.target))
        assert 0.01 < lesson.source.eq(1).float().mean() < 0.4


class TestMasks:
    def test_labels_and_scene_are_one_drawing(self) -> None:
        drawn = scenes.draw_many(6, 32, seed=3)
        there = mask_task("labels-to-scene", "scenes", size=32, count=6, seed=3)
        back = mask_task("scene-to-labels", "scenes", size=32, count=6, seed=3)
        assert torch.equal(there.source, back.target)
        assert torch.equal(there.target, back.source)
        assert torch.equal(there.target.permute(0, 2, 3, 1), torch.from_numpy(drawn.images))
        assert torch.equal(nearest_class(there.source, drawn.palette), torch.from_numpy(drawn.masks).long())
        assert there.name == "labels-to-scene of scenes"

    def test_a_class_is_read_off_by_its_nearest_colour(self) -> None:
        palette = np.array([[0, 0, 0], [200, 0, 0], [255, 255, 255]], np.uint8)
        painted = torch.tensor([[99, 0, 0], [101, 0, 0], [250, 240, 230]], dtype=torch.uint8).T[None, :, None]
        assert nearest_class(painted, palette).tolist() == [[[0, 1, 2]]]
        assert nearest_class(as_float(painted), palette).tolist() == [[[0, 1, 2]]]

    def test_files_bring_masks_palette_and_photos(self, tmp_path: Path) -> None:
        path = write(tmp_path / "streets.npz", ("train", "val"), "photos")
        lesson = read_lesson("pairs", f"labels-to-photo:{path}", size=8)
        assert isinstance(lesson.learned, Pairs)
        assert lesson.name == "labels-to-photo of streets"
        assert (len(lesson.learned), len(lesson.held), lesson.shape) == (11, 1, (3, 8, 8))
        assert colours(lesson.learned.source) == {(255, 0, 0), (0, 9, 0), (1, 2, 3)}
        assert colours(lesson.learned.target) == {(7, 7, 7)}
        val = mask_task("photo-to-labels", f"{path}:val_masks", size=8)
        assert colours(val.source) == {(8, 8, 8)}
        bare = write(tmp_path / "bare.npz", ("",), "images")
        assert len(mask_task("labels-to-photo", str(bare))) == 12

    def test_resizing_mixes_no_colours_of_classes(self, tmp_path: Path) -> None:
        path = write(tmp_path / "streets.npz", ("train",), "images", shape=(9, 13))
        for size in (5, 20):
            painted = mask_task("labels-to-photo", str(path), size=size).source
            assert painted.shape == (12, 3, size, size)
            assert colours(painted) <= {(255, 0, 0), (0, 9, 0), (1, 2, 3)}
            assert torch.equal(painted, read(f"{path}:train_masks", size).images)

    def test_data_without_masks_are_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ValueError, match="no task is called 'labels-to-scenes': did you mean labels-to-scene"):
            mask_task("labels-to-scenes", "scenes")
        for of in ("digits", str(tmp_path)):
            with pytest.raises(ValueError, match=r"expected scenes, or an \.npz file of masks with their images"):
                mask_task("labels-to-scene", of)
        np.savez(tmp_path / "plain.npz", train_images=np.zeros((3, 8, 8, 3), np.uint8), palette=np.zeros((1, 3)))
        with pytest.raises(ValueError, match=r"plain.npz holds train_images, palette: choose data with masks"):
            mask_task("labels-to-photo", str(tmp_path / "plain.npz"))
        streets = write(tmp_path / "streets.npz", ("train",), "images")
        with pytest.raises(ValueError, match="holds train_masks, train_images, palette: choose data with masks"):
            mask_task("labels-to-photo", f"{streets}:val_masks")
        (tmp_path / "broken.npz").write_text("broken")
        with pytest.raises(ValueError, match=r"broken.npz, read as .npz, is damaged"):
            mask_task("labels-to-photo", str(tmp_path / "broken.npz"))


class TestKnownMaps:
    def test_night_is_a_curve_and_a_tint(self) -> None:
        assert light(night(colour(1, 1, 1))) == pytest.approx([0.45, 0.55, 0.9])
        assert light(night(colour(0.25, 0.25, 0))) == pytest.approx([0.45 / 8, 0.55 / 8, 0])

    def test_winter_lays_snow_on_what_is_green_and_pales_the_rest(self) -> None:
        grey = 0.5
        assert light(winter(colour(grey, grey, grey))) == pytest.approx([0.45, 0.485, 0.525])
        red = [0.7 * channel + 0.3 * 0.4 for channel in (0.8, 0.2, 0.2)]
        assert light(winter(colour(0.8, 0.2, 0.2))) == pytest.approx([0.9 * red[0], 0.97 * red[1], 1.05 * red[2]])
        meadow = [0.7 * channel + 0.3 * 0.216 for channel in (0.1, 0.448, 0.1)]  # m = 0.216 = 0.6^3
        expected = [
            0.15 * cold * channel + 0.85 * snow * 0.6
            for cold, channel, snow in zip((0.9, 0.97, 1.05), meadow, (0.92, 0.96, 1), strict=True)
        ]
        assert light(winter(colour(0.1, 0.448, 0.1))) == pytest.approx(expected)
        half = 1 / 12  # of the way to wholly green
        pale = [0.7 * channel + 0.3 * (0.5 + half / 3) for channel in (0.5, 0.5 + half, 0.5)]
        found = light(winter(colour(0.5, 0.5 + half, 0.5)))
        assert found[0] == pytest.approx(0.575 * 0.9 * pale[0] + 0.425 * 0.92 * (0.5 + half / 3) ** (1 / 3))

    @pytest.mark.parametrize("name", MAPS)
    def test_a_map_sees_every_pixel_alone_and_stays_in_range(self, name: str) -> None:
        images = noise(3)
        truth = MAPS[name](images)
        assert truth.abs().max() <= 1
        order = torch.randperm(256, generator=torch.Generator().manual_seed(1))
        shuffled = images.flatten(2)[..., order].unflatten(2, (16, 16))
        assert torch.equal(MAPS[name](shuffled), truth.flatten(2)[..., order].unflatten(2, (16, 16)))
        assert (truth - images).abs().mean() > 0.1

    @pytest.mark.parametrize("name", MAPS)
    def test_domains_are_disjoint_and_what_is_held_out_has_its_truth(self, name: str) -> None:
        images = noise(41)
        learned, held = mapped_domains(name, Examples("noise", images))
        assert (len(learned.source), len(learned.target), len(held)) == (19, 18, 4)
        assert torch.equal(held.target, MAPS[name](held.source))
        whose = [index_of(part, MAPS[name](images)) for part in (MAPS[name](learned.source), learned.target)]
        assert sorted(whose[0] + whose[1] + index_of(held.target, MAPS[name](images))) == list(range(41))
        pairs = mapped_pairs(name, Examples("noise", images))
        assert torch.equal(pairs.target, MAPS[name](pairs.source))

    def test_the_judge_compares_with_the_map_itself(self) -> None:
        lesson = read_lesson("domains", "day-to-night:scenes", size=16, count=40)
        assert isinstance(lesson.learned, Domains)
        assert isinstance(lesson.held, Pairs)
        game = CycleGAN(**lesson.fields({"width": 2, "blocks": 0, "patch_layers": 1, "pool": 0}))
        nets = game.players()
        found = judge_of(game, lesson, torch.device("cpu"))(nets)
        drawn = game.translate(nets, lesson.held.source)
        assert found == {
            "l1": pytest.approx((drawn - night(lesson.held.source)).abs().mean().item()),
            "l1[untouched]": pytest.approx((lesson.held.source - night(lesson.held.source)).abs().mean().item()),
            "l1[mean]": pytest.approx((lesson.learned.target.mean(0) - lesson.held.target).abs().mean().item()),
        }

    def test_lessons_that_are_not_there_are_refused(self) -> None:
        with pytest.raises(ValueError, match="no task is called 'day-to-nigth': did you mean day-to-night"):
            read_lesson("domains", "day-to-nigth:scenes")
        with pytest.raises(LabError, match="inpainting makes pairs: train pix2pix on them, or choose one of day-to-n"):
            read_lesson("domains", "inpainting:scenes")
        with pytest.raises(ValueError, match=r"expected images in colour \(N, 3, H, W\) for day-to-night"):
            read_lesson("pairs", "day-to-night:digits")
        with pytest.raises(ValueError, match="no translation is called 'dusk': choose one of day-to-night"):
            mapped_pairs("dusk", Examples("noise", noise()))
        with pytest.raises(ValueError, match="expected at least three images for two domains and a truth, got 2 in"):
            mapped_domains("day-to-night", Examples("noise", noise(2)))


class TestResidual:
    def test_cycles_that_draw_nothing_leave_both_domains_as_they_are(self) -> None:
        fields = {"shape": (3, 16, 16), "width": 2, "blocks": 1, "patch_layers": 1, "residual": True}
        game = CycleGAN(**fields)  # type: ignore[arg-type]
        nets = game.players()
        images = noise(2)
        for target in (0, 1):
            assert not torch.equal(game.translate(nets, images, target), images)
        for parameter in nets["generator"].parameters():
            torch.nn.init.zeros_(parameter)
        for target in (0, 1):
            assert torch.equal(game.translate(nets, images, target), images)
        with pytest.raises(LabError, match="expected domains of the same channels to add to, got 3 and 1"):
            CycleGAN(**fields | {"drawn": 1, "identity": 0}).players()  # type: ignore[arg-type]

    @pytest.mark.parametrize("colours", [1, 3])
    def test_a_generator_that_draws_nothing_leaves_the_source_as_it_is(self, colours: int) -> None:
        game = Pix2Pix(shape=(colours, 16, 16), width=2, patch_layers=1, residual=True)
        nets = game.players()
        last = [module for module in nets["generator"].modules() if isinstance(module, torch.nn.ConvTranspose2d)][-1]
        torch.nn.init.zeros_(last.weight)
        assert last.bias is not None
        torch.nn.init.zeros_(last.bias)
        images = noise(2, colours)
        assert torch.equal(game.translate(nets, images), images.expand(-1, 3, -1, -1))
        torch.nn.init.constant_(last.bias, 0.5)
        changed = game.translate(nets, images)
        torch.testing.assert_close(changed, (images.expand(-1, 3, -1, -1) + np.tanh(0.5)).clamp(-1, 1))

    def test_channels_that_cannot_be_added_are_refused(self) -> None:
        with pytest.raises(LabError, match="expected sources of 1 or 2 channels to add to, got 3: choose --no-resid"):
            Pix2Pix(drawn=2, residual=True)
        assert Lesson(data := Pairs("noise", noise(), noise()), data).fields({"residual": True})["drawn"] == 3


def index_of(part: Tensor, images: Tensor) -> list[int]:
    return [int((images == image).flatten(1).all(1).nonzero()) for image in part]


def colours(images: Tensor) -> set[tuple[int, ...]]:
    return {tuple(colour) for colour in images.permute(0, 2, 3, 1).reshape(-1, 3).unique(dim=0).tolist()}


def write(path: Path, parts: Iterable[str], images: str, shape: tuple[int, int] = (8, 8)) -> Path:
    """An .npz of 12 images full of 7, then of 8, with masks of three classes for each of the ``parts``."""
    masks = (np.arange(12 * shape[0] * shape[1]) % 3).reshape(12, *shape).astype(np.uint8)
    arrays = {}
    for number, part in enumerate(parts):
        begin = f"{part}_" if part else ""
        arrays[f"{begin}masks"] = masks
        arrays[f"{begin}{images}"] = np.full((12, *shape, 3), 7 + number, np.uint8)
    np.savez(path, **arrays, palette=np.array([[255, 0, 0], [0, 9, 0], [1, 2, 3]], np.uint8))
    return path
