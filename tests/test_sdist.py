"""The source distribution holds the tests with all their helpers; it is built here, from a copy of the tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP = ("pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "lab")
FOLDERS = ("core_gans", "egan", "dissect", "demos", "tests")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in the sdist, below its folder."""
    tree = tmp_path_factory.mktemp("tree")
    for name in TOP:
        shutil.copy2(ROOT / name, tree / name)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, tree / name, ignore=LEFT_OUT)
    code = "from setuptools import build_meta; build_meta.build_sdist('.')"
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=tree, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    (archive,) = tree.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        return {"/".join(Path(each.name).parts[1:]) for each in opened if each.isfile()}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_of_the_tree_is_packed(folder: str, packed: set[str]) -> None:
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix != ".pyc" and not any(part.startswith(".") for part in path.parts)
    }
    assert len(there) > 20
    assert there - packed == set()


def test_what_stands_beside_is_packed(packed: set[str]) -> None:
    assert set(TOP) - packed == set()
