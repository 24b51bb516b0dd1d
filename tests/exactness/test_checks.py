"""Checks that cover for each other, each by itself: none of them may rest on the others."""

from __future__ import annotations

import io
import sys
from typing import Any

import pendulum
import pytest
from singer_sdk.singerlib.encoding.simple import StateMessage

from tap_jira import bookmark as bookmarks
from tap_jira.bookmark import Bookmark
from tap_jira.comment_lists import CommentLists
from tap_jira.events import CommentPage, CommentsRead, IssuesRead, Milestone, Needs
from tap_jira.issue_pass import OffsetPass
from tap_jira.jql import Span, quote
from tap_jira.search_dc import Page
from tap_jira.timestamps import to_ms
from tap_jira.workers import Workers
from tap_jira.writer import BufferedWriter, BuiltRecord

NOW = pendulum.datetime(2026, 6, 15, 12)
ISSUE = {"id": "1", "fields": {}}


# --- lists of comments ------------------------------------------------------------------------


class Comments:
    """A client for one issue, whose comments do not change any more."""

    def __init__(self, *ids: str) -> None:
        self._ids = ids
        self.asked = 0

    def get(self, path: str, params: dict[str, Any], **_: str) -> Any:
        assert path.endswith("/comment")
        self.asked += 1
        start = params["startAt"]
        page = self._ids[start : start + params["maxResults"]]
        return {"comments": _comments(*page), "total": len(self._ids)}


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
    lists = CommentLists(jira, Workers(1), lambda _: True)
    (event,) = lists.assembled(_pages(total, *pages))
    assert isinstance(event, CommentsRead)
    assert bool(jira.asked) is again
    expected = ["b", "c", "d", "e"] if again else ["a", "b", "c", "d"]
    assert [each["id"] for each in event.comments] == expected


# --- Data Center's passes ---------------------------------------------------------------------


class Search:
    """A search that found something, and saw things move."""

    expected = 1

    def __init__(self, *, calm: bool) -> None:
        self.calm = calm

    def pages(self, *_: Any) -> list[Page]:
        return [Page([{"id": "1"}]), Page([], NOW), Page([], finished=True)]


@pytest.mark.parametrize("calm", [True, False])
def test_only_a_calm_pass_settles(calm: bool) -> None:
    nobody: Any = None
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


# --- queries ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "quoted"), [("AND", '"AND"'), ('a "b"', r'"a \"b\""'), ("a\\", r'"a\\"')]
)
def test_text_in_queries(text: str, quoted: str) -> None:
    assert quote(text) == quoted


# --- messages ---------------------------------------------------------------------------------


def test_a_state_is_out_before_anything_else_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, write_through=False))
    writer = BufferedWriter()
    writer.write_message(BuiltRecord("issues", {"id": "1"}))
    assert not written.getvalue(), "records wait for each other"
    writer.write_message(StateMessage({"bookmarks": {}}))
    lines = written.getvalue().splitlines()
    assert [b"RECORD" in line for line in lines] == [True, False]
    assert b"STATE" in lines[1]
