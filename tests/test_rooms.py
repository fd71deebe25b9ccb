"""The order of the rooms of a package: imports run downhill, nothing imports in a circle, roots and files stay small.

A room is a folder of a package, or a file at its root. Only what runs when a module is imported counts: neither the
bodies of functions nor what stands under ``if TYPE_CHECKING:``.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("core_gans", "egan", "dissect", "demos")
ROOMS = {  # package: its rooms from the ground up; each imports only rooms that stand before it
    "core_gans": (
        *("foundation", "trusted_code", "compute", "optimizers", "losses", "shipped"),
        *("game", "parallel", "data", "techniques", "networks", "games", "foreign", "initialising"),
        *("runs", "metrics", "paper_presets", "recipes", "user_code", "variants", "convergence", "session"),
        *(
            "training",
            "comparison",
            "translation",
            "texts",
            "held_out",
            "other_data",
            "models",
            "exporting",
            "sampling",
            "run_kind",
            "experiment",
            "exploring",
        ),
        *("theory", "commands", "__main__", "__init__"),
    ),
    "dissect": (
        *("addressing", "hooks", "fingerprint", "from_layer", "edits", "segmenters", "sampling", "measure", "cause"),
        "painting",
        *("projected", "generators", "dictionaries"),
        *("report", "naming", "directions", "findings", "mending", "inversion", "dragging", "mixing"),
        *("commands", "__main__", "__init__"),
    ),
}
FILES_AT_ROOT = {"core_gans": 16, "dissect": 10}  # at most
LINES = 300  # of a file, at most


def breaches(root: Path) -> list[str]:
    """Every breach of the order under ``root``, in words."""
    found = []
    for package in PACKAGES:
        imports = graph(root, package)
        try:
            TopologicalSorter(imports).prepare()
        except CycleError as error:
            found.append(f"these import each other in a circle: {', '.join(error.args[1])}")
        order = ROOMS.get(package)
        for module, imported in imports.items():
            for other in sorted(imported) if order else []:
                found += _uphill(order, room_of(module), room_of(other), f"{module} imports {other}")
        files = len(list((root / package).glob("*.py")))
        if files > FILES_AT_ROOT.get(package, files):
            found.append(f"{package}: {files} files at its root, at most {FILES_AT_ROOT[package]}: give one a room")
    for folder in (*PACKAGES, "benchmarks"):
        for path in sorted((root / folder).rglob("*.py")):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > LINES:
                found.append(f"{path.relative_to(root)}: {lines} lines, at most {LINES}: which second idea moved in?")
    return found


def _uphill(order: tuple[str, ...], room: str, other: str, told: str) -> list[str]:
    if unknown := sorted({room, other} - set(order)):
        return [f"{told}: give {' and '.join(unknown)} a place in the order of the rooms"]
    return [f"{told}: uphill"] if order.index(other) > order.index(room) else []


def room_of(module: str) -> str:
    """The room of a module: the folder under its package, or the file at the package's root."""
    rest = module.partition(".")[2]
    return rest.partition(".")[0] or "__init__"


def graph(root: Path, package: str) -> dict[str, set[str]]:
    """The modules of a package, and which of its own each imports while it is imported itself."""
    paths = {}
    for path in sorted((root / package).rglob("*.py")):
        paths[".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")] = path
    return {module: _imports(module, path, paths) - {module} for module, path in paths.items()}


def _imports(module: str, path: Path, known: Mapping[str, Path]) -> set[str]:
    found = set()
    above = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for statement in _run(ast.parse(path.read_text(encoding="utf-8")).body):
        names: list[str] = []
        if isinstance(statement, ast.Import):
            names = [alias.name for alias in statement.names]
        elif isinstance(statement, ast.ImportFrom):
            parts = above.split(".")
            start = parts[: len(parts) - statement.level + 1] if statement.level else []
            source = ".".join([*start, *([statement.module] if statement.module else [])])
            names = [f"{source}.{alias.name}" for alias in statement.names]
        for name in names:
            while name and name not in known:
                name = name.rpartition(".")[0]
            found.add(name)
    return found - {""}


def _run(statements: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements that run at import, those inside others, too."""
    for statement in statements:
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        yield statement
        inner = [part for name in ("body", "orelse", "finalbody") for part in getattr(statement, name, [])]
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.unparse(statement.test):
            inner = statement.orelse
        for handler in getattr(statement, "handlers", []):
            inner = [*inner, *handler.body]
        yield from _run(inner)


def test_the_order_of_the_rooms_is_kept() -> None:
    assert breaches(ROOT) == []


def test_the_order_is_of_something() -> None:
    for package, rooms in ROOMS.items():
        imports = graph(ROOT, package)
        assert sum(map(len, imports.values())) > 100
        standing = {room_of(module) for module in imports}
        assert standing == set(rooms), "the order names each room that stands, and no other"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"egan/a.py": "import egan.b", "egan/b.py": "from egan import a"}, "in a circle"),
        ({"egan/a.py": "from . import b", "egan/b.py": "from .a import x"}, "in a circle"),
        ({"egan/a.py": "class A:\n    from egan.b import x", "egan/b.py": "import egan.a"}, "in a circle"),
        ({"egan/a.py": "try:\n    import egan.b\nexcept E:\n    pass", "egan/b.py": "import egan.a"}, "in a circle"),
        ({"dissect/hooks.py": "from dissect.report import x", "dissect/report/__init__.py": ""}, "uphill"),
        ({"core_gans/losses/a.py": "import core_gans.game", "core_gans/game.py": ""}, "uphill"),
        ({"dissect/cellar/a.py": "import dissect.hooks", "dissect/hooks.py": ""}, "give cellar a place in the order"),
        ({f"dissect/f{n}.py": "" for n in range(11)}, "11 files at its root, at most 10"),
        ({f"core_gans/f{n}.py": "" for n in range(17)}, "17 files at its root, at most 16"),
        ({"benchmarks/long.py": "\n" * 301}, "301 lines, at most 300"),
        ({"demos/deep/long.py": "x = 1\n" * 301}, "301 lines, at most 300"),
    ],
)
def test_a_planted_breach_is_found(files: dict[str, str], told: str, tmp_path: Path) -> None:
    _plant(tmp_path, files)
    found = breaches(tmp_path)
    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize(
    "files",
    [
        {"egan/a.py": "def f():\n    import egan.b", "egan/b.py": "import egan.a"},
        {"egan/a.py": "if TYPE_CHECKING:\n    import egan.b", "egan/b.py": "import egan.a"},
        {"dissect/report/a.py": "from dissect.hooks import x", "dissect/hooks.py": ""},
        {"dissect/report/a.py": "from dissect.report import b", "dissect/report/b.py": "x = 1\n" * 300},
    ],
)
def test_what_is_allowed_is_let_through(files: dict[str, str], tmp_path: Path) -> None:
    _plant(tmp_path, files)
    assert breaches(tmp_path) == []


def _plant(root: Path, files: Mapping[str, str]) -> None:
    for place, text in files.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
