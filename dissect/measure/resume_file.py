"""Counts kept in a file while a dissection runs, so that one that was interrupted can go on, to the same bits.

The file is written whole or not at all, every few seconds, between two batches: whatever ends the work, the last one
can be continued. It says which question its counts answer, and is refused for any other.
"""

import hashlib
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor, nn

from core_gans.foundation.sealed import read_sealed, write_sealed

FORMAT = "dissection counts/2"
SECONDS = 20.0  # between two writings: a minute's work is never lost, and writing costs less than a hundredth

Arrays = dict[str, np.ndarray]


class ResumeFile:
    """The file ``path`` for the counts that answer ``question``: names of facts, and what each is."""

    def __init__(self, path: str | Path, question: Mapping[str, object]) -> None:
        self.path = Path(path)
        self._question = {name: str(fact) for name, fact in question.items()}
        self._written = -np.inf

    def read(self) -> tuple[Arrays, dict[str, Any]] | None:
        """The arrays and facts that were written last; None where there is no file yet.

        Raises:
            ValueError: the file is damaged, is something else, or answers another question.
        """
        if not self.path.exists():
            return None
        arrays, facts = read_sealed(self.path)
        if (found := facts.get("format", "something else")) != FORMAT:
            raise ValueError(f"{self.path} holds {found}, expected {FORMAT}: name another file to keep the counts in")
        for name, asked in self._question.items():
            if (there := facts["question"].get(name)) != asked:
                self.refuse(name, f"{there}, not {asked}")
        return arrays, facts["facts"]

    def refuse(self, name: str, difference: str) -> NoReturn:
        """Say in a ValueError that the file answers another question, because of the ``name`` of a fact."""
        raise ValueError(
            f"{self.path} keeps the counts of another question ({name}: {difference}): ask as before, or name another "
            "file"
        )

    def due(self) -> bool:
        """Whether it is time to write again."""
        return time.monotonic() - self._written >= SECONDS

    def write(self, arrays: Mapping[str, np.ndarray], facts: Mapping[str, object]) -> None:
        """Write ``arrays`` of any shape and ``facts``, in place of what was there. OSError where that is impossible."""
        content = {"format": FORMAT, "question": self._question, "facts": dict(facts)}
        write_sealed(self.path, arrays, content, overwrite=True)
        self._written = time.monotonic()


class Digest:
    """A running SHA-256 of latents, the same however they are cut into batches."""

    def __init__(self, latents: Iterable[Tensor] = ()) -> None:
        self._hash = hashlib.sha256()
        for batch in latents:
            self.add(batch)

    def add(self, latents: Tensor) -> None:
        """Take in the next ``latents`` (N, ...)."""
        self._hash.update(_bytes(latents))

    def __str__(self) -> str:
        return self._hash.hexdigest()[:16]


def fingerprint(thing: object) -> str:
    """The type of ``thing`` and, of a module, a digest of its weights and buffers."""
    name = type(thing).__name__
    if not isinstance(thing, nn.Module):
        return name
    digest = hashlib.sha256()
    for entry, value in sorted(thing.state_dict().items()):
        if isinstance(value, Tensor):
            digest.update(f"\n{entry} {value.dtype} {tuple(value.shape)}\n".encode())
            digest.update(_bytes(value))
    return f"{name} {digest.hexdigest()[:16]}"


def _bytes(values: Tensor) -> bytes:
    return values.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
