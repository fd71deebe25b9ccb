"""The commands of ``dissect``: one dataclass a file, whose fields are the command line and whose ``run`` does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from rich.console import Console

from dissect.commands.directions import Directions
from dissect.commands.findings import FindingsCommand
from dissect.commands.layers import Layers
from dissect.commands.mend import Mend
from dissect.commands.run import Run
from dissect.commands.train_segmenter import TrainSegmenter


class Command(Protocol):
    """What every command can do."""

    def run(self, console: Console) -> None:
        """Do it, and tell on ``console``."""
        ...


COMMANDS: dict[str, Callable[..., Command]] = {
    "run": Run,
    "layers": Layers,
    "findings": FindingsCommand,
    "directions": Directions,
    "mend": Mend,
    "train-segmenter": TrainSegmenter,
}
