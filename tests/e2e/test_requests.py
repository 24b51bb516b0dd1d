"""How many requests a run takes, beside the least that Jira's API allows."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.changes import visible
from tests.support.tap import entry, mark

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox, MakeTap

#: What Jira Cloud gives at most in one answer.
IDS, CONTENT, EMBEDDED_COMMENTS, COMMENTS = 5000, 100, 20, 100
HISTORY_ISSUES, HISTORIES = 1000, 10_000
FEED, WORKLOGS, PROJECTS, USERS = 1000, 1000, 100, 1000


#: What the core streams ask, beside what every run begins with.
CORE_ENDPOINTS = (
    "GET /serverInfo",
    "GET /myself",
    "GET /field",
    "POST /search/jql",
    "POST /search/approximate-count",
    "POST /issue/bulkfetch",
    "GET /issue/{ident}/comment",
    "POST /changelog/bulkfetch",
    "GET /worklog/updated",
    "POST /worklog/list",
    "GET /worklog/deleted",
    "GET /users/search",
)


def least_requests(jira: Sandbox) -> int:
    """The least number of requests that read everything from Jira Cloud.

    Histories are asked for by up to a thousand issues, in the order of the search.
    """
    world = jira.jira.world
    issues = sorted(visible(jira.jira), key=lambda issue: (issue.updated, issue.key))
    comments = [len(world.comments(issue)) for issue in issues]
    batches = [issues[at : at + HISTORY_ISSUES] for at in range(0, len(issues), HISTORY_ISSUES)]
    histories = [sum(len(world.histories(issue)) for issue in batch) for batch in batches]
    worklogs = sum(len(world.worklogs(issue)) for issue in issues)
    deleted = len(world.deleted_worklogs)
    return sum(
        (
            3,  # serverInfo, myself, field
            math.ceil(len(issues) / IDS),
            math.ceil(len(issues) / CONTENT),  # for issues and comments together
            sum(math.ceil(each / COMMENTS) for each in comments if each > EMBEDDED_COMMENTS),
            sum(max(1, math.ceil(each / HISTORIES)) for each in histories),
            max(1, math.ceil(worklogs / FEED)),
            math.ceil(worklogs / WORKLOGS),
            max(1, math.ceil(deleted / FEED)),
            math.ceil(len(world.projects) / PROJECTS),
            math.ceil(len(world.users) / USERS),
        )
    )


def test_a_full_run_of_a_thousand_issues_takes_little_more_than_the_least(
    sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(issues=1000)
    least = least_requests(jira)
    run = tap(jira).sync()
    assert len(run.messages.records["issues"]) == 1000
    sent = sum(jira.counts.values())
    assert least <= sent <= 1.15 * least, (least, jira.counts)


def test_what_the_summary_counts_is_what_jira_saw(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=30)
    run = tap(jira).sync()
    (total,) = [line.text for line in run.lines if line.text.startswith("Total:")]
    assert f" {sum(jira.counts.values())} requests" in total


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_run_with_forty_changed_issues_is_small(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality, issues=1000)
    first = tap(jira).sync()
    world, mutate = jira.jira.world, jira.jira.mutate
    ordinary = [each for each in visible(jira.jira) if len(world.comments(each)) < 20]
    chosen = random.Random(4).sample(ordinary, 40)
    ways: list[Any] = [
        lambda issue: mutate.update_issue(issue, summary="Changed"),
        mutate.add_comment,
        mutate.add_worklog,
        lambda issue: mutate.move_issue(issue, "PUB"),
    ]
    for number, issue in enumerate(chosen):
        ways[number % len(ways)](issue)
    jira.jira.clock.advance(minutes=60)
    jira.reset_counts()
    run = tap(jira).sync(first.state)
    # What changed shortly before the first run was sent by it already.
    assert run.messages.by_id("issues").keys() == {str(each.id) for each in chosen}
    assert len(run.messages.records["comments"]) >= 10
    assert sum(jira.counts.values()) <= 20, jira.counts


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_idle_runs_are_cheap_and_silent(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality)
    state = tap(jira).sync().state
    for _ in range(2):
        jira.jira.clock.advance(minutes=60)
        jira.reset_counts()
        run = tap(jira).sync(state)
        state = run.state
        assert set(run.messages.records) == {"projects", "users", "fields"}
        assert sum(jira.counts.values()) <= 12, jira.counts


def asked_fields(jira: Sandbox) -> set[str]:
    """The issue fields in the bodies of all requests."""
    bodies = [entry.body for entry in jira.requests if isinstance(entry.body, dict)]
    return {field for body in bodies for field in body.get("fields", ())}


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_deselected_columns_are_not_asked_for(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality, issues=20)
    mine = tap(jira)
    catalog = mine.discover()
    issues = entry(catalog, "issues")
    for each in catalog["streams"]:
        mark(each, (), selected=each is issues)
    kept = {"id", "summary", "status", "fix_versions"}
    for column in issues["schema"]["properties"]:
        mark(issues, ("properties", column), selected=column in kept)
    jira.reset_counts()
    run = mine.sync(catalog=catalog)
    records = run.messages.records["issues"]
    assert len(records) == 20
    # Keys are sent whatever is selected; `updated` proves how far the read is.
    assert all(kept <= record.keys() <= kept | {"updated"} for record in records)
    asked = asked_fields(jira) - {"id", "key"}
    assert {"summary", "status", "fixVersions"} <= asked
    assert asked <= {"summary", "status", "fixVersions", "updated", "created"}


def test_everything_selected_asks_for_every_field(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=20)
    tap(jira).sync()
    fields = {field.id for field in jira.jira.world.catalogue.fields}
    assert fields - asked_fields(jira) == {"worklog", "issuekey", "thumbnail"}
