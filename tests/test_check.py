"""`tap-jira --check`: the diagnosis, as a person and as a program reads it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Literal

import pytest

from sandbox import Fault, Options, RateLimit, Sandbox

if TYPE_CHECKING:
    from pathlib import Path

Personality = Literal["cloud", "dc"]

STREAMS = {
    "changelogs",
    "comments",
    "deleted_worklogs",
    "fields",
    "issues",
    "projects",
    "users",
    "worklogs",
}


def check(
    folder: Path, settings: dict[str, Any], form: str = "json"
) -> subprocess.CompletedProcess[str]:
    config = folder / "config.json"
    config.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "tap_jira", "--config", str(config), f"--check={form}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_good_connection_is_all_well_in_few_requests(
    personality: Personality, tmp_path: Path
) -> None:
    options = Options(
        personality=personality, issues=20, context_path="/jira", time_zone="Asia/Tokyo"
    )
    with Sandbox(options) as box:
        done = check(tmp_path, {**box.settings(), "project_keys": ["APP"]})
        asked = sum(box.counts.values())
    found, cloud = json.loads(done.stdout), personality == "cloud"
    assert done.returncode == 0, done.stderr
    assert found["ok"]
    assert found["time_zone"] == "Asia/Tokyo"
    readable = {each["name"] for each in found["streams"] if each["readable"]}
    assert readable >= STREAMS | {"boards", "workflow_schemes" if cloud else "workflows"}
    assert len(readable) == len(found["streams"]) > 40
    assert found["requests"] == asked <= 15


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_what_is_missing_is_named_and_fails_the_check(
    personality: Personality, tmp_path: Path
) -> None:
    with Sandbox(Options(personality=personality, issues=20, browse_users=False)) as box:
        box.jira.faults.add(Fault("status", match="worklog/deleted", status=403, count=10**6))
        settings = {**box.settings(), "project_keys": ["APP", "APPP"]}
        as_json = check(tmp_path, settings)
        as_text = check(tmp_path, settings, "text")
    assert as_json.returncode == as_text.returncode == 1
    found = json.loads(as_json.stdout)
    denied = [each for each in found["streams"] if not each["readable"] and each["needed"]]
    assert [each["name"] for each in denied] == ["deleted_worklogs"]
    skipped = {each["name"]: each for each in found["streams"] if not each["needed"]}
    assert "Browse users" in skipped["users"]["permission"]
    assert "APPP (did you mean APP" in found["projects_problem"]
    assert "NOT READABLE" in as_text.stdout
    assert "Not all is well." in as_text.stdout


def test_what_takes_an_administrator_is_grouped_and_no_fault(tmp_path: Path) -> None:
    with Sandbox(Options(issues=20, administrator=False)) as box:
        done = check(tmp_path, box.settings(), "text")
    assert done.returncode == 0, done.stderr
    readable, skipped = done.stdout.split("Skipped in a run, for want of")
    assert "the global permission Administer Jira" in skipped
    assert "workflow_schemes" in skipped
    assert "  Agile\n" in readable
    assert "sprints" in readable
    assert "All is well." in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 101


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_filter_that_jira_refuses_is_not_well(personality: Personality, tmp_path: Path) -> None:
    with Sandbox(Options(personality=personality, issues=5)) as box:
        done = check(tmp_path, {**box.settings(), "jql": "nonsense = 1"})
    assert done.returncode == 1
    denied = [each["name"] for each in json.loads(done.stdout)["streams"] if each["problem"]]
    assert "issues" in denied


def test_an_older_data_center_is_asked_for_users_as_it_knows_them(tmp_path: Path) -> None:
    with Sandbox(Options(personality="dc", issues=20, version="9.12.0")) as box:
        done = check(tmp_path, box.settings())
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_rate_limit_headroom_is_shown(personality: Personality, tmp_path: Path) -> None:
    limit = RateLimit(per_second=100, burst=200)
    with Sandbox(Options(personality=personality, issues=20, rate_limit=limit)) as box:
        done = check(tmp_path, box.settings())
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["rate_limit"]["X-RateLimit-Limit"] == "200"


def test_wrong_credentials_end_in_one_line(tmp_path: Path) -> None:
    with Sandbox(Options(personality="dc", issues=20)) as box:
        settings = {**box.settings(), "personal_access_token": "no-such-token"}
        done = check(tmp_path, settings)
    errors = [line for line in done.stderr.splitlines() if "ERROR" in line]
    assert done.returncode == 1
    assert len(errors) == 1
    assert "personal_access_token" in errors[0]
    assert "no-such-token" not in done.stderr
