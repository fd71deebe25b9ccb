"""Public names of a package that are imported from their modules when they are first asked for (PEP 562).

So ``core_gans.foundation`` and the help texts do not load what they do not need, such as torch.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping


def lazy_names(
    package: str, homes: Mapping[str, str], earlier: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of ``package``, with AttributeError for what is not public.

    ``homes`` maps modules to the public names in them, with spaces between; a public module is its own home.
    ``earlier`` maps what a public name was called before to the name.
    """
    home = {name: module for module, names in homes.items() for name in names.split()}
    called = {**{name: name for name in home}, **(earlier or {})}

    def get(name: str) -> object:
        if name not in called:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = called[name]
        module = importlib.import_module(home[found])
        return module if home[found].endswith(f".{found}") else getattr(module, found)

    return get, lambda: sorted({*vars(importlib.import_module(package)), *called})
