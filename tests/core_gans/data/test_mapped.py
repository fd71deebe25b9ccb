"""Data larger than memory: mapped from the disk, in bounded memory, with the same batches and the same resumption."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

from core_gans.data import Batches, load, room
from core_gans.data.collection import Collection, gather
from core_gans.data.frame import Frame
from core_gans.experiment import resume_training, run_training
from core_gans.foundation.errors import LabError
from core_gans.runs.changes import digest
from core_gans.session import Options
from tests.tiny import differences

MIB = 2**20
STATUS = Path("/proc/self/status")


@pytest.fixture
def little_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing fits into memory."""
    monkeypatch.setattr(room, "LIMIT_BYTES", 0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def paint(folder: Path, count: int = 12, size: int = 20) -> Path:
    rng = np.random.default_rng(0)
    folder.mkdir()
    for index in range(count):
        Image.fromarray(rng.integers(0, 256, (size, size, 3), dtype=np.uint8)).save(folder / f"{index:03d}.png")
    return folder


def is_mapped(images: torch.Tensor) -> bool:
    """Whether its memory is a file's."""
    place = images.data_ptr()
    for line in Path("/proc/self/maps").read_text(encoding="ascii", errors="replace").splitlines():
        begin, end = (int(number, 16) for number in line.split()[0].split("-"))
        if begin <= place < end:
            return len(line.split()) > 5 and "/" in line.split()[5]
    return False


def anonymous() -> int:
    """Bytes of this process that no file stands behind."""
    return told("RssAnon")


def told(what: str) -> int:
    (found,) = re.findall(rf"^{what}:\s+(\d+) kB", STATUS.read_text(encoding="ascii"), re.MULTILINE)
    return int(found) * 1024


linux = pytest.mark.skipif(not STATUS.is_file(), reason="this system does not tell what a process's memory is")


@linux
def test_mapped_images_are_those_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, little_memory: None
) -> None:
    folder = paint(tmp_path / "photos")
    mapped = load(str(folder), size=16)
    monkeypatch.setattr(room, "LIMIT_BYTES", 2**40)
    held = load(str(folder), size=16)
    assert is_mapped(mapped.images)
    assert not is_mapped(held.images)
    assert digest(mapped) == digest(held)
    streams = Batches(mapped, 5), Batches(held, 5)
    for _ in range(7):
        one, other = (next(stream).real for stream in streams)
        assert torch.equal(one, other)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]  # the file has no name


@linux
@pytest.mark.parametrize("layout", ["NHWC", "NCHW", "NHW"])
def test_an_array_of_the_wanted_size_takes_no_memory(tmp_path: Path, little_memory: None, layout: str) -> None:
    array = np.random.default_rng(0).integers(0, 256, (9, 16, 24, 3), dtype=np.uint8)
    stored = {"NHWC": array, "NCHW": array.transpose(0, 3, 1, 2).copy(), "NHW": array[..., 0].copy()}[layout]
    np.save(tmp_path / "a.npy", stored)
    before = anonymous()
    images = load(str(tmp_path / "a.npy"), size="24x16").images
    assert is_mapped(images)
    assert images.is_contiguous()
    expected = array.transpose(0, 3, 1, 2)[:, : images.shape[1]]
    assert torch.equal(images, torch.from_numpy(expected))
    assert anonymous() - before < MIB
    other = load(str(tmp_path / "a.npy"), size="12x8").images  # copied, since it is brought to another size
    assert other.shape == (9, images.shape[1], 8, 12)


@linux
def test_memory_is_bounded_however_many_images_there_are(little_memory: None) -> None:
    count, side = 4_000, 128  # 188 MiB as they are held

    def pictures(frame: Frame) -> Iterator[np.ndarray]:
        for index in range(count):
            yield np.full((side, side, 3), index % 256, np.uint8)

    before, of_files = anonymous(), told("RssFile") + told("RssShmem")
    examples = gather(Collection("many", count, pictures), Frame(side, side))
    batches = Batches(examples, 8)
    for _ in range(40):
        next(batches)
    digest(examples)
    assert anonymous() - before < 90 * MIB
    assert told("RssFile") + told("RssShmem") - of_files < 40 * MIB
    assert examples.images[-1].unique().tolist() == [(count - 1) % 256]


def test_a_run_on_mapped_data_resumes_to_the_bits_of_one_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, little_memory: None
) -> None:
    folder = paint(tmp_path / "photos")
    fields = {"width": 4, "latent": 3}
    options = Options(data=str(folder), size=16, batch=4, explain_every=0)
    quiet = Console(quiet=True)

    def play(name: str, rounds: int) -> Path:
        return run_training(
            "gan", fields, options, rounds=rounds, runs_folder=tmp_path, name=name, console=quiet
        ).folder

    stopped = play("stopped", 3)
    resumed = resume_training(stopped, rounds=6, console=quiet).state.state_dict()
    monkeypatch.setattr(room, "LIMIT_BYTES", 2**40)
    straight = run_training(
        "gan", fields, options, rounds=6, runs_folder=tmp_path, name="straight", console=quiet
    ).state.state_dict()
    assert differences(resumed, straight) == []


def test_a_full_disk_is_a_line_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, little_memory: None
) -> None:
    folder = paint(tmp_path / "photos", count=1)
    monkeypatch.setattr(room, "_KEPT_FREE", 2**70)
    with pytest.raises(
        LabError, match=r"has room for 0\.0 GiB: choose a smaller size .* or name a folder .* in TMPDIR"
    ):
        load(str(folder))


def test_the_place_of_mapped_files_is_on_a_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert room.folder() == tmp_path
    monkeypatch.delenv("TMPDIR")
    assert os.access(room.folder(), os.W_OK)
