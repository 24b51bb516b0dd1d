"""JQL: dates in the caller's zone, keys, projects and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.clock import to_ms
from sandbox.jql import JqlError, parse

if TYPE_CHECKING:
    from sandbox import Jira

Call = Callable[..., Any]


def at(text: str) -> int:
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=timezone.utc))


@pytest.fixture
def dated(make: Call) -> Callable[[str, str], Jira]:
    """A site with one issue in AND, updated at an instant, read in a zone."""

    def build(zone: str, updated: str) -> Jira:
        jira: Jira = make(issues=0, time_zone=zone)
        issue = jira.mutate.create_issue("AND", summary="x")
        issue.created = issue.updated = at(updated)
        return jira

    return build


@pytest.mark.parametrize(
    ("zone", "updated", "literal", "printed"),
    [
        ("Europe/Berlin", "2026-01-10T10:30:59.999", "2026-01-10 11:30", "11:30:59.999+0100"),
        ("Europe/Berlin", "2026-07-10T10:30:00", "2026-07-10 12:30", "12:30:00.000+0200"),
        ("Asia/Kolkata", "2026-01-10T10:30:00", "2026/01/10 16:00", "16:00:00.000+0530"),
        ("America/New_York", "2025-11-02T05:30:00", "2025-11-02 01:30", "01:30:00.000-0400"),
    ],
)
def test_literals_are_read_in_the_callers_zone(
    dated: Call, keys: Call, get: Call, zone: str, updated: str, literal: str, printed: str
) -> None:
    jira = dated(zone, updated)
    for sign, found in (("=", 1), (">=", 1), ("<=", 1), (">", 0), ("<", 0), ("!=", 0)):
        assert len(keys(jira, f'updated {sign} "{literal}"')) == found, sign
    key = keys(jira, 'project = "AND"')[0]
    assert get(jira, f"/issue/{key}")["fields"]["updated"].endswith(printed)


def test_the_second_hour_of_a_fall_back_is_out_of_reach(dated: Call, keys: Call) -> None:
    jira = dated("America/New_York", "2025-11-02T06:30:00")  # the second 01:30 of that night
    assert keys(jira, 'updated <= "2025-11-02 01:30"') == []
    assert len(keys(jira, 'updated > "2025-11-02 01:30"')) == 1


def test_epoch_milliseconds_have_minute_precision(dated: Call, keys: Call) -> None:
    jira = dated("Asia/Tokyo", "2026-01-10T10:30:05")
    ms = at("2026-01-10T10:30:55")
    assert len(keys(jira, f"updated >= {ms}")) == 1
    assert keys(jira, f"updated > {ms}") == []
    assert keys(jira, f"updated >= {ms + 60_000}") == []
    body = {"jql": f'updated >= "{ms}"'}
    assert jira.call("POST", "/rest/api/3/search/jql", body=body)[0] == 400


def test_relative_dates(dated: Call, keys: Call) -> None:
    jira = dated("UTC", "2026-06-15T11:00:00")
    assert len(keys(jira, "updated >= -60m")) == 1
    assert keys(jira, "updated >= -30m") == []
    assert len(keys(jira, "updated >= -1d AND updated <= now()")) == 1
    jira.clock.advance(minutes=1)
    assert keys(jira, 'updated >= "-60m"') == []


def test_keys_and_the_bound_trap(cloud: Jira, dc: Jira, keys: Call) -> None:
    issue = next(i for i in cloud.world.issues.values() if i.project.key == "APP" and i.number == 5)
    assert keys(cloud, f"id = {issue.id}") == keys(cloud, "key = APP-5") == ["APP-5"]
    assert len(keys(cloud, "key in (APP-1, APP-2, NOPE-9)")) == 2
    above = keys(cloud, f"id > {issue.id} ORDER BY key")
    assert above[0] == "APP-6"
    assert {key.split("-")[0] for key in above} == {"APP"}
    assert keys(cloud, "id > 99999999") == []
    for jql in ("id > 99999999", "key in (APP-1, NOPE-9)"):
        code, _, data = dc.call("POST", "/rest/api/2/search", body={"jql": jql})
        assert code == 400
        assert "does not exist for field" in data["errorMessages"][0]
    assert len(keys(cloud, "id != null")) == len(keys(cloud, "issuekey is not EMPTY")) == 1000


def test_order(cloud: Jira, keys: Call) -> None:
    found = keys(cloud, "project = APP ORDER BY key DESC")
    numbers = [int(key.split("-")[1]) for key in found]
    assert numbers == sorted(numbers, reverse=True)
    by_date = keys(cloud, "project is not EMPTY ORDER BY updated ASC, key ASC")
    updated = [cloud.world.find(key) for key in by_date]
    # By the second, as the index has it.
    instants = [issue.updated // 1000 for issue in updated if issue]
    assert instants == sorted(instants)
    assert len(instants) == 1000


def test_logic(cloud: Jira, keys: Call) -> None:
    total = 1000
    apps = len(keys(cloud, 'project = "APP"'))
    assert apps == len(keys(cloud, "project in (10000)"))
    assert len(keys(cloud, "NOT project = APP")) == total - apps
    assert len(keys(cloud, "project != APP AND (status = Done OR status != done)")) == total - apps
    both = len(keys(cloud, "labels in (ux) and assignee is EMPTY"))
    assert 0 < both < len(keys(cloud, "labels = ux"))
    assert len(keys(cloud, "type = Bug")) == len(keys(cloud, "issuetype = 10002")) > 0
    assert len(keys(cloud, 'summary ~ "password"')) > 0
    assert keys(cloud, "project = VOID") == []


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("project = AND", "reserved JQL word"),
        ("project = OLD", "The value 'OLD' does not exist for the field 'project'."),
        ("project = SEC", "does not exist for the field 'project'"),
        ("project in (APP, 4711)", "The value '4711'"),
        ("nonsense = 1", "Field 'nonsense' does not exist"),
        ("project = APP ORDER BY nonsense", "Field 'nonsense' does not exist"),
        ("project =", "before the end"),
        ("project APP", "Expecting an operator"),
        ('updated >= "2026-01-01T00:00:00Z"', "Date value"),
        ('updated >= "2026-01-01 10:00', "has not been completed"),
        ("updated ~ 5", "is not supported"),
        ("(project = APP", "')'"),
        ("project = APP project = AND", "either 'OR' or 'AND'"),
    ],
)
def test_refusals(cloud: Jira, jql: str, message: str) -> None:
    code, _, data = cloud.call("POST", "/rest/api/3/search/jql", body={"jql": jql})
    assert code == 400
    assert message in data["errorMessages"][0]


def test_quoting() -> None:
    query = parse(r'project = "A\"B\\C" ORDER BY "Story Points" DESC')
    assert query.order == [("Story Points", True)]
    assert query.where is not None
    assert getattr(query.where, "operands")[0].text == 'A"B\\C'  # noqa: B009 - either kind of node
    with pytest.raises(JqlError):
        parse("project = 'open")


def test_anonymous_dates_are_read_in_the_servers_zone(make: Call) -> None:
    jira = make(issues=0, time_zone="Asia/Tokyo", server_time_zone="UTC")
    issue = jira.mutate.create_issue("PUB", summary="x")
    issue.created = issue.updated = at("2026-01-10T10:30:00")
    body = {"jql": 'updated = "2026-01-10 10:30"', "fields": ["updated"]}
    found = jira.call("POST", "/rest/api/3/search/jql", body=body, headers={})[2]["issues"]
    assert found[0]["fields"]["updated"] == "2026-01-10T10:30:00.000+0000"
