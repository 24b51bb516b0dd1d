"""Checks that cover for each other, each by itself: none of them may rest on the others."""

from __future__ import annotations

import io
import json
import random
import sys
from typing import TYPE_CHECKING, Any

import pendulum
import pytest
from singer_sdk.singerlib.encoding.simple import StateMessage

from tap_jira.errors import StateError
from tap_jira.http.refusals import NEVER
from tap_jira.http.throttle import Admission, Throttle
from tap_jira.http.workers import Outcome, Workers
from tap_jira.issues import bookmark as bookmarks
from tap_jira.issues.bookmark import Bookmark
from tap_jira.issues.comment_lists import CommentLists
from tap_jira.issues.coverage import Coverage, WholeRead, narrow
from tap_jira.issues.events import CommentPage, CommentsRead, IssuesRead, Milestone, Needs
from tap_jira.issues.feed import FeedPage, fresh
from tap_jira.issues.issue_pass import OffsetPass
from tap_jira.issues.newness import EDITED_TYPES, SilentChanges
from tap_jira.issues.projects import Projects
from tap_jira.issues.search_cloud import CloudSearch
from tap_jira.issues.search_dc import Page
from tap_jira.issues.unreadable import Unreadable
from tap_jira.issues.windows import Scope
from tap_jira.jira.jql import Span, Window, quote
from tap_jira.records.timestamps import to_ms
from tap_jira.settings import Settings
from tap_jira.settings_schema import CONFIG_SCHEMA
from tap_jira.writer import BufferedWriter, BuiltRecord
from tests.exactness.model import Answer, Manners, ModelJira

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_jira.http.client import Request

NOW = pendulum.datetime(2026, 6, 15, 12)
ISSUE = {"id": "1", "fields": {}}


# --- searches ---------------------------------------------------------------------------------


class Walks:
    """A Cloud search that is walked again and again: the pages of each walk."""

    def __init__(self, *walks: list[str]) -> None:
        self._walks = list(walks)
        self.asked = 0

    def ask(self, request: Request, **_: Any) -> Answer:
        self.asked += 1
        assert self.asked < 100, "without end"
        token = request.json.get("nextPageToken")
        if token is None and self.asked > 1 and len(self._walks) > 1:
            self._walks.pop(0)
        at = int(token or 0)
        pages = self._walks[0]
        page: dict[str, Any] = {"issues": [{"id": each, "key": each} for each in pages[at]]}
        # The last page of a walk that goes in circles leads to the one before it.
        if pages[at].endswith("*"):
            page = {"issues": [], "nextPageToken": str(at)}
        elif at + 1 < len(pages):
            page["nextPageToken"] = str(at + 1)
        return Answer(page)


def _walk(jira: Walks) -> set[str] | None:
    client: Any = jira
    scope = Scope((), NOW, NOW.subtract(minutes=10), lambda: ["1"])
    found = CloudSearch(client, Workers(1), scope, 10)._walk(Window(), 4)
    return None if found is None else {each["id"] for each in found}


def test_a_walk_that_goes_in_circles_ends() -> None:
    assert _walk(Walks(["abc", "*"])) is None


def test_a_walk_on_which_a_row_came_twice_proves_nothing() -> None:
    # Both first walks have c on two pages, since d was pulled up into the first one meanwhile.
    skipped = ["abc", "ce"]
    assert _walk(Walks(skipped, skipped, ["abc", "de"], ["abc", "de"])) == set("abcde")


# --- jobs -------------------------------------------------------------------------------------


def test_what_follows_from_a_job_comes_right_behind_it_and_in_order() -> None:
    def job(name: str, *following: str) -> Callable[[], Outcome[str]]:
        return lambda: Outcome(name, [job(each) for each in following])

    jobs = [job("a", "a1", "a2", "a3"), job("b", "b1", "b2"), job("c")]
    given = [*Workers(2).in_order(jobs)]
    assert given == ["a", "a1", "a2", "a3", "b", "b1", "b2", "c"]


# --- lists of comments ------------------------------------------------------------------------


