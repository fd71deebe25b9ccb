"""docs/architecture.md describes what stands: its paths exist, and its tables name the rooms in their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_rooms import PACKAGES, ROOMS, ROOT

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
SUFFIXES = (".py", ".md", ".js", ".css", ".html", "/")


def paths(text: str) -> list[str]:
    """What stands in backticks and looks like a file or a folder of this project; patterns are not asked for."""
    words = re.findall(r"`([^`\s*]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [word for word in words if word.endswith(SUFFIXES) or word.startswith(tuple(f"{p}/" for p in PACKAGES))]


def rooms(package: str) -> list[str]:
    """The rooms in the table under the heading of ``package``, without slashes and endings."""
    section = PAGE.partition(f"\n### {package}\n")[2].partition("\n#")[0]
    return [Path(room).stem for room in re.findall(r"^\| `([^`]+)` \|", section, flags=re.MULTILINE)]


def test_every_path_on_the_page_exists() -> None:
    named = paths(PAGE)
    assert len(named) > 80
    places = (ROOT, *(ROOT / package for package in PACKAGES))
    assert [path for path in named if not any((place / path).exists() for place in places)] == []


def test_a_path_that_is_gone_is_seen() -> None:
    assert paths("`core_gans/gone.py`, `a word`, `word`, `*.html.j2`, `egan/`") == ["core_gans/gone.py", "egan/"]


@pytest.mark.parametrize("package", ROOMS)
def test_the_tables_name_the_rooms_in_their_order(package: str) -> None:
    assert rooms(package) == list(ROOMS[package])


@pytest.mark.parametrize("package", sorted(set(PACKAGES) - set(ROOMS)))
def test_the_tables_name_every_folder(package: str) -> None:
    folders = {path.parent.name for path in (ROOT / package).glob("*/__init__.py")}
    assert set(rooms(package)) == folders
