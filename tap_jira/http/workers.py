"""Requests side by side, results in order, memory bounded.

Jobs run on a thread pool; :meth:`Workers.in_order` hands their results out in the order in which
the jobs were given, with at most a fixed number of jobs under way or waiting to be taken.

**No job waits for a job.** One that did would hold a thread which the other may need, and with
``max_concurrency: 1`` always does. So only the main thread takes results, and what has to be
decided between two requests is decided there; a job asks for what it needs by itself.
"""

from __future__ import annotations

import collections
import concurrent.futures
import dataclasses
import threading
import typing as t
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from tap_jira.errors import InterruptedRunError

T = t.TypeVar("T")
AHEAD = 4
"""Jobs that may wait for their turn, beside those under way."""
MOST_DONE = 4
"""Results that may wait for their turn before more jobs are begun: each holds a page in memory."""
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


@dataclasses.dataclass(frozen=True)
class _Begun(t.Generic[T]):
    """A job that is done, and those following it that are already under way."""

    outcome: Outcome[T]
    following: list[concurrent.futures.Future[_Begun[T]]]


class Workers:
    """The tap's thread pool."""

    def __init__(self, size: int) -> None:
        """Allow this many threads."""
        self.size = size
        self._place = threading.local()
        self._pool = concurrent.futures.ThreadPoolExecutor(
            size, thread_name_prefix="jira", initializer=self._mark
        )
        self._exit_code: int | None = None

    def _mark(self) -> None:
        """Know this thread for one of the pool's own."""
        self._place.is_job = True

    def stop(self, exit_code: int) -> None:
        """Make the main thread raise :class:`InterruptedRunError` at its next safe point.

        Called from a signal handler: it takes no lock that the interrupted code may hold.
        """
        self._exit_code = exit_code

    def run(self, call: Callable[[], T]) -> T:
        """Do one thing on the pool, so that the wait for it can be interrupted."""
        return self.result(self.start(call))

    def start(self, call: Callable[[], T]) -> concurrent.futures.Future[T]:
        """Begin one thing; take it with :meth:`result`."""
        self.check()
        return self._pool.submit(call)

    def result(self, future: concurrent.futures.Future[T]) -> T:
        """The result, once it is there.

        Raises:
            RuntimeError: a job asks for it, which is a mistake in the program.
        """
        if getattr(self._place, "is_job", False):
            msg = "A job must not wait for a job: with one thread neither would ever end."
            raise RuntimeError(msg)
        while True:
            self.check()
            # Waited for, then taken: a poll that ends without a result is no error, and a job's
            # own TimeoutError is none of the poll's.
            if concurrent.futures.wait((future,), timeout=POLL).done:
                return future.result()

    def map(self, calls: Iterable[Callable[[], T]]) -> list[T]:
        """All results, in order."""
        return [self.result(future) for future in [self.start(call) for call in calls]]

    def in_order(
        self, jobs: Iterable[Job[T]], ahead: int | None = None
    ) -> Generator[T, None, None]:
        """The jobs' results, in order; jobs are taken from the iterable as room permits.

        Where the writing is slower than Jira, few pages wait; where Jira is slower, many are asked
        for.
        """
        most = ahead or self.size + AHEAD
        pending: collections.deque[concurrent.futures.Future[_Begun[T]]] = collections.deque()
        source = iter(jobs)
        exhausted = False
        try:
            while True:
                while not exhausted and len(pending) < most and _done(pending) < MOST_DONE:
                    job = next(source, None)
                    if job is None:
                        exhausted = True
                    else:
                        pending.append(self._begin(job, eager=True))
                if not pending:
                    return
                begun = self.result(pending.popleft())
                following = begun.following or [
                    self._begin(job, eager=False) for job in begun.outcome.then
                ]
                pending.extendleft(reversed(following))
                yield begun.outcome.value
        finally:
            for future in pending:
                future.cancel()

    def _begin(self, job: Job[T], *, eager: bool) -> concurrent.futures.Future[_Begun[T]]:
        """Start a job; if ``eager``, what follows from it as soon as it is done, not at its turn.

        What follows from that in turn has to wait: a long chain of pages must not run ahead.
        """

        def do() -> _Begun[T]:
            outcome = job()
            following = [self._begin(each, eager=False) for each in outcome.then] if eager else []
            return _Begun(outcome, following)

        return self.start(do)

    def check(self) -> None:
        """A safe point: stop here if the run was asked to.

        Raises:
            InterruptedRunError: it was.
        """
        if self._exit_code is not None:
            raise InterruptedRunError(self._exit_code)

    def checked(self, some: Iterable[T]) -> Iterator[T]:
        """The same things, with a safe point before each."""
        for each in some:
            self.check()
            yield each


def _done(futures: Iterable[concurrent.futures.Future[t.Any]]) -> int:
    return sum(future.done() for future in futures)