class Comments:
    """A client for one issue, whose comments do not change any more."""

    def __init__(self, *ids: str) -> None:
        self._ids = ids
        self.asked = 0

    def ask(self, request: Request, **_: bool) -> Answer:
        assert request.path.endswith("/comment")
        self.asked += 1
        params: Any = request.params
        page = self._ids[params["startAt"] :][: params["maxResults"]]
        return Answer({"comments": _comments(*page), "total": len(self._ids)})


def _comments(*ids: str) -> list[dict[str, Any]]:
    return [{"id": each} for each in ids]


def _pages(total: int, *pages: tuple[str, ...]) -> list[CommentPage]:
    return [
        CommentPage(ISSUE, _comments(*ids), total, number == len(pages))
        for number, ids in enumerate(pages, 1)
    ]


@pytest.mark.parametrize(
    ("pages", "total", "again"),
    [
        ([("a", "b", "c"), ("c", "d")], 4, False),
        # One before the last of the first page is deleted and one is added: the total is right.
        ([("a", "b", "c"), ("d", "e")], 4, True),
        # The second page has the row that it must have, and is cut off.
        ([("a", "b", "c"), ("c",)], 4, True),
        # The only page is cut off, and another one is empty.
        ([("a", "b")], 4, True),
        ([("a", "b", "c"), ()], 3, True),
    ],
)
def test_pages_of_comments_fit_or_are_read_again(
    pages: list[tuple[str, ...]], total: int, again: bool
) -> None:
    jira: Any = Comments("b", "c", "d", "e")
    lists = CommentLists(jira, Workers(1), lambda _: True, Unreadable())
    (event,) = lists.assembled(_pages(total, *pages))
    assert isinstance(event, CommentsRead)
    assert bool(jira.asked) is again
    expected = ["b", "c", "d", "e"] if again else ["a", "b", "c", "d"]
    assert [each["id"] for each in event.comments] == expected


# --- Data Center's passes ---------------------------------------------------------------------


class Search:
    """A search that found something, and saw things move."""

    expected = 1
    page_size = 2

    def __init__(self, *, calm: bool) -> None:
        self.calm = calm

    def pages(self, *_: Any) -> list[Page]:
        return [Page([{"id": "1"}]), Page([], NOW), Page([], finished=True)]

    def some_ids(self) -> list[str]:
        return ["1"]


@pytest.mark.parametrize("calm", [True, False])
def test_only_a_calm_pass_settles(calm: bool) -> None:
    nobody: Any = ModelJira(Manners(), cloud=False)
    search: Any = Search(calm=calm)
    reading = OffsetPass(nobody, Workers(1), Needs(fields=("summary",)), search)
    events = list(reading.events(Span(), small=True))
    assert events == [IssuesRead([{"id": "1"}]), Milestone(NOW), Milestone(None, calm)]


# --- bookmarks --------------------------------------------------------------------------------


def _bookmark(state: dict[str, Any], lookback: int = 600, **more: Any) -> Bookmark:
    period = (None, more.get("end_date"))
    return Bookmark("x", state, "updated", started_at=NOW, lookback=lookback, period=period)


def test_what_lies_on_the_bookmark_itself_is_remembered() -> None:
    state: dict[str, Any] = {}
    bookmark = _bookmark(state)
    at = to_ms(bookmark.limit)
    assert bookmark.is_due("1", at)
    bookmark.advance(None)
    assert state["replication_key_value"] == "2026-06-15T11:50:00.000Z"
    assert not _bookmark(state).is_due("1", at)


def test_so_many_rows_are_remembered_and_the_newest_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bookmarks, "MEMORY", 10)
    state: dict[str, Any] = {}
    bookmark = _bookmark(state)
    at = to_ms(bookmark.limit)
    for number in range(30):
        assert bookmark.is_due(str(number), at + number)
    bookmark.advance(None)
    assert sorted(map(int, state["sent"])) == [*range(20, 30)]


@pytest.mark.parametrize(
    "change", [{"lookback": 86_400}, {"end_date": NOW.subtract(days=3)}], ids=str
)
def test_a_bookmark_does_not_move_back(change: dict[str, Any]) -> None:
    state: dict[str, Any] = {}
    _bookmark(state).advance(None)
    before = state["replication_key_value"]
    _bookmark(state, **change).advance(None)
    assert state["replication_key_value"] == before


