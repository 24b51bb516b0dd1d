"""The content of issues that are known by id: in bulk, and each by itself where that fails."""

from __future__ import annotations

import logging
import typing as t

import msgspec

from tap_jira.errors import (
    IncompleteReadError,
    NotFoundError,
    PermissionDeniedError,
    StreamError,
    UnavailableError,
)
from tap_jira.http.client import Request
from tap_jira.issues.events import objects
from tap_jira.issues.unreadable import UnreadableError
from tap_jira.issues.windows import IDS, Issue, unique, version_of
from tap_jira.records.decode import ENCODED_NULL

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from tap_jira.http.client import JiraClient
    from tap_jira.issues.portions import Portions
    from tap_jira.issues.query import Query
    from tap_jira.issues.unreadable import Unreadable

logger = logging.getLogger("tap-jira.issues")

ALWAYS_FILLED = frozenset({"created", "updated", "project", "issuetype", "status"})
"""Fields that no issue is without."""
_ENCODED_EMPTY = msgspec.Raw(b"{}")
ROUNDS = 3
"""Times that issues which came incomplete are asked for together, before each by itself."""
FIELDS_LENGTH = 4000
"""Most characters of field names in an address: proxies refuse those beyond about 8,000."""


_Ask: t.TypeAlias = "Callable[[str, bool], list[Issue]]"


class Content:
    """Reads issues by their ids; how they are asked for is in the subclasses."""

    def __init__(
        self, client: JiraClient, query: Query, portions: Portions, unreadable: Unreadable
    ) -> None:
        """Take what is to be read of each issue, and how many to ask for at once."""
        self._client = client
        self._query = query
        self._portions = portions
        self._unreadable = unreadable
        self.known: Mapping[str, StreamError] = {}
        """Issues that cannot be read, and why: they are not asked for."""

    def read(
        self, ids: Iterable[str], had: Sequence[Issue] = ()
    ) -> tuple[list[Issue], dict[str, StreamError]]:
        """The issues, without those that are gone, and why some cannot be read.

        ``had`` is what a first request for them was answered with, if there was one.

        Raises:
            StreamError: Jira is in trouble, not single issues.
        """
        found: dict[str, Issue] = {}
        failed: dict[str, StreamError] = {}
        certain: set[str] = set()

        def alone(issue_id: str, ask: _Ask = self._ask_alone) -> list[Issue]:
            try:
                return self._unreadable.read(issue_id, ask)
            except NotFoundError:
                certain.add(issue_id)
                return []
            except UnreadableError as error:
                failed[issue_id] = error.error
                return []

        self.note(had)
        asked = list(dict.fromkeys(ids))
        if self.known:
            failed.update((each, self.known[each]) for each in asked if each in self.known)
            asked = [each for each in asked if each not in failed]
        wanted, absent = asked, set[str]()
        for attempt in range(ROUNDS):
            if not asked:
                break
            first = had if not attempt else ()
            answer = first or self._portions.read(asked, self._ask_many, alone)
            shown = {issue["id"]: issue for issue in answer}
            found.update((each, issue) for each, issue in shown.items() if self.is_whole(issue))
            # Gone, most likely; an answer that was cut short looks the same.
            missing = {each for each in asked if each not in shown} - failed.keys()
            asked = [
                each
                for each in asked
                if each not in found and (each in shown or each in missing - absent)
            ]
            absent |= missing
        known = found.keys() | failed.keys() | certain
        gone = [each for each in wanted if each in absent and each not in known]
        if 2 * len(gone) >= len(wanted) and any(map(self._is_there, _few(gone))):
            # So many are not gone at once: each has to prove it.
            for each in gone:
                found.update((issue["id"], issue) for issue in alone(each, self._ask_there))
        # Some have come incomplete each time.
        for each in asked:
            found.update((issue["id"], issue) for issue in alone(each))
        failed = {each: error for each, error in failed.items() if each not in found}
        return list(found.values()), failed

    def _ask_many(self, ids: Sequence[str], _: float) -> list[Issue]:
        """Impatiently; issues that Jira says it failed to load come without their fields."""
        self._unreadable.trying(*ids)
        issues = self._ask(ids, patient=False)
        self.note(issues)
        return issues

    def note(self, issues: Sequence[Issue]) -> None:
        """These were read: if another one cannot be, it is not Jira that is in trouble."""
        first, last = (
            next(filter(self.is_whole, each), None) for each in (issues, reversed(issues))
        )
        if first and last:
            self._unreadable.loaded(first["id"], last["id"])

    def _ask_alone(self, issue_id: str, patient: bool) -> list[Issue]:  # noqa: FBT001 - a callback
        """One issue, or none if it is gone.

        Raises:
            IncompleteReadError: Jira left something out.
        """
        issues = self._ask([issue_id], patient=patient)
        for issue in issues:
            if not self.is_whole(issue):
                said = issue.get("said")
                msg = f"Jira could not load it: {said}" if said else "Jira leaves out fields of it."
                raise IncompleteReadError(msg)
        return issues

    def _ask_there(self, issue_id: str, patient: bool) -> list[Issue]:  # noqa: FBT001 - a callback
        """One issue, which is gone only if it is not there by itself either.

        Raises:
            NotFoundError: it is gone.
            IncompleteReadError: it is there, and nothing of it comes.
        """
        issues = self._ask_alone(issue_id, patient)
        if not issues and self._is_there(issue_id):
            msg = f"Jira has issue {issue_id}, but leaves it out of its answers."
            raise IncompleteReadError(msg)
        if not issues:
            raise NotFoundError(issue_id)
        return issues

    def _is_there(self, issue_id: str) -> bool:
        """Whether Jira has an issue that it gave nothing of, or does not say."""
        try:
            read_alone(self._client, issue_id, IDS, patient=False)
        except (NotFoundError, PermissionDeniedError):
            return False
        except StreamError:
            return True
        return True

    def _ask(self, ids: Sequence[str], *, patient: bool) -> list[Issue]:
        raise NotImplementedError

    def is_whole(self, issue: Issue) -> bool:
        """Whether all is there that was asked for, as far as can be told."""
        raise NotImplementedError


