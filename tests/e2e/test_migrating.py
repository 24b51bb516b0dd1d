"""From MeltanoLabs' and singer-io's taps to this one: configuration, STATE, and the first run."""

from __future__ import annotations

import datetime as dt
import json
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from tap_jira.settings import parse
from tap_jira.settings_schema import CONFIG_SCHEMA
from tests.support.changes import visible
from tests.support.launch import BIN, environment
from tests.support.tap import Run, launch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox import Sandbox
    from sandbox.model import Issue
    from tests.conftest import MakeSandbox, MakeTap

SECRET = "ATATT3xFfGF0-very-secret"
#: What their pages tell of that this tap calls otherwise, or has no need of.
THEIRS = {"groups"}
ROOT = Path(__file__).resolve().parents[2]
MELTANOLABS = {"domain": "acme.atlassian.net", "email": "me@acme.com", "api_token": SECRET}
SINGER_IO = {"username": "me@acme.com", "password": SECRET, "user_agent": "tap-jira me@acme.com"}
SINGER_IO_APP = {
    "start_date": "2010-01-01",
    "user_agent": "us",
    "cloud_id": "1122-33",
    "access_token": "at",
    "refresh_token": "rt",
    "oauth_client_id": "id",
    "oauth_client_secret": SECRET,
}
OURS_OF_THE_APP = {
    "cloud_id": "1122-33",
    "client_id": "id",
    "client_secret": SECRET,
    "access_token": "at",
    "refresh_token": "rt",
    "start_date": "2010-01-01",
    "user_agent": "us",
}


def migrated(folder: Path, config: dict[str, Any], state: dict[str, Any] | None = None) -> Run:
    """What the command makes of another tap's files."""
    (folder / "theirs.json").write_text(json.dumps(config))
    arguments = ["--migrate", str(folder / "theirs.json")]
    if state is not None:
        (folder / "their-state.json").write_text(json.dumps(state))
        arguments += ["--state", str(folder / "their-state.json")]
    return launch(arguments, folder)


def notes(run: Run) -> list[str]:
    return [line.text for line in run.lines if line.level == "INFO"]


def bookmark(issues: Iterable[Issue], zone: str) -> str:
    """The last change of these, as Jira writes it for a user in a time zone."""
    latest = max(issue.updated for issue in issues)
    return said(latest, zone)


def said(at: int, zone: str) -> str:
    instant = dt.datetime.fromtimestamp(at / 1000, ZoneInfo(zone))
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{at % 1000:03}{instant:%z}"


