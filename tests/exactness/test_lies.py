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
from tap_jira.errors import IncompleteReadError, UnavailableError
from tap_jira.http.workers import Workers
from tap_jira.issues.bookmark import Bookmark
from tap_jira.issues.content import CloudContent, OffsetContent, read_alone
from tap_jira.issues.events import HistoriesRead, Needs, Trouble, Unread
from tap_jira.issues.histories import _read_page
from tap_jira.issues.issue_pass import CloudPass
from tap_jira.issues.portions import Portions
from tap_jira.issues.query import Query
from tap_jira.issues.search import CloudSearch, OffsetSearch, Scope
from tap_jira.issues.search_dc import LOOKS
from tap_jira.issues.unreadable import MOST, Unreadable
from tap_jira.jira.jql import Span, Window
from tap_jira.records.decode import InvalidJsonError
from tap_jira.records.timestamps import epoch_ms
from tests.exactness.model import Answer
from tests.exactness.support import Tap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tap_jira.http.client import Request

NOW = pendulum.datetime(2026, 6, 15, 12)
SCOPE = Scope((), NOW, NOW.subtract(minutes=10), lambda: ["1"])
#: What the index shows for sure, which is one window.
INDEXED = Span(None, SCOPE.indexed_until)


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
        events = reading.events(INDEXED, small=False)
        troubles = [event for event in events if isinstance(event, (Trouble, Unread))]
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
        ("lose_row", "POST /issue/bulkfetch"),
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


def _offset(index: list[dict[str, Any]], size: int, cap: int = 1000) -> tuple[OffsetSearch, Script]:
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
        page = rows[body["startAt"] :][: min(body["maxResults"], cap)]
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
    search, _ = _offset(rows, 4, cap=4)
    found = {
        each["id"] for page in search.pages(Span(), Query(("updated",))) for each in page.issues
    }
    assert found == {each["id"] for each in rows}
    assert search.calm is calm


@pytest.mark.parametrize("slips", [0, 1, 9])
def test_one_more_look_at_the_latest_changes_settles_them(slips: int) -> None:
    # Rows that change behind the reader's back: each look shows another one, or none.
    rows = [_issue(n, HOT.format(n)) for n in range(9)]
    search, script = _offset(rows, 4)
    plain = script._answer

    def answer(path: str, body: dict[str, Any]) -> Any:
        looked = [each for each in script.asked if each["maxResults"] == 1000]
        if body["maxResults"] == 1000 and len(looked) <= slips:
            rows.append(_issue(8 + len(looked), HOT.format(20 + len(looked))))
        if body["jql"].startswith("id in"):
            wanted = body["jql"][len("id in (") : -1].split(", ")
            return {"issues": [row for row in rows if row["id"] in wanted], "total": 1}
        return plain(path, body)

    script._answer = answer
    query = Query(("updated",))
    client: Any = script
    content = OffsetContent(client, query, Portions(4), Unreadable())
    monkey: Any = content
    monkey._ask = lambda ids, **_: [row for row in rows if row["id"] in ids]
    pages = list(search.pages(Span(), query, content))
    found = [each["id"] for page in pages for each in page.issues]
    # What each look showed was read; after some of them the rest is left to the next run.
    assert len(found) == len(set(found)) == 9 + min(slips, LOOKS)
    assert search.calm is (slips < LOOKS)
    assert sum(body["maxResults"] == 1000 for body in script.asked) == min(slips + 1, LOOKS)


