"""What a game that is played from Python has unless a watcher brings it: a progress bar, and a Stop that loses nothing.

A run of the commands has both among its watchers.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence

from rich.console import Console

from core_gans.parallel import team
from core_gans.runs.interrupt import Interrupt
from core_gans.runs.progress import ProgressBar
from core_gans.runs.watchers import WatchedState, Watcher


def attended(
    state: WatchedState,
    play: Callable[[Sequence[Watcher]], None],
    watchers: Sequence[Watcher],
    unit: str,
    progress: bool | None,
) -> None:
    """``play`` with the ``watchers``, and with a bar and a Stop where they have none.

    ``progress`` shows a bar, or none; without it there is one where a terminal or a notebook is. The first Ctrl-C, or a
    notebook's Stop, ends the play after the round, and so does a KeyboardInterrupt from elsewhere, within it: ``state``
    is what was played. A second Ctrl-C is raised, but for an interactive session, which keeps its state.
    """
    console = Console(markup=False)
    stop = None
    added: list[Watcher] = []
    if not any(isinstance(each, Interrupt) for each in watchers):
        stop = Interrupt(console, (signal.SIGINT,))
        added.append(stop)
    attending = (console.is_terminal or console.is_jupyter if progress is None else progress) and team().leads
    if attending and not any(isinstance(each, ProgressBar) for each in watchers):
        added.append(ProgressBar(unit, console))
    try:
        play([*added, *watchers])
    except KeyboardInterrupt:
        interactive = "ps1" in vars(sys)  # a prompt of Python or IPython
        if stop is None or (stop.received is not None and not interactive):
            raise
        console.print(f"stopped in {unit} {state.round + 1}, which is not finished; the state is returned")
    finally:
        state.watchers = watchers  # a bar cannot be pickled, and the state can
