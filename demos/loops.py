"""Making gradio's objects without leaving open event loops.

Outside of a running event loop, gradio opens a new one for every lock that it makes, and never closes it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def within_a_loop(make: Callable[[], T]) -> T:
    """What ``make`` returns, called while an event loop runs: the caller's if there is one, else one for the call."""

    async def made() -> T:
        return make()

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(made())
    return make()
