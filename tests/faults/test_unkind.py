"""What the products do, if seldom, and a stand-in would be too kind to do by itself."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault, PageCaps
from tests.exactness.support import Tap as Process
from tests.faults.support import Tap, sound, without_comment_ids
from tests.faults.test_matrix import CAPS, box
from tests.support.changes import visible
from tests.support.expected import expected

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Request, Sandbox


def once(jira: Sandbox, due: Callable[[], bool], act: Callable[[], object]) -> None:
    """Do something before the first request at which it is due."""
    done: list[bool] = []

    def look(*_: object) -> None:
        if not done and due():
            done.append(True)
            act()

    jira.on_request(1, look)


def asked(jira: Sandbox, endpoint: str) -> Callable[[], bool]:
    """Whether there was such a request."""
    return lambda: any(endpoint in each for each in jira.counts)


# --- searches and issues ----------------------------------------------------------------------


def test_an_answer_without_its_token(tmp_path: Path) -> None:
    with box("cloud") as jira:
        jira.faults.add(Fault("no_token", "/search/jql"))
        Tap(jira, tmp_path).sync()
        assert jira.faults.struck


@pytest.mark.parametrize("rows", [1, 2])
def test_issues_of_one_minute_that_come_one_by_one(rows: int, tmp_path: Path) -> None:
    """No window is smaller than that; a page of one issue does not overlap with the next."""
    with box("dc", issues=5, caps=dataclasses.replace(CAPS, search_dc=rows)) as jira:
        for _ in range(6):
            jira.mutate.create_issue("APP")
        tap = Tap(jira, tmp_path)
        assert tap.run(catalog=tap.catalog("issues")).code == 0
        tap.check("issues", truth=without_comment_ids(expected(jira.jira), tap.tables))


@pytest.mark.parametrize("place", [0, 20, 31])
def test_issues_that_do_not_load_at_once(place: int, tmp_path: Path) -> None:
    with box("cloud") as jira:
        found = sorted(visible(jira.jira), key=lambda issue: issue.updated)
        ailment = jira.mutate.sicken(found[place], "error", times=1)
        Tap(jira, tmp_path, page_size=10).sync()
        assert ailment.struck == 1


@pytest.mark.parametrize("shape", ["absent", "null", "{}"])
def test_a_field_that_does_not_load_at_once(shape: str, tmp_path: Path) -> None:
    with box("cloud") as jira:
        late = max(visible(jira.jira), key=lambda issue: issue.updated)
        ailment = jira.mutate.sicken(late, "blank", fields=("status",), shape=shape, times=1)
        Tap(jira, tmp_path, page_size=10).sync()
        assert ailment.struck == 1


def test_ids_that_are_gone_where_there_is_no_bulk_fetch(tmp_path: Path) -> None:
    with box("cloud", bulkfetch=False, dead_ids="empty") as jira:
        gone = visible(jira.jira)[:2]
        delete = functools.partial(map, jira.mutate.delete_issue, gone)
        once(jira, asked(jira, "/issue/bulkfetch"), lambda: list(delete()))
        tap = Tap(jira, tmp_path)
        run = tap.run()
        assert run.code == 0, run.log
        tap.check(gone=True)


def test_changelogs_that_a_search_cuts_off(tmp_path: Path) -> None:
    with box("dc", caps=dataclasses.replace(CAPS, embedded_histories_dc=3)) as jira:
        Tap(jira, tmp_path).sync()
        assert asked(jira, "GET /issue/{ident}")()


def test_changelogs_that_are_always_cut_off(tmp_path: Path) -> None:
    caps = PageCaps(embedded_histories_dc=3, embedded_histories_dc_alone=5)
    with box("dc", caps=caps) as jira:
        run = Tap(jira, tmp_path).run()
        assert run.code == 1
        assert "does not give the whole changelog" in run.log


# --- servers ----------------------------------------------------------------------------------


def test_a_server_that_does_not_say_what_it_is(tmp_path: Path) -> None:
    with box("dc", version="6.4.14") as jira:
        jira.faults.add(Fault("without", "/serverInfo", fields=("deploymentType",), count=9))
        tap = Tap(jira, tmp_path)
        run = tap.run(catalog=tap.catalog("issues"))
        assert run.code == 0, run.log
        tap.check("issues", truth=without_comment_ids(expected(jira.jira), tap.tables))


def test_something_that_is_no_jira(tmp_path: Path) -> None:
    with box("cloud") as jira:
        said = {"status": "ok"}
        jira.faults.add(Fault("status", "/serverInfo", status=200, body=said, count=9))
        run = Tap(jira, tmp_path).run()
        assert run.code == 1
        assert "not as a Jira does" in run.errors[0]


def test_the_clock_that_counts_is_jira_s(tmp_path: Path) -> None:
    long_ago = dt.datetime(2019, 6, 15, 12, tzinfo=dt.timezone.utc)
    with box("cloud", start=long_ago) as jira:
        tap = Tap(jira, tmp_path)
        tap.sync()
        jira.jira.clock.advance(minutes=20)
        jira.mutate.update_issue(10_005, summary="Changed")
        jira.jira.clock.advance(minutes=20)
        tap.sync(gone=True)


def test_a_date_means_the_same_in_every_zone_of_the_machine(tmp_path: Path) -> None:
    with box("cloud", issues=60) as jira:
        found = sorted(visible(jira.jira), key=lambda issue: issue.updated)
        start = dt.datetime.fromtimestamp(found[30].updated / 1000, tz=dt.timezone.utc)
        said = start.strftime("%Y-%m-%dT%H:%M:%S.%f")
        for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"):
            tap = Tap(jira, tmp_path, start_date=said)
            chosen = tap.catalog("issues")
            assert tap.run(catalog=chosen, variables={"TZ": zone}).code == 0
            assert len(tap.tables.rows["issues"]) == 30


# --- lists ------------------------------------------------------------------------------------


def test_users_of_an_old_data_center(tmp_path: Path) -> None:
    with box("dc", version="9.12.4") as jira:
        tap = Tap(jira, tmp_path)
        run = tap.run()
        assert run.code == 0, run.log
        users = expected(jira.jira)["users"]
        assert {str(key[0]) for key in tap.tables.rows["users"]} == users.keys()
        assert not all(user["active"] for user in users.values())


@pytest.mark.parametrize("rows", [1, 4])
def test_projects_deleted_between_two_pages(rows: int, tmp_path: Path) -> None:
    with box("cloud", caps=dataclasses.replace(CAPS, projects=rows)) as jira:
        purge = jira.mutate.purge_project
        pages = jira.counts
        once(
            jira,
            lambda: pages["GET /project/search"] == 1,
            lambda: [purge(key) for key in ("AND", "APP")],
        )
        tap = Tap(jira, tmp_path)
        run = tap.run(catalog=tap.catalog("projects"))
        assert run.code == 0, run.log
        tap.check("projects", gone=True)
        assert jira.jira.world.project("APP") is None


# --- feeds of worklogs ------------------------------------------------------------------------

TIGHT = dataclasses.replace(CAPS, feed=3)


def log_in_pairs(jira: Sandbox, pairs: int) -> None:
    """Worklogs two and two in one millisecond, so that pages of three end in between.

    Long enough ago that the bookmark may stand there.
    """
    issue = visible(jira.jira)[0]
    for _ in range(pairs):
        jira.jira.clock.advance(1)
        jira.mutate.add_worklog(issue)
        jira.mutate.add_worklog(issue)
    jira.jira.clock.advance(minutes=30)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_pages_of_feeds_that_end_within_a_millisecond(personality: str, tmp_path: Path) -> None:
    with box(personality, caps=TIGHT) as jira:
        # More pages than are read ahead, and pairs on the last ones.
        log_in_pairs(jira, 9)
        tap = Tap(jira, tmp_path)
        tap.sync()
        log_in_pairs(jira, 9)
        run = tap.run()
        assert run.code == 0, run.log
        tap.check("worklogs")
        assert len(run.messages.records["worklogs"]) == 18, "each once"


@pytest.mark.parametrize("stop", [3, 7])
def test_a_feed_broken_off_within_a_millisecond(stop: int, tmp_path: Path) -> None:
    with box("cloud", issues=5, caps=TIGHT) as jira:
        tap = Tap(jira, tmp_path)
        tap.sync()
        log_in_pairs(jira, 9)
        chosen = tap.catalog("worklogs")
        jira.faults.add(Fault("status", "/worklog/list", nth=stop, status=403, count=99))
        assert tap.run(catalog=chosen).code == 1
        jira.faults.clear()
        assert tap.run(catalog=chosen).code == 0
        tap.check("worklogs")


@pytest.mark.parametrize("count", [1, 99])
@pytest.mark.parametrize("feed", ["updated", "deleted"])
def test_a_page_of_a_feed_that_is_empty_though_there_is_more(
    feed: str, count: int, tmp_path: Path
) -> None:
    with box("cloud") as jira:
        jira.faults.add(Fault("empty_more", f"/worklog/{feed}", count=count))
        tap = Tap(jira, tmp_path)
        sound(tap, tap.run())


@pytest.mark.parametrize("body", [{}, [], {"worklogs": [], "total": 0}], ids=["{}", "[]", "none"])
def test_worklogs_of_an_issue_that_do_not_come_at_once(body: Any, tmp_path: Path) -> None:
    """The issue came into the settings' scope: to the feed that is no change."""
    with box("cloud", caps=dataclasses.replace(CAPS, embedded_worklogs=1)) as jira:
        worklogs = jira.jira.world.worklogs
        others = (each for each in visible(jira.jira) if each.project.key != "SUP")
        moved = max(others, key=lambda each: len(worklogs(each)))
        tap = Tap(jira, tmp_path, page_size=20, project_keys=["SUP"])
        catalog = tap.catalog("issues", "worklogs")
        assert tap.run(catalog=catalog).code == 0
        jira.jira.clock.advance(minutes=30)
        jira.mutate.move_issue(moved, "SUP")
        jira.jira.clock.advance(minutes=30)
        fault = jira.faults.add(Fault("status", "issue/[^/]*/worklog", status=200, body=body))
        run = tap.run(catalog=catalog)
        assert run.code == 0, run.log
        assert fault.struck == 1
        sent = {row["id"] for row in run.messages.records["worklogs"]}
        assert {str(each.id) for each in worklogs(moved)} <= sent


