"""Public functions on tensors say their shapes and what they raise: read from the syntax of their files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = (
    "core_gans/losses",
    "core_gans/metrics",
    "core_gans/exploring",
    "core_gans/translation",
    "dissect/edits.py",
    "dissect/from_layer.py",
    "dissect/hooks.py",
    "dissect/sampling.py",
    "dissect/measure",
    "dissect/cause",
    "dissect/mending",
    "dissect/directions",
    "dissect/painting",
    "dissect/segmenters",
)
SHAPE = re.compile(r"\((?:[A-Z1]|count|rows|h \*)[\w' *+]*,|\bscalars?\b|\belementwise\b")
"""(N,), (N, C, H, W), (1, ...), (K + 1, U), (count, ...), (h * w, ...), a scalar, or one number for each number."""
TOLD_ABOVE = ("core_gans/losses/stable.py:", "dissect/measure/agreement.py:")
"""Files whose own text says it for all that stands in them (elementwise, or numbers that broadcast)."""

ERRORS = re.compile(r"\b[Rr]aise[sd]?\b|\b[A-Z]\w*Error\b")


@cache
def contents(path: Path) -> tuple[dict[str, ast.FunctionDef], dict[str, tuple[str, str]]]:
    """The functions of a file by name (of a class: ``Class.method``), and what it imports by name: (module, name)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: dict[str, ast.FunctionDef] = {}
    for node in tree.body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        found |= {f"{owner}{member.name}": member for member in members if isinstance(member, ast.FunctionDef)}
    froms = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    imported = {alias.asname or alias.name: (node.module or "", alias.name) for node in froms for alias in node.names}
    return found, imported


def called(root: Path, path: Path, node: ast.FunctionDef, owner: str) -> Iterator[tuple[Path, str]]:
    """The lab's own functions that ``node`` calls by a name that says which they are, by file and name."""
    _, imported = contents(path)
    for call in ast.walk(node):
        if not isinstance(call, ast.Call):
            continue
        first, _, rest = ast.unparse(call.func).partition(".")
        place, name = path, first
        if first in imported:
            module, name = imported[first]
            place = root / f"{module.replace('.', '/')}.py"
        elif first in ("self", "cls"):
            name, rest = f"{owner}{rest}", ""
        name = f"{name}.{rest}" if rest else name
        if place.is_file():
            for each in (name, f"{name}.__init__", f"{name}.__post_init__"):
                if each in contents(place)[0]:
                    yield place, each


def raises(root: Path, path: Path, name: str, seen: frozenset[tuple[Path, str]] = frozenset()) -> bool:
    """Whether the function raises an error of its own, or calls one of the lab's that does."""
    node = contents(path)[0][name]
    if any(isinstance(each, ast.Raise) and each.exc is not None for each in ast.walk(node)):
        return True
    owner = f"{name.partition('.')[0]}." if "." in name else ""
    seen |= {(path, name)}
    return any(raises(root, *each, seen) for each in called(root, path, node, owner) if each not in seen)


def functions(root: Path) -> Iterator[tuple[str, str]]:
    """Every public function with tensors in its annotations, as ``path:name``, and its text.

    Of methods, those without a text of their own are left out: they fulfil one that is told where it is declared.
    """
    for room in ROOMS:
        for path in [root / room] if room.endswith(".py") else sorted((root / room).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                members = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
                for member in members:
                    if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                        said = [ast.unparse(each.annotation) for each in member.args.args if each.annotation]
                        said += [ast.unparse(member.returns)] if member.returns else []
                        if any(re.search(r"\b(Tensor|Latents)\b", annotation) for annotation in said):
                            owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
                            text = ast.get_docstring(member) or ""
                            if text or not owner:
                                yield f"{path.relative_to(root)}:{owner}{member.name}", text


def test_public_functions_on_tensors_say_their_shapes() -> None:
    found = dict(functions(ROOT))
    assert len(found) > 100
    assert [name for name, text in found.items() if not SHAPE.search(text) and not name.startswith(TOLD_ABOVE)] == []


def test_public_functions_on_tensors_say_what_they_raise() -> None:
    """Or nothing is raised, neither by them nor by what they call by its name."""
    found = {tuple(name.split(":")): text for name, text in functions(ROOT)}
    raising = [place for place in found if raises(ROOT, ROOT / place[0], place[1])]
    assert len(raising) > 60
    assert [place for place in raising if not ERRORS.search(found[place])] == []


def test_a_function_that_calls_one_that_raises_is_found(tmp_path: Path) -> None:
    for name, text in {
        "far": "def far(): raise ValueError('x')\nclass Far:\n    def __init__(self): far()\n    def quiet(self): pass",
        "near": "from a.far import Far, far as away\ndef direct(): away()\ndef by_class(): Far()\ndef never(): len('')",
        "own": "class Own:\n    def one(self): self.two()\n    def two(self): raise OSError\n    def three(self): ...",
    }.items():
        (tmp_path / "a").mkdir(exist_ok=True)
        (tmp_path / "a" / f"{name}.py").write_text(text)
    near, own = tmp_path / "a" / "near.py", tmp_path / "a" / "own.py"
    assert [raises(tmp_path, near, name) for name in ("direct", "by_class", "never")] == [True, True, False]
    assert [raises(tmp_path, own, f"Own.{name}") for name in ("one", "two", "three")] == [True, True, False]