class CloudContent(Content):
    """``POST /rest/api/3/issue/bulkfetch``, from the issues themselves, not the search index."""

    _has_bulkfetch = True

    def __init__(
        self, client: JiraClient, query: Query, portions: Portions, unreadable: Unreadable
    ) -> None:
        """See :class:`Content`."""
        super().__init__(client, query, portions, unreadable)
        self._always = ALWAYS_FILLED.intersection(query.fields)

    def _ask(self, ids: Sequence[str], *, patient: bool) -> list[Issue]:
        """Those that vanished meanwhile are absent.

        ``issueErrors`` name issues that failed to load, which are asked for again.
        """
        if not self._has_bulkfetch:
            return self._ask_search(ids, patient=patient)
        body: dict[str, t.Any] = {"issueIdsOrKeys": list(ids), "fields": list(self._query.fields)}
        if self._query.expand:
            body["expand"] = list(self._query.expand)
        request = Request("POST", "issue/bulkfetch", json=body, read=self._query.read)
        try:
            answer = self._client.ask(request, patient=patient).payload
        except NotFoundError:
            logger.info("This Jira has no issue/bulkfetch: issues are read through the search.")
            self._has_bulkfetch = False
            return self._ask_search(ids, patient=patient)
        issues = unique(answer["issues"])
        errors = objects(answer.get("issueErrors"))
        if not errors:
            return issues
        said = {str(each.get("id")): str(each.get("errorMessage")) for each in errors}
        missing = set(ids) - {issue["id"] for issue in issues}
        # An error that names none of the issues may be about any that is missing.
        named = missing & said.keys() if said.keys() <= set(ids) else missing
        general = next(iter(said.values()))
        return [*issues, *({"id": each, "said": said.get(each, general)} for each in named)]

    def _ask_search(self, ids: Sequence[str], *, patient: bool) -> list[Issue]:
        """The content through ``search/jql``, where there is no bulk resource."""
        query = self._query

        def ask(ids: Sequence[str]) -> list[Issue]:
            body: dict[str, t.Any] = {
                "jql": f"id in ({', '.join(ids)})",
                "fields": list(query.fields),
                "maxResults": len(ids),
            }
            if query.expand:
                body["expand"] = ",".join(query.expand)
            request = Request("POST", "search/jql", json=body, read=query.read)
            return unique(self._client.ask(request, patient=patient).payload["issues"])

        return _in_halves(ids, ask)

    def is_whole(self, issue: Issue) -> bool:
        """When a field fails to load, Jira leaves it out and says nothing (``failFast`` is off).

        The ones that every issue has tell.
        """
        if "said" in issue:
            return False
        fields = issue.get("fields") or {}
        values = [*map(fields.get, self._always)]
        if not all(values) or ENCODED_NULL in values or _ENCODED_EMPTY in values:
            return False
        return "updated" not in self._always or bool(version_of(issue))


