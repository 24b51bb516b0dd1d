"""Histories on Cloud, from ``POST /rest/api/3/changelog/bulkfetch``."""

from __future__ import annotations

import dataclasses
import typing as t
from functools import partial

import msgspec

from tap_jira.errors import IncompleteReadError, NotFoundError, StreamError, UnavailableError
from tap_jira.http.client import Request
from tap_jira.http.workers import Outcome
from tap_jira.issues.events import HistoriesRead, IssuesRead, Milestone, Step, Trouble, Unread
from tap_jira.issues.portions import Portions
from tap_jira.issues.unreadable import UnreadableError
from tap_jira.records.decode import ENCODED_NULL, InvalidJsonError, decode, prepared
from tap_jira.records.timestamps import epoch_ms

if t.TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from tap_jira.http.client import JiraClient
    from tap_jira.http.workers import Job, Workers
    from tap_jira.issues.unreadable import Unreadable
    from tap_jira.issues.windows import Issue

HISTORY_ISSUES = 1000
"""Most issues in one request of ``changelog/bulkfetch``."""
HISTORY_PAGE = 10_000
"""Most histories in one answer of it."""
LEAST_PAGE = 200
"""Histories to ask for at least, however much smaller requests are made."""
SAMPLE = 200
"""Issues that tell how many histories there are, before more of them are asked for at once."""
FILL = 0.8
"""How full a page is planned to be by that."""
LEAST_DENSITY = 0.1
READS = 4
"""Times that a page is read which leaves out something else each time."""
LEAST_ROWS = len('[{"id":1}]')
"""Characters of the shortest list with a history in it."""


class _History(msgspec.Struct, gc=False):
    """What every history has."""

    id: str | int


class _IssueHistories(msgspec.Struct, rename="camel"):
    """``{"issueId": "10002", "changeHistories": […]}``."""

    issue_id: str | int
    change_histories: msgspec.Raw = ENCODED_NULL

    @property
    def has_list(self) -> bool:
        """Whether its list came with it."""
        return self.change_histories != ENCODED_NULL


class _HistoryPage(msgspec.Struct, rename="camel"):
    """An answer of ``changelog/bulkfetch``."""

    issue_change_logs: list[_IssueHistories] | None = None
    next_page_token: str | None = None

    @property
    def logs(self) -> list[_IssueHistories]:
        """The histories by issue."""
        return self.issue_change_logs or []

    @property
    def lacks(self) -> frozenset[str]:
        """The issues whose lists are missing; empty text for the array itself.

        So it may be where there is nothing to list, and so it is in an answer that was mangled.
        """
        if self.issue_change_logs is None:
            return frozenset({""})
        return frozenset(str(log.issue_id) for log in self.logs if not log.has_list)


_PAGE = prepared(_HistoryPage)
prepared(list[_History])
_ALLOWED = {"issueChangeLogs", "nextPageToken"}


def _read_page(body: bytes) -> _HistoryPage:
    """An answer; without its array it is none if there is anything else in it.

    The array is not a required member, and may be missing where there is nothing to list.

    Raises:
        InvalidJsonError: a proxy or a troubled server has answered something else.
    """
    page: _HistoryPage = decode(body, _PAGE)
    if page.issue_change_logs is None:
        answer = decode(body)
        if not isinstance(answer, dict) or answer.keys() - _ALLOWED:
            msg = "it lacks the array 'issueChangeLogs'"
            raise InvalidJsonError(msg)
    for log in page.logs:
        if log.has_list:
            try:
                decode(bytes(log.change_histories), list[_History])
            except InvalidJsonError as error:
                msg = f"the histories of issue {log.issue_id} are none: {error}"
                raise InvalidJsonError(msg) from error
    return page


@dataclasses.dataclass(frozen=True)
class _Chain:
    """The last page that was read of some issues' histories, and how it was asked for."""

    issues: Sequence[Issue]
    size: int
    tokens: tuple[str | None, ...]
    """Those that were had, the next one last."""
    pages: list[_HistoryPage]