# --- settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theirs", "ours", "told"),
    [
        pytest.param(
            {**MELTANOLABS, "start_date": "2024-01-01T00:00:00Z", "page_size": {"issues": 100}},
            {
                "base_url": "https://acme.atlassian.net",
                "username": "me@acme.com",
                "api_token": SECRET,
                "start_date": "2024-01-01T00:00:00Z",
                "page_size": 100,
            },
            [],
            id="MeltanoLabs",
        ),
        pytest.param(
            {
                **MELTANOLABS,
                "cloud_id": "1122-33",
                "end_date": "2025-01-01",
                "include_audit_logs": True,
                "stream_options": {"issues": {"jql": "project = ED", "fields": "summary,status"}},
                "flattening_enabled": True,
                "flattening_max_depth": 1,
                "stream_maps": {"issues": {"fields": None}},
                "frobnicate": 1,
            },
            {
                "base_url": "https://acme.atlassian.net",
                "username": "me@acme.com",
                "api_token": SECRET,
                "cloud_id": "1122-33",
                "end_date": "2025-01-01",
                "jql": "project = ED",
                "flattening_enabled": True,
                "flattening_max_depth": 1,
            },
            ["fields is the catalog's business", "audit_records", "stream_maps", ": frobnicate."],
            id="MeltanoLabs with everything",
        ),
        pytest.param(
            {
                "domain": "acme.atlassian.net",
                "auth": {"flow": "password", "username": "me@acme.com", "password": SECRET},
                "stream_options": {"issues": {"jql": "id != null", "fields": "*all"}},
            },
            {
                "base_url": "https://acme.atlassian.net",
                "username": "me@acme.com",
                "api_token": SECRET,
            },
            [],
            id="MeltanoLabs of before",
        ),
        pytest.param(
            {**SINGER_IO, "base_url": "https://acme.atlassian.net", "start_date": "2010-01-01"},
            {
                "base_url": "https://acme.atlassian.net",
                "username": "me@acme.com",
                "api_token": SECRET,
                "start_date": "2010-01-01",
                "user_agent": "tap-jira me@acme.com",
            },
            [],
            id="singer-io on Cloud",
        ),
        pytest.param(
            {**SINGER_IO, "base_url": "jira.acme.com", "groups": "a, b", "request_timeout": "300"},
            {
                "base_url": "jira.acme.com",
                "username": "me@acme.com",
                "password": SECRET,
                "user_agent": "tap-jira me@acme.com",
                "request_timeout": 300,
            },
            ["groups is not needed"],
            id="singer-io on Data Center",
        ),
        pytest.param(
            {**SINGER_IO, "domain": None, "base_url": "jira.acme.com", "request_timeout": "x"},
            {
                "base_url": "jira.acme.com",
                "username": "me@acme.com",
                "password": SECRET,
                "user_agent": "tap-jira me@acme.com",
            },
            [": domain."],
            id="singer-io with settings that are none",
        ),
        pytest.param(
            {
                **MELTANOLABS,
                "domain": "https://acme.atlassian.net/",
                "page_size": {"issues": "9000"},
                "stream_options": {"issues": {"fields": ["summary"]}},
            },
            {
                "base_url": "https://acme.atlassian.net",
                "username": "me@acme.com",
                "api_token": SECRET,
                "page_size": 5000,
            },
            ["fields is the catalog's business"],
            id="MeltanoLabs in other forms",
        ),
        pytest.param(
            {**SINGER_IO_APP, "base_url": "", "request_timeout": 0},
            OURS_OF_THE_APP,
            ["base_url is needed", "oauth_token_file is needed"],
            id="singer-io with an app and empty settings",
        ),
        pytest.param(
            SINGER_IO_APP,
            OURS_OF_THE_APP,
            ["base_url is needed", "oauth_token_file is needed"],
            id="singer-io with an app",
        ),
    ],
)
def test_settings(
    theirs: dict[str, Any], ours: dict[str, Any], told: list[str], tmp_path: Path
) -> None:
    run = migrated(tmp_path, theirs)
    assert run.code == 0, run.log
    assert json.loads(run.output) == {"config": ours, "state": {"bookmarks": {}}}
    assert len(notes(run)) == len(told)
    assert all(part in note for part, note in zip(told, notes(run), strict=True))
    assert SECRET not in run.log


@pytest.mark.parametrize(
    ("config", "state", "reason"),
    [
        ({"token": SECRET}, None, "neither of MeltanoLabs' tap-jira"),
        ({**MELTANOLABS, "projects": ["A"]}, None, "For others see docs/migrating/"),
        (MELTANOLABS, {"bookmarks": {"issues": 1}}, "is damaged"),
        (MELTANOLABS, {"singer_state": {"bookmarks": {"issues": 1}}}, "The STATE is damaged"),
        (MELTANOLABS, {"singer_state": [1]}, "The STATE is damaged"),
        (
            MELTANOLABS,
            {"bookmarks": {"issues": {"replication_key_value": "yesterday"}}},
            "bookmark of issues is no date: 'yesterday'",
        ),
        (
            MELTANOLABS,
            {"bookmarks": {"issues": {"replication_key_value": "0001-01-01T00:00:00Z"}}},
            "bookmark of issues is no date: '0001-01-01T00:00:00Z'",
        ),
    ],
)
def test_what_cannot_be_taken_over(
    config: dict[str, Any], state: dict[str, Any] | None, reason: str, tmp_path: Path
) -> None:
    run = migrated(tmp_path, config, state)
    assert run.code == 1
    assert not run.output
    assert len(run.errors) == 1
    assert reason in run.errors[0]
    assert SECRET not in run.log


