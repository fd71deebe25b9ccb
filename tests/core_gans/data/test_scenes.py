"""The drawn scenes: masks agree with pictures, captions with masks, and the world with itself."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core_gans.data.scenes import (
    COLOURS,
    LABELS,
    Label,
    Scene,
    contact_sheet,
    draw,
    draw_many,
    examples,
    read,
    write,
)
from core_gans.data.scenes.buildings import ROOFS
from core_gans.data.scenes.canvas import Canvas, code
from core_gans.data.scenes.captions import caption


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [draw(np.random.default_rng((3, i))) for i in range(240)]


def _pieces(mask: np.ndarray, label: Label) -> int:
    return cv2.connectedComponents((mask == label).astype(np.uint8), connectivity=8)[0] - 1


def _mean(scene: Scene, label: Label) -> np.ndarray:
    return scene.image[scene.mask == label].mean(0)


def test_every_class_has_a_name_a_colour_and_a_place_in_the_world(scenes: list[Scene]) -> None:
    assert len(LABELS) == len(COLOURS) == len(set(COLOURS)) == len(set(LABELS))
    seen = set(np.unique(np.stack([scene.mask for scene in scenes])).tolist())
    assert seen == set(range(len(LABELS)))


def test_a_mask_holds_the_class_that_covers_most_of_a_pixel() -> None:
    canvas = Canvas(16)
    canvas.cells[:] = (10, 20, 30, Label.GRASS)
    canvas.cells[0:4, 0:2, 3] = Label.PATH  # 8 of 16 cells, a draw: the lower class stays
    canvas.cells[0:4, 4:6, 3] = code(Label.PATH, 3)
    canvas.cells[0, 6, 3] = Label.PATH  # 9 of 16, whatever the instance
    canvas.cells[4:8, 0:4, 3] = np.asarray([[7, 7, 8, 8], [7, 7, 8, 8], [9, 9, 9, 9], [9, 9, 5, 5]])  # 4, 4, 6, 2
    mask = canvas.mask()
    assert (mask[0, 0], mask[0, 1], mask[1, 0], mask[1, 1]) == (Label.GRASS, Label.PATH, Label.WALL, Label.GRASS)


def test_a_picture_is_the_mean_of_its_cells_and_areas_are_counted_by_instance() -> None:
    canvas = Canvas(64)
    canvas.box(8, 8, 12, 10, (200, 100, 40), code(Label.DOOR, 2))
    assert canvas.picture()[8:10, 8:12] == pytest.approx(np.broadcast_to((200, 100, 40), (2, 4, 3)))
    assert canvas.areas() == {Label.SKY: 64 * 64 - 8, code(Label.DOOR, 2): 8}


def test_colours_belong_to_their_classes(scenes: list[Scene]) -> None:
    day = [scene for scene in scenes if scene.attributes.hour == "day"]
    for scene in day:
        present = set(np.unique(scene.mask).tolist())
        zenith = scene.image[:6][scene.mask[:6] == Label.SKY].mean(0)
        assert zenith[2] > zenith[0] + 30
        red, green, blue = _mean(scene, Label.GRASS)
        assert green > blue + 30
        assert green > red - 15  # in autumn the meadows are golden
        if Label.SUN in present:
            red, _, blue = _mean(scene, Label.SUN)
            assert red > 200
            assert blue < red - 60
        if Label.WATER in present:
            red, _, blue = _mean(scene, Label.WATER)
            assert blue > red + 20
        if Label.PATH in present and (scene.mask == Label.PATH).sum() > 30:
            assert (np.diff(_mean(scene, Label.PATH)) < 0).all()  # sand: red, then green, then blue


def test_hours_differ_in_brightness(scenes: list[Scene]) -> None:
    means = {
        hour: np.mean([scene.image.mean() for scene in scenes if scene.attributes.hour == hour])
        for hour in ("day", "sunset", "night")
    }
    assert means["day"] > means["sunset"] > means["night"] + 40


def test_moon_by_night_sun_by_day(scenes: list[Scene]) -> None:
    for scene in scenes:
        night = scene.attributes.hour == "night"
        assert not (scene.mask == (Label.SUN if night else Label.MOON)).any()


def test_doors_are_in_walls_and_open_on_the_ground(scenes: list[Scene]) -> None:
    doors = 0
    for scene in scenes:
        for y, x in np.argwhere(scene.mask == Label.DOOR):
            doors += 1
            beside = {int(scene.mask[y, x - 1]), int(scene.mask[y, x + 1]), int(scene.mask[y - 1, x])}
            assert beside <= {Label.DOOR, Label.WALL}, scene.caption
            assert scene.mask[y + 1, x] in (Label.DOOR, Label.WALL, Label.PATH, Label.GRASS, Label.PERSON, Label.LAMP)
    assert doors > 1000


def test_windows_touch_nothing_but_walls_and_roofs(scenes: list[Scene]) -> None:
    for scene in scenes:
        windows = (scene.mask == Label.WINDOW).astype(np.uint8)
        around = cv2.dilate(windows, np.ones((3, 3), np.uint8)).astype(bool) & ~windows.astype(bool)
        assert set(np.unique(scene.mask[around]).tolist()) <= {Label.WALL, Label.ROOF}, scene.caption


def test_a_path_leads_to_every_door(scenes: list[Scene]) -> None:
    for scene in scenes:
        below = np.roll(scene.mask, -1, 0)
        thresholds = int(((scene.mask == Label.DOOR) & (below == Label.PATH)).sum())
        assert thresholds >= 2 * scene.attributes.houses


def test_the_sky_is_above_and_trees_stand_on_grass(scenes: list[Scene]) -> None:
    for scene in scenes:
        assert set(np.unique(scene.mask[0]).tolist()) <= {Label.SKY, Label.CLOUD, Label.TREE, Label.SUN, Label.MOON}
        assert not (scene.mask[40:] == Label.SKY).any()
        count, places = cv2.connectedComponents((scene.mask == Label.TREE).astype(np.uint8), connectivity=8)
        for tree in range(1, count):
            rows, columns = np.nonzero(places == tree)
            foot = rows.max()
            under = set(scene.mask[min(foot + 1, 63), columns[rows == foot]].tolist())
            assert Label.GRASS in under, scene.caption


def test_things_are_large_enough_to_be_learnt(scenes: list[Scene]) -> None:
    for scene in scenes:
        for house in range(scene.attributes.houses):
            _, _, stats, _ = cv2.connectedComponentsWithStats((scene.mask == Label.DOOR).astype(np.uint8))
            width, height = stats[1 + house, cv2.CC_STAT_WIDTH], stats[1 + house, cv2.CC_STAT_HEIGHT]
            assert width >= 4
            assert height >= 6


def test_the_caption_is_true(scenes: list[Scene]) -> None:
    for scene in scenes:
        facts, mask = scene.attributes, scene.mask
        assert scene.caption == caption(facts)
        assert _pieces(mask, Label.TREE) == facts.trees, scene.caption
        assert _pieces(mask, Label.LAMP) == facts.lamps, scene.caption
        assert _pieces(mask, Label.DOOR) == facts.houses, scene.caption
        assert ((mask == Label.PERSON).sum() > 5) == (facts.people > 0), scene.caption
        assert ("lake" in scene.caption or "river" in scene.caption) == ((mask == Label.WATER).sum() > 5), scene.caption
        assert ("mountains" in scene.caption) == ((mask == Label.MOUNTAIN).sum() > 5), scene.caption


def test_the_roof_has_the_colour_of_the_caption(scenes: list[Scene]) -> None:
    names, colours = list(ROOFS), np.asarray(list(ROOFS.values()))
    tried = 0
    for scene in scenes:
        if scene.attributes.houses == 1 and scene.attributes.hour == "day":
            nearest = names[int(np.abs(colours - _mean(scene, Label.ROOF)).sum(1).argmin())]
            assert f"{nearest} roof" in scene.caption
            tried += 1
    assert tried > 30


def test_captions_read_like_sentences(scenes: list[Scene]) -> None:
    captions = " | ".join(scene.caption for scene in scenes)
    assert "a house with a red roof" in captions
    assert "an orange roof" in captions
    assert "a orange" not in captions
    assert len({scene.caption for scene in scenes}) > 150


def test_most_scenes_have_houses_and_trees(scenes: list[Scene]) -> None:
    assert np.mean([scene.attributes.houses > 0 for scene in scenes]) == pytest.approx(0.8, abs=0.08)
    assert np.mean([scene.attributes.trees > 0 for scene in scenes]) == pytest.approx(0.86, abs=0.08)


def test_a_shorter_set_begins_a_longer_one_and_nothing_else_decides() -> None:
    calls: list[int] = []
    long, short, other = draw_many(6, seed=5), draw_many(3, seed=5, progress=calls.append), draw_many(3, seed=6)
    assert calls == [1, 2, 3]
    assert (long.images[:3] == short.images).all()
    assert (long.masks[:3] == short.masks).all()
    assert long.captions[:3] == short.captions
    assert (other.images != short.images).mean() > 0.5


@settings(max_examples=25, deadline=None)
@given(size=st.integers(16, 128), seed=st.integers(0, 10_000))
def test_any_size(size: int, seed: int) -> None:
    scene = draw(np.random.default_rng(seed), size)
    assert scene.image.shape == (size, size, 3)
    assert scene.mask.shape == (size, size)
    assert scene.image.dtype == scene.mask.dtype == np.uint8
    assert scene.mask.max() < len(LABELS)
    assert (scene.mask == Label.GRASS).mean() > 0.1


def test_the_same_world_at_every_size() -> None:
    small, large = (draw(np.random.default_rng(11), size) for size in (64, 128))
    halved = large.mask[::2, ::2]
    assert (halved == small.mask).mean() > 0.95


def test_refuses_what_it_cannot_draw() -> None:
    with pytest.raises(ValueError, match="at least 16 pixels a side, got 8"):
        draw(np.random.default_rng(0), 8)
    with pytest.raises(ValueError, match="at least 16 pixels a side, got 15"):
        draw_many(1, size=15)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        draw_many(0)
    with pytest.raises(ValueError, match="not be negative, got -1"):
        draw_many(1, seed=-1)


def test_write_and_read(tmp_path: Path) -> None:
    scenes = draw_many(4, size=24, seed=2)
    path = tmp_path / "new" / "scenes.npz"
    write(path, scenes)
    again = read(path)
    assert (again.images == scenes.images).all()
    assert (again.masks == scenes.masks).all()
    assert again.captions == scenes.captions
    assert again.labels == LABELS
    assert again.palette.tolist() == [list(colour) for colour in COLOURS]
    assert [p.name for p in path.parent.iterdir()] == ["scenes.npz"]


def test_a_file_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "scenes.npz"
    first, second = draw_many(2, size=16, seed=1), draw_many(3, size=16, seed=2)
    write(path, first)
    with pytest.raises(FileExistsError, match="exists already"):
        write(path, second)
    assert len(read(path)) == 2
    write(path, second, overwrite=True)
    assert len(read(path)) == 3


def test_broken_files_are_named(tmp_path: Path) -> None:
    scenes = draw_many(2, size=16)
    path = tmp_path / "scenes.npz"
    with pytest.raises(FileNotFoundError, match="no scenes at"):
        read(path)
    write(path, scenes)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match="not a readable file of scenes"):
        read(path)
    path.write_bytes(b"")
    with pytest.raises(ValueError, match="not a readable file of scenes"):
        read(path)
    np.savez(path, images=scenes.images)
    with pytest.raises(ValueError, match="it has no masks"):
        read(path)
    whole = {
        "images": scenes.images,
        "masks": scenes.masks,
        "captions": np.asarray(scenes.captions),
        "class_names": np.asarray(LABELS),
        "palette": scenes.palette,
    }
    wrong: list[tuple[str, np.ndarray, str]] = [
        ("images", scenes.images.astype(np.float32), "images must be"),
        ("masks", scenes.masks[:, :8], "masks must be"),
        ("masks", scenes.masks + 90, "holds class"),
        ("captions", np.asarray(["one"]), "one caption for each"),
        ("palette", scenes.palette[:2], "one colour for each"),
    ]
    for name, array, message in wrong:
        np.savez(path, **{**whole, name: array})
        with pytest.raises(ValueError, match=message):
            read(path)


def test_examples_are_what_networks_read() -> None:
    scenes = draw_many(3, size=16)
    data = examples(scenes)
    assert data.shape == (3, 16, 16)
    assert (data.images[1].permute(1, 2, 0).numpy() == scenes.images[1]).all()
    image, label = data[2]
    assert -1 <= float(image.min()) < float(image.max()) <= 1
    assert label == -1


def test_contact_sheet() -> None:
    scenes = draw_many(5, size=16)
    sheet = contact_sheet(scenes, columns=3)
    assert sheet.shape == (2 * 17 + 1, 3 * 17 + 1, 3)
    assert (sheet[1:17, 18:34] == scenes.images[1]).all()
    assert (sheet[18:34, 35:51] == 255).all()  # the empty sixth place
    covered = contact_sheet(scenes, columns=3, overlay=True)
    expected = (scenes.images[4].astype(int) + np.asarray(COLOURS)[scenes.masks[4]]) // 2
    assert (covered[18:34, 18:34] == expected).all()
    with pytest.raises(ValueError, match="at least one column, got 0"):
        contact_sheet(scenes, columns=0)
