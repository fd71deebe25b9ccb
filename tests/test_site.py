"""What the site is made of: every public name with its contract, links that lead to pages, nothing from elsewhere.

The site itself is built by ``.ci/run``, strictly: a page without a place, a dead link or a dead heading stops it.
"""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

from docs.making.python_names import PACKAGES, public_modules, public_names, python_pages

ROOT = Path(__file__).parents[1]
CONSTANTS = {"Edit", "MUTATIONS", "PAPER", "PRESETS", "VARIANTS"}  # told of where they are listed


def definition(place: str) -> ast.AST | None:
    """The class, function or module at a dotted place; None for a value."""
    path = ROOT / f"{place.replace('.', '/')}.py"
    if path.is_file():
        return ast.parse(path.read_text(encoding="utf-8"))
    module, _, name = place.rpartition(".")
    homes = (f"{module.replace('.', '/')}.py", f"{module.replace('.', '/')}/__init__.py")
    home = next(ROOT / each for each in homes if (ROOT / each).is_file())
    for node in ast.parse(home.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name:
            return node
    return None


@pytest.mark.parametrize("package", [package for package in PACKAGES if package != "demos"])
def test_every_public_name_has_its_place_and_says_what_it_is(package: str) -> None:
    names = public_names(ROOT, package)
    assert set(names) == set(importlib.import_module(package).__all__)
    page = python_pages(ROOT)[f"reference/python-{package}.md"]
    for name, place in names.items():
        if name in CONSTANTS:
            continue
        assert f"::: {place}\n" in page or name in re.findall(r"`(\w+)`", page), name
        found = definition(place)
        assert isinstance(found, ast.Module | ast.ClassDef | ast.FunctionDef), f"{name} is not at {place}"
        text = ast.get_docstring(found) or ""
        assert len(text) > 20, f"{name} says nothing"
        if isinstance(found, ast.FunctionDef) and any(isinstance(node, ast.Raise) for node in ast.walk(found)):
            assert re.search(r"[Rr]aise|Error", text), f"{name} does not say what it raises"


def test_the_modules_of_the_reference_are_there() -> None:
    modules = [module for package in PACKAGES for module in public_modules(ROOT, package)]
    assert len(modules) > 80
    for module in modules:
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file(), module


def test_links_to_files_become_links_to_pages() -> None:
    pytest.importorskip("mkdocs")
    from docs.making.hook import linked

    assert linked("docs/metrics.md", "metrics.md", "../core_gans/shipped/MODEL_CARD.md") == "project/model_card.md"
    assert linked("docs/howto/gpu.md", "howto/gpu.md", "../islands.md") == "../islands.md"
    assert linked("CONTRIBUTING.md", "project/contributing.md", "docs/data.md") == "../data.md"
    assert linked("docs/tour.md", "tour.md", "https://example.org/x.md") == "https://example.org/x.md"


@pytest.mark.parametrize(
    ("page", "fetches"),
    [
        ('<script src="https://cdn.example/x.js"></script>', True),
        ('<link rel="stylesheet" href="//fonts.example/css">', True),
        ('<img alt="x" src="https://example.org/x.png">', True),
        ('<link rel="canonical" href="https://example.org/">', False),
        ('<a href="https://example.org/">a link</a> <img src="images/x.png">', False),
    ],
)
def test_a_page_that_fetches_from_elsewhere_is_seen(page: str, fetches: bool, tmp_path: Path) -> None:
    pytest.importorskip("mkdocs")
    from docs.making.hook import OUTSIDE, outside

    (tmp_path / "page.html").write_text(page)
    assert any(outside(OUTSIDE, tmp_path / "page.html")) == fetches
