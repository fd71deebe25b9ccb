"""The pages of what Python can import: the public names of the four packages, and those of the rooms behind them.

What stands here are directives that mkdocstrings fills from the docstrings.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGES = {
    "core_gans": "train, judge and explore the games of the survey",
    "egan": "evolve them",
    "dissect": "open generators up",
    "demos": "the app",
}
ROOMS = {  # package: rooms whose public functions stand on the page, after the package's own names
    "core_gans": ("losses", "data", "techniques", "metrics", "exploring", "theory"),
    "egan": ("fitness.py", "selection.py", "mutations.py", "distances.py", "family.py"),
    "dissect": ("edits.py", "from_layer.py", "measure", "cause", "directions", "mending", "inversion", "segmenters"),
    "demos": (),
}


def python_pages(root: Path) -> dict[str, str]:
    """A page for each package, by its place in the site."""
    return {f"reference/python-{package}.md": _page(root, package) for package in PACKAGES}


def public_names(root: Path, package: str) -> dict[str, str]:
    """Every name that the package gives out itself, and where it is defined: ``core_gans.training.train``."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse((root / package / "__init__.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in PACKAGES:
            found |= {alias.asname or alias.name: _home(root, f"{node.module}.{alias.name}") for alias in node.names}
    found.pop("lazy_names", None)
    return found or {"build": f"{package}.app.build"}


def _home(root: Path, place: str) -> str:
    """Where a name is defined that a package's ``__init__`` may only pass on."""
    module, _, name = place.rpartition(".")
    init = root / module.replace(".", "/") / "__init__.py"
    if init.is_file():
        for node in ast.walk(ast.parse(init.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and any((each.asname or each.name) == name for each in node.names):
                return _home(root, f"{node.module}.{name}")
    return place


def public_modules(root: Path, package: str) -> Iterator[str]:
    """The modules of the rooms, in their order."""
    for room in ROOMS[package]:
        place = root / package / room
        for path in [place] if place.suffix else sorted(place.rglob("*.py")):
            if path.stem not in ("__init__", "__main__"):
                yield ".".join(path.relative_to(root).with_suffix("").parts)


def _below(place: str, modules: list[str]) -> bool:
    return place in modules or place.rpartition(".")[0] in modules


def _page(root: Path, package: str) -> str:
    parts = [f"# {package}: {PACKAGES[package]}", f"## What `import {package}` gives"]
    modules = list(public_modules(root, package))
    names = public_names(root, package)
    below = {name: place for name, place in names.items() if _below(place, modules)}
    parts += [f"::: {place}" for place in sorted({*names.values()} - {*below.values()})]
    if below:
        parts.append(f"Told of below, by their modules: {', '.join(f'`{name}`' for name in sorted(below))}.")
    for module in modules:
        parts += [f"## {module}", f"::: {module}\n    options:\n      show_root_heading: false"]
    return "\n\n".join(parts) + "\n"
