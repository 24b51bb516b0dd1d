"""What issues carry, asked for one issue at a time: rows, requests, bookmarks, permissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from sandbox import Fault
from sandbox.carried.change import SILENT
from tap_jira.streams import AREAS
from tap_jira.streams.issues.resource import IssueResource
from tests.support.areas import differences, found, wanted
from tests.support.changes import visible
from tests.support.tap import Tap, batch_config, select, whole
from tests.support.target import Tables

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.messages import Messages

PERSONALITIES = ("cloud", "dc")
DELETES: dict[str, Any] = {"emit_activate_version_messages": True}
NAMES = tuple(
    each.name for area in AREAS.values() for each in area if isinstance(each, IssueResource)
)


class Wide(Tap):
    """A tap with all streams."""

    core = False

    def of(self, *streams: str) -> dict[str, Any]:
        """The catalog with these streams selected."""
        return select(self.discover(), *streams)


@pytest.fixture(params=PERSONALITIES)
def jira(request: pytest.FixtureRequest, sandbox: MakeSandbox) -> Sandbox:
    return sandbox(personality=request.param, issues=60)


@pytest.fixture
def tap(jira: Sandbox, tmp_path: Path) -> Wide:
    return Wide(tmp_path, jira.settings())


def tables(jira: Sandbox, messages: Messages, *streams: str) -> list[str]:
    """What distinguishes what a run sent from what Jira has."""
    said: list[str] = []
    for stream in streams:
        (schema,) = messages.schemas[stream]
        validator = jsonschema.Draft7Validator(
            schema["schema"], format_checker=jsonschema.FormatChecker()
        )
        for record in messages.records.get(stream, ()):
            validator.validate(record)
        want = wanted(jira.jira, stream, schema)
        assert want, f"the sandbox has no {stream}"
        have = found(messages, stream, schema)
        for row in have.values():
            assert row.pop("issue_key", None) == jira.jira.world.issues[int(row["issue_id"])].key
        for row in want.values():
            row.pop("issue_key", None)
        said += differences(stream, want, have)
    return said


def asked(jira: Sandbox, part: str) -> int:
    """The requests whose path has this in it."""
    return sum(number for path, number in jira.jira.counts.items() if part in path)


@pytest.mark.parametrize("together", [True, False], ids=["with the issues", "each alone"])
def test_they_are_what_jira_has(together: bool, jira: Sandbox, tap: Wide) -> None:
    if together:
        messages = tap.sync(catalog=tap.of("issues", "comments", *NAMES)).messages
        assert tables(jira, messages, *NAMES)[:5] == []
        return
    for stream in NAMES:
        assert tables(jira, tap.sync(catalog=tap.of(stream)).messages, stream)[:5] == []


def test_what_changed_comes_and_nothing_else(jira: Sandbox, tap: Wide) -> None:
    catalog = tap.of("issues", *NAMES)
    target = Tables()
    first = tap.sync(catalog=catalog)
    target.load(first.output)
    jira.jira.clock.advance(minutes=60)
    assert not tap.sync(first.state, catalog=catalog).messages.records.keys() & {*NAMES}
    jira.jira.clock.advance(minutes=60)
    jira.jira.carry.change(visible(jira.jira))
    jira.reset_counts()
    second = tap.sync(first.state, catalog=catalog)
    target.load(second.output)
    changed = {row["id"] for row in second.messages.records["issues"]}
    assert 0 < len(changed) < 20
    assert {row["issue_id"] for name in NAMES for row in second.messages.records[name]} <= changed
    for part in ("watchers", "votes", "remotelink"):
        assert asked(jira, part) <= len(changed)
    # What moves `updated` is right by now; what does not is right in the issues that came.
    for stream in NAMES:
        (schema,) = second.messages.schemas[stream]
        rows = target.rows[stream].values()
        current = [row for row in rows if stream not in SILENT or row["issue_id"] in changed]
        want = wanted(jira.jira, stream, schema)
        missing = {
            key for key, row in want.items() if stream not in SILENT or row["issue_id"] in changed
        } - {tuple(str(row[name]) for name in schema["key_properties"]) for row in current}
        assert not missing, stream


def test_read_whole_they_are_as_jira_has_them(jira: Sandbox, tap: Wide) -> None:
    catalog = whole(tap.of("issues", *NAMES), *NAMES)
    target = Tables()
    first = tap.sync(catalog=catalog, **DELETES)
    target.load(first.output)
    target.age()
    jira.jira.clock.advance(minutes=60)
    jira.jira.carry.change(visible(jira.jira))
    second = tap.sync(first.state, catalog=catalog, **DELETES)
    target.load(second.output)
    for stream in NAMES:
        (schema,) = second.messages.schemas[stream]
        keys = {tuple(str(part) for part in key) for key in target.rows[stream]}
        assert keys == wanted(jira.jira, stream, schema).keys(), stream


def test_in_files(jira: Sandbox, tap: Wide, tmp_path: Path) -> None:
    run = tap.sync(catalog=tap.of(*NAMES), batch_config=batch_config(tmp_path / "out", 50))
    target = Tables()
    target.load(run.output)
    for stream in NAMES:
        (schema,) = run.messages.schemas[stream]
        keys = {tuple(str(part) for part in key) for key in target.rows[stream]}
        assert keys == wanted(jira.jira, stream, schema).keys(), stream


def test_a_request_for_an_issue_and_stream_at_most(jira: Sandbox, tap: Wide) -> None:
    world = jira.jira.world
    jira.reset_counts()
    tap.sync(catalog=tap.of("issues", *NAMES))
    issues = visible(jira.jira)
    assert asked(jira, "/watchers") == sum(1 for i in issues if world.value(i, "watches").users)
    assert asked(jira, "/votes") == sum(1 for i in issues if world.value(i, "votes").users)
    assert asked(jira, "/remotelink") == len(issues)
    assert asked(jira, "/properties") == 0
    # Transitions come with the issues.
    assert asked(jira, "/transitions") == 0


def test_one_that_is_selected_later_is_filled_alone(jira: Sandbox, tap: Wide) -> None:
    first = tap.sync(catalog=tap.of("issues", "issue_votes"))
    jira.jira.clock.advance(minutes=60)
    second = tap.sync(first.state, catalog=tap.of("issues", "issue_votes", "issue_remote_links"))
    assert tables(jira, second.messages, "issue_remote_links")[:5] == []
    assert "issue_votes" not in second.messages.records
    assert "issues" not in second.messages.records


def test_an_issue_that_fails_holds_up_no_other(jira: Sandbox, tap: Wide) -> None:
    broken = visible(jira.jira)[5]
    jira.mutate.sicken(broken, where="remotelink")
    run = tap.run(catalog=tap.of("issues", "issue_remote_links"))
    assert run.code == 1
    assert broken.key in run.log
    (schema,) = run.messages.schemas["issue_remote_links"]
    want = {
        key
        for key, row in wanted(jira.jira, "issue_remote_links", schema).items()
        if row["issue_id"] != str(broken.id)
    }
    assert found(run.messages, "issue_remote_links", schema).keys() == want
    jira.mutate.heal(broken)
    again = tap.sync(run.state, catalog=tap.of("issues", "issue_remote_links"))
    rows = again.messages.records.get("issue_remote_links", [])
    assert {row["issue_id"] for row in rows} <= {str(broken.id)}
    truth = wanted(jira.jira, "issue_remote_links", schema).values()
    assert len(rows) == sum(row["issue_id"] == str(broken.id) for row in truth)


def test_a_resource_that_always_fails_is_given_up(jira: Sandbox, tap: Wide) -> None:
    """With all the issues that there may be: none of the others can be read, either."""
    jira.jira.faults.add(Fault("status", match="remotelink", status=400, count=10**6))
    catalog = tap.of("issues", "issue_remote_links")
    jira.reset_counts()
    run = tap.run(catalog=catalog, max_concurrency=1)
    assert run.code == 1
    assert [each for each in run.warnings if "issue_remote_links could not be read" in each]
    assert len(run.messages.records["issues"]) == len(visible(jira.jira))
    # What it takes to tell one issue's trouble from Jira's.
    assert asked(jira, "remotelink") < 60
    jira.jira.faults.clear()
    again = tap.sync(run.state, catalog=catalog)
    assert tables(jira, again.messages, "issue_remote_links")[:5] == []


# --- who may not ----------------------------------------------------------------------------------


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_who_may_not_see_the_watchers_anywhere(
    personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    held_back = {"VIEW_VOTERS_AND_WATCHERS": ("*",)}
    jira = sandbox(personality=personality, issues=20, withheld=held_back)
    tap = Wide(tmp_path, jira.settings())
    run = tap.sync(catalog=tap.of("issues", "issue_watchers", "issue_votes"))
    assert asked(jira, "/watchers") == 0
    (told,) = [each for each in run.warnings if "issue_watchers" in each]
    assert "View voters and watchers" in told
    assert "issue_watchers" not in run.messages.schemas
    assert not run.state["bookmarks"]["issue_watchers"]


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_who_may_not_see_the_watchers_of_a_project(
    personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=60)
    tap = Wide(tmp_path, jira.settings())
    catalog = whole(tap.of("issues", "issue_watchers"), "issue_watchers")
    target = Tables()
    target.load(tap.sync(catalog=catalog, **DELETES).output)
    target.age()
    before = len(target.rows["issue_watchers"])
    jira.jira.options.withheld["VIEW_VOTERS_AND_WATCHERS"] = ("APP",)
    jira.jira.clock.advance(minutes=60)
    run = tap.sync(catalog=catalog, **DELETES)
    target.load(run.output)
    assert len(target.rows["issue_watchers"]) == before
    (told,) = [each for each in run.warnings if each.startswith("issue_watchers")]
    assert "No rows are deleted" in told


def test_who_is_refused_for_a_time_gets_it_later(jira: Sandbox, tap: Wide) -> None:
    catalog = tap.of("issues", "issue_remote_links")
    first = tap.sync(catalog=catalog)
    linked = {row["issue_id"] for row in first.messages.records["issue_remote_links"]}
    changed = [each for each in visible(jira.jira) if str(each.id) in linked][:3]
    jira.jira.clock.advance(minutes=60)
    for each in changed:
        jira.mutate.update_issue(each, summary="Changed")
    jira.jira.clock.advance(minutes=60)
    jira.jira.faults.add(Fault("status", match="remotelink", status=403, count=10**6))
    second = tap.sync(first.state, catalog=catalog)
    (told,) = [each for each in second.warnings if each.startswith("issue_remote_links")]
    assert "may not read those of 3 issues" in told
    jira.jira.faults.clear()
    jira.jira.clock.advance(minutes=60)
    third = tap.sync(second.state, catalog=catalog)
    rows = third.messages.records["issue_remote_links"]
    assert {row["issue_id"] for row in rows} == {str(each.id) for each in changed}
    assert "issues" not in third.messages.records


REQUESTS = ("requests", "request_approvals", "request_feedback")


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_who_is_no_agent(personality: str, sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(personality=personality, issues=120, agent=False)
    tap = Wide(tmp_path, jira.settings())
    catalog = tap.of("issues", *REQUESTS)
    run = tap.sync(catalog=catalog)
    for stream in REQUESTS:
        assert [each for each in run.warnings if stream in each and "agent's seat" in each]
        assert stream not in run.messages.schemas
    # Not for every issue of a desk.
    assert asked(jira, "servicedeskapi/request") <= 3 * 40
    # Who becomes one gets all.
    jira.jira.options.agent = True
    jira.jira.clock.advance(minutes=60)
    later = tap.sync(run.state, catalog=catalog)
    assert tables(jira, later.messages, *REQUESTS)[:5] == []


def test_where_there_is_no_service_management(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=20, service_management=False)
    streams = {
        each["tap_stream_id"] for each in Wide(tmp_path, jira.settings()).discover()["streams"]
    }
    assert not streams & {*REQUESTS}


@pytest.mark.parametrize("personality", PERSONALITIES)
@pytest.mark.parametrize("lacking", ["service_management", "service_licensed"])
def test_a_catalog_of_a_day_when_service_management_was_there(
    lacking: str, personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """No issue is asked for, and nothing counts as read, so that all comes once it is back."""
    jira = sandbox(personality=personality, issues=60)
    tap = Wide(tmp_path, jira.settings())
    catalog = tap.of("issues", *REQUESTS)
    setattr(jira.jira.options, lacking, False)
    jira.reset_counts()
    run = tap.sync(catalog=catalog)
    assert run.messages.schemas.keys() == {"issues"}
    (told,) = [each for each in run.warnings if each.startswith("Skipped")]
    assert all(name in told for name in REQUESTS)
    assert asked(jira, "servicedeskapi/request") + asked(jira, "/servicedesk/request") == 0
    setattr(jira.jira.options, lacking, True)
    jira.jira.clock.advance(minutes=60)
    later = tap.sync(run.state, catalog=catalog)
    assert tables(jira, later.messages, *REQUESTS)[:5] == []
    setattr(jira.jira.options, lacking, False)
    jira.jira.clock.advance(minutes=60)
    gone = tap.run(state=later.state, catalog=catalog)
    assert gone.code == 1
    assert all(name in gone.errors[-1] for name in REQUESTS)


def test_where_nobody_votes(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=20, voting=False)
    tap = Wide(tmp_path, jira.settings())
    run = tap.sync(catalog=tap.of("issues", "issue_votes"))
    assert "issue_votes" not in run.messages.records
    assert not [each for each in run.warnings if "vote" in each]
