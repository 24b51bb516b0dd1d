"""What singer-sdk brings: stream maps, flattening, BATCH, versions, catalogs, --test."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from sandbox import Fault
from tests.support.compare import TABLES
from tests.support.expected import expected
from tests.support.tap import batch_config, entry, mark, select, whole

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.messages import Messages
    from tests.support.tap import Run, Tap
    from tests.support.warehouse import Warehouse

FULL_TABLE = ("projects", "users", "fields")
ISSUE_STREAMS = ("issues", "comments", "changelogs")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")


@pytest.fixture(params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, sandbox: MakeSandbox) -> Sandbox:
    return sandbox(personality=request.param, issues=40)


@pytest.fixture
def mine(jira: Sandbox, tap: MakeTap) -> Tap:
    return tap(jira)


def all_valid(messages: Messages) -> None:
    """Every record is valid for the schema of its stream."""
    for stream, records in messages.records.items():
        (schema,) = messages.schemas[stream]
        validator = jsonschema.Draft202012Validator(schema["schema"])
        for record in records:
            validator.validate(record)
            assert record.keys() == schema["schema"]["properties"].keys()


# --- maps and flattening --------------------------------------------------------------------------


def test_stream_maps(mine: Tap) -> None:
    plain = mine.sync().messages
    maps = {
        "issues": {
            "__alias__": "tickets",
            "__filter__": "record['status']['name'] == 'Done'",
            "label": "record['key'].lower()",
            "description": None,
        },
        "comments": {"author_hash": "md5(record['id'])", "__else__": None, "id": "id"},
        "users": None,
    }
    mapped = mine.sync(stream_maps=maps).messages
    all_valid(mapped)
    done = {
        row["id"]: {name: value for name, value in row.items() if name != "description"}
        | {"label": row["key"].lower()}
        for row in plain.records["issues"]
        if row["status"]["name"] == "Done"
    }
    assert 0 < len(done) < 40
    assert mapped.by_id("tickets") == done
    assert mapped.records["issues"] == mapped.records["users"] == []
    assert "issues" not in mapped.schemas
    assert mapped.by_id("comments").keys() == plain.by_id("comments").keys()
    assert all(row.keys() == {"id", "author_hash"} for row in mapped.records["comments"])
    assert mapped.by_id("changelogs") == plain.by_id("changelogs")


def test_unmapped_records_are_written_as_the_sdk_would(mine: Tap) -> None:
    maps = {"projects": {"copy": "id"}}
    direct = mine.sync(emit_activate_version_messages=True).messages
    mapped = mine.sync(emit_activate_version_messages=True, stream_maps=maps).messages
    assert direct.by_id("projects").keys() == mapped.by_id("projects").keys()
    for ours, theirs in zip(records(direct, "projects"), records(mapped, "projects"), strict=True):
        assert [*ours] == [*theirs]
        assert theirs["record"] == ours["record"] | {"copy": ours["record"]["id"]}
        for each in (ours, theirs):
            assert INSTANT.fullmatch(each["time_extracted"])
            assert isinstance(each["version"], int)


def records(messages: Messages, stream: str) -> list[dict[str, Any]]:
    """The RECORD messages of a stream, whole."""
    return [each for each in messages.of("RECORD") if each["stream"] == stream]


def test_flattening(mine: Tap, jira: Sandbox, warehouse: Warehouse) -> None:
    warehouse.load(mine.sync(flattening_enabled=True, flattening_max_depth=1))
    issues = warehouse.rows("issues")
    wanted = expected(jira.jira)["issues"]
    assert issues.keys() == wanted.keys()
    for key, row in issues.items():
        assert row["status__name"] == wanted[key]["status"]["name"]
        assert row["project__key"] == wanted[key]["project"]["key"]
        assert row["summary"] == wanted[key]["summary"]
        assert "status" not in row


def test_every_column_is_there_when_flattened(mine: Tap) -> None:
    mine.config["custom_fields"] = "object"
    plain = mine.sync().messages
    flat = mine.sync(flattening_enabled=True, flattening_max_depth=1).messages
    for stream, (schema,) in plain.schemas.items():
        names = flat.schemas[stream][0]["schema"]["properties"].keys()
        for column in schema["schema"]["properties"]:
            parts = {name for name in names if name == column or name.startswith(f"{column}__")}
            assert parts, (stream, column)
            if parts == {column}:
                before, after = plain.records[stream], flat.records[stream]
                assert filled(before, column) == filled(after, column), (stream, column)


def filled(records: list[dict[str, Any]], column: str) -> int:
    """How many records have a value in a column."""
    return sum(record[column] is not None for record in records)


def test_a_catalog_with_empty_lists_of_members_is_flattened(mine: Tap) -> None:
    catalog = select(mine.discover(), "issues")
    for column in entry(catalog, "issues")["schema"]["properties"].values():
        if "object" in column["type"]:
            column.setdefault("properties", {})
    run = mine.sync(catalog=catalog, flattening_enabled=True, flattening_max_depth=1)
    (schema,) = run.messages.schemas["issues"]
    assert {"votes", "progress"} <= schema["schema"]["properties"].keys()


# --- BATCH ----------------------------------------------------------------------------------------


def batches(messages: Messages) -> dict[str, list[dict[str, Any]]]:
    """The records in the files that BATCH messages name, by stream."""
    found: dict[str, list[dict[str, Any]]] = {}
    for message in messages.of("BATCH"):
        assert message["encoding"] == {"format": "jsonl", "compression": "gzip"}
        for url in message["manifest"]:
            with gzip.open(Path(urlsplit(url).path), "rt", encoding="utf-8") as lines:
                found.setdefault(message["stream"], []).extend(map(json.loads, lines))
    return found


def test_batches(mine: Tap, jira: Sandbox, tmp_path: Path) -> None:
    config = batch_config(tmp_path / "batches", 10_000)
    plain = mine.sync().messages
    run = mine.sync(batch_config=config)
    assert run.messages.records == {}
    found = batches(run.messages)
    assert found.keys() == set(TABLES)
    for stream, records in found.items():
        ours = {json.dumps(record, sort_keys=True) for record in records}
        assert ours == {json.dumps(record, sort_keys=True) for record in plain.records[stream]}
        assert len(ours) == len(records)
    jira.jira.mutate.update_issue(10_000, summary="Changed")
    jira.jira.clock.advance(minutes=60)
    second = batches(mine.sync(run.state, batch_config=config).messages)
    assert [record["id"] for record in second["issues"]] == ["10000"]


def test_rows_in_files_are_mapped_as_records_are(mine: Tap, tmp_path: Path) -> None:
    maps = {
        "issues": {
            "__alias__": "tickets",
            "__filter__": "record['status']['name'] == 'Done'",
            "description": None,
        },
        "comments": {"__filter__": "False"},
        "users": None,
    }
    plain = mine.sync(stream_maps=maps).messages
    run = mine.sync(stream_maps=maps, batch_config=batch_config(tmp_path / "batches", 50))
    found = batches(run.messages)
    assert found == {stream: rows for stream, rows in plain.records.items() if rows}
    assert 0 < len(found["tickets"]) < 40
    assert run.messages.schemas.keys() == plain.schemas.keys()
    # What is filtered away holds up no bookmark.
    assert run.state["bookmarks"] == mine.sync(stream_maps=maps).state["bookmarks"]


def refuse_the_second_page_of_users(jira: Sandbox) -> None:
    """The first users are read, and then no more."""
    jira.faults.add(
        Fault(
            "status",
            "users/search",
            status=403,
            count=1000,
            when=lambda request: request.number("startAt", 0) > 0,
        )
    )


def test_rows_before_a_failure_are_in_files_too(
    sandbox: MakeSandbox, tap: MakeTap, tmp_path: Path
) -> None:
    jira = sandbox(issues=40)
    refuse_the_second_page_of_users(jira)
    config = batch_config(tmp_path / "batches", 10_000)
    run = tap(jira).run(
        batch_config=config, on_stream_error="warn", emit_activate_version_messages=True
    )
    assert run.code == 0
    found = batches(run.messages)
    assert len(found["users"]) > 50
    assert versions(run).keys() == {"projects", "fields"}
    for stream in ("projects", "fields"):
        (place,) = versions(run)[stream]
        before = [message for message in run.messages.all[:place] if message["type"] == "BATCH"]
        assert before[-1]["stream"] == stream
        version = run.messages.all[place]["version"]
        assert {row["_sdc_table_version"] for row in found[stream]} == {version}


# --- versions -------------------------------------------------------------------------------------


def versions(run: Run) -> dict[str, list[int]]:
    """Where among all messages the ACTIVATE_VERSION messages of each stream stand."""
    found: dict[str, list[int]] = {}
    for place, message in enumerate(run.messages.all):
        if message["type"] == "ACTIVATE_VERSION":
            found.setdefault(message["stream"], []).append(place)
    return found


def last_record(run: Run, stream: str) -> int:
    """Where a stream's last record stands."""
    return max(
        place
        for place, message in enumerate(run.messages.all)
        if message["type"] == "RECORD" and message["stream"] == stream
    )


