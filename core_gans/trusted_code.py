"""Which code may be executed: what a person typed or trusts; never what an opened file happens to name.

To import a module is to execute it. A name ``module:name`` that a person typed is imported; one that stands in a file
that is opened (a run, a model) is imported only after a person said that it is trusted, and never from that folder.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Iterable
from pathlib import Path

from core_gans.foundation.errors import LabError

_TRUSTED: set[str] = set()
_LAB = Path(__file__).resolve().parents[1]
_PACKAGES = "core_gans", "dissect", "egan"


def is_own(name: str) -> bool:
    """Whether ``name`` has the form ``module:name``."""
    return ":" in name


def parts(name: str) -> tuple[str, str]:
    """Module and attribute of ``module:name``; LabError for another form."""
    module, _, attribute = name.partition(":")
    if not all(part.isidentifier() for part in module.split(".")) or not attribute.isidentifier():
        raise LabError(f"expected module:name, as in my_losses:my_objective, got {name!r}.")
    return module, attribute


def trust(*names: str) -> None:
    """Let files that are opened name this code of one's own, each as ``module:name``: it may be executed.

    Raises LabError for a name of another form.
    """
    for name in names:
        parts(name)
    _TRUSTED.update(names)


def take_trusted(words: Iterable[str]) -> list[str]:
    """The words of a command line without ``--trust NAME`` (or ``--trust=NAME``); the names are trusted from now on.

    Raises LabError where no name follows.
    """
    left, rest = [], iter(words)
    for word in rest:
        if word == "--trust" or word.startswith("--trust="):
            name = word.partition("=")[2] if "=" in word else next(rest, "")
            trust(name)
        else:
            left.append(word)
    return left


def require_trusted(source: str | Path, *names: str) -> None:
    """LabError unless all code that the file or folder ``source`` names may be executed; ``names`` stand in it.

    Names of the lab's own variants and mutations are not code of one's own and pass. So does a module that is loaded
    already: nothing would be executed; and a module that lies in the lab's own packages. Nothing is imported here.
    """
    source = Path(source)
    for name in names:
        if not is_own(name):
            continue
        module, _ = parts(name)
        if module in sys.modules:
            continue
        file = _file_of(module)
        if file is not None and any(file.is_relative_to(_LAB / package) for package in _PACKAGES):
            continue
        if file is not None and source.is_dir() and file.is_relative_to(source.resolve()):
            raise LabError(
                f"{source} names {name}, whose code lies in that very folder: what is opened is never executed. Read "
                f"{file}; if it is good, move it out of the folder."
            )
        if name not in _TRUSTED:
            raise LabError(
                f"{source} names {name}, code that is not of this lab: opening it would execute that code. If you know "
                f"it and trust it, add --trust {name} (in Python: core_gans.trust({name!r}))."
            )


def _file_of(module: str) -> Path | None:
    """Where the source of ``module`` (dotted) lies, found without importing any part of it; None where nowhere."""
    path: list[str] | None = [str(Path.cwd()), *sys.path]
    spec = None
    for depth, part in enumerate(module.split(".")):  # each by its own name: a dotted one has its parents imported
        if path is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(part, path)
        if spec is None and depth == 0:
            spec = importlib.util.find_spec(part)  # installed to be edited: other finders know where
        if spec is None:
            return None
        path = None if spec.submodule_search_locations is None else list(spec.submodule_search_locations)
    return Path(spec.origin).resolve() if spec is not None and spec.origin else None