class OffsetContent(Content):
    """``POST /rest/api/2/search`` by ids, and ``GET /rest/api/2/issue/{id}`` for a single one."""

    def _ask(self, ids: Sequence[str], *, patient: bool) -> list[Issue]:
        query = self._query
        if len(ids) == 1:
            return [read_alone(self._client, ids[0], query, patient=patient)]

        def ask(ids: Sequence[str]) -> list[Issue]:
            body = {
                "jql": f"id in ({', '.join(ids)})",
                "startAt": 0,
                "maxResults": len(ids),
                "fields": list(query.fields),
                "expand": list(query.expand),
                # An id that is gone would make the whole query fail.
                "validateQuery": False,
            }
            request = Request("POST", "search", json=body, read=query.read)
            return unique(self._client.ask(request, patient=patient).payload["issues"])

        return _in_halves(ids, ask)

    def is_whole(self, issue: Issue) -> bool:
        """Data Center fails instead; but there are answers with an issue that has no fields."""
        return bool(version_of(issue))


def read_alone(client: JiraClient, issue_id: str, query: Query, *, patient: bool = True) -> Issue:
    """One issue by ``GET issue/{id}``; many fields in parts, since an address has an end.

    Raises:
        NotFoundError: it is gone.
        UnavailableError: it changed between two parts each time, or Jira is in trouble.
    """
    parts: list[list[str]] = [[]]
    for name in query.fields:
        if parts[-1] and len(",".join([*parts[-1], name])) > FIELDS_LENGTH:
            parts.append([])
        parts[-1].append(name)
    for _ in range(ROUNDS):
        whole: Issue = {}
        versions = set()
        for number, names in enumerate(parts):
            params = {"fields": ",".join(dict.fromkeys([*names, "updated"]))}
            if query.expand and not number:
                params["expand"] = ",".join(query.expand)
            request = Request("GET", "issue/{issue}", {"issue": issue_id}, params)
            part = client.ask(request, patient=patient).payload
            fields = part.get("fields") or {}
            versions.add(version_of(part))
            whole = {**part, "fields": {**(whole.get("fields") or {}), **fields}} | (
                {"changelog": whole["changelog"]} if "changelog" in whole else {}
            )
        if len(versions) == 1:
            return whole
    msg = f"Issue {issue_id} kept changing while it was read in parts: run again."
    raise UnavailableError(msg)


def _in_halves(ids: Sequence[str], ask: Callable[[Sequence[str]], list[Issue]]) -> list[Issue]:
    """Issues by a query for their ids.

    One id that is gone can leave the others out of the answer, without an error; so what is
    missing is asked for in halves, and is gone only if it is missing alone.
    """
    issues = ask(ids)
    found = {issue["id"] for issue in issues}
    missing = [each for each in ids if each not in found]
    if not missing or len(ids) == 1:
        return issues
    middle = (len(missing) + 1) // 2
    for half in filter(None, (missing[:middle], missing[middle:])):
        issues += _in_halves(half, ask)
    return issues


def _few(ids: Sequence[str]) -> list[str]:
    """The first, the middle one and the last."""
    return list(dict.fromkeys((ids[0], ids[len(ids) // 2], ids[-1]))) if ids else []