def test_versions_are_activated_once_the_read_is_complete(mine: Tap) -> None:
    assert versions(mine.sync()) == {}, "only who asks for it has rows deleted in the target"
    run = mine.sync(emit_activate_version_messages=True)
    found = versions(run)
    assert found.keys() == set(FULL_TABLE)
    for stream, (place,) in found.items():
        assert place > last_record(run, stream)
        version = run.messages.all[place]["version"]
        records = [message for message in run.messages.of("RECORD") if message["stream"] == stream]
        assert {message["version"] for message in records} == {version}


def test_versions_are_not_activated_after_an_interrupted_read(
    sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(issues=40)
    refuse_the_second_page_of_users(jira)
    run = tap(jira).run(emit_activate_version_messages=True)
    assert run.code == 1
    assert len(run.messages.records["users"]) > 50
    assert versions(run).keys() == {"projects", "fields"}
    assert "Not complete: users" in run.errors[-1]


def test_streams_can_be_forced_to_be_read_whole(mine: Tap, jira: Sandbox) -> None:
    """Without STATE they are read together with the others; with it, by themselves."""
    forced = ("issues", "changelogs")
    catalog = whole(mine.discover(), *forced)
    state = None
    for _ in range(2):
        run = mine.sync(state, catalog, emit_activate_version_messages=True)
        found = versions(run)
        assert found.keys() == {*FULL_TABLE, *forced}
        for stream in (*ISSUE_STREAMS, *FULL_TABLE):
            bare = {message.get("version") for message in records(run.messages, stream)}
            if stream in found:
                (place,) = found[stream]
                assert place > last_record(run, stream)
                assert bare == {run.messages.all[place]["version"]}
            else:
                assert bare <= {None}
        assert all(run.state["bookmarks"][stream] == {} for stream in forced)
        sent = {stream for stream in ISSUE_STREAMS if run.messages.records[stream]}
        assert sent == (set(ISSUE_STREAMS) if state is None else {*forced})
        state = run.state
        jira.jira.clock.advance(minutes=60)


def test_no_version_is_activated_when_a_project_is_left_out(
    sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """One that is renamed or hidden may come back; its rows are not Jira's loss."""
    jira = sandbox(issues=40)
    mine = tap(jira, project_keys=["APP", "GONE"], on_unknown_project="warn")
    catalog = whole(mine.discover(), "issues", "worklogs")
    run = mine.sync(catalog=catalog, emit_activate_version_messages=True)
    assert versions(run).keys() == set(FULL_TABLE)
    assert sum("GONE" in text and "deleted" in text for text in run.warnings) == 2


# --- catalogs -------------------------------------------------------------------------------------


def test_a_stream_and_a_column_that_are_deselected_stay_away(mine: Tap) -> None:
    catalog = mine.discover()
    chosen = select(catalog, "issues", "worklogs")
    mark(entry(chosen, "issues"), ("properties", "description"), selected=False)
    mark(entry(chosen, "worklogs"), ("properties", "comment"), selected=False)
    messages = mine.sync(catalog=chosen).messages
    all_valid(messages)
    assert messages.schemas.keys() == {"issues", "worklogs"} == messages.records.keys()
    for stream, column in (("issues", "description"), ("worklogs", "comment")):
        # Comments are not read for their ids alone.
        kept = entry(catalog, stream)["schema"]["properties"].keys() - {column, "comment_ids"}
        assert all(record.keys() == kept for record in messages.records[stream])


def test_keys_are_sent_even_if_deselected(mine: Tap) -> None:
    chosen = select(mine.discover(), "comments")
    comments = entry(chosen, "comments")
    for column in comments["schema"]["properties"]:
        mark(comments, ("properties", column), selected=column == "body")
    records = mine.sync(catalog=chosen).messages.records["comments"]
    assert records
    assert all({"id", "body"} <= record.keys() <= {"id", "body", "updated"} for record in records)


def test_an_older_catalog_keeps_its_promises(mine: Tap, jira: Sandbox) -> None:
    catalog = select(mine.discover(), "issues")
    issues = entry(catalog, "issues")
    columns = issues["schema"]["properties"]
    new, points = (jira.jira.world.field_id(name) for name in ("Tags", "Story Points"))
    # When it was made, one field did not exist and another one was a text.
    del columns[new]
    issues["metadata"] = [each for each in issues["metadata"] if new not in each["breadcrumb"]]
    columns[points] = {"type": ["string", "null"]}
    columns["status"] = {"type": ["string", "null"]}
    messages = mine.sync(catalog=catalog).messages
    all_valid(messages)
    records = messages.records["issues"]
    assert len(records) == 40
    assert not any(new in record for record in records)
    texts = [record[points] for record in records if record[points] is not None]
    assert texts
    assert all(isinstance(float(text), float) for text in texts)
    assert json.loads(records[0]["status"])["name"]


def test_a_catalog_of_a_stream_that_is_gone_is_no_obstacle(mine: Tap) -> None:
    catalog = select(mine.discover(), "projects")
    old = json.loads(json.dumps(entry(catalog, "projects")))
    old["tap_stream_id"] = old["stream"] = "dashboards"
    catalog["streams"].append(old)
    messages = mine.sync(catalog=catalog).messages
    assert messages.records.keys() == {"projects"}


# --- connection test ------------------------------------------------------------------------------


def test_the_connection_test_asks_every_stream(mine: Tap, jira: Sandbox) -> None:
    run = mine.run("--test")
    assert run.code == 0, run.log
    assert run.errors == []
    assert sum(jira.counts.values()) < 40
    assert max(len(rows) for rows in run.messages.records.values()) <= 1


def test_the_connection_test_fails_when_a_stream_cannot_be_read(
    sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(issues=40)
    jira.jira.faults.add(Fault("status", match="users/search", status=400, count=10**6))
    run = tap(jira).run("--test")
    assert run.code == 1, run.log
    assert any("users" in text for text in run.errors)
    assert "Traceback" not in run.log


@pytest.mark.parametrize("policy", ["fail", "warn"])
def test_one_stream_s_trouble_leaves_the_others_alone(
    policy: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(issues=40)
    jira.jira.faults.add(Fault("status", match="users/search", status=400, count=10**6))
    run = tap(jira).run(on_stream_error=policy)
    assert run.code == (1 if policy == "fail" else 0), run.log
    assert run.messages.records.keys() == set(TABLES) - {"users"}
    assert any("users" in text for text in run.warnings + run.errors)
    assert "Traceback" not in run.log


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_who_may_not_browse_users_gets_the_rest(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    jira = sandbox(personality=personality, issues=40, browse_users=False)
    mine = tap(jira)
    first = mine.sync()
    assert {*TABLES} - first.messages.schemas.keys() == {"users"}
    assert [text for text in first.warnings if "users" in text and "Browse users" in text]
    # Who may, and then may no more, is told of it.
    jira.jira.options.browse_users = True
    second = mine.sync(first.state)
    assert second.messages.records["users"]
    jira.jira.options.browse_users = False
    third = mine.run(state=second.state)
    assert third.code == 1
    assert any("users" in text for text in third.errors)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_what_is_skipped_deletes_nothing_in_files_either(
    personality: str, sandbox: MakeSandbox, tap: MakeTap, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=5, browse_users=False)
    mine = tap(jira, emit_activate_version_messages=True)
    run = mine.sync(batch_config=batch_config(tmp_path / "files", 100))
    assert "users" not in {message.get("stream") for message in run.messages.all}


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_a_list_without_any_users_is_not_believed(
    personality: str, sandbox: MakeSandbox, tap: MakeTap
) -> None:
    """Whoever asks is a user."""
    jira = sandbox(personality=personality, issues=5)
    jira.jira.faults.add(Fault("empty_page", "/users?/", count=10**6))
    run = tap(jira, emit_activate_version_messages=True).sync()
    assert not [
        m for m in run.messages.all if m["type"] == "ACTIVATE_VERSION" and m["stream"] == "users"
    ]
    assert [text for text in run.warnings if "no users at all" in text]
    assert "read_first_at" not in run.state["bookmarks"]["users"]
