"""Public names say what they are: functions on tensors their shapes, what they raise, numbers, and whose formulas.

Public is what the reference of the site lists (``docs/making/python_names.py``), the files in which the names of the
four packages are defined, and ``MORE``. All is read from the syntax of the files.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from docs.making.python_names import PACKAGES, public_modules, public_names

ROOT = Path(__file__).parents[1]
MORE = ("core_gans/translation", "dissect/hooks.py", "dissect/sampling.py", "dissect/painting")
OF_TORCH = ("forward", "extra_repr", "state_dict", "load_state_dict")
"""Methods whose contract is torch's."""
ARRAYS = re.compile(r"\b(Tensor|Latents|NDArray|ndarray)\b")
SHAPE = re.compile(
    r"\((?:[A-Z1-9]|count|rows|side|modes|grid|n\b|h \*)[\w' *+-]*,|\bscalars?\b|\belementwise\b|\bany shape\b"
)
"""(N,), (N, C, H, W), (1, ...), (K + 1, U), (count, ...), (h * w, ...), a scalar, or one number for each number."""
TOLD_ABOVE = (
    "core_gans/losses/stable.py",
    "core_gans/techniques/image_changes.py",
    "core_gans/theory/distances.py",
    "dissect/measure/agreement.py",
)
"""Files whose own text says it for all that stands in them: its words count for each of their functions."""
FORMULAS = (
    "core_gans/losses",
    "core_gans/techniques",
    "core_gans/theory/distances.py",
    "egan/distances.py",
    "egan/fitness.py",
    "egan/mutations.py",
    "egan/selection.py",
    "dissect/measure/agreement.py",
    "dissect/cause/alpha.py",
    "dissect/cause/causal.py",
    "dissect/cause/patching.py",
)
"""Where every file computes what a paper defines."""
SOURCE = re.compile(r"\b[A-Z][\wé\u00e4-]+ (?:et al\.|& [A-Z]\w+)?,? ?(?:19|20)\d\d\b")
ERRORS = re.compile(r"\b[Rr]aise[sd]?\b|\b[A-Z]\w*Error\b")
NEVER = (
    "core_gans/data/scenes/sets.py:examples",
    "core_gans/losses/objectives.py:goodfellow",
    "core_gans/losses/objectives.py:least_squares",
    "core_gans/metrics/choosing.py:known_classifier",
    "core_gans/metrics/digits_classifier.py:load_mnist_classifier",
    "core_gans/metrics/digits_training.py:train_digits_classifier",
    "core_gans/theory/meeting.py:meet",
    "core_gans/theory/panels.py:draw_generators",
    "core_gans/theory/pictures.py:theory_picture",
    "core_gans/training.py:start",
    "core_gans/translation/judging.py:judge_of",
    "core_gans/translation/watching.py:translation_watchers",
    "dissect/inversion/perceptual.py:Perceptual.features",
    "dissect/measure/accumulators.py:Accumulators.result",
    "dissect/measure/quantiles.py:unit_sketch",
    "dissect/measure/tally.py:Tally.counts",
    "egan/individual.py:Individual.child",
    "egan/mutations.py:from_objective",
)
"""What calls functions that raise, but with what they take, whatever its own caller gives: by hand, each was read."""


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


class Public(NamedTuple):
    """A public function, or a method as ``Class.method``."""

    path: Path
    name: str
    node: ast.FunctionDef
    text: str

    @property
    def place(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.name}"

    @property
    def parameters(self) -> dict[str, str]:
        """The annotations of what it takes, by name."""
        arguments = (*self.node.args.posonlyargs, *self.node.args.args, *self.node.args.kwonlyargs)
        return {each.arg: ast.unparse(each.annotation) for each in arguments if each.annotation}

    @property
    def takes_arrays(self) -> bool:
        returned = [ast.unparse(self.node.returns)] if self.node.returns else []
        return any(ARRAYS.search(each) for each in (*self.parameters.values(), *returned))


@cache
def files() -> tuple[Path, ...]:
    """The files whose public names need contracts."""
    homes = {place.rpartition(".")[0] for package in PACKAGES for place in public_names(ROOT, package).values()}
    modules = {module for package in PACKAGES for module in public_modules(ROOT, package)} | homes
    found = {ROOT / f"{module.replace('.', '/')}.py" for module in modules}
    for more in MORE:
        found |= {ROOT / more} if more.endswith(".py") else set((ROOT / more).rglob("*.py"))
    return tuple(sorted(path for path in found if path.is_file()))


def classes() -> Iterator[tuple[Path, ast.ClassDef]]:
    for path in files():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield path, node


@cache
def public() -> tuple[Public, ...]:
    """Every public function. Of methods, those without a text that another class of the lab, or torch, declares are
    left out: they fulfil a contract that is told there.
    """
    found = []
    for path in files():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        above = ast.get_docstring(tree) or "" if str(path.relative_to(ROOT)) in TOLD_ABOVE else ""
        for node in tree.body:
            members = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
            owner = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
            for member in members:
                if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                    text = "\n".join(filter(None, (ast.get_docstring(member), above)))
                    found.append(Public(path, f"{owner}{member.name}", member, text))
    declared = {each.node.name for each in found if "." in each.name and each.text} | set(OF_TORCH)
    return tuple(each for each in found if each.text or "." not in each.name or each.node.name not in declared)


def test_every_public_name_says_what_it_is() -> None:
    """The reference leaves out what has no text."""
    assert len(public()) > 700
    assert [each.place for each in public() if len(each.text) < 10] == []
    assert [f"{path}:{node.name}" for path, node in classes() if len(ast.get_docstring(node) or "") < 10] == []


def test_public_functions_on_arrays_say_their_shapes() -> None:
    found = [each for each in public() if each.takes_arrays]
    assert len(found) > 350
    assert [each.place for each in found if not SHAPE.search(each.text)] == []


def test_public_functions_say_what_they_raise() -> None:
    """Or nothing is raised, neither by them nor by what they call by its name."""
    found = [each for each in public() if each.place not in NEVER and raises(ROOT, each.path, each.name)]
    assert len(found) > 250
    assert [each.place for each in found if not ERRORS.search(each.text)] == []


def test_public_functions_name_the_numbers_that_they_take() -> None:
    """What a float is, and in which unit or range, stands beside its name; of methods also in the text of the class."""
    of_class = {(path, node.name): ast.get_docstring(node) or "" for path, node in classes()}
    missing = []
    for each in public():
        text = each.text + of_class.get((each.path, each.name.partition(".")[0]), "")
        numbers = [name for name, kind in each.parameters.items() if re.search(r"\bfloat\b", kind)]
        missing += [f"{each.place}({name})" for name in numbers if not re.search(rf"\b{name}\b", text)]
    assert missing == []


def test_files_of_formulas_name_their_papers() -> None:
    formulas = [path for path in files() if str(path.relative_to(ROOT)).startswith(FORMULAS)]
    assert len(formulas) >= 20
    for path in formulas:
        texts = [
            ast.get_docstring(node)
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        ]
        assert SOURCE.search(" ".join(filter(None, texts))), path


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
