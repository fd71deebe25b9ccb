"""The CHANGELOG's table of moved modules: what was is gone, what is named as new stands where it says."""

from __future__ import annotations

import re

from tests.test_rooms import PACKAGES, ROOT, graph

ROW = re.compile(r"^\| (`.*`.*) \| (.*`.*`) \|$", re.MULTILINE)
CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def moves(text: str) -> list[tuple[str, str]]:
    """Pairs of modules, before and now, from the rows of a table."""
    pairs = []
    for before, now in ROW.findall(text):
        old = re.findall(r"`((?:core_gans|egan|dissect)\.[\w.]+)`", before)
        new = re.findall(r"`([\w.]+)`", now)
        if now.startswith("the same names in"):
            new = [f"{new[0]}.{module.rpartition('.')[2]}" for module in old]
        pairs += list(zip(old, new, strict=True))
    return pairs


def test_moved_modules_stand_where_the_table_says() -> None:
    modules = {module for package in PACKAGES for module in graph(ROOT, package)}
    table = moves(CHANGELOG)
    assert len(table) > 50
    assert [new for _, new in table if new not in modules] == []
    still = {"core_gans.runs", "core_gans.session", "core_gans.sampling"}  # folders of that name, a part that was lost
    assert [old for old, _ in table if old in modules - still] == []


def test_both_kinds_of_rows_are_read() -> None:
    text = "| `egan.a`, `egan.b` | the same names in `egan.c` |\n| `egan.d` (`x`) | `egan.e` |\n"
    assert moves(text) == [("egan.a", "egan.c.a"), ("egan.b", "egan.c.b"), ("egan.d", "egan.e")]
