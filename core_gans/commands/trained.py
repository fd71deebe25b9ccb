"""What the commands that train print in the end."""

from __future__ import annotations

import shlex

from rich.console import Console
from rich.table import Table

from core_gans.foundation.counting import how_many
from core_gans.metrics.choosing import pixels_told
from core_gans.run_kind import Result
from core_gans.training import TrainingState


def print_result(result: Result[TrainingState], console: Console) -> None:
    """The judge's numbers before and after, where the pictures are, and how to go on."""
    table = Table(
        "judge", "before", "after", title=f"{how_many(result.state.round, 'round')} in {result.state.seconds:.0f} s"
    )
    for name, value in result.after.items():
        table.add_row(name, f"{result.before[name]:.3f}", f"{value:.3f}")
    console.print(table)
    if told := pixels_told(result.after, "these data"):
        console.print(told, highlight=False, soft_wrap=True)
    console.print(f"samples: {result.folder / 'samples'}", highlight=False, soft_wrap=True)
    if (film := result.folder / "training.gif").is_file():  # texts have none
        console.print(f"film: {film}", highlight=False, soft_wrap=True)
    console.print(f"continue with: core-gans resume {shlex.quote(str(result.folder))}", highlight=False, soft_wrap=True)
