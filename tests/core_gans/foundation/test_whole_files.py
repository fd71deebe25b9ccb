"""Whole files: the new one stands complete, or the old one as it was, and nothing lies beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core_gans.foundation.whole_files import whole_file, whole_folder, write_whole


def test_bytes_and_text_are_written_and_replace_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    assert write_whole(path, b"\x00\xff") == path
    assert path.read_bytes() == b"\x00\xff"
    write_whole(str(path), "größer\n")
    assert path.read_bytes() == "größer\n".encode()
    assert list(tmp_path.iterdir()) == [path]


def test_until_the_block_ends_the_old_file_stands(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "file", "old")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_an_error_in_the_block_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = write_whole(tmp_path / "file", "old")
    with pytest.raises(TypeError), whole_file(path) as file:
        file.write("half")  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_with_the_path_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    path = write_whole(tmp_path / "file", "old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"could not write .*file \(.*No space left on device\): is the disk full\?"):
        write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_missing_folder_is_told_with_the_path(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"could not write .*missing.file"):
        write_whole(tmp_path / "missing" / "file", "x")


def test_a_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "folder"
    with whole_folder(path) as draft:
        write_whole(draft / "file", "x")
        assert not path.exists()
    assert (path / "file").read_text() == "x"
    assert list(path.parent.iterdir()) == [path]
    assert path.stat().st_mode & 0o777 == 0o755


def test_a_full_disk_leaves_no_folder_and_names_the_place_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as error, whole_folder(tmp_path / "folder") as draft:
        write_whole(draft / "file", "x")
    assert str(error.value).startswith(f"could not write {tmp_path / 'folder' / 'file'} (")
    assert list(tmp_path.iterdir()) == []
