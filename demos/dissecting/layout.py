"""How the parts of the tab are connected: each shows its share of a page's state, and all are shown after each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import gradio as gr

from demos.dissecting.page_state import PageState, SharedState
from demos.job_queue import LISTENER
from demos.page import Page, told

# Values come as the page sends them, whoever that is: the steps check them, and answer in one line, where gradio's own
# checks of its controls would answer with none.
RAW: dict[str, Any] = {"preprocess": False, "show_progress": "hidden"}
Step = Callable[..., None]  # (state, *what the controls say): changes the state, or raises for the person


class Part(Protocol):
    """A part of the tab: its components, and what they show of a page."""

    outputs: list[Any]

    def show(self, state: PageState) -> Sequence[Any]:
        """One value for each of ``outputs``."""
        ...


class Layout:
    """The parts of the tab on one page of the app."""

    def __init__(self, page: Page) -> None:
        self.page, self.shared = page, SharedState.of(page.lab.store)
        self.parts: list[Part] = []

    def state(self, token: Any) -> PageState:
        """The state of the page called ``token``."""
        return self.page.lab.sessions.of(token, "dissect", lambda: PageState(self.shared))

    @property
    def outputs(self) -> list[Any]:
        """The components of all parts."""
        return [output for part in self.parts for output in part.outputs]

    def show(self, state: PageState) -> list[Any]:
        """One value for each of ``outputs``."""
        state.refresh()
        return [value for part in self.parts for value in part.show(state)]

    def connect(self, event: Callable[..., Any], step: Step, controls: Sequence[Any] = ()) -> None:
        """On ``event``, ``step(state, *values of the controls)`` in the queue of work, and all parts are shown."""

        def listener(token: Any, *values: Any) -> list[Any]:
            def work() -> list[Any]:
                state = self.state(token)
                step(state, *values)
                return self.show(state)

            with told():
                return self.page.lab.work.do(work)

        event(listener, [self.page.token, *controls], self.outputs, **RAW, **LISTENER)

    def connect_choice(self, event: Callable[..., Any], name: str, step: Step, part: Part | None = None) -> None:
        """On ``event``, ``step(state, what the event says of name)``, and ``part`` alone is shown, by default all."""

        def listener(sent: gr.EventData, token: Any) -> Any:
            def work() -> Sequence[Any]:
                state = self.state(token)
                step(state, sent._data.get(name) if isinstance(sent._data, dict) else None)
                return self.show(state) if part is None else part.show(state)

            with told():
                shown = self.page.lab.work.do(work)
            return shown if len(shown) > 1 else shown[0]

        # A look that is asked for while another is under way counts, too; of what changes anything there is one.
        outputs, mode = (self.outputs, "once") if part is None else (part.outputs, "multiple")
        event(listener, [self.page.token], outputs, trigger_mode=mode, **RAW, **LISTENER)
