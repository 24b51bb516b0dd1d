"""Issues that cannot be read hold up no other; what is too heavy is asked for in parts."""

from __future__ import annotations

import copy
import dataclasses
import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import Fault, asks_for_more_than
from sandbox.options import PageCaps
from tap_jira.records.timestamps import epoch_ms
from tests.faults.support import STREAMS, Tap
from tests.faults.test_matrix import CAPS, box
from tests.support.changes import visible
from tests.support.expected import expected
from tests.support.tap import whole

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Request, Sandbox
    from sandbox.model import Issue
    from sandbox.options import Personality
    from tests.faults.support import Truth
    from tests.support.tap import Run

FAMILY = ("issues", "comments", "changelogs")
#: What ails an issue, and the streams that owe it then.
AILMENTS: dict[str, tuple[Personality, dict[str, Any], tuple[str, ...]]] = {
    "fails": ("cloud", {"kind": "status"}, FAMILY),
    "is an error": ("cloud", {"kind": "error", "where": "issue/bulk"}, ("issues", "comments")),
    "is blank": ("cloud", {"kind": "blank", "fields": ("status",)}, ("issues", "comments")),
    "has no comments": ("cloud", {"where": "issue.*comment$"}, ("comments",)),
    "has no histories": ("cloud", {"where": "changelog"}, ("changelogs",)),
    "fails on Data Center": ("dc", {"kind": "status"}, FAMILY),
    "lacks its fields": ("dc", {"kind": "blank"}, FAMILY),
    "has null for fields": ("dc", {"kind": "blank", "shape": "null"}, FAMILY),
    "has no time": ("dc", {"kind": "blank", "fields": ("updated",), "shape": "{}"}, FAMILY),
    "has an object for its time": (
        "cloud",
        {"kind": "blank", "fields": ("updated",), "shape": '{"a": 1}'},
        ("issues", "comments"),
    ),
    "has a word for its time": (
        "dc",
        {"kind": "blank", "fields": ("updated",), "shape": '"yesterday"'},
        FAMILY,
    ),
    "has no field": ("dc", {"kind": "blank", "shape": "{}"}, FAMILY),
}


