"""The queue of work: in order, only so many at once, and honest when there is too much."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from demos.job_queue import BusyError, Work


@pytest.fixture
def work() -> Iterator[Work]:
    made = Work(at_once=2, most_waiting=2)
    yield made
    made.close()


def test_answers_and_mistakes_come_back(work: Work) -> None:
    assert work.do(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        work.do(divmod, 7, 0)
    assert asyncio.run(work.done(divmod, 7, 2)) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(work.done(divmod, 7, 0))


def test_two_at_once_and_two_that_wait_are_all_it_takes(work: Work) -> None:
    go, begun = threading.Event(), threading.Barrier(3)
    most, now, lock = [0], [0], threading.Lock()

    def task(wait_for_others: bool) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        if wait_for_others:
            begun.wait(10)
        go.wait(10)
        with lock:
            now[0] -= 1

    first = [threading.Thread(target=work.do, args=(task, True)) for _ in range(2)]
    for thread in first:
        thread.start()
    begun.wait(10)  # both threads are taken now

    async def the_rest() -> None:
        waiting = [asyncio.ensure_future(work.done(task, False)) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="4 requests"):
            await work.done(task, False)
        go.set()
        await asyncio.gather(*waiting)

    asyncio.run(the_rest())
    for thread in first:
        thread.join(10)
    assert most[0] == 2
    assert work.do(divmod, 7, 2) == (3, 1)  # there is room again


def test_who_gives_up_while_waiting_leaves_the_queue(work: Work) -> None:
    go, begun, ran = threading.Event(), threading.Barrier(3), []

    def hold() -> None:
        begun.wait(10)
        go.wait(10)

    first = [threading.Thread(target=work.do, args=(hold,)) for _ in range(2)]
    for thread in first:
        thread.start()
    begun.wait(10)

    async def give_up() -> None:
        waiting = asyncio.ensure_future(work.done(ran.append, 1))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(give_up())
    go.set()
    for thread in first:
        thread.join(10)
    assert work.do(divmod, 7, 2) == (3, 1)
    assert ran == []
