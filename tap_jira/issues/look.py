"""Looking for issues by their ids: whether they are there, and some of their fields."""

from __future__ import annotations

import threading
import typing as t
from functools import partial

from tap_jira.errors import NotFoundError, PermissionDeniedError, StreamError
from tap_jira.http.client import Request
from tap_jira.http.workers import Outcome
from tap_jira.issues.events import objects

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from tap_jira.issues.windows import Issue
    from tap_jira.jira.connection import Connection

BATCH = 100
"""Issues to look for with one request: what ``issue/bulkfetch`` has always allowed."""
PLAIN = 1000
"""What it allows since autumn 2026 if nothing but fields with a single value are asked for."""
ROUNDS = 2
"""Times that an issue has to be absent: an answer that was cut short looks the same."""
MOST_FAILED = 20
"""Issues that may fail by themselves while none is answered for, until Jira is to blame."""


class _CutOffError(StreamError):
    """There may be more than the answer shows."""


def look_for(
    connection: Connection, ids: Iterable[str], *, fields: Sequence[str] = ("project",)
) -> list[Issue]:
    """Those of the issues that are there, with their ids and these fields.

    One that fails by itself is there, but comes without any. Fields have a single value each.

    Cloud is asked for the issues themselves (``issue/bulkfetch``, which does not go by the search
    index), Data Center for each by its id in a search.

    Raises:
        StreamError: Jira cannot tell.
    """
    return _Look(connection, fields).look_for(list(ids))


class _Look:
    """One look, which gives up if it gets no answer for any issue."""

    def __init__(self, connection: Connection, fields: Sequence[str]) -> None:
        self._connection = connection
        self._fields = list(fields)
        self._lock = threading.Lock()
        self._answered = False
        self._failed = 0

    def look_for(self, asked: Sequence[str]) -> list[Issue]:
        found: list[Issue] = []
        for _ in range(ROUNDS):
            size = PLAIN if self._connection.site.is_cloud else BATCH
            jobs = (partial(self._job, part) for part in _parts(asked, size))
            for issues in self._connection.workers.in_order(jobs):
                found += issues
            shown = {issue["id"] for issue in found}
            asked = [each for each in asked if each not in shown]
        return found

    def _job(self, ids: Sequence[str], *, patient: bool = True) -> Outcome[list[Issue]]:
        """Those that are there; if that fails, parts of them by themselves."""
        alone = len(ids) == 1
        try:
            found = self._ask(ids, patient=patient and not alone)
        except PermissionDeniedError:
            raise  # which has nothing to do with any issue: those that may not be seen are absent
        except _CutOffError:
            if alone:  # the index counts it, but does not have it any more
                return Outcome([])
        except StreamError as error:
            if alone:
                self._note(error)
                # It fails by itself: then it is there.
                return Outcome([{"id": ids[0]}])
        else:
            self._answered = True
            return Outcome(found)
        # Beyond a batch it may only be more than this Jira allows.
        parts = _parts(ids, BATCH if len(ids) > BATCH else (len(ids) + 1) // 2)
        return Outcome([], [partial(self._job, part, patient=False) for part in parts])

    def _note(self, error: StreamError) -> None:
        """An issue fails by itself.

        Raises:
            StreamError: so do all others.
        """
        with self._lock:
            self._failed += 1
            if self._failed >= MOST_FAILED and not self._answered:
                raise error

    def _ask(self, ids: Sequence[str], *, patient: bool) -> list[Issue]:
        fields, client = self._fields, self._connection.client
        query: dict[str, t.Any] = {
            "jql": f"id in ({', '.join(ids)})",
            "maxResults": len(ids),
            "fields": fields,
        }
        if self._connection.site.is_cloud:
            body = {"issueIdsOrKeys": list(ids), "fields": fields}
            try:
                request = Request("POST", "issue/bulkfetch", json=body)
                answer = client.ask(request, patient=patient)
            except NotFoundError:  # there is no such resource
                answer = client.ask(Request("POST", "search/jql", json=query), patient=patient)
        else:
            # An id that is gone would make the whole query fail.
            query |= {"startAt": 0, "validateQuery": False}
            answer = client.ask(Request("POST", "search", json=query), patient=patient)
        found: list[Issue] = answer.payload["issues"]
        if (answer.payload.get("total") or 0) > len(found) or answer.payload.get("nextPageToken"):
            raise _CutOffError(ids[0])
        shown = {issue["id"] for issue in found}
        return [
            *found,
            *({"id": each} for each in _unsure(answer.payload, ids) if each not in shown),
        ]


def _unsure(answer: Mapping[str, t.Any], ids: Sequence[str]) -> Iterable[str]:
    """The issues that failed to load, as Jira says: any, where it does not say which."""
    failed = objects(answer.get("issueErrors"))
    named = {str(each.get("id")) for each in failed}
    return named if named <= {*ids} else ids


def _parts(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
