"""Clips: what is drawn moves as it says, files give what was written, and bad ones are refused or counted."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from core_gans.data import Batches, data_set, load, room
from core_gans.data.clips.files import read_clips
from core_gans.data.clips.moving_digits import WAYS, draw_moving_digits
from core_gans.data.clips.moving_scenes import draw_moving_scenes
from core_gans.data.clips.sources import frames_of, look_at
from core_gans.data.frame import Frame
from core_gans.data.scenes import Label, draw
from core_gans.foundation.errors import LabError
from core_gans.foundation.films import write_film
from core_gans.held_out import Held
from tests.tiny import clips

FRAME = Frame(16, 16)


def film(frames: int, seed: int = 0, side: int = 16) -> np.ndarray:
    """Frames (T, side, side, 3) of grey noise, no two alike."""
    grey = np.random.default_rng(seed).integers(0, 256, (frames, side, side, 1), dtype=np.uint8)
    return grey.repeat(3, axis=3)


DURATION = b"\x44\x89\x88"  # of Matroska: its milliseconds follow, a double


def matroska(path: Path) -> Path:
    """30 frames of 40 ms."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 32))
    for frame in film(30, side=32):
        writer.write(frame)
    writer.release()
    return path


class TestDrawnDigits:
    def test_every_frame_is_the_one_before_moved_by_the_velocity(self) -> None:
        drawn = draw_moving_digits(12, size=32, frames=6, seed=3)
        assert drawn.clips.shape == (12, 1, 6, 32, 32)
        for index in range(len(drawn)):
            right, down = drawn.velocities[index, 1].astype(int)
            for frame in range(5):
                before, after = drawn.clips[index, 0, frame : frame + 2]
                assert np.array_equal(np.roll(before, (down, right), (0, 1)), after)
            assert (np.sign(right), np.sign(down)) == WAYS[drawn.kinds[drawn.labels[index]]]
            assert drawn.clips[index, 0, :, 0].max() == 0 or abs(down)  # it stays inside where there is room

    def test_the_motion_of_a_pixel_is_that_of_its_class(self) -> None:
        drawn = draw_moving_digits(2, frames=4)
        motion = drawn.motion(1)
        ink = drawn.clips[1, 0] > 0
        assert (motion[ink] == drawn.velocities[1, 1]).all()
        assert not motion[~ink].any()

    def test_a_clip_depends_on_its_number_alone_and_long_ones_come_back_on_the_other_side(self) -> None:
        assert np.array_equal(draw_moving_digits(3).clips, draw_moving_digits(5).clips[:3])
        assert not np.array_equal(draw_moving_digits(3).clips, draw_moving_digits(3, seed=1).clips)
        long = draw_moving_digits(4, size=16, frames=20)
        assert (np.abs(long.velocities[:, 1]).sum(1) == 1).all()
        assert (long.clips.sum((3, 4)) == long.clips[:, :, :1].sum((3, 4))).all()
        with pytest.raises(LabError, match="at least 16 pixels"):
            draw_moving_digits(1, size=12)


