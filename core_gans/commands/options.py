"""The words of a command line as a command; an option that is none is answered with the one that was meant."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Sequence
from typing import Any

import tyro

from core_gans.commands.flags import flags_in, help_text
from core_gans.foundation.names import unknown_name

BATCHES = " (a round is a batch for every player, not a pass through the data)"
RUN = " (a new folder in it holds the run, called by --name)"
# What other programs call it: what it may be called here (by one command or another), and what else to know of it.
MEANT = {
    "lr": ("rate", ""),
    "learning-rate": ("rate", ""),
    "epochs": ("rounds", BATCHES),
    "epoch": ("rounds", BATCHES),
    "steps": ("rounds", ""),
    "iterations": ("rounds", ""),
    "iters": ("rounds", ""),
    "max-steps": ("rounds", ""),
    "generations": ("rounds", ""),
    "time": ("seconds", ""),
    "batch-size": ("batch", ""),
    "bs": ("batch", ""),
    "image-size": ("size", ""),
    "img-size": ("size", ""),
    "resolution": ("size", ""),
    "channels": ("colours", ""),
    "dataset": ("data", ""),
    "data-dir": ("data", ""),
    "dataroot": ("data", ""),
    **dict.fromkeys(("n", "count", "sample", "samples", "num-samples", "num-images"), ("count or images", "")),
    "out": ("runs", RUN),
    **dict.fromkeys(("output", "outdir", "output-dir", "logdir"), ("out or runs", "")),
    "nz": ("latent", ""),
    "z-dim": ("latent", ""),
    "latent-dim": ("latent", ""),
    "ngf": ("width", ""),
    "gpu": ("device", " (as in --device cuda)"),
    "cuda": ("device", " (as in --device cuda)"),
    "num-workers": ("threads", ""),
    "jobs": ("workers", ""),
    "population": ("parents", ""),
    "pop-size": ("parents", ""),
    "random-seed": ("seed", ""),
    "label": ("classes", ""),
    "class": ("classes", ""),
    "trunc": ("truncation", ""),
    "psi": ("truncation", ""),
    "metric": ("metrics", ""),
}


def parsed(kind: Any, program: str, words: Sequence[str], **more: Any) -> Any:
    """What tyro makes of ``words`` for the dataclass ``kind``; ``more`` goes to ``tyro.cli``.

    ValueError in one line for an option that ``kind`` has not, the nearest beside it. SystemExit as tyro has it: after
    --help, and after a message about values that do not fit.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return tyro.cli(kind, prog=program, args=list(words), **more)
    except SystemExit as end:
        if end.code:
            _require_known(kind, program, words, more)
            sys.stderr.write(said.getvalue())
        raise


def _require_known(kind: Any, program: str, words: Sequence[str], more: dict[str, Any]) -> None:
    known = _options(kind, program, more)
    for word in words:
        name = word.partition("=")[0].lstrip("-").replace("_", "-")
        if re.match(r"--?[A-Za-z]", word) and name not in known and word not in ("-h", "--help"):
            names, note = MEANT.get(name.lower(), ("", ""))
            for meant in names.split(" or "):
                if meant in known:
                    raise ValueError(f"{program} has no option --{name}: did you mean --{meant}?{note}")
            raise unknown_name(f"option of {program}", f"--{name}", [f"--{each}" for each in known])


def _options(kind: Any, program: str, more: dict[str, Any]) -> list[str]:
    """The options without their dashes, as the help names them."""
    groups = flags_in(help_text(kind, program, **more)).values()
    return [name.removeprefix("--") for group in groups for flag in group for name in flag.names]
