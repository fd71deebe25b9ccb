"""docs/errors.md tells of messages that exist, and messages that it tells of end with their place on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core_gans.__main__ import main
from core_gans.commands.explained import EXPLAINED, PAGE, where_explained

ROOT = Path(__file__).parents[1]
IN_PYTHON = "errors-in-python"


def slug(heading: str) -> str:
    """The address of a heading, as GitHub and mkdocs make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_every_message_of_the_list_is_raised_somewhere() -> None:
    texts = [
        re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8"))
        for package in ("core_gans", "egan", "dissect", "demos")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "explained.py"
    ]
    assert [part for part in EXPLAINED if not any(part in text for text in texts)] == []


def test_the_page_has_a_heading_for_each_of_them_and_no_other() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / PAGE).read_text(encoding="utf-8"), re.MULTILINE)
    assert [slug(heading) for heading in headings] == [*EXPLAINED.values(), IN_PYTHON]


def test_every_heading_shows_the_message_and_what_helps() -> None:
    sections = re.split(r"^## .*$", (ROOT / PAGE).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:-1]
    for section, part in zip(sections, EXPLAINED, strict=True):
        (quoted,) = re.findall(r"^> (.*)$", section, re.MULTILINE)
        assert part.rstrip(" (") in quoted, part
        assert len(section) > len(quoted) + 70


def test_a_message_ends_with_its_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "x").touch()
    with pytest.raises(SystemExit):
        main(["train", "gan", "--data", "ring", "--rounds", "1", "--runs", str(tmp_path), "--name", "there"])
    (line,) = capsys.readouterr().out.strip().splitlines()[-1:]
    assert line.endswith("(more: docs/errors.md#nothing-is-replaced)")
    assert where_explained("something else") == ""
