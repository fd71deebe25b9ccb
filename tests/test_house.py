"""Which package may import which. Read from the syntax of every file, so that no rule depends on what runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from core_gans.data import NAMES

ROOT = Path(__file__).parents[1]
PACKAGES = ("core_gans", "egan", "dissect", "demos")
UPHILL = {  # package: what it must not import
    "core_gans": {"egan", "dissect", "demos", "deap", "gradio", "ray"},
    "egan": {"dissect", "demos", "gradio", "ray"},
    "dissect": {"core_gans", "egan", "demos", "deap", "gradio", "ray"},
    "demos": {"deap", "ray"},
}
EXCEPTIONS = {  # what may be imported all the same
    "dissect/__main__.py": {"core_gans"},
    "dissect/commands/": {"core_gans"},
    "dissect/segmenters/named.py": {"core_gans.shipped"},  # the file of a segmenter, and a checksum
    "dissect/projected/": {"core_gans"},  # a game, which core_gans plays and which has a segmenter in it
    "egan/cluster/ray_cluster.py": {"ray"},
}
GROUND = "core_gans.foundation"  # what all four packages stand on; it imports nothing else of the lab
FOUNDATION = {  # every file of it by name, so that it stays small: one idea each
    "__init__.py",
    "colours.py",
    "counting.py",
    "errors.py",
    "figures.py",
    "films.py",
    "finite.py",
    "frechet.py",
    "html.py",
    "intervals.py",
    "lazy_names.py",
    "lettering.py",
    "markdown.py",
    "memory.py",
    "names.py",
    "notebook.py",
    "parsing.py",
    "pixels.py",
    "precision.py",
    "sealed.py",
    "seeds.py",
    "sheets.py",
    "svg_charts.py",
    "whole_files.py",
}
COMPUTED = {  # may import a module whose name is computed
    "core_gans/commands/completion.py",  # the same, for a shell
    "core_gans/commands/dispatch.py",  # the home of a command, from the lists of the three packages
    "core_gans/foundation/lazy_names.py",  # the home of a public name, from the lists of the three packages
    "core_gans/user_code.py",  # the module that the user names
}
WRITERS = {  # may write files by themselves
    "core_gans/foundation/whole_files.py",
    "core_gans/sampling/writing.py",  # very many pictures into a folder that is whole
    "core_gans/runs/watchers.py",  # appends lines to a run's log
    "demos/dissecting/page_state.py",  # a temporary folder that is removed with the page
}
BANNED = {"torchvision"}  # has no build that imports beside the CPU build of torch


def imports(tree: ast.AST, module: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that the ``module`` (dotted, a package ends in ``.__init__``) imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{source}.{alias.name}"
        elif isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__"):
            given = node.args[0] if node.args else None
            yield node.lineno, given.value if isinstance(given, ast.Constant) else "a computed name"


def violations(root: Path) -> list[str]:
    """Every breach of the rules under ``root``, as ``path:line: what is wrong``."""
    found = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            place = path.relative_to(root)
            if path.name == "utils.py":
                found.append(f"{place}: no utils.py: name the file after its idea")
            module = ".".join(place.with_suffix("").parts)
            grounded = place.parts[:2] == ("core_gans", "foundation")
            if grounded and "/".join(place.parts[2:]) not in FOUNDATION:
                found.append(f"{place}: not in the list of the foundation's files: does it belong there?")
            forbidden, allowed = UPHILL[package] | BANNED, _allowed(place.as_posix()) | {GROUND}
            for line, name in imports(ast.parse(path.read_text(encoding="utf-8")), module):
                computed = name == "a computed name" and place.as_posix() not in COMPUTED
                uphill = (grounded and name.split(".")[0] in PACKAGES) or name.split(".")[0] in forbidden
                if computed or (uphill and not any(f"{name}.".startswith(f"{each}.") for each in allowed)):
                    found.append(f"{place}:{line}: {package} must not import {name}")
                if _is_sibling_variant(root, module, name):
                    found.append(f"{place}:{line}: variants never import each other, but this imports {name}")
    return found


def compared_data_sets(root: Path) -> list[str]:
    """Every comparison with the name of a known data set under ``root``: what depends on the data is its field."""
    found = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Compare):
                    compared = [node.left, *node.comparators]
                elif isinstance(node, ast.MatchValue):
                    compared = [node.value]
                else:
                    continue
                words = {part.value for each in compared for part in ast.walk(each) if isinstance(part, ast.Constant)}
                found += [f"{path.relative_to(root)}:{node.lineno}: {word}" for word in NAMES if word in words]
    return found


def direct_writes(root: Path) -> list[str]:
    """Every writing of a file past the foundation's whole files, which name a full disk's place and leave no part."""
    found = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            place = path.relative_to(root).as_posix()
            if place in WRITERS:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _writes(node):
                    found.append(f"{place}:{node.lineno}: {ast.unparse(node)[:60]}")
    return found


def _writes(call: ast.Call) -> bool:
    """Whether ``call`` writes a file by itself: by its name, by the mode of an open, or Pillow's, to a path."""
    name = ast.unparse(call.func).split(".")[-1]
    if name in ("write_text", "write_bytes", "save_file", "savefig", "imwrite", "tofile", "mkdtemp"):
        return True
    given = call.args[0] if call.args else None
    if name in ("open", "ZipFile") and ast.unparse(given or call) != "file":  # the file of a ``whole_file``
        words = [
            each.value for each in (*call.args, *(k.value for k in call.keywords)) if isinstance(each, ast.Constant)
        ]
        return any(isinstance(word, str) and len(word) <= 3 and set(word) & set("wax+") for word in words)
    return name == "save" and any(each.arg == "save_all" for each in call.keywords) and isinstance(given, ast.BinOp)