@pytest.mark.parametrize("cold", range(14, 26))
def test_windows_do_not_mix_what_is_indexed_with_what_may_not_be(
    cold: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tap_jira.issues.search_dc.OFFSET_WINDOW", 9)
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


def test_a_walk_that_skips_what_the_one_before_had_is_not_believed() -> None:
    # While the second one is between its pages, the first row is out of sight for a moment.
    rows = [{"id": str(n)} for n in range(1, 7)]
    walks = [0]

    def answer(_: str, body: dict[str, Any]) -> Any:
        token = body.get("nextPageToken")
        if token is None:
            walks[0] += 1
            return {"issues": rows[:3], "nextPageToken": "3"}
        shown = rows[1:] if walks[0] == 2 else rows
        return {"issues": shown[int(token) :]}

    client: Any = Script(answer)
    found = CloudSearch(client, Workers(1), SCOPE, 4)._walk(Window(), 8)
    assert found is not None
    assert [each["id"] for each in found] == [row["id"] for row in rows]
    assert walks == [3]


def test_answers_without_tokens_are_believed_if_they_are_equal() -> None:
    # Both say that they are not the last; the first was cut short.
    cut = iter([2, 3])
    plain = [{"id": str(n)} for n in range(5)]

    def answer(_: str, body: dict[str, Any]) -> Any:
        return {"issues": plain[: next(cut, 5)], "isLast": False}

    client: Any = Script(answer)
    search = CloudSearch(client, Workers(1), SCOPE, 4)
    ((issues, _),) = search.id_windows(Span())
    assert [each["id"] for each in issues] == [each["id"] for each in plain]
    assert len(client.asked) == 4


def test_fewer_issues_than_jira_counts_are_read_again() -> None:
    shown = [3000, 4900]

    def answer(path: str, _: dict[str, Any]) -> Any:
        if path == "search/approximate-count":
            return {"count": 5000}
        return {"issues": [{"id": str(n)} for n in range(shown.pop(0))], "isLast": True}

    client: Any = Script(answer)
    search = CloudSearch(client, Workers(1), SCOPE, 4)
    ((issues, _),) = search.id_windows(Span())
    assert len(issues) == 4900


def _reader(
    answer: Callable[[str, dict[str, Any]], Any], *fields: str
) -> tuple[CloudContent, Script]:
    client = Script(answer)
    any_client: Any = client
    return CloudContent(any_client, Query(fields), Portions(100), Unreadable()), client


def test_more_than_a_few_issues_are_no_longer_the_issues_fault() -> None:
    def answer(_: str, body: dict[str, Any]) -> Any:
        ids = body["issueIdsOrKeys"]
        if broken.intersection(ids):
            raise UnavailableError("It could not be had.")
        return {"issues": [{"id": each, "fields": {}} for each in ids]}

    for many in (MOST, MOST + 1):
        broken = {str(2 * n) for n in range(many)}
        reader, client = _reader(answer, "summary")
        ids = [str(n) for n in range(100)]
        if many > MOST:
            with pytest.raises(UnavailableError):
                reader.read(ids)
        else:
            found, failed = reader.read(ids)
            assert failed.keys() == broken
            assert {each["id"] for each in found} == set(ids) - broken
        assert len(client.asked) <= 12 * many


def test_where_everything_fails_nothing_is_taken_for_a_broken_issue() -> None:
    def answer(*_: Any) -> Any:
        raise UnavailableError("It could not be had.")

    reader, client = _reader(answer, "summary")
    with pytest.raises(UnavailableError):
        reader.read([str(n) for n in range(100)])
    assert len(client.asked) <= 20


def test_errors_that_name_no_issue_are_about_any_that_is_missing() -> None:
    answers = iter(
        [
            {"issues": [{"id": "1", "fields": {}}], "issueErrors": [{"errorMessage": "Odd."}]},
            {"issues": [{"id": "2", "fields": {}}]},
        ]
    )
    reader, client = _reader(lambda *_: next(answers), "summary")
    found, failed = reader.read(["1", "2"])
    assert [each["id"] for each in found] == ["1", "2"]
    assert not failed
    assert [body["issueIdsOrKeys"] for body in client.asked] == [["1", "2"], ["2"]]


def test_many_fields_are_asked_for_in_parts() -> None:
    asked: list[Any] = []

    class Client:
        def ask(self, request: Request, **_: Any) -> Answer:
            asked.append(request.params)
            params: Any = request.params
            fields = dict.fromkeys(params["fields"].split(","), 1)
            updated = f"2026-06-15T12:00:0{min(len(asked), 2)}.000+0000"
            row = {"id": "7", "key": "A-7", "fields": {**fields, "updated": updated}}
            if "expand" in params:
                row["changelog"] = {"histories": [], "total": 0}
            return Answer(row)

    names = [f"customfield_{10000 + n}" for n in range(900)]
    client: Any = Client()
    issue = read_alone(client, "7", Query((*names, "updated"), ("changelog",)))
    # It changed between the first two parts, so all of it is read again.
    assert issue["fields"].keys() == {*names, "updated"}
    assert issue["changelog"] == {"histories": [], "total": 0}
    assert all(len(each["fields"]) <= 4100 for each in asked)
    assert len({each["fields"] for each in asked}) == len(asked) // 2 > 1


@pytest.mark.parametrize(
    ("body", "good"),
    [
        (b"{}", True),
        (b'{"nextPageToken": null}', True),
        (b'{"issueChangeLogs": [], "nextPageToken": null}', True),
        (b'{"errorMessages": ["Try again later"]}', False),
        (b"[]", False),
        (b'{"issueChangeLogs": 7}', False),
    ],
)
def test_an_answer_without_histories_or_no_answer(body: bytes, good: bool) -> None:
    if good:
        assert not _read_page(body).logs
    else:
        with pytest.raises(InvalidJsonError):
            _read_page(body)


def test_that_there_are_no_histories_is_believed_if_it_is_said_twice() -> None:
    logs = [{"issueId": "1", "changeHistories": [{"id": "9"}]}]
    first: dict[str, Any]
    for first, rows in (({}, 1), ({"issueChangeLogs": []}, 0)):
        answers = iter([first, {"issueChangeLogs": logs}])

        def answer(path: str, _: dict[str, Any], answers: Any = answers) -> Any:
            return {"issues": [_issue(1)]} if path == "search/jql" else next(answers)

        client: Any = Script(answer)
        workers = Workers(1)
        search = CloudSearch(client, workers, SCOPE, 100)
        events = CloudPass(client, workers, Needs(histories=True), search).events(
            INDEXED, small=False
        )
        found = [
            each for event in events if isinstance(event, HistoriesRead) for each in event.decoded()
        ]
        assert len(found) == rows


@pytest.mark.parametrize("histories", [3, 100])
def test_an_increment_holds_about_a_page_of_histories_a_request(histories: int) -> None:
    # 5,000 issues that all changed at once, with few histories or many.
    counted: list[int] = []

    def answer(path: str, body: dict[str, Any]) -> Any:
        if path == "search/jql":
            return {"issues": [{"id": str(n), "key": f"A-{n}"} for n in range(5000)]}
        ids = body["issueIdsOrKeys"]
        start, size = int(body.get("nextPageToken") or 0), body["maxResults"] // len(ids)
        rows = [{"id": str(n)} for n in range(start, min(start + size, histories))]
        logs = [{"issueId": each, "changeHistories": rows} for each in ids]
        counted.append(len(ids) * len(rows))
        more = start + size < histories
        return {"issueChangeLogs": logs} | ({"nextPageToken": str(start + size)} if more else {})

    client: Any = Script(answer)
    workers = Workers(2)
    search = CloudSearch(client, workers, SCOPE, 100)
    reading = CloudPass(client, workers, Needs(histories=True, increment=True), search)
    held = [
        sum(len(rows) for _, rows in event.decoded())
        for event in reading.events(Span(NOW.subtract(hours=1)), small=True)
        if isinstance(event, HistoriesRead)
    ]
    assert sum(held) == 5000 * histories
    # The first few tell how many there are; then what one request brings is what is held.
    assert max(held) <= 20_000
    assert sorted(held)[len(held) // 2] <= 10_000
    assert len(counted) <= 1.4 * max(5, 5000 * histories / 10_000) + 2
