"""What jira_slices.py of examples/ makes of the tap's log; `make test-orchestrators` runs it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from examples.jira_slices import FOR_A_PERSON, LoadError, Log, RefusedError
from sandbox import Fault
from tap_jira.streams import AREAS, STREAMS
from tap_jira.streams.issues.resource import IssueResource
from tests.errors_page import lists
from tests.support.launch import ROOT
from tests.support.tap import select

if TYPE_CHECKING:
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.tap import Run

MESSAGES = re.findall(r"^- (.*)$", lists(), re.MULTILINE)
REFUSED = re.compile(
    r"does not accept|CAPTCHA|wants? (?:other )?credentials|scope for|^The setting"
)
PASSING = re.compile(
    r"[Rr]un again|try again|several times|cannot be reached|kept failing|not known|was stopped"
)


def heard(run: Run) -> Log:
    log = Log()
    for line in run.log.splitlines():
        log.take(line)
    return log


def test_what_a_person_has_to_mend_is_known_by_its_words() -> None:
    refused = [each for each in MESSAGES if REFUSED.search(each)]
    passing = [each for each in MESSAGES if PASSING.search(each) and each not in refused]
    assert min(len(refused), len(passing)) > 20
    assert [each for each in refused if not FOR_A_PERSON.match(each)] == []
    assert [each for each in passing if FOR_A_PERSON.match(each)] == []


@pytest.mark.parametrize(
    "said",
    [
        "The setting batch_config cannot be followed: [Errno 28] No space left on device.",
        "The operating system refuses what the tap needs: [Errno 24] …: '../catalog.json'",
        "Unexpected KeyError: 'token'. This is a bug in the tap.",
    ],
)
def test_what_passes_is_known_whatever_it_is_about(said: str) -> None:
    assert not FOR_A_PERSON.match(said)


def test_figures_are_those_of_the_summary(sandbox: MakeSandbox, tap: MakeTap) -> None:
    run = tap(sandbox(issues=40)).sync()
    log = heard(run)
    log.judge("It", run.code)
    sent = {name: len(records) for name, records in run.messages.records.items()}
    assert {name: each["rows"] for name, each in log.streams.items()} == sent
    assert log.figures["rows"] == sum(sent.values())
    assert log.figures["requests"] > 0
    bookmark = run.state["bookmarks"]["issues"]["replication_key_value"]
    assert log.streams["issues"]["bookmark"] == bookmark
    assert "bookmark" not in log.streams["users"]


def test_failures_are_told_apart(sandbox: MakeSandbox, tap: MakeTap) -> None:
    jira = sandbox(issues=40)
    revoked = tap(jira).run(api_token="revoked")
    with pytest.raises(RefusedError, match=r"exit code 1\. Jira does not accept"):
        heard(revoked).judge("It", revoked.code)
    jira.mutate.sicken(next(iter(jira.jira.world.issues)))
    sick = tap(jira).run()
    log = heard(sick)
    assert "issues" in log.missing
    assert "users" not in log.missing
    with pytest.raises(LoadError, match="that Jira cannot give") as found:
        log.judge("It", sick.code)
    assert not isinstance(found.value, RefusedError)
    with pytest.raises(RefusedError):
        Log().judge("It", 2)
    with pytest.raises(LoadError, match=r"exit code 137\.$"):
        Log().judge("It", 137)


@pytest.mark.parametrize(
    ("stream", "match"),
    [("board_configurations", "/configuration"), ("worklogs", "/worklog/list")],
)
def test_names_and_words_of_jira_say_nothing(
    stream: str, match: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """A stream or an address may be called like a setting, and Jira may talk of tokens."""
    jira = sandbox(issues=40)
    mine = tap(jira)
    mine.core, mine.hurry = False, True
    catalog = select(mine.discover(), stream)
    body = {"errorMessages": ["No token is left for the catalog."]}
    jira.faults.add(Fault("status", match, status=503, body=body, count=9999))
    run = mine.run(catalog=catalog)
    log = heard(run)
    assert stream in log.missing
    with pytest.raises(LoadError, match="503") as found:
        log.judge("It", run.code)
    assert not isinstance(found.value, RefusedError)


def test_the_groups_of_the_dagster_example_are_true() -> None:
    """What each slice reads is named, and nothing that there is not."""
    text = (ROOT / "examples" / "dagster" / "jira_definitions.py").read_text()
    found = {
        name: set(re.findall(r'"(\w+)"', body))
        for name, body in re.findall(r"^(\w+) = \{\n?(.*?)\}$", text, re.DOTALL | re.MULTILINE)
    }
    declared = [each for area in AREAS.values() for each in area]
    parts = {each.name for each in declared if isinstance(each, IssueResource)}
    core = {vars(each)["name"]: each.comes_in_parts for each in STREAMS}
    assert found["OF_ISSUES"] == parts | {name for name, is_cut in core.items() if is_cut}
    assert found["PEOPLE"] | found["AGILE"] <= core.keys() | {each.name for each in declared}
