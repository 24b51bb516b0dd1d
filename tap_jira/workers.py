"""Requests side by side, results in order, memory bounded.

Jobs run on a thread pool; :meth:`Workers.in_order` hands their results out in the order in which
the jobs were given, with at most a fixed number of jobs under way or waiting to be taken.
"""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import threading
import typing as t
from collections.abc import Callable, Iterable, Iterator, Sequence

from tap_jira.errors import InterruptedRunError

T = t.TypeVar("T")
POLL = 0.2
"""Seconds after which a waiting main thread looks whether it should stop."""


@dataclasses.dataclass(frozen=True)
class Outcome(t.Generic[T]):
    """A job's result, and the jobs whose need showed only in doing it (a next page, …).

    Their results come right after it.
    """

    value: T
    then: Sequence[Callable[[], Outcome[T]]] = ()


Job = Callable[[], Outcome[T]]


class Workers:
    """The tap's thread pool."""

    def __init__(self, size: int) -> None:
        """Allow this many threads."""
        self.size = size
        self._pool = concurrent.futures.ThreadPoolExecutor(size, thread_name_prefix="jira")
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Make the waiting main thread raise :class:`InterruptedRunError`; drop waiting jobs."""
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to stop."""
        return self._stopping.is_set()

    def run(self, call: Callable[[], T]) -> T:
        """Do one thing on the pool, so that the wait for it can be interrupted."""
        return self.result(self.start(call))

    def start(self, call: Callable[[], T]) -> concurrent.futures.Future[T]:
        """Begin one thing; take it with :meth:`result`."""
        self._check()
        return self._pool.submit(call)

    def result(self, future: concurrent.futures.Future[T]) -> T:
        """The result, once it is there."""
        while True:
            self._check()
            try:
                return future.result(timeout=POLL)
            except concurrent.futures.TimeoutError:
                if future.done():
                    raise

    def map(self, calls: Iterable[Callable[[], T]]) -> list[T]:
        """All results, in order."""
        return [self.result(future) for future in [self.start(call) for call in calls]]

    def in_order(self, jobs: Iterable[Job[T]], ahead: int | None = None) -> Iterator[T]:
        """The jobs' results, in order; jobs are taken from the iterable as room permits."""
        most = ahead or 2 * self.size
        pending: collections.deque[concurrent.futures.Future[Outcome[T]]] = collections.deque()
        source = iter(jobs)
        exhausted = False
        try:
            while True:
                while not exhausted and len(pending) < most:
                    job = next(source, None)
                    if job is None:
                        exhausted = True
                    else:
                        pending.append(self.start(job))
                if not pending:
                    return
                outcome = self.result(pending.popleft())
                pending.extendleft(reversed([self.start(job) for job in outcome.then]))
                yield outcome.value
        finally:
            for future in pending:
                future.cancel()

    def _check(self) -> None:
        if self.stopping:
            msg = "The run was stopped."
            raise InterruptedRunError(msg)