def ordinary(jira: Sandbox, *, comments: int = 6) -> Issue:
    """An issue among the others, with more comments than come inside it."""
    found = sorted(visible(jira.jira), key=lambda issue: issue.updated)
    world = jira.jira.world
    return next(
        each
        for each in found[len(found) // 2 :]
        if len(world.comments(each)) >= comments and len(world.histories(each)) > 1
    )


def without(truth: Truth, issue: Issue, *streams: str) -> Truth:
    """All that Jira shows, but for what some streams owe of an issue, and tell of it."""
    left = copy.copy(truth)
    if "comments" in streams:
        told = {**truth["issues"][str(issue.id)], "comment_ids": None}
        left["issues"] = {**truth["issues"], str(issue.id): told}
    for name in streams:
        left[name] = {
            key: row
            for key, row in left[name].items()
            if str(row.get("issue_id", row["id"])) != str(issue.id)
        }
    return left


def owes(tap: Tap, issue: Issue) -> tuple[str, ...]:
    """The streams whose STATE owes the issue."""
    marks = bookmarks(tap)
    return tuple(name for name in FAMILY if str(issue.id) in marks[name].get("unread", ()))


def names(run: Run, issue: Issue) -> bool:
    """Whether the streams' last words say which issue it is."""
    name = f"{issue.key} ({issue.id})"
    return any("could not be read" in line and name in line for line in run.warnings)


def bookmarks(tap: Tap) -> dict[str, Any]:
    """What STATE says of the streams."""
    assert tap.tables.state
    marks: dict[str, Any] = tap.tables.state["bookmarks"]
    return marks


@pytest.mark.parametrize("ailment", AILMENTS)
def test_an_issue_that_is_never_read(ailment: str, tmp_path: Path) -> None:
    personality, how, owed = AILMENTS[ailment]
    with box(personality) as jira:
        poison = ordinary(jira)
        jira.mutate.sicken(poison, **how)
        tap = Tap(jira, tmp_path, page_size=20)
        run = tap.run()
        assert run.code == 1
        assert names(run, poison), run.log
        assert owes(tap, poison) == owed
        tap.check(truth=without(expected(jira.jira), poison, *owed))
        for name in owed:
            mark = bookmarks(tap)[name]
            passed = epoch_ms(mark.get("replication_key_value"))
            assert passed <= poison.updated < epoch_ms(mark["read_until"])
            # If even a search for nothing else fails, or has no time, none knows when it changed.
            assert passed or ailment == "fails" or "time" in ailment
        # The next run reads on from where the others are, asks for this one, and says the same.
        jira.jira.clock.advance(minutes=60)
        jira.reset_counts()
        again = tap.run()
        assert again.code == 1
        assert names(again, poison), again.log
        sent = {name: len(again.messages.records.get(name, ())) for name in FAMILY}
        if "blank" in ailment:  # by themselves the comments can be read
            assert sent.pop("comments") == len(jira.jira.world.comments(poison))
        assert not any(sent.values()), sent
        asked = [
            name
            for name in jira.counts
            if re.search("/issue|/search/jql|POST /search|change", name)
        ]
        assert sum(jira.counts[name] for name in asked) <= 14, jira.counts
        # Once it can be read, it is new to the reader with all that is in it.
        jira.mutate.heal(poison)
        jira.jira.clock.advance(minutes=60)
        tap.sync()
        assert owes(tap, poison) == ()
        marks = bookmarks(tap)
        assert len({marks[name]["replication_key_value"] for name in FAMILY}) == 1


@pytest.mark.parametrize(("personality", "page"), [("cloud", 10), ("dc", 20)])
def test_issues_side_by_side_that_are_never_read(
    personality: Personality, page: int, tmp_path: Path
) -> None:
    """On Cloud all of the first page and some of the second: no neighbour can be read."""
    with box(personality, issues=60) as jira:
        found = sorted(visible(jira.jira), key=lambda issue: issue.updated)
        truth = expected(jira.jira)
        for poison in found[:12]:
            jira.mutate.sicken(poison)
            truth = without(truth, poison, *FAMILY)
        tap = Tap(jira, tmp_path, page_size=page)
        run = tap.run(catalog=tap.catalog(*FAMILY))
        assert run.code == 1
        tap.check(*FAMILY, truth=truth)
        assert all(len(bookmarks(tap)[name]["unread"]) == 12 for name in FAMILY)


@pytest.mark.parametrize("cap", [20, 1000])
@pytest.mark.parametrize(("shape", "number"), [('{"a": 1}', 12), ("null", 12), ('"later"', 9)])
def test_rows_side_by_side_that_do_not_connect_pages(
    shape: str, number: int, cap: int, tmp_path: Path
) -> None:
    """Nearly a page of Data Center's index is of issues that say nothing of when they changed.

    One look at all of a window is enough, if an answer holds so many.
    """
    with box("dc", issues=80, caps=dataclasses.replace(CAPS, search_dc=cap)) as jira:
        found = sorted(visible(jira.jira), key=lambda issue: issue.updated)
        truth = expected(jira.jira)
        for odd in found[34 : 34 + number]:
            jira.mutate.sicken(odd, "blank", fields=("updated",), shape=shape)
            truth = without(truth, odd, *FAMILY)
        # There are too many issues to look at all of them once more in the end.
        tap = Tap(jira, tmp_path, {"issues.search_dc.LOOK": len(found) - 1}, page_size=10)
        run = tap.run(catalog=tap.catalog(*FAMILY))
        assert run.code == 1
        tap.check(*FAMILY, truth=truth)
        assert all(len(bookmarks(tap)[name]["unread"]) == number for name in FAMILY)
        assert jira.counts["POST /search"] < (800 if cap < len(found) else 150), jira.counts


@pytest.mark.parametrize("number", [9, 25])
def test_rows_side_by_side_that_have_changed_long_since(number: int, tmp_path: Path) -> None:
    """Data Center's index was not told: they are at their old places, and say another time."""
    with box("dc", issues=80) as jira:
        found = sorted(visible(jira.jira), key=lambda issue: issue.updated)
        for odd in found[40 : 40 + number]:
            how = {"fields": ("updated",), "shape": '"2026-06-15T11:58:00.000+0000"'}
            jira.mutate.sicken(odd, "blank", **how)
        tap = Tap(jira, tmp_path, page_size=10)
        run = tap.run(catalog=tap.catalog(*FAMILY))
        assert run.code == 0, run.log
        truth = expected(jira.jira)
        assert all(tap.tables.typed(name).keys() == truth[name].keys() for name in FAMILY)
        assert jira.counts["POST /search"] < 40, jira.counts


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_nothing_but_unreadable_issues_has_changed(
    personality: Personality, tmp_path: Path
) -> None:
    with box(personality) as jira:
        tap = Tap(jira, tmp_path, page_size=20)
        catalog = tap.catalog(*FAMILY)
        assert tap.run(catalog=catalog).code == 0
        jira.jira.clock.advance(minutes=60)
        for poison in visible(jira.jira)[4:6]:
            jira.mutate.update_issue(poison, summary="Changed")
            jira.mutate.sicken(poison)
        jira.jira.clock.advance(minutes=60)
        assert tap.run(catalog=catalog).code == 1
        # The bookmark is behind them, and the rest of the site goes on.
        assert all(len(bookmarks(tap)[name]["unread"]) == 2 for name in FAMILY)
        assert all("read_until" in bookmarks(tap)[name] for name in FAMILY)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_an_issue_that_is_deleted_is_not_owed_any_more(
    personality: Personality, tmp_path: Path
) -> None:
    with box(personality) as jira:
        poison = ordinary(jira)
        jira.mutate.sicken(poison)
        tap = Tap(jira, tmp_path, page_size=20)
        assert tap.run().code == 1
        jira.mutate.delete_issue(poison)
        jira.jira.clock.advance(minutes=60)
        tap.sync(gone=True)
        assert owes(tap, poison) == ()


def test_what_cannot_be_read_is_not_deleted(tmp_path: Path) -> None:
    with box("cloud") as jira:
        poison = ordinary(jira)
        tap = Tap(jira, tmp_path, page_size=20)
        catalog = whole(tap.catalog(*FAMILY), *FAMILY)
        more: dict[str, Any] = {"emit_activate_version_messages": True, "catalog": catalog}
        assert tap.run(**more).code == 0
        jira.mutate.sicken(poison, where="issue/bulkfetch|search")
        run = tap.run(**more)
        assert run.code == 1
        deleted = [line for line in run.output.splitlines() if b'"ACTIVATE_VERSION"' in line]
        assert [json.loads(line)["stream"] for line in deleted] == ["changelogs"]
        tap.check(*FAMILY)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_with_a_filter_its_worklogs_come_by_their_feed(
    personality: Personality, tmp_path: Path
) -> None:
    """The filter admits the issue though it cannot be read; a whole read deletes none of them."""
    with box(personality) as jira:
        world = jira.jira.world
        poison = next(each for each in visible(jira.jira) if len(world.worklogs(each)) > 1)
        tap = Tap(jira, tmp_path, page_size=20, jql="created > 0")
        jira.mutate.sicken(poison)
        assert tap.run().code == 1
        tap.check("worklogs")
        catalog = whole(tap.catalog("issues", "worklogs"), "issues", "worklogs")
        tap.tables.age()
        assert tap.run(catalog=catalog, emit_activate_version_messages=True).code == 1
        tap.check("worklogs")


def test_issues_that_an_answer_leaves_out_are_not_gone(tmp_path: Path) -> None:
    with box("cloud") as jira:
        tap = Tap(jira, tmp_path, page_size=20, emit_activate_version_messages=True)
        catalog = whole(tap.catalog("issues", "comments"), "issues", "comments")
        assert tap.run(catalog=catalog).code == 0
        nothing: dict[str, Any] = {"issues": [], "issueErrors": []}
        jira.faults.add(Fault("status", "/issue/bulkfetch", status=200, count=10**6, body=nothing))
        run = tap.run(catalog=catalog)
        assert run.code == 1
        assert b'"ACTIVATE_VERSION"' not in run.output
        assert any("leaves it out of its answers" in line for line in run.warnings), run.log
        tap.check("issues", "comments")


@pytest.mark.parametrize("places", [(17,), (0, -1), (3, 4, 51, 74), (49, 50)])
@pytest.mark.parametrize("status", [400, 403])
def test_issues_for_which_a_bulk_read_is_refused(
    status: int, places: tuple[int, ...], tmp_path: Path
) -> None:
    """Wherever they are in it; to find each takes some seven halvings of a hundred issues."""
    with box("cloud", issues=100, caps=PageCaps()) as jira:
        found = sorted(visible(jira.jira), key=lambda issue: issue.updated)
        truth = expected(jira.jira)
        for place in places:
            where = "issue/bulkfetch|changelog/bulkfetch"
            jira.mutate.sicken(found[place], status=status, where=where)
            truth = without(truth, found[place], *FAMILY)
        tap = Tap(jira, tmp_path, page_size=100)
        run = tap.run(catalog=tap.catalog(*FAMILY))
        assert run.code == 1
        for place in places:
            name = f"{found[place].key} ({found[place].id})"
            said = [line for line in run.warnings if "though others can" in line and name in line]
            assert len(said) == 2, run.log  # its fields, and its histories
            assert owes(tap, found[place]) == FAMILY
        tap.check(*FAMILY, truth=truth)
        for endpoint in ("issue", "changelog"):
            # With what it takes to tell that it is the issue, and not Jira.
            most = 1 + len(places) * (2 * 7 + 5)
            assert jira.counts[f"POST /{endpoint}/bulkfetch"] <= most, jira.counts


def test_more_than_a_few_issues_are_no_longer_the_issues_fault(tmp_path: Path) -> None:
    with box("cloud") as jira:
        found = visible(jira.jira)
        for issue in found[: len(found) // 2 + 1]:
            jira.mutate.sicken(issue)
        run = Tap(jira, tmp_path, page_size=20).run()
        assert run.code == 1
        assert any("kept failing with 500" in line for line in run.warnings), run.log


def test_a_jira_that_is_down_does_not_look_like_an_issue(tmp_path: Path) -> None:
    with box("cloud") as jira:
        jira.faults.add(Fault("status", "/issue/bulkfetch", status=503, count=10**6, nth=2))
        tap = Tap(jira, tmp_path, page_size=20)
        run = tap.run()
        assert run.code == 1
        assert "though others can" not in run.log
        assert not any("unread" in mark for mark in (tap.tables.state or {}).get("bookmarks", {}))


@pytest.mark.parametrize("status", [504, 413])
def test_what_is_too_much_for_many_is_asked_for_in_parts(status: int, tmp_path: Path) -> None:
    with box("cloud") as jira:
        for endpoint in ("/changelog/bulkfetch", "/worklog/list", "/issue/bulkfetch"):
            too_many = asks_for_more_than(7)
            too_much = Fault("status", endpoint, status=status, count=10**6, when=too_many)
            jira.faults.add(too_much)
        Tap(jira, tmp_path, page_size=20).sync()


def test_a_limit_that_names_no_time_is_asked_for_less_after_a_while(tmp_path: Path) -> None:
    """A gateway that takes many issues for too many requests would say so for ever."""
    with box("cloud", caps=PageCaps()) as jira:
        too_many = asks_for_more_than(20)
        endpoint = "/changelog/bulkfetch"
        refused = Fault("status", endpoint, status=429, count=10**6, when=too_many)
        jira.faults.add(refused)
        tap = Tap(jira, tmp_path, {"http.client.MAX_TRIES": 2})
        tap.sync()
        assert refused.struck == 2


@pytest.mark.parametrize(
    ("personality", "options"),
    [
        ("cloud", {"count_hidden_comments": True}),
        ("cloud", {"comment_totals": False}),
        ("cloud", {"terse": True}),
        ("dc", {"count_hidden_comments": True}),
    ],
)
def test_lists_that_do_not_say_how_long_they_are(
    personality: Personality, options: dict[str, Any], tmp_path: Path
) -> None:
    with box(personality, **options) as jira:
        if "count_hidden_comments" in options:
            issue = ordinary(jira)
            jira.mutate.hide_comment(issue, jira.jira.world.comments(issue)[2].id)
        tap = Tap(jira, tmp_path, page_size=20)
        tap.sync()


def test_histories_of_an_issue_that_never_come_to_their_end(tmp_path: Path) -> None:
    with box("cloud", caps=dataclasses.replace(CAPS, changelog_bulk_page=5)) as jira:
        world = jira.jira.world
        poison = next(each for each in visible(jira.jira) if len(world.histories(each)) > 8)

        def second_page(request: Request) -> bool:
            body = json.loads(request.body)
            return str(poison.id) in body["issueIdsOrKeys"] and "nextPageToken" in body

        # For ever, but for a tap that never ends.
        endless = Fault("status", "/changelog/bulkfetch", status=500, count=60, when=second_page)
        jira.faults.add(endless)
        tap = Tap(jira, tmp_path, {"issues.histories.HISTORY_PAGE": 5}, page_size=20)
        run = tap.run()
        assert run.code == 1
        assert endless.struck < 40
        assert names(run, poison), run.log
        assert owes(tap, poison) == ("changelogs",)
        # Some of them had come before it was clear that the others do not.
        missing = without(expected(jira.jira), poison, "changelogs")["changelogs"].keys()
        assert missing <= {str(key[0]) for key in tap.tables.rows["changelogs"]}
        tap.check(*(name for name in STREAMS if name != "changelogs"))


def test_a_last_page_that_says_it_is_not_the_last(tmp_path: Path) -> None:
    with box("cloud") as jira:
        last = Fault("put", "/search/jql", count=10**6, values={"isLast": False})
        jira.faults.add(last)
        tap = Tap(jira, tmp_path, page_size=20)
        tap.sync()
        jira.jira.clock.advance(minutes=60)
        tap.sync()


def test_a_data_center_that_rebuilds_its_index_keeps_the_bookmark(tmp_path: Path) -> None:
    with box("dc") as jira:
        tap = Tap(jira, tmp_path, page_size=20)
        tap.sync()
        before = bookmarks(tap)
        jira.jira.clock.advance(minutes=60)
        changed = visible(jira.jira)[3]
        jira.mutate.update_issue(changed, summary="Changed")
        jira.mutate.reindex(42)
        run = tap.run()
        assert run.code == 1
        assert sum("is rebuilding its search index (42 %)" in line for line in run.warnings) >= 1
        after = bookmarks(tap)
        for name in FAMILY:
            assert after[name]["replication_key_value"] == before[name]["replication_key_value"]
        jira.mutate.reindex(100)
        tap.sync(gone=True)


@pytest.mark.parametrize("status", [500, 429])
def test_a_data_center_that_does_not_say_whether_it_rebuilds_its_index(
    status: int, tmp_path: Path
) -> None:
    with box("dc") as jira:
        tap = Tap(jira, tmp_path, page_size=20, emit_activate_version_messages=True)
        catalog = whole(tap.catalog("issues", "comments"), "issues")
        assert tap.run(catalog=catalog).code == 0
        before = bookmarks(tap)["comments"]
        jira.jira.clock.advance(minutes=60)
        jira.mutate.reindex(42)
        wait = 9999 if status == 429 else None
        jira.faults.add(
            Fault("status", "reindex/progress", status=status, retry_after=wait, count=99)
        )
        run = tap.run(catalog=catalog)
        assert run.code == 1
        assert b'"ACTIVATE_VERSION"' not in run.output
        assert bookmarks(tap)["comments"] == before
        assert sum("rebuilding its search index cannot be learned" in w for w in run.warnings) >= 2
        assert run.messages.records["issues"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", "reindex/progress", status=401, count=99),
        Fault("redirect", "reindex/progress", count=99),
        Fault("login_page", "reindex/progress", count=99),
        Fault("status", "reindex/progress", status=405, count=99),
    ],
    ids=["401", "redirect", "page", "405"],
)
def test_a_question_that_may_be_refused_ends_no_run(fault: Fault, tmp_path: Path) -> None:
    with box("dc", issues=5) as jira:
        jira.faults.add(dataclasses.replace(fault))
        tap = Tap(jira, tmp_path, page_size=20)
        run = tap.run(catalog=tap.catalog("issues"))
        assert run.code == 0, run.log
        assert jira.faults.struck


def test_a_busy_data_center_settles(tmp_path: Path) -> None:
    with box("dc", caps=dataclasses.replace(CAPS, search_dc=1000)) as jira:
        tap = Tap(jira, tmp_path, page_size=20)
        tap.sync()
        for _ in range(2):
            jira.jira.clock.advance(minutes=58)
            jira.mutate.bulk_change(30)
            jira.jira.clock.advance(minutes=2)
            run = tap.sync()
        assert "unfinished_since" not in bookmarks(tap)["comments"]
        sent = {name: len(run.messages.records.get(name, ())) for name in FAMILY}
        assert sent["issues"] == 30
        assert sent["changelogs"] <= 60, sent
        assert not sent["comments"], sent