class TestDrawnScenes:
    def test_all_that_does_not_move_stays_to_the_bit_and_the_first_frame_is_the_scene(self) -> None:
        drawn = draw_moving_scenes(3, size=32, frames=3, seed=5)
        for index in range(3):
            assert np.array_equal(
                drawn.clips[index, :, 0].transpose(1, 2, 0), draw(np.random.default_rng((5, index)), 32).image
            )
            solid = np.isin(drawn.masks[index], (Label.WALL, Label.ROOF, Label.TREE, Label.WATER)).all(0)
            solid = (
                cv2.erode(solid.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
            )  # a rim is mixed with what is behind
            assert solid.any()
            still = drawn.clips[index][:, :, solid]
            assert (still == still[:, :1]).all()

    def test_clouds_sun_and_people_move_as_their_velocities_say(self) -> None:
        drawn = draw_moving_scenes(16, size=64, frames=5, seed=2)
        checked = 0
        for label in (Label.CLOUD, Label.SUN, Label.MOON):
            axis = 0 if label == Label.CLOUD else 1
            for index in range(len(drawn)):
                seen = drawn.masks[index] == label
                areas = seen.sum((1, 2))
                rims = seen[:, :, (0, -1)].any() or seen[:, (0, -1)].any()
                if areas.min() < 10 or np.ptp(areas) > 0.1 * areas[0] or rims:
                    continue  # partly hidden, or leaving the picture
                places = [np.argwhere(each).mean(0)[1 - axis] for each in seen]
                speed = drawn.velocities[index, label, axis]
                assert np.diff(places).mean() == pytest.approx(speed, abs=0.35), (label, index)
                checked += 1
        assert checked >= 3
        assert (np.sign(drawn.velocities[:, Label.CLOUD, 0]) == 2 * drawn.labels - 1).all()


class TestFiles:
    def test_what_a_gif_keeps_comes_back_to_the_bit_equal_frames_too(self, tmp_path: Path) -> None:
        frames = film(6)
        frames[3] = frames[2]
        still = write_film(tmp_path / "still.gif", film(1).repeat(5, axis=0))
        assert len(list(frames_of(still))) == look_at(still).frames == 5
        red = np.zeros((3, 16, 16, 3), np.uint8)
        red[1, 2:9, 4:6], red[2, 5, 5] = (200, 30, 40), (1, 255, 7)
        assert np.array_equal(
            np.stack([np.atleast_3d(each) * [1, 1, 1] for each in frames_of(write_film(tmp_path / "red.gif", red))]),
            red,
        )
        path = write_film(tmp_path / "a.gif", frames, rate=10)
        found = look_at(path)
        assert (found.frames, found.size, found.rate, found.grey) == (6, (16, 16), 10, True)
        assert np.array_equal(np.stack(list(frames_of(path))), frames[..., 0])

    def test_an_mp4_comes_back_nearly_and_in_its_length(self, tmp_path: Path) -> None:
        frames = np.zeros((9, 33, 32, 3), np.uint8)
        for number in range(9):
            frames[number, :, : 3 * number + 2] = (250, 40, 20)
        found = np.stack(list(frames_of(write_film(tmp_path / "a.mp4", frames, rate=12))))
        assert found.shape == (9, 34, 32, 3)
        assert np.abs(found[:, :33].astype(int) - frames).mean() < 6
        assert look_at(tmp_path / "a.mp4").rate == pytest.approx(12)

    @pytest.mark.parametrize("duration", [DURATION + struct.pack(">d", 1400), b"\xec\x89" + bytes(9)])
    def test_a_matroska_file_has_the_frames_that_are_in_it(self, duration: bytes, tmp_path: Path) -> None:
        """As long as sound that goes on, or without the element: its 30 frames of 40 ms are 1200."""
        whole = matroska(tmp_path / "whole.mkv").read_bytes()
        assert whole.count(DURATION) == 1
        (path := tmp_path / "a.mkv").write_bytes(whole.replace(DURATION + struct.pack(">d", 1200), duration))
        assert path.read_bytes() != whole
        assert look_at(path).frames == len(list(frames_of(path))) == 30
        assert len(read_clips(path, FRAME, 8)) == 3
        size = whole.index(b"\x18S\x80g") + 4
        path.write_bytes(whole[:size] + b"\x01" + b"\xff" * 7 + whole[size + 8 :])  # unknown, as in a live stream
        assert look_at(path).frames == 30

    def test_a_folder_of_all_kinds_is_one_data_set_with_classes(self, tmp_path: Path) -> None:
        (tmp_path / "left").mkdir()
        (tmp_path / "right" / "one").mkdir(parents=True)
        write_film(tmp_path / "left" / "a.gif", film(9))  # two clips of four, and one frame more
        write_film(tmp_path / "left" / "b.mp4", film(4, 1))
        for number, frame in enumerate(film(4, 2)):
            Image.fromarray(frame).save(tmp_path / "right" / "one" / f"{number:02d}.png")
        found = load(tmp_path, size=16, frames=4, takes=("clips",))
        assert found.images.shape == (4, 3, 4, 16, 16)
        assert found.kind == "clips"
        assert found.labels is not None
        assert found.labels.tolist() == [0, 0, 0, 1]
        assert found.classes == ("left", "right")
        assert torch.equal(found.images[1, 0], torch.from_numpy(film(9)[4:8, ..., 0].copy()))
        assert torch.equal(found.images[3, 2], torch.from_numpy(film(4, 2)[..., 0].copy()))
        assert any("1 frames behind the last" in note for note in found.notes)
        assert load(tmp_path, size=8, frames=2, channels=1, takes=("clips",)).shape == (1, 2, 8, 8)
        assert data_set(tmp_path, ("clips",)).kind == "clips"

    def test_an_array_of_clips_is_cut_into_pieces(self, tmp_path: Path) -> None:
        held = np.random.default_rng(0).integers(0, 256, (3, 9, 16, 16, 3), dtype=np.uint8)
        np.savez(tmp_path / "c.npz", clips=held, labels=[0, 1, 1], class_names=["a", "b"])
        found = load(tmp_path / "c.npz", size=16, frames=4, takes=("clips",))
        assert found.images.shape == (6, 3, 4, 16, 16)
        assert torch.equal(found.images[3], torch.from_numpy(held[1, 4:8]).permute(3, 0, 1, 2))
        assert found.labels is not None
        assert found.labels.tolist() == [0, 0, 1, 1, 1, 1]
        with pytest.raises(LabError, match="have 9 frames, fewer than --frames 10"):
            load(tmp_path / "c.npz", frames=10, takes=("clips",))
        with pytest.raises(LabError, match="holds no array 'films' but clips"):
            load(f"{tmp_path / 'c.npz'}:films", takes=("clips",))
        np.save(tmp_path / "one.npy", held)
        (tmp_path / "one.npy").rename(tmp_path / "one.npz")
        with pytest.raises(LabError, match=r"one.npz is a .npy by another name: save it by np.savez\(FILE, clips="):
            load(tmp_path / "one.npz", takes=("clips",))


def truncated(folder: Path) -> Path:
    """A film whose file ends in the middle."""
    whole = folder / "whole.avi"
    writer = cv2.VideoWriter(str(whole), cv2.VideoWriter.fourcc(*"MJPG"), 8, (64, 64))
    for frame in film(30, side=64):
        writer.write(frame)
    writer.release()
    (path := folder / "cut.avi").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    whole.unlink()
    return path


def truncated_matroska(folder: Path) -> Path:
    path = matroska(folder / "cut.mkv")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def short(folder: Path) -> Path:
    return write_film(folder / "short.gif", film(3))


def picture(folder: Path) -> Path:
    Image.fromarray(film(1)[0]).save(path := folder / "picture.gif")
    return path


def unreadable(folder: Path) -> Path:
    (path := folder / "noise.mp4").write_bytes(b"no film" * 100)
    return path


def cut_gif(folder: Path) -> Path:
    path = write_film(folder / "cut.gif", film(8, side=32))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    return path


def several_sizes(folder: Path) -> Path:
    (path := folder / "sizes").mkdir()
    for number, side in enumerate((16, 16, 20, 16)):
        Image.fromarray(film(1, side=side)[0]).save(path / f"{number}.png")
    return path


BAD: dict[str, tuple[Callable[[Path], Path], str]] = {
    "truncated": (truncated, r"cut.avi ends after \d+ of 30 frames|cut.avi cannot be read as a video"),
    "truncated matroska": (truncated_matroska, r"cut.mkv ends after [\d,]+ of [\d,]+ bytes: remove it or replace it"),
    "short": (short, "short.gif has 3 frames, and a clip is to have 4: ask for fewer"),
    "one frame": (picture, "picture.gif has one frame, a picture, and a clip is to have 4"),
    "unreadable": (unreadable, "noise.mp4 cannot be read as a video: remove it"),
    "cut gif": (cut_gif, r"cut.gif (is damaged|ends after|has \d frames)"),
    "several sizes": (several_sizes, r"holds frames of several sizes \(16x16 and 20x20\): make them of one size"),
}


@pytest.mark.parametrize("kind", BAD)
class TestBadFiles:
    def test_they_are_refused_in_a_line_that_says_what_to_do(self, kind: str, tmp_path: Path) -> None:
        bad, told = BAD[kind]
        bad(tmp_path)
        write_film(tmp_path / "good.gif", film(4))
        with pytest.raises(LabError, match=told) as error:
            read_clips(tmp_path, FRAME, 4)
        assert "leave it out (--skip-broken)" in str(error.value)
        assert "\n" not in str(error.value)

    def test_or_left_out_and_counted_as_asked_and_nothing_else_is_lost(self, kind: str, tmp_path: Path) -> None:
        bad = BAD[kind][0](tmp_path)
        for name in ("a.gif", "z.gif"):
            write_film(tmp_path / name, film(4))
        found = read_clips(tmp_path, FRAME, 4, skip_broken=True)
        assert len(found) == 2
        assert (found.images == torch.from_numpy(film(4)[..., 0].copy())).all()
        (note,) = (note for note in found.notes if "left out" in note)
        assert note.startswith("1 of 3 clips cannot be read or are too short and are left out: ")
        assert bad.name in note


def test_a_folder_of_nothing_else_than_bad_files_is_refused_all_the_same(tmp_path: Path) -> None:
    short(tmp_path)
    unreadable(tmp_path)
    with pytest.raises(LabError, match=r"2 of 2 clips cannot be read: .*short.gif .*: give other clips"):
        read_clips(tmp_path, FRAME, 4, skip_broken=True)
    (tmp_path / "empty").mkdir()
    with pytest.raises(LabError, match="holds no clips: expected videos"):
        read_clips(tmp_path / "empty", FRAME, 4)
    with pytest.raises(FileNotFoundError, match="is not there"):
        read_clips(tmp_path / "nothing", FRAME, 4)


def test_mixed_sizes_and_rates_are_told(tmp_path: Path) -> None:
    write_film(tmp_path / "a.gif", film(4), rate=10)
    write_film(tmp_path / "b.gif", film(4, side=32), rate=25)
    found = read_clips(tmp_path, FRAME, 4)
    assert found.images.shape == (2, 1, 4, 16, 16)
    assert found.notes == (
        "clips of 2 sizes, as 16x16 (1), 32x32 (1), are brought to 16x16",
        "clips of 10 to 25 frames a second are taken at their own rates, as they are",
    )


class TestStreaming:
    def test_many_clips_lie_in_a_mapped_file_and_give_the_same_batches(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for number in range(6):
            write_film(tmp_path / f"{number}.gif", film(4, number))
        inside = read_clips(tmp_path, FRAME, 4)
        held = Held.of(inside)
        made, mapping = [], np.memmap
        monkeypatch.setattr(room, "CLIPS_BYTES", 1_500)
        monkeypatch.setattr(np, "memmap", lambda *given, **more: made.append(more["shape"]) or mapping(*given, **more))
        mapped = read_clips(tmp_path, FRAME, 4)
        assert made == [(6, 1, 4, 16, 16)]
        assert torch.equal(Held.of(mapped).learned.images, held.learned.images)
        assert made[1:] == [(5, 1, 4, 16, 16)]  # what is held out is little, and in memory
        one, other = Batches(inside, 4, seed=1), Batches(mapped, 4, seed=1)
        for _ in range(5):
            assert torch.equal(next(one).real, next(other).real)

    def test_batches_go_on_where_they_stood(self) -> None:
        whole = Batches(clips(), 6, seed=2)
        expected = [next(whole).real for _ in range(7)]
        again = Batches(clips(), 6, seed=2)
        again.load_state_dict({**whole.state_dict(), "position": 4})
        assert all(torch.equal(next(again).real, each) for each in expected[4:])
