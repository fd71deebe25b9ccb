"""What each page has going on, kept here while the page is reloaded.

A page makes up a name for itself, keeps it for as long as its tab in the browser lives, and sends it along. Names are
long and random, so that no page can guess another's.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9-]{16,64}")
MOST = 256  # pages that are remembered; the one longest unseen goes first
FORGOTTEN_AFTER = 6 * 3600.0  # seconds without a sign of life

# Runs in the browser; gives the name of this page, the same after a reload, and the model that a link asks for.
TOKEN_JS = """() => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const made = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const linked = window.labAddress.asked.model || "";
  try {
    const kept = sessionStorage.getItem("gan-lab-page") || made;
    sessionStorage.setItem("gan-lab-page", kept);
    return [kept, linked];
  } catch {
    return [made, linked]; // a browser that keeps nothing still gets a page, until it is reloaded
  }
}"""


class Sessions:
    """The pages' things by the name of the page and of the thing. What has a method ``forget`` hears of its end."""

    def __init__(self, most: int = MOST, forgotten_after: float = FORGOTTEN_AFTER) -> None:
        self.most, self.forgotten_after = most, forgotten_after
        self._lock = Lock()
        self._pages: dict[str, tuple[float, dict[str, Any]]] = {}  # the longest unseen first

    def of(self, token: Any, thing: str, make: Callable[[], T]) -> T:
        """What the page called ``token`` has under the name ``thing``, made when it has nothing yet.

        Raises:
            ValueError: ``token`` is not a name that a page makes up for itself.
        """
        if not isinstance(token, str) or not NAME.fullmatch(token):
            raise ValueError("this page has no name yet: reload it")
        now = time.monotonic()
        with self._lock:
            _, things = self._pages.pop(token, (now, {}))
            self._pages[token] = now, things
            if thing not in things:
                things[thing] = make()
            found: T = things[thing]
            ended = self._too_many(now)
        for old in ended:
            _forget(old)
        return found

    def close(self) -> None:
        """Forget all pages."""
        with self._lock:
            pages, self._pages = self._pages, {}
        for _, things in pages.values():
            _forget(things)

    def _too_many(self, now: float) -> list[dict[str, Any]]:
        ended = []
        for token, (seen, things) in list(self._pages.items()):
            if len(self._pages) <= self.most and now - seen <= self.forgotten_after:
                break
            del self._pages[token]
            ended.append(things)
        return ended


def _forget(things: dict[str, Any]) -> None:
    for thing in things.values():
        if hasattr(thing, "forget"):
            thing.forget()
