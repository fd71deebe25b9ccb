"""The script of a session: a program that paints its picture again, to the bit, with the library alone."""

from __future__ import annotations

import base64
import inspect
import io
import json
from collections.abc import Sequence
from pathlib import Path
from string import Template
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from core_gans import shipped
from core_gans.foundation.pixels import png, to_bytes
from demos.model_store import DISSECTIONS
from demos.paint.brush import brush
from demos.paint.own_pictures import OwnPicture
from demos.paint.painter import Painter
from demos.paint.sketch import Mark, Sketch
from dissect.segmenters.strokes import StrokeSegmenter

SCRIPT = Template('''\
"""Paints $subject again, as it was painted in the lab, and writes $name.

    python $script$usage

Needs the packages core_gans and dissect of the lab. Each stroke below is a line of the history.
"""

$imports

LAYER = $layer  # whose units are edited
LAYERS = $layers
$seed

$brush


def unit_set(units, concept):
    """The units with what each of them is where the concept is, and where it is not."""
    column = dissection.concept(concept)
    absent, present = dissection.outside[units, column], dissection.inside[units, column]
    return {LAYER: UnitSet(tuple(units), tuple(absent.tolist()), tuple(present.tolist()), concept)}


def opened(seed):
    """The scene of a seed, to be painted on or to be taken from."""
    latent = model.game.latents(1, torch.Generator().manual_seed(seed))
    return EditSession(model.net, LAYERS, latent, segmenter)


$opening
segmenter = $segmenter
$session
side = session.before.shape[-1]

strokes = [
$strokes]

if strokes:
    painting = session.paint(strokes)
    picture = $after
    for line in painting.table:
        if line.before or line.after:
            print(f"{line.concept:10} {line.before:5} -> {line.after:5} pixels")
else:
    picture = $before
print("written to", write_png("$name", to_bytes(picture[None])[0]))
''')
OPEN_SHIPPED = """\
model = load_model(shipped.path("{key}-generator"))
dissection = Dissection.load(shipped.path("{key}-dissection"))"""
OPEN_UNET = (
    "from dissect.segmenters.unet import UNetSegmenter",
    'UNetSegmenter.load(shipped.path("scenes-segmenter"){size})',
)
OPEN_STROKES = "from dissect.segmenters.strokes import StrokeSegmenter", "StrokeSegmenter()"
OPEN_RUN = """\
runs = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
model = {model}
dissection = Dissection.load(runs / {dissections} / {key} / f"{{LAYER}}.safetensors")"""
STROKE = """\
    Stroke(
        {mode},
        unit_set({units}, {concept}),
        brush({points}, radius={radius!r}, soft={soft!r}, side=side),
        strength={strength!r},
    ),
"""
TRANSPLANT = """\
    Transplant(
        {mode},
        {concepts},
        opened({seed}).donor({layers}),
        brush({points}, radius={radius!r}, soft={soft!r}, side=side),
        moved={moved},
        strength={strength!r},
    ),
"""
FILL = """\
    Fill(
        {concepts},
        {layers},
        brush({points}, radius={radius!r}, soft={soft!r}, side=side),
        strength={strength!r},
    ),
"""
ORIGINAL, INVERSION = "original.png", "inversion.safetensors"
OF_OWN = {
    "subject": "a picture of yours",
    "name": "my-picture.png",
    "script": "my-picture.py",
    "seed": "",
    "session": f"""\
own = Inversion.load("{INVERSION}")
session = EditSession(own.applied_to(model.net), LAYERS, own.latent, segmenter)
original = torch.from_numpy(cv2.imread("{ORIGINAL}")[..., ::-1].copy()).permute(2, 0, 1)[: len(session.before)]
original = original / 127.5 - 1""",
    "after": "paste_back(original, session.before, painting.after)",
    "before": "original",
    "library": "Inversion, paste_back, ",
}
IMPORTS = """\
import cv2
import numpy as np
import torch

from core_gans import {names}
from core_gans import shipped
from core_gans.foundation.pixels import to_bytes, write_png
from dissect import {library}Dissection, EditSession, Fill, Stroke, Transplant, UnitSet, choose_units
{segmenter}"""
PATHS = "import sys\nfrom pathlib import Path\n\n"