@pytest.mark.parametrize(
    ("read", "left"),
    [
        ({}, {"projects": None, "jql": None, "start_date": "2026-01-01T00:00:00.000Z"}),
        ({"projects": Projects(frozenset("12"))}, {"projects": ["1", "2"]}),
        ({"jql": "labels = x"}, None),
        ({"start_date": "2026-02-01T00:00:00.000Z"}, None),
        ({"start_date": None}, {"projects": None}),
    ],
)
def test_what_a_bookmark_counts_on_after_a_whole_read(
    read: dict[str, Any], left: dict[str, Any] | None
) -> None:
    start = "2026-01-01T00:00:00.000Z"
    scope: dict[str, Any] = {"projects": None, "jql": None, "start_date": start}
    state: dict[str, Any] = {
        "replication_key_value": "2026-06-15T11:00:00.000Z",
        "sent": {"1": 1},
        "scope": scope,
    }
    reason = narrow(
        "x", state, Coverage(**{"start_date": start, **read}), None, WholeRead(NOW, NOW)
    )
    assert "sent" not in state
    assert (reason is None) is (left is not None)
    assert state.get("scope") == (None if left is None else scope | left)
    assert ("replication_key_value" in state) is (left is not None)


def test_the_highest_id_is_that_of_the_last_finished_pass() -> None:
    state: dict[str, Any] = {}
    first = _bookmark(state)
    first.saw_issues([("10007", 1)])
    first.saw_issues([("a-letter", 1)])
    first.advance(None)
    assert state["highest_id"] == 10007
    second = _bookmark(state)
    second.saw_issues([("10012", 1)])
    for instant, settles in ((NOW, True), (None, False)):
        second.advance(instant, settles=settles)
        assert state["highest_id"] == 10007
        again = _bookmark(state)
        assert again.is_later_issue("10012")
        assert not again.is_later_issue("10007")
        assert not again.is_later_issue("a-letter")
    second.advance(None)
    assert state["highest_id"] == 10012


def test_an_issue_that_may_not_be_whole_is_new_to_the_next_run_as_well() -> None:
    state: dict[str, Any] = {}
    bookmark = _bookmark(state)
    just_now = to_ms(NOW) - 1000
    bookmark.saw_issues([("10007", 1)])
    for number in ("10010", "10009"):
        bookmark.saw_issues([(number, just_now)])
    bookmark.saw_issues([("10012", 1)])
    bookmark.advance(None)
    assert state["highest_id"] == 10008


def test_state_of_an_older_version_has_no_highest_id_to_judge_by() -> None:
    state: dict[str, Any] = {"replication_key_value": "2026-06-15T11:00:00.000Z"}
    bookmark = _bookmark(state)
    assert bookmark.lacks_highest_id
    assert not bookmark.is_later_issue("10012")
    bookmark.saw_issues([("3", 1)])
    bookmark.advance(None)
    assert "highest_id" not in state


def test_a_row_that_was_young_is_due_again_but_not_an_older_one() -> None:
    state: dict[str, Any] = {}
    bookmark = _bookmark(state)
    just_now, before = to_ms(NOW) - 1000, to_ms(NOW) - 100_000
    for row, version in (("young", just_now), ("old", before)):
        assert bookmark.is_due(row, version)
    # Within the run as well: the second look may see more, unless it is at an older answer.
    assert bookmark.is_due("young", just_now)
    assert not bookmark.is_due("young", just_now - 1)
    bookmark.advance(None)
    again = _bookmark(state)
    assert again.is_due("young", just_now)
    assert not _bookmark(state).is_due("young", just_now - 2)
    assert not again.is_due("old", before)