@pytest.mark.parametrize("status", [404, 500])
def test_a_count_that_would_only_confirm_is_not_needed(status: int, tmp_path: Path) -> None:
    with box("cloud") as jira:
        jira.faults.add(Fault("status", "approximate-count", status=status, count=99))
        tap = Tap(jira, tmp_path, {"issues.search_cloud.COUNTED_FROM": 10}, page_size=20)
        tap.sync()
        assert jira.faults.struck


def test_an_issue_that_is_nothing(tmp_path: Path) -> None:
    """An answer that is no issue is no issue that is gone, and no bug in the tap."""
    with box("dc") as jira:
        jira.mutate.sicken(visible(jira.jira)[5], where="POST /search")
        fault = jira.faults.add(Fault("status", "GET /issue/[^/]*$", status=200, body={}))
        Tap(jira, tmp_path, page_size=20).sync()
        assert fault.struck == 1


# --- stopping ---------------------------------------------------------------------------------


def test_told_to_stop_while_it_waits_as_it_was_asked_to(tmp_path: Path) -> None:
    with box("cloud") as jira:
        waiting = threading.Event()

        def comes(_: Request) -> bool:
            waiting.set()
            return True

        jira.faults.add(
            Fault("status", "/issue/bulkfetch", status=429, retry_after=60, count=99, when=comes)
        )
        tap = Process(jira, tmp_path, {})
        process = tap.start()
        late = threading.Timer(20, process.kill)  # a third of what it is asked to wait
        late.start()
        assert waiting.wait(60)
        process.send_signal(signal.SIGTERM)
        tap.end(process)
        late.cancel()
        assert process.returncode == 128 + signal.SIGTERM


