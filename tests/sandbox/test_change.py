"""Live change: what bumps ``updated``, what shows in history, what follows a move."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Jira, truth

if TYPE_CHECKING:
    from sandbox.model import Issue

Call = Callable[..., Any]


def first(jira: Jira) -> Issue:
    return next(
        i for i in jira.world.issues.values() if i.project.key == "APP" and i.counts[0].size
    )


@pytest.mark.parametrize("product", ["small", "small_dc"])
def test_updates_show(product: str, request: pytest.FixtureRequest, get: Call, keys: Call) -> None:
    jira: Jira = request.getfixturevalue(product)
    issue = first(jira)
    before = get(jira, f"/issue/{issue.id}")
    jira.clock.advance(120)
    jira.mutate.update_issue(issue, summary="Brand new", assignee=jira.world.users[4])
    after = get(jira, f"/issue/{issue.id}", expand="changelog")
    assert after["fields"]["summary"] == "Brand new"
    assert after["fields"]["updated"] > before["fields"]["updated"]
    newest = max(after["changelog"]["histories"], key=lambda row: int(row["id"]))
    assert [item["field"] for item in newest["items"]] == ["Summary", "Assignee"]
    assert newest["created"] == after["fields"]["updated"]
    assert keys(jira, 'updated >= "2026-06-15 14:02"') == [issue.key]


def test_children_bump(small: Jira) -> None:
    issue = first(small)
    log = None
    for step in range(6):
        small.clock.advance(1)
        if step == 0:
            comment = small.mutate.add_comment(issue, "hello")
        elif step == 1:
            small.mutate.edit_comment(issue, comment.id, "hello again")
        elif step == 2:
            small.mutate.delete_comment(issue, comment.id)
        elif step == 3:
            log = small.mutate.add_worklog(issue)
        elif log is not None and step == 4:
            small.mutate.edit_worklog(issue, log.id, 60)
        elif log is not None:
            small.mutate.delete_worklog(issue, log.id)
        assert issue.updated == small.clock.now_ms()
    known = truth(small)
    assert str(comment.id) not in known["comments"]
    assert log is not None
    assert str(log.id) in known["deleted_worklogs"]


def test_moves_keep_the_id(small: Jira, get: Call, keys: Call) -> None:
    issue = first(small)
    old = issue.key
    new = small.mutate.move_issue(issue, "AND")
    assert new.startswith("AND-")
    assert get(small, f"/issue/{old}")["key"] == new
    items = get(small, f"/issue/{old}", expand="changelog")["changelog"]["histories"][0]["items"]
    assert [item["field"] for item in items] == ["Key", "project"]
    assert old not in keys(small, "project = APP")
    assert new in keys(small, 'project = "AND"')


def test_quiet_changes(small: Jira, keys: Call, get: Call) -> None:
    issue = first(small)
    updated = issue.updated
    small.mutate.hide_issue(issue)
    assert issue.key not in keys(small, "project is not EMPTY")
    assert small.call("GET", f"/rest/api/3/issue/{issue.id}")[0] == 404
    small.mutate.show_issue(issue)
    user = small.world.users[0]
    get(small, f"/issue/{issue.id}")
    small.mutate.update_issue(issue, assignee=user)
    small.mutate.rename_user(user, "Someone Else")
    shown = get(small, f"/issue/{issue.id}")["fields"]["assignee"]
    assert shown["displayName"] == "Someone Else"
    small.mutate.archive_project("PUB")
    assert small.call("POST", "/rest/api/3/search/jql", body={"jql": "project = PUB"})[0] == 400
    assert updated <= issue.updated
    small.mutate.rename_project(issue.project, "APPS")
    assert get(small, f"/issue/APP-{issue.number}")["key"] == f"APPS-{issue.number}"
    assert get(small, "/project/APPS")["projectKeys"] == ["APPS", "APP"]


def test_bulk_change_shares_a_minute(make: Call, keys: Call) -> None:
    jira = make(issues=300, bulk_minute=0)
    jira.clock.advance(330)
    changed = jira.mutate.bulk_change(250)
    assert len({issue.updated // 60_000 for issue in changed}) == 1
    assert len({issue.updated for issue in changed}) > 100
    assert max(issue.updated for issue in changed) <= jira.clock.now_ms()
    assert len(keys(jira, 'updated = "2026-06-15 14:05"')) == 250


def test_bulk_minute_option(make: Call) -> None:
    jira = make(issues=2000, bulk_minute=1500)
    minutes: dict[int, int] = {}
    for issue in jira.world.issues.values():
        minutes[issue.updated // 60_000] = minutes.get(issue.updated // 60_000, 0) + 1
    assert max(minutes.values()) == 1500


def test_random_change_keeps_the_world_whole(small: Jira, pages: Call) -> None:
    rng = random.Random(5)
    kinds = set()
    for _ in range(200):
        small.clock.advance(rng.random() * 30)
        kinds.add(small.mutate.mutate_randomly(rng)[0])
        newest = max(issue.updated for issue in small.world.issues.values())
        assert newest <= small.clock.now_ms()
    assert len(kinds) >= 10
    known = truth(small)
    found = {
        issue["id"]: issue
        for page in pages(small, "project is not EMPTY", fields=["*all"], maxResults=100)
        for issue in page["issues"]
    }
    assert set(found) == set(known["issues"])
    for ident, issue in found.items():
        assert issue["fields"]["summary"] == known["issues"][ident]["fields"]["summary"]
        assert issue["key"] == known["issues"][ident]["key"]


def test_change_between_requests(small: Jira, get: Call) -> None:
    small.on_request(2, lambda mutations, _rng: mutations.create_issue("APP", summary="live"))
    before = len(small.world.issues)
    for _ in range(6):
        get(small, "/field")
    assert len(small.world.issues) == before + 3
    assert small.counts["GET /field"] == 6