@pytest.mark.parametrize(
    "damage",
    [
        {"highest_id": "10007"},
        {"read_whole": {"since": "2026-06-15T11:00:00.000Z"}},
        {"read_whole": "2026-06-15T11:00:00.000Z"},
        {"highest_id": True},
        {"scope": []},
        {"scope": {"projects": "APP"}},
        {"scope": {"projects": [1]}},
        {"scope": {"jql": 1}},
        {"scope": {"start_date": "soon"}},
    ],
    ids=str,
)
def test_damaged_members_of_state_are_refused(damage: dict[str, Any]) -> None:
    state = {"replication_key_value": "2026-06-15T11:00:00.000Z", **damage}
    with pytest.raises(StateError, match=next(iter(damage))):
        Bookmark(
            "x",
            state,
            "updated",
            started_at=NOW,
            lookback=600,
            period=(None, None),
            coverage=Coverage(),
        )


# --- histories that come silently ---------------------------------------------------------------

FIELDS = [
    {"id": "customfield_1", "name": "Rank", "schema": {"custom": "com.pyxis:gh-lexo-rank"}},
    {"id": "customfield_2", "name": "Team", "schema": {"custom": f"{EDITED_TYPES}select"}},
    {"id": "customfield_3", "name": "Size", "schema": {"custom": f"{EDITED_TYPES}float"}},
    {"id": "customfield_4", "name": "Size", "schema": {"custom": "com.example.app:size"}},
]
RANK = {"field": "Rank", "fieldtype": "custom", "fieldId": "customfield_1"}
LINK = {"field": "RemoteIssueLink", "fieldtype": "jira"}
STATUS = {"field": "status", "fieldtype": "jira", "fieldId": "status"}
TEAM = {"field": "Team", "fieldtype": "custom"}
UNKNOWN = {"field": "Whatever", "fieldtype": "custom"}
SHARED = {"field": "Size", "fieldtype": "custom"}
KNOWN = {**SHARED, "fieldId": "customfield_3"}


@pytest.mark.parametrize(
    ("items", "silent"),
    [
        ([[STATUS], [RANK], [LINK]], [1, 2]),
        ([[RANK], [TEAM], [UNKNOWN]], [2]),
        ([[RANK], [RANK, STATUS], []], [2]),
        ([[RANK], [SHARED], [KNOWN]], []),
        ([[RANK], [KNOWN], [SHARED]], [2]),
        ([[LINK], [LINK]], [0, 1]),
        ([], []),
    ],
)
def test_histories_that_may_have_come_silently(items: list[Any], silent: list[int]) -> None:
    histories = [{"id": n, "created": n + 1, "items": each} for n, each in enumerate(items)]
    later = {"id": 99, "created": 99, "items": [STATUS]}
    found = SilentChanges(FIELDS).before(50, [later, *histories])
    assert sorted(each["id"] for each in found) == silent


def test_one_of_the_same_moment_as_an_ordinary_one_may_have_come_after_it() -> None:
    histories = [{"id": n, "created": 7, "items": [each]} for n, each in enumerate((RANK, STATUS))]
    for given in (histories, histories[::-1]):
        assert [each["id"] for each in SilentChanges(FIELDS).before(50, given)] == [0]


# --- feeds --------------------------------------------------------------------------------------


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("seed", range(40))
def test_a_feed_is_walked_to_its_end(seed: int, inclusive: bool) -> None:
    """However `since` is meant, and wherever pages end; of a crowd, what a page holds."""
    rng = random.Random(seed)
    times = sorted(rng.randrange(1, 12) for _ in range(rng.randrange(30)))
    changes = [(str(n), time) for n, time in enumerate(times)]

    def page(since: int) -> FeedPage:
        due = [each for each in changes if each[1] >= since + (not inclusive)]
        values = [{"worklogId": ident, "updatedTime": time} for ident, time in due[:4]]
        return FeedPage.of({"values": values, "lastPage": len(due) <= 4}, since)

    pages = [page(0)]
    while not pages[-1].is_last:
        assert len(pages) < 100
        pages.append(page(pages[-1].following))
    crowds = {each.crowd for each in pages}
    found = {change for _, some in fresh(pages) for change in some}
    assert {each for each in changes if each[1] not in crowds} <= found
    assert all(times.count(time) >= 4 for time in crowds if time is not None)


