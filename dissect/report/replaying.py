"""The script ``replay.py`` beside a report: it dissects again, from the seed on, and compares with ``report.json``."""

from __future__ import annotations

from string import Template
from textwrap import indent

SCRIPT = Template('''\
"""Does the dissection of this folder again and compares it with report.json.

    python replay.py$usage

Tells the largest difference of each number and ends with status 1 where one is larger than rounding explains.
The random units of the control are drawn anew and not compared.
"""

import json
import sys
from pathlib import Path

import torch

from dissect import Criterion, ablate, causal_effect, dissect, intervene
from dissect.hooks import at_rest
from dissect.report import compare_dissection, compare_effect, compare_pictures, verdict
from dissect.sampling import generate

HERE = Path(__file__).resolve().parent
said = json.loads((HERE / "report.json").read_text(encoding="utf-8"))


def opened():
    """The generator, the latents (N, ...) and the segmenter."""
$opening
    return generator, latents, segmenter


generator, latents, segmenter = opened()

# The units against the concepts.
criterion = Criterion(**said["criterion"])
again = dissect(
    generator,
    said["layer"],
    latents,
    segmenter,
    levels=said["rule"],
    upsampling=said["upsampling"],
    top=len(said["peak"][0]),
    criterion=criterion,
)
differences = compare_dissection(said, again)

# What the units cause.
for number, effect in enumerate(said["causal"], start=1):
    measured = causal_effect(
        generator,
        effect["layer"],
        effect["units"],
        latents[: effect["images"]],
        segmenter,
        random_trials=1,
        patch=effect["patch"],
        rng=torch.Generator().manual_seed(0),
    )
    differences += compare_effect(f"cause {number}", effect, measured)

# The pictures before and after the units were removed.
for edit in said["edits"]:
    chosen = latents[edit["images"]]
    with at_rest(generator):
        before = generate(generator, chosen)
        with intervene(generator, {edit["layer"]: ablate(edit["units"])}):
            after = generate(generator, chosen)
    differences += compare_pictures([HERE / name for name in edit["before"]], before)
    differences += compare_pictures([HERE / name for name in edit["after"]], after)

text, agreed = verdict(differences)
print(text)
sys.exit(0 if agreed else 1)
''')
ASKED = """\
# The report does not know where they come from: name a function that returns the three.
from importlib import import_module

if len(sys.argv) != 2 or ":" not in sys.argv[1]:
    sys.exit(f"usage: python {sys.argv[0]} module:function, which returns generator, latents and segmenter")
module, _, function = sys.argv[1].partition(":")
sys.path.insert(0, ".")
generator, latents, segmenter = getattr(import_module(module), function)()
"""


def script(origin: str | None) -> str:
    """The text of ``replay.py``.

    ``origin`` is Python that assigns ``generator``, ``latents`` and ``segmenter``; ``torch`` is imported already.
    Without it the script asks for a function that gives the three. Raises ValueError for text that is no Python.
    """
    if origin:
        try:
            compile(origin, "<origin>", "exec")
        except SyntaxError as error:
            raise ValueError(f"the origin is no Python: line {error.lineno}: {error.msg}") from error
    return SCRIPT.substitute(
        usage="" if origin else " my_module:opened      which returns generator, latents, segmenter",
        opening=indent((origin or ASKED).strip("\n"), "    "),
    )
