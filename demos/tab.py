"""What a tab of the app is: a value that says how it is built and what it brings along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import APIRouter

from demos.lab import Lab
from demos.page import Page


@dataclass(frozen=True)
class Tab:
    """One tab. ``demos.app`` has the list; nothing else knows which tabs there are."""

    title: str
    build: Callable[[Page], None]
    """Lays it out and connects it; called inside a ``gr.Tab``."""
    css: Path | None = None
    """Its style sheet."""
    routes: Callable[[Lab], APIRouter] | None = None
    """What its own script asks the server for, apart from gradio's queue."""
    endpoints: Callable[[Lab], None] | None = None
    """Adds the calls that programs may make; called inside ``gr.Blocks``."""
    longest: Mapping[str, int] = field(default_factory=dict)
    """How many bytes its own script may send to single routes, where that is more than usual; see ``demos.guard``."""
