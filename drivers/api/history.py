"""What has arrived: one thread adds, others wait for what they look for."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import takewhile
from threading import Condition
from typing import Generic, Protocol, TypeVar

from drivers.api.errors import DriverError


class Numbered(Protocol):
    """Something that carries its place in a history, counted from 1."""

    @property
    def seq(self) -> int:
        """The place."""
        ...


T = TypeVar("T", bound=Numbered)


class History(Generic[T]):
    """The last ``limit`` arrivals; who asks for forgotten ones gets an error, for silence must not be guessed."""

    def __init__(self, where: str, limit: int = 50_000) -> None:
        self._where = where
        self._items: deque[T] = deque(maxlen=limit)
        self._last = 0
        self._ended: DriverError | None = None
        self._changed = Condition()

    def mark(self) -> int:
        """Return the number of the newest arrival, 0 before the first: the ``since`` of a later wait."""
        with self._changed:
            return self._last

    def add(self, make: Callable[[int], T]) -> T:
        """Append what ``make`` builds from its number."""
        with self._changed:
            self._last += 1
            item = make(self._last)
            self._items.append(item)
            self._changed.notify_all()
        return item

    def end(self, error: DriverError | None) -> None:
        """Let waits that find nothing raise ``error`` from now on; None lets them wait again."""
        with self._changed:
            self._ended = error
            self._changed.notify_all()

    def after(self, since: int, timeout_s: float) -> Sequence[T]:
        """Return everything above ``since``, waiting up to ``timeout_s`` seconds for the first; or nothing.

        Raises the error of :meth:`end` instead of waiting, and DriverError when some of it is forgotten.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._last > since or self._ended is not None, timeout_s)
            if self._last <= since:
                if self._ended is not None:
                    raise self._ended.with_traceback(None)
                return ()
            fresh = list(takewhile(lambda item: item.seq > since, reversed(self._items)))
            if fresh[-1].seq > since + 1:
                raise DriverError(
                    f"Arrivals {since + 1} to {fresh[-1].seq - 1} are forgotten.",
                    where=self._where,
                    cause="more arrived than the history holds",
                    fix="keep other senders away, then repeat the run",
                )
            return fresh[::-1]


def first_match(
    after: Callable[[int, float], Sequence[T]], predicate: Callable[[T], bool], *, since: int, timeout_s: float
) -> T | None:
    """Return the first item above ``since`` that ``predicate`` accepts, or None after ``timeout_s`` seconds.

    ``after`` is :meth:`History.after` or something like it that may come back early with nothing.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        remaining = max(0.0, deadline - time.monotonic())
        fresh = after(since, remaining)
        for item in fresh:
            if predicate(item):
                return item
        if not remaining:
            return None
        if fresh:
            since = fresh[-1].seq
