"""Telling one issue that cannot be read from a Jira that cannot be read.

An issue can be broken for good: its page fails with 500 whatever is tried, a field of it never
loads. The others must not wait for it. But when Jira is down, each issue looks like that. The
difference is whether others load meanwhile.
"""

from __future__ import annotations

import contextlib
import threading
import time
import typing as t

from tap_jira.errors import NotFoundError, StreamError

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

T = t.TypeVar("T")
MOST = 20
"""Issues of a pass that may be unreadable; more are no longer the issues' fault."""
ROUNDS = 3
"""Times that an issue is tried while its neighbours load, each with a short retry."""
NEIGHBOURS = 3
"""Issues that are tried in its place, of those that were read or asked for."""
LONGEST = 60.0
"""Seconds after which no further issue is tried in its place."""


class UnreadableError(StreamError):
    """An issue cannot be read, though others can; ``error`` is why."""

    def __init__(self, issue_id: str, error: StreamError) -> None:
        """Name it."""
        super().__init__(str(error))
        self.issue_id = issue_id
        self.error = error


class Unreadable:
    """Judges failures of one part of the issues (their content, comments or histories)."""

    def __init__(
        self, *, once: bool = False, elsewhere: Callable[[], Sequence[str]] = tuple
    ) -> None:
        """``once`` takes a failure for what it is at once: of issues known to be unreadable.

        ``elsewhere`` names further issues, for when all that were asked for together fail.
        """
        self.once = once
        self._elsewhere = elsewhere
        self._lock = threading.Lock()
        self._loaded = 0
        self._good: dict[str, None] = {}
        self._tried: dict[str, None] = {}
        self._failed: set[str] = set()

    def trying(self, *issue_ids: str) -> None:
        """These are asked for, together."""
        with self._lock:
            step = len(issue_ids) // (2 * NEIGHBOURS) + 1
            self._tried.update(dict.fromkeys(issue_ids[::step]))
            for each in list(self._tried)[: -4 * NEIGHBOURS]:
                del self._tried[each]

    def loaded(self, *issue_ids: str) -> None:
        """These could be read."""
        with self._lock:
            self._loaded += 1
            self._good.update(dict.fromkeys((*issue_ids[:1], *issue_ids[-1:])))
            for each in list(self._good)[: -2 * NEIGHBOURS]:
                del self._good[each]

    def read(self, issue_id: str, ask: Callable[[str, bool], T]) -> T:
        """What ``ask(issue_id, patient)`` gives.

        Raises:
            UnreadableError: this issue cannot be read, but others can.
            NotFoundError: it is gone.
            StreamError: Jira is in trouble, and was given the time to recover.
        """
        self.trying(issue_id)
        began = self._loaded
        failure: StreamError | None = None
        for _ in range(1 if self.once else ROUNDS):
            try:
                return self._ask(issue_id, ask, patient=False)
            except NotFoundError:
                raise
            except StreamError as error:
                failure = error
            if not self.once and not self._others_load(issue_id, began, ask):
                break
        else:
            raise self._unreadable(issue_id, t.cast("StreamError", failure))
        began = self._loaded
        try:
            return self._ask(issue_id, ask, patient=True)
        except NotFoundError:
            raise
        except StreamError as error:
            if self._others_load(issue_id, began, ask) or self._is_alone(issue_id):
                raise self._unreadable(issue_id, error) from error
            raise

    def _ask(self, issue_id: str, ask: Callable[[str, bool], T], *, patient: bool) -> T:
        found = ask(issue_id, patient)
        self.loaded(issue_id)
        return found

    def _others_load(self, issue_id: str, began: int, ask: Callable[[str, bool], t.Any]) -> bool:
        """Whether another issue was read meanwhile, or can be now."""
        if self._loaded > began:
            return True
        ends = time.monotonic() + LONGEST
        for each in self._others(issue_id):
            try:
                self._ask(each, ask, patient=False)
            except NotFoundError:
                return True  # that is an answer, too
            except StreamError:
                if time.monotonic() > ends:
                    break
                continue
            return True
        return False

    def _others(self, issue_id: str) -> Iterator[str]:
        """The issues to try in its place, one after the other."""
        with self._lock:
            known = {issue_id, *self._failed}
            good = [each for each in reversed(self._good) if each not in known]
            near = [each for each in self._tried if each not in known]
        if good:
            yield from good[:NEIGHBOURS]
            return
        near = list(_far_apart(near))[:NEIGHBOURS]
        yield from near
        # Up to as many as may be unreadable can be so side by side; then it takes one more.
        known.update(near)
        far = [each for each in self._elsewhere() if each not in known]
        with self._lock:
            self._tried.update(dict.fromkeys(far[:1]))
        yield from list(_far_apart(far))[: MOST + 1]

    def _is_alone(self, issue_id: str) -> bool:
        """Whether nothing else was tried: then it is this issue's fault as likely as not."""
        return not self._good.keys() - {issue_id} and not self._tried.keys() - {issue_id}

    def _unreadable(self, issue_id: str, error: StreamError) -> StreamError:
        with self._lock:
            self._failed.add(issue_id)
            too_many = len(self._failed) > MOST and not self.once
        return error if too_many else UnreadableError(issue_id, error)


class OnceAsked:
    """A few issues of the site, asked for when they are first wanted; none if that fails."""

    def __init__(self, ask: Callable[[], list[str]]) -> None:
        """``ask`` gives their ids."""
        self._ask = ask
        self._ids: list[str] = []

    def __call__(self) -> Sequence[str]:
        """Their ids."""
        if not self._ids:
            with contextlib.suppress(StreamError):
                self._ids = self._ask()
        return self._ids


def _far_apart(ids: Sequence[str]) -> Iterator[str]:
    """The one in the middle, those in the middle of what lies before and behind it, and so on."""
    spans = [(0, len(ids))]
    for start, end in spans:
        if start < end:
            middle = (start + end) // 2
            yield ids[middle]
            spans += [(start, middle), (middle + 1, end)]
