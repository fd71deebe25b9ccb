"""Checkpoints: what goes in comes out, damage is noticed, and what was there survives a failed write."""

import hashlib
import json
import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from core_gans.runs import checkpoints
from core_gans.runs.checkpoints import CheckpointError, load, save
from tests.tiny import differences

NESTED: dict[str, Any] = {
    "weights": {"layer/1.weight": torch.arange(12.0).view(3, 4) / 7, "empty": torch.empty(0, 2)},
    "moments": {0: {"step": torch.tensor(3.0), "betas": (0.5, 0.999)}, 1: {}},
    "kinds": [
        torch.tensor(1.5, dtype=torch.float64),
        torch.tensor([1.5, -2], dtype=torch.bfloat16),
        torch.tensor([1.5], dtype=torch.float16),
        torch.tensor([2**62, -1]),
        torch.tensor([255], dtype=torch.uint8),
        torch.tensor([True, False]),
    ],
    "plain": [None, True, False, 3, 2**80, 0.1, float("nan"), float("-inf"), 'ä ☃ "quoted"', "", (), []],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.safetensors"


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond 4 KiB: writes fail as they do on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_what_goes_in_comes_out_with_its_types(path: Path) -> None:
    assert save(path, NESTED) == path
    found = load(path)
    assert differences(found, NESTED) == []
    assert list(found) == list(NESTED)
    assert list(found["moments"]) == [0, 1]
    assert isinstance(found["moments"][0]["betas"], tuple)
    assert [type(value) for value in found["plain"]] == [type(value) for value in NESTED["plain"]]


@settings(deadline=None, max_examples=30)
@given(
    st.dictionaries(
        st.text(max_size=5) | st.integers(),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=4,
    )
)
def test_any_plain_structure_survives(tmp_path_factory: pytest.TempPathFactory, content: dict[Any, Any]) -> None:
    path = tmp_path_factory.mktemp("plain") / "state.safetensors"
    assert differences(load(save(path, content)), content) == []


def test_it_is_a_plain_safetensors_file_that_others_can_read(path: Path) -> None:
    save(path, {"net": {"weight": torch.arange(3.0)}})
    with safe_open(str(path), framework="pt") as file:
        assert file.get_tensor("/net/weight").tolist() == [0, 1, 2]


def test_views_and_transposes_are_stored_as_they_look(path: Path) -> None:
    square = torch.arange(4.0).view(2, 2)
    found = load(save(path, {"square": square, "turned": square.T, "column": square[:, 1]}))
    assert {name: tensor.tolist() for name, tensor in found.items()} == {
        "square": [[0, 1], [2, 3]],
        "turned": [[0, 2], [1, 3]],
        "column": [1, 3],
    }


def test_nothing_else_is_taken(path: Path) -> None:
    with pytest.raises(TypeError, match="not set at /state/odd"):
        save(path, {"state": {"odd": {1}}})
    assert not path.exists()


class TestDamage:
    def test_a_flipped_bit_anywhere_is_noticed(self, path: Path) -> None:
        save(path, {"w": torch.arange(5.0), "n": [1, "a"]})
        whole = path.read_bytes()
        for place in range(len(whole)):
            damaged = bytearray(whole)
            damaged[place] ^= 1 << (place % 8)
            path.write_bytes(damaged)
            with pytest.raises(CheckpointError):
                load(path)

    def test_a_file_cut_short_anywhere_is_noticed(self, path: Path) -> None:
        save(path, {"w": torch.arange(5.0), "n": [1, "a"]})
        whole = path.read_bytes()
        for length in range(len(whole)):
            path.write_bytes(whole[:length])
            with pytest.raises(CheckpointError, match=r"is corrupt.*\(.*move it away to continue from the checkpoint"):
                load(path)

    def test_reading_never_changes_the_file(self, path: Path) -> None:
        save(path, NESTED)
        before = path.read_bytes()
        path.write_bytes(before[:-1])
        with pytest.raises(CheckpointError):
            load(path)
        assert path.read_bytes() == before[:-1]

    def test_a_newer_format_asks_for_an_update(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checkpoints, "FORMAT", 7)
        save(path, NESTED)
        monkeypatch.undo()
        with pytest.raises(CheckpointError, match=r"format 7, and this version reads up to 1: update"):
            load(path)

    def test_other_safetensors_files_are_not_mistaken(self, path: Path) -> None:
        save_file({"w": torch.ones(2)}, path)
        with pytest.raises(CheckpointError, match="no checkpoint of this lab"):
            load(path)

    def test_nothing_in_a_file_can_run(self, path: Path) -> None:
        structure = json.dumps({"mapping": [["__class__", {"value": "os.system('false')"}]]})
        digest = hashlib.sha256(structure.encode()).hexdigest()
        save_file({}, path, {"format": "1", "structure": structure, "sha256": digest})
        assert load(path) == {"__class__": "os.system('false')"}

    def test_a_missing_file_is_named(self, path: Path) -> None:
        with pytest.raises(CheckpointError, match=r"expected a checkpoint at .*, found nothing"):
            load(path)


class TestWhatWasThere:
    def test_is_kept_unless_overwriting_is_asked_for(self, path: Path) -> None:
        save(path, {"n": 1})
        with pytest.raises(FileExistsError, match="exists already and is kept: choose another name"):
            save(path, {"n": 2})
        assert load(path) == {"n": 1}
        save(path, {"n": 2}, overwrite=True)
        assert load(path) == {"n": 2}

    def test_is_replaced_whole_and_never_written_into(self, path: Path) -> None:
        save(path, {"n": 1})
        os.link(path, path.with_name("link"))  # a reader that has the old file open sees what the link sees
        save(path, {"n": 2}, overwrite=True)
        assert load(path.with_name("link")) == {"n": 1}

    def test_survives_a_full_disk(self, path: Path, full_disk: None) -> None:
        save(path, {"n": 1})
        with pytest.raises(CheckpointError, match=r"is the disk full\? What was there is intact"):
            save(path, {"w": torch.zeros(100_000)}, overwrite=True)
        assert load(path) == {"n": 1}
        assert [file.name for file in path.parent.iterdir()] == [path.name]

    def test_survives_a_disk_that_fails_at_the_last_moment(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(number: int) -> None:
            raise OSError(28, "No space left on device")

        save(path, {"n": 1})
        monkeypatch.setattr(os, "fsync", fail)
        with pytest.raises(CheckpointError, match=r"No space left on device"):
            save(path, {"n": 2}, overwrite=True)
        assert load(path) == {"n": 1}
        assert [file.name for file in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "changed", [torch.arange(12.0).view(4, 3), torch.arange(12.0).view(3, 4).view(torch.int32), torch.zeros(3, 4)]
)
def test_the_seal_is_over_shapes_kinds_and_numbers(path: Path, changed: Tensor) -> None:
    save(path, {"w": torch.arange(12.0).view(3, 4)})
    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    save_file({"/w": changed}, path, metadata)
    with pytest.raises(CheckpointError, match="its SHA-256 does not match"):
        load(path)
