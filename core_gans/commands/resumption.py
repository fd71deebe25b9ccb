"""The part shared by the commands that continue a run, a training or an evolution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import tyro

from core_gans.comparison.values import as_value, assignments, field_types
from core_gans.foundation.errors import LabError
from core_gans.run_kind import Going
from core_gans.runs.folder import read_config
from core_gans.session import Options
from core_gans.trusted_code import require_trusted
from core_gans.variants import variant

FLAGS = ("rate", "data", "device", "threads", "keep")


@dataclass(frozen=True)
class Resumption:
    """Where a run goes on, for how long, and what is to change; the rest stays what it was, to the bit."""

    folder: tyro.conf.Positional[Path]
    """The run's folder."""
    rounds: int | None = None
    """Rounds in all; default: what the run was first asked for."""
    seconds: float | None = None
    """Seconds of this call; default: what the run was first asked for."""
    start: Annotated[int | None, tyro.conf.arg(name="from")] = None
    """Start from the checkpoint of this round; what came after it is set aside, not lost."""
    rate: float | None = None
    """Change the learning rate to this."""
    data: str | None = None
    """Change the data to these."""
    device: str | None = None
    """Change the device to this: cpu, cuda, cuda:N or mps."""
    threads: int | None = None
    """Change the number of processor threads to this."""
    keep: int | None = None
    """Newest checkpoints that stay from now on."""
    others: Annotated[tuple[str, ...], tyro.conf.arg(name="set")] = ()
    """Change other settings: NAME=VALUE of the options, the game or the evolution."""

    def going(self, evolution: type | None = None) -> Going:
        """How the run is to go on; ``evolution`` is the dataclass of its numbers, where it is one.

        LabError or ValueError for a setting that is none, that is given twice, or a value of another type.
        """
        changes = {name: getattr(self, name) for name in FLAGS if getattr(self, name) is not None}
        types = self._types(evolution) if self.others else {}
        for name, text in assignments(self.others, "--set").items():
            if name in changes:
                raise LabError(f"{name} is given twice, by --{name} and by --set: give it once.")
            plain = name.rpartition(".")[2]
            changes[name] = as_value(text, types[plain], f"--set {name}") if plain in types else text
        return Going(self.start, changes)

    def _types(self, evolution: type | None) -> Mapping[str, Any]:
        config = read_config(self.folder)
        require_trusted(self.folder, config["variant"])
        of_evolution = get_type_hints(evolution) if evolution is not None else {}
        return {**field_types(variant(config["variant"])), **of_evolution, **get_type_hints(Options)}