def test_an_issue_that_cannot_be_read_holds_the_bookmark_where_it_was() -> None:
    state: dict[str, Any] = {}
    first = _bookmark(state)
    first.owe("7", 0)
    first.advance(None)
    assert "replication_key_value" not in state, "it may have been changed at any time"
    assert state["read_until"] == "2026-06-15T11:50:00.000Z"
    again = _bookmark(state)
    assert not again.is_first_run
    assert again.settled == again.since == first.limit
    assert again.unread == {"7": 0}
    again.settle("7")
    again.advance(None)
    assert state["replication_key_value"] == "2026-06-15T11:50:00.000Z"
    assert not state.keys() & {"read_until", "unread"}
    # One that was changed before the bookmark does not move it back, and one after it holds it.
    for updated in (NOW.subtract(days=9), NOW.subtract(minutes=9)):
        third = _bookmark(state, lookback=60)
        third.owe("8", to_ms(updated))
        third.advance(None)
        assert state["replication_key_value"] in {
            "2026-06-15T11:50:00.000Z",
            "2026-06-15T11:51:00.000Z",
        }
        assert state["read_until"] == "2026-06-15T11:59:00.000Z"
        fourth = _bookmark(state, lookback=86_400)
        fourth.advance(None)
        assert state["read_until"] == "2026-06-15T11:59:00.000Z"
        fourth.settle("8")
        fourth.advance(None)
        assert state["replication_key_value"] == "2026-06-15T11:59:00.000Z"
        state["replication_key_value"] = "2026-06-15T11:50:00.000Z"


# --- queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quoted"), [("AND", '"AND"'), ('a "b"', r'"a \"b\""'), ("a\\", r'"a\\"')]
)
def test_text_in_queries(text: str, quoted: str) -> None:
    assert quote(text) == quoted


# --- limits and settings ----------------------------------------------------------------------


def test_no_more_requests_are_under_way_than_allowed() -> None:
    throttle = Throttle(3)
    admitted = [throttle.admit(endpoint) for endpoint in "abc"]
    assert throttle.admit("d") == NEVER, "until one of them leaves"
    assert isinstance(admitted[0], Admission)
    admitted[0].leave()
    assert isinstance(throttle.admit("d"), Admission)


@pytest.mark.parametrize(("said", "least"), [("0", 1.0), ("7", 7.0)])
def test_an_empty_bucket_is_given_a_second_at_least(said: str, least: float) -> None:
    admission = Throttle(1).admit("a")
    assert isinstance(admission, Admission)
    assert least < admission.refused({"Retry-After": said}, 0) < least + 1


def test_what_is_declared_a_secret_is_kept_out_of_the_log() -> None:
    declared = {name for name, each in CONFIG_SCHEMA["properties"].items() if each.get("secret")}
    given: dict[str, Any] = dict.fromkeys(declared, "s3cret")
    settings = Settings("https://jira.example.com", "basic", **given)
    assert declared
    assert len(settings.secrets) == len(declared)
    assert "s3cret" not in repr(settings)


# --- messages ---------------------------------------------------------------------------------


def test_a_state_is_out_before_anything_else_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, write_through=False))
    writer = BufferedWriter()
    writer.write_records([BuiltRecord("issues", {"id": "1"})])
    assert not written.getvalue(), "records wait for each other"
    writer.write_message(StateMessage({"bookmarks": {}}))
    lines = written.getvalue().splitlines()
    assert [b"RECORD" in line for line in lines] == [True, False]
    assert b"STATE" in lines[1]


class ShortWrites(io.RawIOBase):
    """What PYTHONUNBUFFERED makes of standard output, with a signal in every write."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        part = bytes(data[:7])
        self.written += part
        return len(part)


def test_a_line_is_written_whole_though_a_write_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = ShortWrites()
    # TextIOWrapper takes it as the interpreter's own start does.
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, write_through=True))  # type: ignore[type-var]
    writer = BufferedWriter()
    writer.write_records([BuiltRecord("issues", {"id": "1", "summary": "x" * 99})])
    writer.write_message(StateMessage({"bookmarks": {}}))
    assert [json.loads(line)["type"] for line in raw.written.splitlines()] == ["RECORD", "STATE"]
    assert writer.weight == len(raw.written)