def test_their_settings_given_to_this_tap(sandbox: MakeSandbox, tap: MakeTap) -> None:
    theirs = {**MELTANOLABS, **SINGER_IO_APP, "stream_options": {}, "groups": "a", "auth": {}}
    run = tap(sandbox(issues=1), ca_bundle="/missing.pem", **theirs).run()
    (line,) = run.warnings
    for name, here in {
        "domain": "base_url",
        "email": "username",
        "oauth_client_id": "client_id",
        "oauth_client_secret": "client_secret",
        "stream_options": "jql, and columns are selected in the catalog",
        "groups": "nothing, since users has all of them",
        "auth": "username and api_token",
    }.items():
        assert f" {name} (here it is called {here})" in line


@pytest.mark.parametrize("page", sorted((ROOT / "docs/migrating").glob("*.md")), ids=str)
def test_the_pages_name_what_there_is(page: Path) -> None:
    """On the right of their tables: settings, streams and columns that this tap has."""
    catalog = json.loads((ROOT / "catalog/full.json").read_text())
    streams = {each["tap_stream_id"]: each["schema"]["properties"] for each in catalog["streams"]}
    columns = {name for each in streams.values() for name in each}
    settings = {*CONFIG_SCHEMA["properties"], "stream_maps", "batch_config"}
    known = {*streams, *columns, *settings, "customfield_10016", "replication_method"}
    text = page.read_text()
    for title, right in (("Settings", settings), ("Streams", set(streams))):
        section = text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
        rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| ")][1:]
        assert len(rows) > 3
        for left, here in rows:
            same = re.match(r" the same", here)
            named = set(re.findall(r"`([a-z_]+)`", left if same else here))
            assert named <= known, here
            assert not same or named & right or "…" in left, left
    assert set(re.findall(r"`([a-z_]+)`", text.partition("## What differs")[2])) <= known | THEIRS


@pytest.mark.parametrize(
    ("page", "config", "bookmark"),
    [
        ("meltanolabs", MELTANOLABS, {"replication_key_value": "2026-06-01T10:15:23.123+0200"}),
        (
            "singer-io",
            {**SINGER_IO, "base_url": "https://acme.atlassian.net"},
            {"updated": "2026-06-01T08:15:23.123000Z"},
        ),
    ],
)
def test_the_commands_of_the_pages(
    page: str, config: dict[str, Any], bookmark: dict[str, str], tmp_path: Path
) -> None:
    text = (ROOT / "docs/migrating" / f"{page}.md").read_text()
    (script,) = re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    (tmp_path / "old-config.json").write_text(json.dumps(config))
    (tmp_path / "old-state.json").write_text(json.dumps({"bookmarks": {"issues": bookmark}}))
    path = {"PATH": f"{BIN}:{environment()['PATH']}"}
    subprocess.run(["bash", "-ec", script], cwd=tmp_path, env=environment(**path), check=True)
    made = parse(json.loads((tmp_path / "config.json").read_text()))
    assert (made.base_url, made.username) == ("https://acme.atlassian.net", "me@acme.com")
    issues = json.loads((tmp_path / "state.json").read_text())["bookmarks"]["issues"]
    assert issues["replication_key_value"] == "2026-06-01T08:05:00.000Z"


# --- STATE, and the first run with it -------------------------------------------------------------


def moved_in(
    jira: Sandbox, tap: MakeTap, folder: Path, config: dict[str, Any], state: dict[str, Any]
) -> tuple[Run, Run, dict[str, Any]]:
    """The command, the first run with what it made, and what that state was."""
    made = migrated(folder, config, state)
    assert made.code == 0, made.log
    ours = json.loads(made.output)
    del ours["config"]["base_url"]  # no stand-in is at a domain of Atlassian's
    for name in ("username", "api_token", "password", "user_agent"):
        ours["config"].pop(name, None)
    mine = tap(jira, **ours["config"])
    jira.jira.clock.advance(minutes=60)
    run = mine.sync(ours["state"])
    jira.jira.clock.advance(minutes=60)
    idle = mine.sync(run.state)
    assert not any(idle.messages.records[name] for name in ("issues", "comments", "worklogs"))
    return made, run, ours["state"]["bookmarks"]


