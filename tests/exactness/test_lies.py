"""Pages that lie, one lie at a time."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

import pendulum
import pytest

from sandbox import Sandbox
from sandbox.faults import Fault
from sandbox.options import Options
from sandbox.truth import truth
from tap_jira.bookmark import Bookmark
from tap_jira.errors import IncompleteReadError
from tap_jira.events import Needs, Trouble
from tap_jira.issue_pass import CloudPass
from tap_jira.jql import Span, Window
from tap_jira.query import Query
from tap_jira.search import CloudSearch, OffsetSearch, Scope
from tap_jira.timestamps import epoch_ms
from tap_jira.workers import Workers
from tests.exactness.model import Answer
from tests.exactness.support import Tap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tap_jira.client import Request

NOW = pendulum.datetime(2026, 6, 15, 12)
SCOPE = Scope((), NOW, NOW.subtract(minutes=10), lambda: ["1"])


class Script:
    """A client that answers as it is told, however often it is asked."""

    def __init__(self, answer: Callable[[str, dict[str, Any]], Any]) -> None:
        self._answer = answer
        self.asked: list[dict[str, Any]] = []

    def post(self, path: str, body: dict[str, Any]) -> Any:
        self.asked.append(body)
        return self._answer(path, body)

    def ask(self, request: Request, **_: Any) -> Answer:
        import msgspec  # noqa: PLC0415

        return Answer(request.read(msgspec.json.encode(self.post(request.path, request.json))))


def _issue(number: int, updated: str = "2026-01-01T00:00:00.000+0000") -> dict[str, Any]:
    return {"id": str(number), "key": f"A-{number}", "fields": {"updated": updated}}


def test_histories_whose_tokens_go_in_circles_end() -> None:
    def answer(path: str, body: dict[str, Any]) -> Any:
        if path == "search/jql":
            return {"issues": [_issue(1)], "isLast": True}
        following = {None: "A", "A": "B", "B": "A"}[body.get("nextPageToken")]
        return {"issueChangeLogs": [], "nextPageToken": following}

    client: Any = Script(answer)
    for increment in (False, True):
        workers = Workers(2)
        needs = Needs(histories=True, increment=increment)
        reading = CloudPass(client, workers, needs, CloudSearch(client, workers, SCOPE, 100))
        troubles = [e for e in reading.events(Span(), small=False) if isinstance(e, Trouble)]
        assert [type(trouble.error) for trouble in troubles] == [IncompleteReadError]


def test_a_row_twice_does_not_stand_for_one_that_is_missing() -> None:
    rows = [_issue(n) for n in (1, 2, 3)]

    def answer(_: str, body: dict[str, Any]) -> Any:
        page = rows[body["startAt"] :][: body["maxResults"]]
        # The first page holds its first row twice: as many rows as there are issues in all.
        shown = [rows[0], rows[0], rows[1]] if body["startAt"] == 0 else page
        return {"issues": shown[: body["maxResults"]], "total": 3}

    client: Any = Script(answer)
    search = OffsetSearch(client, Workers(2), SCOPE, 3)
    pages = search.pages(Span(), Query(("updated",)))
    assert {each["id"] for page in pages for each in page.issues} == {"1", "2", "3"}


def test_a_row_that_the_index_lists_though_it_is_gone() -> None:
    index: list[dict[str, Any] | None] = [_issue(1), None, _issue(3), _issue(4), None]

    def answer(_: str, body: dict[str, Any]) -> Any:
        page = index[body["startAt"] :][: body["maxResults"]]
        return {"issues": [row for row in page if row], "total": len(index)}

    for size in (4, 5, 6):
        client: Any = Script(answer)
        search = OffsetSearch(client, Workers(2), SCOPE, size)
        pages = search.pages(Span(), Query(("updated",)))
        assert {each["id"] for page in pages for each in page.issues} == {"1", "3", "4"}


def test_a_row_that_is_gone_does_not_hide_the_next_one_behind_a_lower_cap() -> None:
    # The first page is longer than the server's cap, so later ones cover less than they ask for.
    index: list[dict[str, Any] | None] = [*map(_issue, (1, 2, 3, 4)), None, _issue(6)]

    def answer(_: str, body: dict[str, Any]) -> Any:
        cap = 4 if body["startAt"] == 0 else 2
        page = index[body["startAt"] :][: min(cap, body["maxResults"])]
        return {"issues": [row for row in page if row], "total": len(index)}

    client: Any = Script(answer)
    search = OffsetSearch(client, Workers(2), SCOPE, 4)
    found: set[str] = set()
    # Saying that it could not be read is right, too; saying that it was, without the row, is not.
    with contextlib.suppress(IncompleteReadError):
        for page in search.pages(Span(), Query(("updated",))):
            found.update(each["id"] for each in page.issues)
            assert not page.finished or "6" in found


@pytest.mark.parametrize("product", ["cloud", "dc"])
@pytest.mark.parametrize(
    ("kind", "match"),
    [
        ("empty_page", "POST /issue/bulkfetch|GET /issue/.*/comment"),
        ("duplicate_rows", "POST /(search|issue|changelog|worklog)"),
        ("more_rows", "POST /(search|issue)"),
        ("no_is_last", "POST /search"),
        ("missing_fields", "POST /issue/bulkfetch"),
    ],
)
def test_no_row_is_lost(product: Any, kind: str, match: str, tmp_path: Path) -> None:
    with Sandbox(Options(issues=120, personality=product, clock_runs=False)) as jira:
        jira.faults.add(Fault(kind, match=match, count=2, fields=("updated", "comment")))
        tap = Tap(jira, tmp_path, {}, page_size=30)
        tap.run()
        found = truth(jira.jira)
    for table, rows in tap.rows.items():
        assert rows.keys() == found[table].keys(), table


def _bookmark(state: dict[str, Any]) -> Bookmark:
    return Bookmark("comments", state, "updated", started_at=NOW, lookback=600, period=(None, None))


def test_an_answer_that_was_overtaken_does_not_undo_the_newer_one() -> None:
    # An issue that hops between windows is read twice; the first read may be answered last.
    now = int(NOW.timestamp() * 1000)
    state: dict[str, Any] = {}
    bookmark = _bookmark(state)
    newer, older = now - 120_000, now - 3_600_000
    assert bookmark.is_due("7", newer)
    assert not bookmark.is_due("7", older)
    bookmark.advance(None)
    # The next run still knows, and takes what came after.
    again = _bookmark(state)
    assert not again.is_due("7", newer)
    assert again.is_due("7", newer + 1)


def _offset(index: list[dict[str, Any]], size: int) -> tuple[OffsetSearch, Script]:
    """A Data Center search over an index that obeys the bounds on `updated`."""

    def answer(_: str, body: dict[str, Any]) -> Any:
        low, high = (
            int(found[1]) if (found := re.search(rf"updated {sign} (\d+)", body["jql"])) else None
            for sign in (">=", "<")
        )
        rows = [
            row
            for row in index
            if (low or 0) <= epoch_ms(row["fields"]["updated"]) < (high or 1 << 60)
        ]
        page = rows[body["startAt"] :][: body["maxResults"]]
        return {"issues": page, "total": len(rows)}

    script = Script(answer)
    client: Any = script
    return OffsetSearch(client, Workers(2), SCOPE, size), script


HOT = "2026-06-15T11:55:{:02d}.000+0000"
COLD = "2026-01-{:02d}T00:00:00.000+0000"


@pytest.mark.parametrize(
    ("hot", "cold", "calm"),
    [(2, 9, True), (0, 9, True), (9, 0, False), (9, 9, False)],
)
def test_what_the_index_may_not_know_yet_settles_only_in_one_answer(
    hot: int, cold: int, calm: bool
) -> None:
    # A row that was changed just now may still have its old place: it proves nothing about others.
    rows = [_issue(n, COLD.format(n + 1)) for n in range(cold)]
    rows += [_issue(100 + n, HOT.format(n)) for n in range(hot)]
    search, _ = _offset(rows, 4)
    found = {
        each["id"] for page in search.pages(Span(), Query(("updated",))) for each in page.issues
    }
    assert found == {each["id"] for each in rows}
    assert search.calm is calm


@pytest.mark.parametrize("cold", range(14, 26))
def test_windows_do_not_mix_what_is_indexed_with_what_may_not_be(
    cold: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_jira.search_dc.OFFSET_WINDOW", 9)
    rows = [_issue(n, COLD.format(n + 1)) for n in range(cold)]
    rows += [_issue(100 + n, HOT.format(n)) for n in range(3)]
    search, script = _offset(rows, 3)
    for _ in search.pages(Span(), Query(("updated",))):
        pass
    assert search.calm, "nothing moved"
    border = int(SCOPE.indexed_until.timestamp() * 1000)
    paged = [body["jql"] for body in script.asked if body["startAt"]]
    assert paged
    for jql in paged:
        low = re.search(r"updated >= (\d+)", jql)
        high = re.search(r"updated < (\d+)", jql)
        assert (low and int(low[1]) >= border) or (high and int(high[1]) <= border), jql


def test_walks_that_skip_the_same_row_do_not_agree() -> None:
    # After each first page its first row changes and hops to the end: row 5 moves up into what was
    # read. First pages get shorter, so that it is the one that is skipped each time.
    rows = [str(n) for n in range(1, 9)]
    walks = [0]

    def answer(_: str, body: dict[str, Any]) -> Any:
        token = body.get("nextPageToken")
        if token is None:
            walks[0] += 1
            size = max(5 - walks[0], 1)
            shown = [{"id": each} for each in rows[:size]]
            return {"issues": shown, "nextPageToken": str(size)}
        if walks[0] < 4:
            rows.append(rows.pop(0))
        return {"issues": [{"id": each} for each in rows[int(token) :]]}

    client: Any = Script(answer)
    search = CloudSearch(client, Workers(1), SCOPE, 4)
    found = search._walk(Window(), 8)
    assert found is not None
    assert {each["id"] for each in found} == {str(n) for n in range(1, 9)}
