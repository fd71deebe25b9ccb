"""Which encoder a command begins from: the one that is named, or one that comes with the lab and fits the generator."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from core_gans import shipped
from dissect.fingerprint import fingerprint
from dissect.inversion.encoder import Encoder

ENDING = "-encoder"  # of the names of those that come with the lab


def chosen_encoder(named: Path | None, generator: nn.Module) -> Encoder | None:
    """The encoder in the file ``named``, or by default a shipped one for ``generator``; None where there is none.

    Raises:
        FileNotFoundError, LabError: there is no such file, it holds no encoder, or that of another generator.
    """
    if named is not None:
        encoder = Encoder.load(named)
        encoder.require(generator)
        return encoder
    bound = fingerprint(generator)
    known = (Encoder.load(shipped.path(name)) for name in shipped.names() if name.endswith(ENDING))
    return next((encoder for encoder in known if encoder.bound == bound), None)
