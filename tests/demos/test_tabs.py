"""The tabs are values in one list, and nothing that belongs to a tab lies beside them."""

from __future__ import annotations

from pathlib import Path

import demos
from demos.app import TABS
from demos.lab import Lab

HOME = Path(demos.__file__).parent


def test_every_package_with_a_tab_is_in_the_list() -> None:
    packages = {path.parent.name for path in HOME.glob("*/tab.py")}
    assert {tab.build.__module__.split(".")[1] for tab in TABS.values()} == packages
    assert len(TABS) == len(packages)


def test_every_style_sheet_belongs_to_a_tab() -> None:
    assert {tab.css for tab in TABS.values() if tab.css} == set(HOME.glob("*/*.css"))


def test_the_routes_of_different_tabs_have_different_addresses(tmp_path: Path) -> None:
    lab = Lab.at(tmp_path)
    paths = [route.path for tab in TABS.values() if tab.routes for route in tab.routes(lab).routes]  # type: ignore[attr-defined]
    assert len(paths) > 5
    assert len(set(paths)) == len(paths)
    lab.close()
