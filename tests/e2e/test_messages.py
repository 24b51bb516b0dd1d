"""Every message of both products, against the Singer specification and its own schema."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.support.changes import every_kind
from tests.support.tap import select

if TYPE_CHECKING:
    from sandbox import Sandbox
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.messages import Message, Messages
    from tests.support.tap import Run

MAX_IDENTIFIER = 63
COLUMN = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
TEXT = re.compile(r"[^\0\ud800-\udfff]*")
FORMATS = jsonschema.FormatChecker(formats=[])


@FORMATS.checks("date-time", raises=ValueError)
def is_instant(value: object) -> bool:
    """RFC 3339, with an offset."""
    if isinstance(value, str):
        text = re.sub(r"Z$", "+00:00", value)
        return dt.datetime.fromisoformat(text).tzinfo is not None and "T" in text
    return True


@FORMATS.checks("date", raises=ValueError)
def is_date(value: object) -> bool:
    """RFC 3339: four digits, two, and two."""
    if isinstance(value, str):
        return dt.date.fromisoformat(value).isoformat() == value
    return True


@pytest.fixture(scope="module", params=["cloud", "dc"])
def jira(request: pytest.FixtureRequest, module_sandbox: MakeSandbox) -> Sandbox:
    """Big enough for every nasty value that the stand-in Jira knows."""
    return module_sandbox(personality=request.param, issues=700)


@pytest.fixture(scope="module")
def runs(jira: Sandbox, module_tap: MakeTap) -> list[Run]:
    """A full run, and one after every kind of change."""
    first = module_tap(jira).sync()
    every_kind(jira.jira)
    jira.jira.clock.advance(minutes=5)
    return [first, module_tap(jira).sync(first.state)]


@pytest.fixture(params=[0, 1], ids=["full", "increment"])
def messages(request: pytest.FixtureRequest, runs: list[Run]) -> Messages:
    run: Run = runs[request.param]
    return run.messages


def schema_of(messages: Messages, stream: str) -> Message:
    """The one SCHEMA message of a stream."""
    (message,) = messages.schemas[stream]
    return message


def test_every_record_is_valid(messages: Messages) -> None:
    for stream, records in messages.records.items():
        schema = schema_of(messages, stream)["schema"]
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
        wrong = [
            f"{stream} {record.get('id')} {error.json_path}: {error.message:.200}"
            for record in records
            for error in validator.iter_errors(record)
        ]
        assert wrong == []


def test_there_is_something_to_check(runs: list[Run]) -> None:
    full, increment = (run.messages for run in runs)
    filled = {name: bool(full.records[name]) for name in full.schemas}
    assert filled == {**dict.fromkeys(full.schemas, True), "deleted_issues": False}
    changed = ("issues", "comments", "changelogs", "worklogs", "deleted_worklogs")
    assert all(len(increment.records[name]) >= 2 for name in changed)
    issues = full.records["issues"]
    used = {name for record in issues for name, value in record.items() if value not in (None, [])}
    # Only what no issue of the stand-in Jira has.
    assert set(issues[0]) - used <= {"archiveddate", "archivedby", "last_viewed"}


def test_one_schema_for_each_stream_and_before_its_records(messages: Messages) -> None:
    assert all(len(found) == 1 for found in messages.schemas.values())
    seen = set()
    for message in messages.all:
        if message["type"] == "SCHEMA":
            seen.add(message["stream"])
        elif message["type"] == "RECORD":
            assert message["stream"] in seen


def test_records_have_exactly_the_columns_of_their_schema(messages: Messages) -> None:
    for stream, records in messages.records.items():
        columns = set(schema_of(messages, stream)["schema"]["properties"])
        assert all(record.keys() == columns for record in records)


def test_no_record_lacks_its_key_and_no_key_comes_twice(messages: Messages) -> None:
    for stream, records in messages.records.items():
        names = schema_of(messages, stream)["key_properties"]
        keys = [tuple(record[name] for name in names) for record in records]
        assert names
        assert all(part for key in keys for part in key)
        assert all(isinstance(part, str) for key in keys for part in key)
        assert len(set(keys)) == len(keys)


def test_column_names_suit_every_database(messages: Messages) -> None:
    for stream, (message,) in messages.schemas.items():
        columns = list(message["schema"]["properties"])
        assert [name for name in columns if not COLUMN.fullmatch(name)] == [], stream
        assert [name for name in columns if len(name.encode()) > MAX_IDENTIFIER] == [], stream
        assert len({name.lower() for name in columns}) == len(columns), stream


def types_in(schema: Any) -> list[Any]:
    """Every schema inside a schema, itself included."""
    found = [schema]
    for inner in (*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])):
        found += types_in(inner)
    return found


def test_every_column_has_one_type_and_may_be_null_unless_it_is_a_key(messages: Messages) -> None:
    for (message,) in messages.schemas.values():
        for name, column in message["schema"]["properties"].items():
            types = [column["type"]] if isinstance(column["type"], str) else column["type"]
            assert len(set(types) - {"null"}) == 1, (name, types)
            assert ("null" in types) is (name not in message["key_properties"]), name
            for schema in types_in(column):
                assert not {"anyOf", "oneOf", "allOf", "$ref"} & schema.keys(), name
                if "array" in schema["type"]:
                    assert "items" in schema, name
                if "object" in schema["type"]:
                    assert schema["additionalProperties"] is True, name


def texts(value: Any) -> list[str]:
    """Every text in a value, names included."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for pair in value.items() for inner in pair for text in texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in texts(inner)]
    return []


def test_no_text_holds_what_a_database_refuses(messages: Messages) -> None:
    found = texts([message for message in messages.all if message["type"] == "RECORD"])
    assert any("A NUL  hides" in text for text in found)
    assert any("Half a surrogate pair  was" in text for text in found)
    assert [text for text in found if not TEXT.fullmatch(text)] == []


def test_times_are_utc(messages: Messages) -> None:
    for stream, (message,) in messages.schemas.items():
        columns = message["schema"]["properties"]
        times = [name for name in columns if columns[name].get("format") == "date-time"]
        written = [record[name] for record in messages.records[stream] for name in times]
        assert all(text.endswith("Z") for text in written if text is not None), stream


def test_a_date_that_is_none_becomes_null_with_one_warning(runs: list[Run], jira: Sandbox) -> None:
    column = jira.jira.world.field_id("Review date")
    assert sum(record[column] is not None for record in runs[0].messages.records["issues"]) > 50
    warned = [text for text in runs[0].warnings if f"issues.{column}" in text]
    assert len(warned) == 1


def test_types_do_not_depend_on_what_is_read(runs: list[Run]) -> None:
    full, increment = (run.messages.schemas for run in runs)
    assert full == increment


def test_bookmarks_never_move_back_and_every_state_is_whole(messages: Messages) -> None:
    bookmarks = [state["bookmarks"] for state in messages.states]
    for before, after in itertools.pairwise(bookmarks):
        for stream, bookmark in before.items():
            value = bookmark.get("replication_key_value", "")
            assert value <= after[stream].get("replication_key_value", "")
    assert len(json.dumps(messages.states[-1])) < 100_000


def test_the_log_is_about_what_is_read(jira: Sandbox, module_tap: MakeTap) -> None:
    tap = module_tap(jira)
    run = tap.sync(catalog=select(tap.discover(), "projects"))
    told = [line.text for line in run.lines]
    assert [text for text in told if text.startswith("projects:")]
    assert not [text for text in told if "worklogs" in text]
