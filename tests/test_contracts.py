"""Public functions on tensors say which shapes they take and give: read from the syntax of their files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = (
    "core_gans/losses",
    "core_gans/metrics",
    "dissect/edits.py",
    "dissect/from_layer.py",
    "dissect/hooks.py",
    "dissect/painting.py",
    "dissect/sampling.py",
    "dissect/measure",
    "dissect/cause",
    "dissect/mending",
    "dissect/directions",
    "dissect/segmenters",
)
SHAPE = re.compile(r"\((?:[A-Z1]|count|rows|h \*)[\w' *+]*,|\bscalars?\b|\belementwise\b")
"""(N,), (N, C, H, W), (1, ...), (K + 1, U), (count, ...), (h * w, ...), a scalar, or one number for each number."""
TOLD_ABOVE = ("core_gans/losses/stable.py:", "dissect/measure/agreement.py:")
"""Files whose own text says it for all that stands in them (elementwise, or numbers that broadcast)."""


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
