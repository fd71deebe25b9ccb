"""The part of the tab that browses units: a sentence, the table, the sheet of the unit chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gradio as gr

from core_gans.foundation.html import tag
from demos.dissecting.layout import Layout
from demos.dissecting.page_state import PageState
from demos.dissecting.sheet import sheet
from demos.dissecting.units import content, summary, units_table

EMPTY = """
<div class="dissect-empty"><p>Dissect draws pictures, lets the segmenter name what is in them, and holds each unit of
the layer against each name. The units will be here.</p></div>
"""


class Summary:
    """What was found in the layer, or that nothing was looked for yet."""

    def __init__(self) -> None:
        self.told = gr.HTML("", elem_id="dissect-summary")
        self.outputs: list[Any] = [self.told]

    def show(self, state: PageState) -> Sequence[Any]:
        current = state.current()
        if current is not None:
            return (summary(current),)
        if state.layer in state.dissected():
            return (tag("p", f"The dissection of layer {state.layer} is damaged: dissect it again."),)
        return (tag("p", f"Layer {state.layer} has not been dissected yet."),)


class Units:
    """The table of all units."""

    def __init__(self) -> None:
        self.table = units_table("", elem_id="dissect-units")
        self.outputs: list[Any] = [self.table]

    def show(self, state: PageState) -> Sequence[Any]:
        current = state.current()
        return (EMPTY if current is None else content(current, state.unit),)

    def connect(self, layout: Layout, opened: Sheet) -> None:
        """Let a choice in the table open a sheet."""
        layout.connect_choice(self.table.select, "unit", PageState.choose_unit, opened)


class Sheet:
    """The sheet of one unit."""

    def __init__(self) -> None:
        self.sheet = gr.HTML("", elem_id="dissect-sheet")
        self.outputs: list[Any] = [self.sheet]

    def show(self, state: PageState) -> Sequence[Any]:
        current, unit = state.current(), state.unit
        shown = "" if current is None else sheet(current, unit)
        # Another was opened while this one was drawn: whoever asked for that shows it, maybe before this arrives.
        return (shown if (current, unit) == (state.current(), state.unit) else gr.skip(),)