def everything(jira: Sandbox) -> dict[str, set[str]]:
    """The ids of what there is."""
    world, issues = jira.jira.world, visible(jira.jira)
    return {
        "issues": {str(each.id) for each in issues},
        "comments": {str(row.id) for each in issues for row in world.comments(each)},
        "worklogs": {str(row.id) for each in issues for row in world.worklogs(each)},
        "changelogs": {str(row.id) for each in issues for row in world.histories(each)},
    }


def came(run: Run, name: str) -> set[str]:
    return {row["id"] for row in run.messages.records[name]}


def since(jira: Sandbox, at: int) -> set[str]:
    """The issues that changed from ten minutes before on, to the minute."""
    start = (at - 600_000) // 60_000 * 60_000
    return {str(each.id) for each in visible(jira.jira) if each.updated >= start}


def change(jira: Sandbox) -> None:
    """What comes after the other tap's last run."""
    jira.jira.clock.advance(minutes=30)
    for issue in visible(jira.jira)[5:8]:
        jira.mutate.update_issue(issue, labels=["changed"])
        jira.mutate.add_comment(issue)
        jira.mutate.add_worklog(issue)


def test_from_meltanolabs(sandbox: MakeSandbox, tap: MakeTap, tmp_path: Path) -> None:
    jira = sandbox(issues=120, time_zone="Europe/Berlin", bulk_minute=5)
    issues = visible(jira.jira)
    latest = max(each.updated for each in issues)
    state = {
        "bookmarks": {
            "users": {"replication_key": "accountId", "replication_key_value": "5b10"},
            "issues": {
                "replication_key": "updated",
                "replication_key_value": bookmark(issues, "Europe/Berlin"),
            },
            "issue_comments": {},
            "issue_changelog": {},
            "issue_worklogs": {},
            "custom_field_options": {"partitions": [{"context": {"fieldId": "customfield_1"}}]},
        }
    }
    change(jira)
    config = {**MELTANOLABS, "start_date": "2020-01-01T00:00:00Z"}
    made, run, bookmarks = moved_in(jira, tap, tmp_path, config, state)
    assert bookmarks.keys() == {"issues"}
    wanted = everything(jira)
    assert came(run, "issues") == since(jira, latest)
    assert 3 <= len(came(run, "issues")) < len(wanted["issues"]) / 2
    for name in ("comments", "worklogs", "changelogs"):
        assert came(run, name) == wanted[name]
        assert any(note.startswith(f"{name} is read from 2020-01-01") for note in notes(made))
    assert notes(made)[0].startswith("issues goes on from 2026-")
    assert notes(made)[1].startswith("Until 2025 the search of Jira Cloud was paged by offset")


@pytest.mark.parametrize(
    ("bookmark", "reason"),
    [
        ({"progress_markers": {"replication_key_value": "2026-06-01T08:15:00Z"}}, "not finished"),
        ({"replication_key": "id", "replication_key_value": "10042"}, "not of updated, but of id"),
    ],
)
def test_a_bookmark_that_means_something_else(
    bookmark: dict[str, Any], reason: str, tmp_path: Path
) -> None:
    run = migrated(tmp_path, MELTANOLABS, {"bookmarks": {"issues": bookmark}})
    assert json.loads(run.output)["state"] == {"bookmarks": {}}
    (note,) = notes(run)
    assert note.startswith("issues is read from the beginning: ")
    assert reason in note


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ({"start_date": "2026-05-01"}, {"start_date": None}),
        ({"start_date": "2026-05-01"}, {"start_date": "2026-01-01"}),
        ({"stream_options": {"issues": {"jql": "project = APP"}}}, {"jql": None}),
    ],
)
def test_settings_that_change_before_the_first_run(
    former: dict[str, Any],
    now: dict[str, Any],
    sandbox: MakeSandbox,
    tap: MakeTap,
    tmp_path: Path,
) -> None:
    """What the other tap has not read is not taken for read."""
    jira = sandbox(issues=60, time_zone="UTC")
    latest = bookmark(visible(jira.jira), "UTC")
    kept = {"replication_key": "updated", "replication_key_value": latest}
    made = migrated(tmp_path, {**MELTANOLABS, **former}, {"bookmarks": {"issues": kept}})
    ours = json.loads(made.output)
    admitted = {name: ours["config"].get(name) for name in ("start_date", "jql")}
    mine = tap(jira)
    assert len(mine.sync(ours["state"], **admitted).messages.records["issues"]) < 20
    run = mine.sync(ours["state"], **{**admitted, **now})
    start = now.get("start_date") or "2000-01-01"
    since_ms = dt.datetime.fromisoformat(f"{start}T00:00:00+00:00").timestamp() * 1000
    assert came(run, "issues") == {
        str(each.id) for each in visible(jira.jira) if each.updated >= since_ms
    }


