"""One stream's trouble is that stream's: the others are complete, and the summary says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from tests.faults.support import STREAMS, Tap, incomplete
from tests.faults.test_credentials import make
from tests.faults.test_matrix import box

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

#: What a user may not read: the endpoint, the streams without it, and the answer.
REFUSALS: list[tuple[str, str, set[str], int]] = [
    ("cloud", "/users/search", {"users"}, 400),
    ("dc", "/user/list", {"users"}, 400),
    ("cloud", "/changelog/bulkfetch", {"changelogs"}, 403),
    ("cloud", "/changelog/bulkfetch", {"changelogs"}, 404),
    ("cloud", "/worklog/updated", {"worklogs"}, 404),
    ("cloud", "/worklog/deleted", {"deleted_worklogs"}, 404),
    ("cloud", "/worklog/list", {"worklogs"}, 403),
    ("dc", "/worklog/", {"worklogs", "deleted_worklogs"}, 404),
    ("cloud", "/comment$", {"comments"}, 403),
    ("dc", "/project$", {"projects"}, 403),
    ("cloud", "/project/search", {"projects"}, 403),
    ("cloud", "/issue/bulkfetch", {"issues", "comments", "changelogs"}, 403),
    ("dc", "/search$", {"issues", "comments", "changelogs"}, 403),
]


def refuse(jira: Sandbox, match: str, status: int) -> None:
    jira.faults.add(Fault("status", match, status=status, count=9999))


@pytest.mark.parametrize(("personality", "match", "missed", "status"), REFUSALS)
def test_the_others_are_complete(
    personality: str, match: str, missed: set[str], status: int, tmp_path: Path
) -> None:
    with box(personality) as jira:
        refuse(jira, match, status)
        # Issues tell which comments they have.
        incomplete_for = missed | ({"issues"} if "comments" in missed else set())
        complete = [name for name in STREAMS if name not in incomplete_for]
        tap = Tap(jira, tmp_path, page_size=20)
        run = tap.run()
        assert run.code == 1
        assert incomplete(run) == missed, run.log
        tap.check(*complete)
        assert run.errors == [
            f"Not complete: {', '.join(sorted(missed))} (see above for the reasons)."
        ]
        assert re.search(rf"\b{status}\b", " ".join(run.warnings))
        # With a warning only, the same streams are listed and the exit code is 0.
        again = Tap(jira, tmp_path, page_size=20)
        run = again.run(on_stream_error="warn")
        assert run.code == 0
        assert incomplete(run) == missed
        again.check(*complete)
        # Once it is allowed, everything comes that was missed.
        jira.faults.clear()
        tap.sync()


def test_a_stream_s_missing_scope_is_named(tmp_path: Path) -> None:
    with box("cloud") as jira:
        body = {"code": 401, "message": "Unauthorized; scope does not match"}
        jira.faults.add(Fault("status", "/users/search", status=401, body=body, count=99))
        tap = make(jira, "cloud scoped token", tmp_path)
        run = tap.run(on_stream_error="warn")
        assert run.code == 0
        assert not incomplete(run)
        assert any("read:jira-user" in text and "users" in text for text in run.warnings)
        tap.check(*[name for name in STREAMS if name != "users"])


@pytest.mark.parametrize("scope", ["read:jira-work", "read:jira-user"])
def test_without_one_of_the_two_scopes_nothing_can_be_read(scope: str, tmp_path: Path) -> None:
    with box("cloud") as jira:
        jira.jira.auth.scopes = frozenset({scope})
        run = make(jira, "cloud scoped token", tmp_path).run()
        assert run.code == 1
        assert len(run.errors) == 1
        assert "scope" in run.errors[0]


# Configured projects


def live(jira: Sandbox) -> list[str]:
    return [project.key for project in jira.jira.world.projects if project.live]


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_unknown_and_archived_projects_are_told(personality: str, tmp_path: Path) -> None:
    with box(personality) as jira:
        jira.mutate.archive_project("SUP")
        tap = Tap(jira, tmp_path, project_keys=["APP", "APPP", "SUP"])
        run = tap.run()
        assert run.code == 1
        assert len(run.errors) == 1
        assert "APPP (did you mean APP" in run.errors[0]
        assert "SUP" in run.errors[0]
        run = tap.run(on_unknown_project="warn")
        assert run.code == 0
        assert any("APPP" in warning for warning in run.warnings)
        assert keys(tap) == {"APP"}
        run = Tap(jira, tmp_path, project_keys=["NOPE"]).run(on_unknown_project="warn")
        assert run.code == 1


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_reserved_words_are_keys(personality: str, tmp_path: Path) -> None:
    with box(personality) as jira:
        assert "AND" in live(jira)
        tap = Tap(jira, tmp_path, project_keys=["AND"])
        assert tap.run().code == 0
        assert keys(tap) == {"AND"}


def keys(tap: Tap) -> set[str]:
    return {row["key"].rpartition("-")[0] for row in tap.tables.rows["issues"].values()}


@pytest.mark.parametrize("personality", ["cloud", "dc"])
@pytest.mark.parametrize("jql", ["nosuchfield = 1", "project = ("])
def test_a_filter_that_jira_refuses_is_named(personality: str, jql: str, tmp_path: Path) -> None:
    with box(personality) as jira:
        run = Tap(jira, tmp_path, jql=jql).run()
        assert run.code == 1
        assert "jql" in " ".join([*run.errors, *run.warnings])


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"base_url": "http://127.0.0.1:1"}, "cannot be reached"),
        ({"base_url": "https://nowhere.invalid"}, "is not known"),
        ({"base_url": "ftp://example.com"}, "must be an https address"),
        ({"base_url": "http://example.com"}, "never sent unencrypted"),
        ({"cloud_id": "no-such-id"}, "cloud id"),
        ({"ca_bundle": "/no/such/file.pem"}, "ca_bundle"),
        ({"jql": "a = 1 order by b"}, "jql"),
    ],
)
def test_wrong_settings_are_told_in_one_line(
    config: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with box("cloud") as jira:
        run = Tap(jira, tmp_path, api_gateway_url=jira.url, **config).run()
        assert run.code == 1
        assert len(run.errors) == 1, run.log
        assert said in run.errors[0]


def test_a_wrong_context_path_is_told(tmp_path: Path) -> None:
    for personality in ("cloud", "dc"):
        with box(personality, context_path="/jira") as jira:
            tap = Tap(jira, tmp_path, page_size=20)
            tap.sync()
            tap.tables.state = None
            run = tap.run(base_url=jira.url.removesuffix("/jira"))
            assert run.code == 1
            assert "context path" in run.errors[0]
