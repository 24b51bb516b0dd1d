"""Pages that lie, one lie at a time."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pendulum
import pytest

from sandbox import Sandbox
from sandbox.faults import Fault
from sandbox.options import Options
from sandbox.truth import truth
from tap_jira.errors import IncompleteReadError
from tap_jira.issue_pass import CloudPass, Needs, Trouble
from tap_jira.jql import Span
from tap_jira.search import CloudSearch, OffsetSearch, Query, Scope
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