@pytest.mark.parametrize(
    ("zone", "settings", "reason"),
    [
        ("America/New_York", {"start_date": "2020-01-01T00:00:00Z"}, "without its offset"),
        ("America/New_York", {"start_date": "2020-01-01T00:00:00-05:00"}, None),
        ("America/New_York", {}, None),
        ("UTC", {"start_date": "2020-01-01"}, None),
        ("Asia/Tokyo", {"start_date": "2020-01-01", "end_date": "2027-01-01"}, "end_date"),
    ],
)
def test_where_meltanolabs_may_have_lost_issues(
    zone: str,
    settings: dict[str, Any],
    reason: str | None,
    sandbox: MakeSandbox,
    tap: MakeTap,
    tmp_path: Path,
) -> None:
    jira = sandbox(issues=60, time_zone=zone)
    # The offset of winter, as when `start_date` was.
    at = int(dt.datetime(2026, 2, 1, tzinfo=dt.timezone.utc).timestamp()) * 1000
    kept = {"issues": {"replication_key": "updated", "replication_key_value": said(at, zone)}}
    config = {**MELTANOLABS, **settings}
    made, run, bookmarks = moved_in(
        jira, tap, tmp_path, config, {"singer_state": {"bookmarks": kept}}
    )
    wanted = everything(jira)["issues"] if reason else since(jira, at)
    assert came(run, "issues") == wanted
    assert bool(bookmarks) == (reason is None)
    assert reason is None or any(reason in note for note in notes(made))


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_from_singer_io(
    personality: Any, sandbox: MakeSandbox, tap: MakeTap, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=120, bulk_minute=5)
    issues = visible(jira.jira)
    latest = max(each.updated for each in issues)
    logs = [row for each in issues for row in jira.jira.world.worklogs(each)]
    filed = max(row.updated for row in logs)
    state = {
        "currently_syncing": None,
        "bookmarks": {
            "issues": {"updated": said(latest, "UTC"), "offset": {"page_num": None}},
            "worklogs": {"updated": said(filed, "UTC"), "offset": {}},
        },
    }
    change(jira)
    is_cloud = personality == "cloud"
    address = "https://acme.atlassian.net" if is_cloud else "https://jira.acme.com"
    config = {**SINGER_IO, "base_url": address, "start_date": "2020-01-01T00:00:00Z"}
    made, run, bookmarks = moved_in(jira, tap, tmp_path, config, state)
    assert bookmarks.keys() == ({"issues", "worklogs"} if is_cloud else {"worklogs"})
    wanted = everything(jira)
    assert came(run, "issues") == (since(jira, latest) if is_cloud else wanted["issues"])
    assert came(run, "comments") == wanted["comments"]
    assert came(run, "changelogs") == wanted["changelogs"]
    start = (filed - 600_000) // 60_000 * 60_000
    there = [row for each in visible(jira.jira) for row in jira.jira.world.worklogs(each)]
    assert came(run, "worklogs") == {str(row.id) for row in there if row.updated >= start}
    assert 3 <= len(came(run, "worklogs")) < len(there)
    assert any("20 comments" in note for note in notes(made))
    assert any("pages by offset" in note for note in notes(made)) != is_cloud