# --- credentials ------------------------------------------------------------------------------


def test_the_password_changes_while_eight_requests_wait(tmp_path: Path) -> None:
    from tests.faults.test_credentials import make  # noqa: PLC0415

    with box("dc", captcha_after=3, issues=120) as jira:
        auth = jira.jira.auth

        def change() -> None:
            auth.sessions.clear()
            auth.passwords.clear()

        # All of them are on their way when it happens, and come back at once.
        once(jira, lambda: jira.counts["POST /search"] > 3, change)
        run = make(jira, "dc cookie", tmp_path, max_concurrency=8, page_size=5).run()
        assert run.code == 1
        assert auth.failures == 1, run.log


def test_a_token_ends_where_anyone_may_read(tmp_path: Path) -> None:
    """Cloud goes on as if nothing were wrong, and shows what is public."""
    with box("cloud", issues=120) as jira:
        tap = Tap(jira, tmp_path, page_size=10)
        chosen = tap.catalog("issues")
        jira.reset_counts()
        once(jira, asked(jira, "/issue/bulkfetch"), jira.jira.auth.api_tokens.clear)
        run = tap.run(catalog=chosen)
        assert run.code == 1
        assert "credentials" in run.errors[0]


@pytest.mark.parametrize(
    "kind", ["cloud client_credentials", "cloud oauth", "dc oauth", "dc cookie"]
)
def test_jira_repeats_a_token_that_it_gave_out(kind: str, tmp_path: Path) -> None:
    from tests.faults.test_credentials import make  # noqa: PLC0415

    with box(kind.split(maxsplit=1)[0]) as jira:
        auth, said = jira.jira.auth, []

        def repeat() -> None:
            said.extend([*auth.access_tokens, *auth.sessions])
            said.extend([*(auth.refresh_tokens if "oauth" in kind else ())])
            body: Any = {"errorMessages": [f"Bad token {token}!" for token in said]}
            jira.faults.add(Fault("status", "/search", status=400, body=body, count=99))

        once(jira, asked(jira, "/myself"), repeat)
        run = make(jira, kind, tmp_path).run()
        assert run.code == 1
        assert len(said) > ("oauth" in kind)
        assert "Bad token ***!" in run.log