def _allowed(place: str) -> set[str]:
    """What the file at ``place`` may import although its package may not: files, or folders with a slash."""
    return {name for each, names in EXCEPTIONS.items() if place == each or _is_in(place, each) for name in names}


def _is_in(place: str, folder: str) -> bool:
    return folder.endswith("/") and place.startswith(folder)


def _is_sibling_variant(root: Path, module: str, name: str) -> bool:
    """Whether a variant imports another one, or the list of them all."""
    home = "core_gans.variants"
    if not module.startswith(f"{home}.") or module == f"{home}.__init__":
        return False
    return name == home or name.startswith(f"{home}.")


def test_every_import_is_allowed() -> None:
    assert violations(ROOT) == []


def test_the_list_of_the_foundation_is_exact() -> None:
    folder = ROOT / "core_gans" / "foundation"
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.py")} == FOUNDATION


def test_nothing_anywhere_needs_torchvision() -> None:
    for folder in ("tests", "examples", "benchmarks"):
        for path in (ROOT / folder).rglob("*.py"):
            names = {name.split(".")[0] for _, name in imports(ast.parse(path.read_text(encoding="utf-8")), "tests.x")}
            assert not names & BANNED, path
    assert "torchvision" not in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_rules_look_at_something() -> None:
    for package, module in {"core_gans": "torch.nn", "egan": "deap.tools", "dissect": "torch.nn"}.items():
        files = list((ROOT / package).rglob("*.py"))
        assert len(files) > 5
        texts = [path.read_text(encoding="utf-8") for path in files]
        assert module in {name for text in texts for _, name in imports(ast.parse(text), f"{package}.x")}


