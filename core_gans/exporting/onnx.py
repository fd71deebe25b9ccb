"""A generator as ONNX, for programs without Python, held against torch on latents that it was not written with.

It is written by tracing (``dynamo=False``), which needs no further package; opening the file runs no code of ours.
"""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import torch

from core_gans.foundation.errors import LabError
from core_gans.game import Game, NoiseGame
from core_gans.models import Model

TRACED, CHECKED = 2, 3  # latents: another number of them must do, too
MOST = 1e-3  # difference to torch, of numbers in [-1, 1]


def onnx_of(model: Model[Game]) -> tuple[bytes, float]:
    """The bytes of the file, whose input is ``latents`` and whose output is ``samples``, and its largest difference.

    LabError where the game draws from no latents, where an operation has no form in ONNX or onnxruntime cannot play
    it, where the numbers differ from torch's by more than a thousandth, and where the extra ``export`` is not
    installed.
    """
    try:
        import onnx  # noqa: F401
        from onnxruntime import InferenceSession
    except ImportError as error:
        raise LabError("ONNX needs onnx and onnxruntime: pip install 'gan-lab[export]'.") from error
    game = model.game
    if not isinstance(game, NoiseGame) or model.player != "generator":
        raise LabError(f"ONNX is for generators that draw from latents, not for the {model.player} of {game.name}.")
    any_count = {0: "count"}
    file: Any = io.BytesIO()  # which torch takes, too
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tracing is called legacy
        try:
            torch.onnx.export(
                model.net,
                (game.latents(TRACED, torch.Generator().manual_seed(0)),),
                file,
                input_names=["latents"],
                output_names=["samples"],
                dynamic_axes={"latents": any_count, "samples": any_count},
                dynamo=False,
            )
        except (torch.onnx.errors.OnnxExporterError, RuntimeError) as error:
            why = str(error).strip().splitlines()[0][:120]
            raise LabError(f"the generator of {game.name} has no form in ONNX ({why}): leave --onnx out.") from error
    written = file.getvalue()
    fresh = game.latents(CHECKED, torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted = model.net(fresh).numpy()
    try:
        (found,) = InferenceSession(written, providers=["CPUExecutionProvider"]).run(None, {"latents": fresh.numpy()})
    except Exception as error:  # of onnxruntime, whose errors are of no common kind
        why = str(error).strip().splitlines()[0][:120]
        raise LabError(
            f"the ONNX form of the generator of {game.name} cannot be played ({why}): leave --onnx out."
        ) from error
    difference = float(np.abs(found - wanted).max()) if found.shape == wanted.shape else float("inf")
    if not difference <= MOST:
        raise LabError(
            f"the ONNX form of the generator of {game.name} draws something else than torch (by {difference:.2g}): "
            "leave --onnx out."
        )
    return written, difference
