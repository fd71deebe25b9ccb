"""What is made of a file or a model, kept while that stays the same: one cache for all tabs."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class MadeOnce(Generic[T]):
    """Up to ``most`` values by key, the ones used last. Safe to share between threads; one value is made at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, tuple[Any, T]] = OrderedDict()  # the longest unused first

    def of(self, key: Hashable, stamp: Any, make: Callable[[], T]) -> T:
        """The value of ``key``; made anew by ``make`` when ``stamp`` is another one than when it was made.

        A stamp is what changes with the source: when a file was written, or the model that is wrapped.
        """
        with self._lock:
            kept = self._kept.pop(key, None)
            value = kept[1] if kept is not None and kept[0] == stamp else make()
            self._kept[key] = stamp, value
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)
        return value