@pytest.mark.parametrize(
    ("place", "text", "told"),
    [
        ("core_gans/a.py", "import egan", "core_gans must not import egan"),
        ("core_gans/a.py", "x = 1\nfrom dissect.hooks import record", "a.py:2: core_gans must not import dissect."),
        ("core_gans/deep/er/a.py", "def f():\n    import demos.app as d", "must not import demos.app"),
        ("core_gans/a.py", "from deap import tools", "must not import deap.tools"),
        ("core_gans/a.py", "if TYPE_CHECKING:\n    import gradio as gr", "must not import gradio"),
        ("core_gans/a.py", "import importlib\nimportlib.import_module('egan.fitness')", "must not import egan.fitness"),
        ("core_gans/a.py", "__import__('dem' + 'os')", "must not import a computed name"),
        ("core_gans/a.py", "from torchvision.transforms import Resize", "must not import torchvision"),
        ("egan/a.py", "import dissect", "egan must not import dissect"),
        ("egan/a.py", "import numpy, gradio", "egan must not import gradio"),
        ("egan/a.py", "from demos import app", "egan must not import demos"),
        ("egan/islands/engines.py", "def f():\n    import ray", "egan must not import ray"),
        ("dissect/a.py", "from core_gans.training import train", "dissect must not import core_gans"),
        ("dissect/a.py", "import core_gans.foundations", "dissect must not import core_gans.foundations"),
        ("core_gans/foundation/unlisted.py", "", "not in the list of the foundation's files"),
        ("core_gans/foundation/deep/errors.py", "", "not in the list of the foundation's files"),
        ("core_gans/foundation/errors.py", "from core_gans.game import Game", "must not import core_gans.game"),
        ("dissect/report/a.py", "import egan.evolution", "dissect must not import egan"),
        ("dissect/__main__.py", "import egan", "dissect must not import egan"),
        ("dissect/report/__main__.py", "import core_gans", "dissect must not import core_gans"),
        ("dissect/commands/a.py", "import egan", "dissect must not import egan"),
        ("dissect/segmenters/named.py", "from core_gans import models", "dissect must not import core_gans.models"),
        ("dissect/commanding.py", "import core_gans", "dissect must not import core_gans"),
        ("demos/a.py", "import deap.tools", "demos must not import deap"),
        ("demos/utils.py", "", "demos/utils.py: no utils.py"),
        ("core_gans/variants/a.py", "from core_gans.variants.gan import GAN", "variants never import each other"),
        ("core_gans/variants/a.py", "from core_gans.variants import gan", "variants never import each other"),
        ("core_gans/variants/a.py", "from .gan import GAN", "variants never import each other"),
        ("core_gans/variants/a.py", "from . import gan", "variants never import each other"),
        ("core_gans/variants/a.py", "import core_gans.variants", "variants never import each other"),
    ],
)
def test_a_planted_breach_is_found(place: str, text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    found = violations(tmp_path)
    assert len(found) == 1
    assert told in found[0]


def test_nobody_compares_the_name_of_a_data_set() -> None:
    assert compared_data_sets(ROOT) == []


@pytest.mark.parametrize(
    "text",
    [
        'points = data == "ring"',
        'if name in ("ring", "else"): ...',
        'x = 1 if data.name != "ring" else 2',
        'match data:\n    case "ring": ...',
        'while given not in {"ring"}: ...',
    ],
)
def test_a_planted_comparison_is_found(text: str, tmp_path: Path) -> None:
    for name, line in (("compares", text), ("names", 'SETTINGS = {"ring": 8}\nfirst = SETTINGS["ring"]')):
        (tmp_path / "egan").mkdir(exist_ok=True)
        (tmp_path / "egan" / f"{name}.py").write_text(line)
    (found,) = compared_data_sets(tmp_path)
    assert found.startswith("egan/compares.py:")
    assert found.endswith(": ring")


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("core_gans/a.py", "import torch\nfrom core_gans.game import Game\nfrom . import game\negan = 'import egan'"),
        ("core_gans/variants/__init__.py", "from core_gans.variants.gan import GAN"),
        ("core_gans/variants/a.py", "from core_gans.losses.objectives import hinge\nfrom ..game import Game"),
        ("egan/a.py", "from deap import base\nfrom core_gans.game import Game"),
        ("dissect/__main__.py", "from core_gans.models import open_model\nfrom dissect.report.study import study"),
        ("dissect/commands/a.py", "from core_gans.models import open_model"),
        ("dissect/segmenters/named.py", "from core_gans import shipped"),
        ("dissect/a.py", "import core_gans.foundation\nfrom core_gans.foundation.errors import LabError"),
        ("core_gans/foundation/sheets.py", "import torch\nfrom core_gans.foundation import pixels"),
        ("demos/a.py", "import gradio as gr\nimport egan, dissect, core_gans"),
    ],
)
def test_what_is_allowed_is_let_through(place: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert violations(tmp_path) == []


def test_every_file_is_written_whole() -> None:
    assert direct_writes(ROOT) == []


@pytest.mark.parametrize(
    "text",
    [
        "path.write_text('x')",
        "(folder / 'a').write_bytes(b'')",
        "with path.open('w', encoding='utf-8') as file: ...",
        "open(path, mode='ab')",
        "frames[0].save(folder / 'paths.gif', save_all=True)",
        "zipfile.ZipFile(path, 'w')",
        "from safetensors.torch import save_file\nsave_file({}, path)",
    ],
)
def test_a_planted_writing_is_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "egan").mkdir()
    (tmp_path / "egan" / "a.py").write_text(f"import zipfile\n{text}")
    (tmp_path / "egan" / "b.py").write_text(
        "with whole_file(a) as f, zipfile.ZipFile(f): ...\nopen(a, 'rb')\ns.save(f)"
    )
    (found,) = direct_writes(tmp_path)
    assert found.startswith("egan/a.py:")
