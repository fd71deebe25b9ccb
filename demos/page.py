"""What the tabs of a page share: the model picker, the page's name, and what is to be shown when it opens."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import gradio as gr

from core_gans.foundation.errors import LabError
from demos.job_queue import LISTENER
from demos.json_models import LONGEST_NAME
from demos.lab import Lab
from demos.model_store import SHIPPED, ModelStore
from demos.sessions import TOKEN_JS

CLOSED = "⊘"  # begins the rows of the picker that cannot be chosen


class Page:
    """Made inside ``gr.Blocks`` before the tabs; ``connect`` it after them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.token = gr.Textbox(visible=False, elem_id="page-name")
        """The page's name, for ``lab.sessions``: an input of every listener that has something to remember."""
        self.picker = gr.Dropdown(
            self._choices(), value=SHIPPED, label="Model", elem_id="model", filterable=True, scale=0, min_width=280,
            interactive=False,  # until the page has its name, under which the choice is kept
        )  # fmt: skip
        self.linked = gr.Textbox(visible=False)
        """The key of the model that the page's address asks for; empty for none."""
        self.model = gr.Textbox(SHIPPED, visible="hidden", elem_id="model-key")
        """The key of the model that the tabs work on: the last one picked that could be opened; see ``lab.store``."""
        self._entered: list[tuple[Callable[..., Sequence[Any]], list[Any]]] = []

    def on_entry(self, restore: Callable[[str], Sequence[Any]], outputs: list[Any]) -> None:
        """When the page opens or is reloaded, show in ``outputs`` what ``restore(token)`` returns, one for each."""
        self._entered.append((restore, outputs))

    def chosen(self, token: str) -> str:
        """The key of the model that the page called ``token`` has picked."""
        return self.lab.sessions.of(token, "chosen", _nothing_chosen).get("model", SHIPPED)

    def connect(self, blocks: gr.Blocks) -> None:
        """Connect what all tabs share."""

        def enter(token: str, linked: str) -> list[Any]:
            if linked:
                self._choose(token, linked[:LONGEST_NAME])
            key = self.chosen(token)
            key = key if key in {entry.key for entry in self.lab.store.entries()} else SHIPPED
            shown: list[Any] = [token, gr.Dropdown(choices=self._choices(), value=key, interactive=True), key]
            for restore, outputs in self._entered:
                answer = list(restore(token))
                if len(answer) != len(outputs):
                    raise RuntimeError(f"{restore.__qualname__} gave {len(answer)} values for {len(outputs)} outputs")
                shown += answer
            return shown

        outputs = [self.token, self.picker, self.model, *(output for _, outputs in self._entered for output in outputs)]
        blocks.load(enter, [self.token, self.linked], outputs, js=TOKEN_JS, show_progress="hidden", **LISTENER)
        self.picker.input(
            self._choose, [self.token, self.picker], [self.picker, self.model], show_progress="hidden", **LISTENER
        )
        # Runs come and go: the list is read again whenever it is opened.
        self.picker.focus(
            lambda: gr.Dropdown(choices=self._choices()), None, self.picker, show_progress="hidden", **LISTENER
        )

    def _choose(self, token: str, key: Any) -> list[Any]:
        """What the picker and ``model`` become; of a run that cannot be opened, the reason is told and nothing else."""
        with told():
            mine = self.lab.sessions.of(token, "chosen", _nothing_chosen)
        try:
            mine["model"] = self.lab.store.entry(key).key
        except LabError as error:
            gr.Warning(str(error))
        return [self.chosen(token)] * 2

    def _choices(self) -> list[tuple[str, str]]:
        return choices(self.lab.store)


def choices(store: ModelStore) -> list[tuple[str, str]]:
    """Titles and keys for the picker; what cannot be opened comes last, with the reason, and app.css greys it."""
    closed = [(f"{CLOSED} {run.key}: {run.reason}", run.key) for run in store.unreadable()]
    return [*((entry.title, entry.key) for entry in store.entries()), *closed]


@contextmanager
def told() -> Iterator[None]:
    """Turns the mistakes of a person, inside ``with told():``, into one line on the page."""
    try:
        yield
    except (ValueError, TypeError, OSError) as error:
        raise gr.Error(str(error), print_exception=False) from error


def _nothing_chosen() -> dict[str, str]:
    return {}