class Histories:
    """Asks for the histories of issues, page after page.

    With ``whole``, an issue's are handed out together. Then an answer may not hold many more
    issues than have their histories on one page: what is held in memory are pages.
    """

    def __init__(
        self,
        client: JiraClient,
        workers: Workers,
        unreadable: Unreadable,
        described: Callable[[Issue], Issue],
        *,
        whole: bool,
    ) -> None:
        """Take what they come through; ``described`` adds an issue's key and `updated`."""
        self._client = client
        self._workers = workers
        self._unreadable = unreadable
        self._described = described
        self._whole = whole
        self._portions = Portions(HISTORY_ISSUES)
        self._failed = False
        self._density = 0.0
        """Histories an issue, as last seen; 0 before any were."""
        self.known: Mapping[str, StreamError] = {}
        """Issues whose histories cannot be read, and why: they are not asked for."""

    def jobs(self, issues: Sequence[Issue]) -> Iterator[Job[Step]]:
        """What has to be asked for these issues; nothing once that has failed."""
        wanted = []
        for issue in issues:
            if error := self.known.get(issue["id"]):
                yield partial(Outcome[Step], Unread("histories", issue, error))
            else:
                wanted.append(issue)
        if self._whole and not self._density and len(wanted) > SAMPLE and not self._failed:
            # How many histories these have shows in a few of them.
            first = self._workers.run(partial(self._job, wanted[:SAMPLE]))
            wanted = wanted[SAMPLE:]
            yield lambda: first
        at = 0
        while at < len(wanted) and not self._failed:
            size = self._fitting
            yield partial(self._job, wanted[at : at + size])
            at += size

    def confirmed(self, steps: Iterable[Step]) -> Iterator[Step]:
        """The steps, and before each milestone the histories that were missing without a word.

        An issue without any is absent from the answer, and so is one that a mangled answer has
        lost. So an issue that was changed after it was created is asked for once more. It may have
        none for all that: comments and worklogs change it as well.
        """
        silent: dict[str, Issue] = {}
        for step in steps:
            if isinstance(step, IssuesRead):
                silent.update((each["id"], each) for each in _changed(step.issues))
            elif isinstance(step, HistoriesRead):
                for issue_id, _ in step.encoded:
                    silent.pop(issue_id, None)
            elif isinstance(step, Unread):
                silent.pop(step.issue["id"], None)
            elif isinstance(step, Milestone):
                yield from self._once_more(silent)
            yield step
        yield from self._once_more(silent)

    def _once_more(self, silent: dict[str, Issue]) -> Iterator[Step]:
        issues = list(silent.values())
        silent.clear()
        if not self._failed:
            yield from self._workers.in_order(self.jobs(issues))

    @property
    def segment(self) -> int:
        """Issues after whose content their histories are asked for."""
        return HISTORY_ISSUES

    @property
    def _fitting(self) -> int:
        """How many issues to ask for at once."""
        if not self._whole or not self._density:
            return HISTORY_ISSUES
        return max(1, min(HISTORY_ISSUES, int(HISTORY_PAGE * FILL / self._density)))

    def _job(self, issues: Sequence[Issue], *, by_pages: bool = True) -> Outcome[Step]:
        """``POST /rest/api/3/changelog/bulkfetch``, one page or, with ``whole``, all of them.

        ``{issueChangeLogs: [{issueId, changeHistories: [{id, author, created, items}]}],
        nextPageToken?}``, ordered by date across all issues: an issue is complete only with the
        last page. `created` is in epoch milliseconds. A single issue whose pages do not come is
        read to the end instead, not ``by_pages``.
        """
        unread: list[Job[Step]] = []

        def alone(issue: Issue) -> list[_Chain]:
            def ask(issue_id: str, patient: bool) -> _Chain:  # noqa: FBT001 - a callback
                size = min(HISTORY_PAGE, LEAST_PAGE)
                return self._chain([{"id": issue_id}], size, patient=patient, to_end=True)

            try:
                return [self._unreadable.read(issue["id"], ask)]
            except UnreadableError as error:
                failed = Unread("histories", self._described(issue), error.error)
                unread.append(partial(Outcome[Step], failed))
                return []
            except NotFoundError:
                return []

        def ask(some: Sequence[Issue], share: float) -> list[_Chain]:
            self._unreadable.trying(*(issue["id"] for issue in some))
            size = max(int(HISTORY_PAGE * share), min(HISTORY_PAGE, LEAST_PAGE))
            chain = self._chain(some, size, patient=False, to_end=self._whole)
            self._unreadable.loaded(*(issue["id"] for issue in some))
            return [chain]

        try:
            if len(issues) == 1 and by_pages and not self._failed:
                chains = self._single(issues[0], ask, alone)
            else:
                chains = self._portions.read(issues, ask, alone)
        except StreamError as error:
            self._failed = True
            return Outcome(Trouble("histories", error))
        return self._outcome(chains, unread)

    def _single(
        self,
        issue: Issue,
        ask: Callable[[Sequence[Issue], float], list[_Chain]],
        alone: Callable[[Issue], list[_Chain]],
    ) -> list[_Chain]:
        """One issue's, by large pages first."""
        try:
            return ask([issue], 1.0)
        except StreamError:
            return alone(issue)

    def _outcome(self, chains: list[_Chain], unread: list[Job[Step]]) -> Outcome[Step]:
        """What was read, and what is left to ask for."""
        encoded: dict[str, list[msgspec.Raw]] = {}
        for each in (log for chain in chains for page in chain.pages for log in page.logs):
            if len(bytes(each.change_histories)) >= LEAST_ROWS:
                encoded.setdefault(str(each.issue_id), []).append(each.change_histories)
        then = [partial(self._following, chain) for chain in chains if chain.tokens[-1]]
        return Outcome(HistoriesRead(list(encoded.items())), [*unread, *then])

    def _following(self, chain: _Chain) -> Outcome[Step]:
        """The next page. If it cannot be had, all are asked for again, in smaller portions."""
        try:
            page = self._page(chain.issues, chain.size, chain.tokens, patient=False)
        except UnavailableError:
            if len(chain.issues) > 1:
                middle = (len(chain.issues) + 1) // 2
                halves = chain.issues[:middle], chain.issues[middle:]
                jobs = [partial(self._job, half) for half in halves]
                return Outcome(HistoriesRead([]), jobs)
            return self._job(chain.issues, by_pages=False)
        except StreamError as error:
            self._failed = True
            return Outcome(Trouble("histories", error))
        tokens = (*chain.tokens, page.next_page_token)
        return self._outcome([dataclasses.replace(chain, tokens=tokens, pages=[page])], [])

    def _chain(self, issues: Sequence[Issue], size: int, *, patient: bool, to_end: bool) -> _Chain:
        """The first page, or all pages."""
        tokens: tuple[str | None, ...] = (None,)
        pages: list[_HistoryPage] = []
        while not pages or (to_end and tokens[-1]):
            pages.append(self._page(issues, size, tokens, patient=patient))
            tokens = (*tokens, pages[-1].next_page_token)
        if self._whole and len(issues) > 1:
            rows = sum(_length(log) for page in pages for log in page.logs)
            self._density = max(rows / len(issues), LEAST_DENSITY)
        return _Chain(issues, size, tokens, pages)

    def _page(
        self,
        issues: Sequence[Issue],
        size: int,
        tokens: tuple[str | None, ...],
        *,
        patient: bool,
    ) -> _HistoryPage:
        """The page of the last of the tokens; the others were had before.

        Two answers that leave out the same are the truth.

        Raises:
            IncompleteReadError: the tokens go in circles, or each answer leaves out something else.
        """
        ids = [issue["id"] for issue in issues]
        body: dict[str, t.Any] = {"issueIdsOrKeys": ids, "maxResults": size}
        if tokens[-1]:
            body["nextPageToken"] = tokens[-1]
        request = Request("POST", "changelog/bulkfetch", json=body, read=_read_page)
        lacked: frozenset[str] | None = None
        for _ in range(READS):
            page: _HistoryPage = self._client.ask(request, patient=patient).payload
            if not page.lacks or page.lacks == lacked:
                break
            lacked = page.lacks
        else:
            msg = "Jira leaves out other histories each time that they are read: run again."
            raise IncompleteReadError(msg)
        if page.next_page_token in tokens[1:]:
            msg = "Jira's changelog pages repeat themselves: run again."
            raise IncompleteReadError(msg)
        return page


def _changed(issues: Iterable[Issue]) -> Iterator[Issue]:
    """The issues, by their ids and keys, that should have histories."""
    for issue in issues:
        fields = issue.get("fields") or {}
        created, updated = map(epoch_ms, (fields.get("created"), fields.get("updated")))
        inside = issue.get("changelog")
        total = inside.get("total") if isinstance(inside, dict) else None
        if total if isinstance(total, int) else 0 < created != updated:
            yield {"id": issue["id"], "key": issue.get("key")}


def _length(log: _IssueHistories) -> int:
    return len(decode(bytes(log.change_histories), list[msgspec.Raw] | None) or ())