def script_of(sketch: Sketch, painter: Painter, path: str, dissected_here: bool) -> str:
    """The text of the program. It writes ``scene-SEED.png`` into the folder where it is run.

    ``path``: where the model lies in the folder of runs, unless it came with the lab. ``dissected_here``: its
    dissection lies there, too, and did not come with the lab. Units that were chosen by cause are written out, because
    measuring causes takes longer than painting with them.
    """
    key = sketch.model
    comes = key in shipped.SCENES
    model = f'load_model(shipped.path("{key}-generator"))' if comes else f"open_model(runs / {_text(path)})"
    local = dissected_here or not comes
    run = OPEN_RUN.format(model=model, dissections=_text(DISSECTIONS), key=_text(key))
    strokes = isinstance(painter.segmenter, StrokeSegmenter)
    size = getattr(painter.segmenter, "size", 0)
    segmenter = OPEN_STROKES if strokes else [line.format(size=f", size={size}" if size else "") for line in OPEN_UNET]
    names = ["load_model" if comes else "open_model", *(["shipped"] if comes or not strokes else [])]
    subject = _of_scene(sketch.seed) if sketch.picture is None else dict(OF_OWN)
    imports = IMPORTS.format(names=", ".join(names), segmenter=segmenter[0], library=subject.pop("library"))
    return SCRIPT.substitute(
        **subject,
        usage=" runs        where runs is the lab's folder of runs" if local else "",
        imports=PATHS + imports if local else imports,
        layer=_text(painter.dissection.layer),
        layers=_names(painter.layers),
        brush=inspect.getsource(brush).replace("  # type: ignore[no-untyped-def]", "").rstrip(),
        opening=run if local else OPEN_SHIPPED.format(key=key),
        segmenter=segmenter[1],
        strokes="".join(_stroke(mark, painter) for mark in sketch.strokes),
    )


def packed(text: str, own: OwnPicture) -> str:
    """The script ``text`` of a picture of one's own, that picture, and what it is drawn from: a ZIP, in base64."""
    file = io.BytesIO()
    with TemporaryDirectory() as folder, ZipFile(file, "w") as pack:
        own.found.save(Path(folder) / INVERSION)
        pack.write(Path(folder) / INVERSION, INVERSION)
        pack.writestr(ORIGINAL, png(to_bytes(own.prepared.image[None])[0]))
        pack.writestr(OF_OWN["script"], text)
    return base64.b64encode(file.getvalue()).decode()


def _of_scene(seed: int) -> dict[str, str]:
    return {
        "subject": f"scene {seed}",
        "name": f"scene-{seed}.png",
        "script": f"scene-{seed}.py",
        "seed": f"SEED = {seed}\n",
        "session": "session = opened(SEED)",
        "after": "painting.after",
        "before": "session.before",
        "library": "",
    }


def _stroke(mark: Mark, painter: Painter) -> str:
    brush_of = {"points": [list(point) for point in mark.points], "radius": mark.radius, "soft": mark.soft}
    if mark.by_example and mark.example is not None:
        example = mark.example
        return (FILL if example.seed is None else TRANSPLANT).format(
            mode=_text(mark.mode),
            concepts=_names(painter.parts(mark.concept)),
            seed=example.seed,
            layers=_names(example.layers),
            moved=example.moved,
            strength=min(mark.strength, 1.0),
            **brush_of,
        )
    found = list(painter.unit_set(mark.concept, mark.units, mark.by).units)
    ranking = {"agreement": "score", "example": "score", "iou": "iou"}.get(mark.by)
    concept = _text(mark.concept)
    chosen = f"choose_units(dissection, {concept}, {len(found)}, by={_text(ranking)})" if ranking else repr(found)
    return STROKE.format(
        mode=_text(mark.mode),
        units=chosen,
        concept=concept,
        strength=mark.strength,
        **brush_of,
    )


def _text(text: str) -> str:
    """``text`` as Python writes it, in double quotes."""
    return json.dumps(text)


def _names(names: Sequence[str]) -> str:
    """A tuple of texts, as Python writes it."""
    return f"({', '.join(map(_text, names))},)"
