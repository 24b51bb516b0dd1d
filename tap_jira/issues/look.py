"""Looking for issues by their ids: whether those that no search shows are there nevertheless."""

from __future__ import annotations

import typing as t
from functools import partial

from tap_jira.errors import NotFoundError, StreamError
from tap_jira.http.client import Request
from tap_jira.http.workers import Outcome
from tap_jira.issues.windows import Issue

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_jira.http.workers import Workers
    from tap_jira.jira.connection import Connection

BATCH = 100
"""Issues to look for with one request: what ``issue/bulkfetch`` allows."""
ROUNDS = 2
"""Times that an issue has to be absent: an answer that was cut short looks the same."""


def look_for(connection: Connection, ids: Iterable[str]) -> list[Issue]:
    """Those of the issues that are there, with their ids and projects.

    Cloud is asked for the issues themselves (``issue/bulkfetch``, which does not go by the search
    index), Data Center for each by its id in a search.

    Raises:
        StreamError: Jira cannot tell.
    """
    asked, found = list(ids), list[Issue]()
    workers: Workers = connection.workers
    for _ in range(ROUNDS):
        jobs = (partial(_job, connection, part) for part in _parts(asked))
        for issues in workers.in_order(jobs):
            found += issues
        shown = {issue["id"] for issue in found}
        asked = [each for each in asked if each not in shown]
    return found


def _job(connection: Connection, ids: Sequence[str]) -> Outcome[list[Issue]]:
    try:
        return Outcome(_ask(connection, ids))
    except StreamError:
        if len(ids) == 1:
            # It fails by itself: then it is there.
            return Outcome([{"id": ids[0]}])
        middle = len(ids) // 2
        halves = (ids[:middle], ids[middle:])
        return Outcome([], [partial(_job, connection, half) for half in halves])


def _ask(connection: Connection, ids: Sequence[str]) -> list[Issue]:
    fields = ["project"]
    if connection.site.is_cloud:
        body = {"issueIdsOrKeys": list(ids), "fields": fields}
        request = Request("POST", "issue/bulkfetch", json=body)
        try:
            answer = connection.client.ask(request)
        except NotFoundError:  # there is no such resource
            query = {"jql": f"id in ({', '.join(ids)})", "maxResults": len(ids), "fields": fields}
            answer = connection.client.ask(Request("POST", "search/jql", json=query))
    else:
        query = {"jql": f"id in ({', '.join(ids)})", "startAt": 0, "maxResults": len(ids)}
        # An id that is gone would make the whole query fail.
        query |= {"fields": fields, "validateQuery": False}
        answer = connection.client.ask(Request("POST", "search", json=query))
    failed = answer.payload.get("issueErrors") or ()
    unsure = [{"id": str(each["id"])} for each in failed if isinstance(each, dict) and "id" in each]
    return [*answer.payload["issues"], *(each for each in unsure if each["id"] in ids)]


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))
