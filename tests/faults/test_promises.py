"""Every record is valid for its stream's schema, whatever Jira puts into an issue."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox import Fault
from tap_jira.records.custom_fields import OBJECTS, SCALARS, SPRINT_TYPE, TEXT_AREA
from tap_jira.records.decode import decode
from tap_jira.records.issue_columns import Layout, issue_columns
from tap_jira.records.schema import Column, RowBuilder, table
from tests.faults.support import Tap

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import MakeSandbox

HUGE = 123_456_789_012_345_678_901_234_567_890
KINDS = [*OBJECTS, *SCALARS, "user", "any", "unheard of"]
#: Values as real sites and their apps give them where another kind is described.
SEEN: list[Any] = [
    *(10_000, HUGE, -HUGE, 2**63, 1.5, True, False, "", "text", "2026-01-01", [], [None], {}),
    *([10_000], ["text"], [[1]], [{"id": 12345, "name": 7}], {"id": 10_000, "filename": "a.png"}),
    *({"id": 12345}, {"value": "A", "id": 12345}, {"id": None, "value": ["a"]}, [HUGE, "a"]),
    *({"id": "1", "name": {"en": "A"}, "statusCategory": {"id": 2, "key": 2, "name": None}},),
    *({"id": "1", "statusCategory": "new"}, {"id": "1", "statusCategory": ["new"]}),
    *({"id": "1", "value": "A", "child": {"id": 7, "value": 8}}, {"child": 9}),
    *([{"id": HUGE, "boardId": "x", "name": 5, "goal": {}, "startDate": 1}], ["sprint", 5]),
    *({"type": "doc", "version": "one", "content": []}, {"type": 5, "version": HUGE}),
    *({"accountId": 5, "key": 6, "name": 7, "displayName": [], "active": "yes"},),
]
SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=5),
)
NAMES = st.sampled_from(
    ["id", "name", "value", "key", "child", "statusCategory", "type", "version", "active", "goal"]
)
ANYTHING = st.one_of(
    st.sampled_from(SEEN),
    st.recursive(
        SCALAR,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=6,
    ),
)


@cache
def columns(*, is_cloud: bool) -> list[Column]:
    """A column of every kind, alone and as a list, as custom fields and as system fields."""
    described: list[dict[str, Any]] = []
    for kind in KINDS:
        described += [{"type": kind}, {"type": "array", "items": kind}]
    described += [{"type": "string", "custom": TEXT_AREA}, {"type": "sd-approvals"}]
    described += [{"type": "array", "items": "json", "custom": SPRINT_TYPE}]
    fields = [
        {"id": f"customfield_{10_000 + number}", "name": f"Field {number}", "schema": each}
        for number, each in enumerate(described)
    ]
    return issue_columns(fields, is_cloud=is_cloud, layout=Layout())


@cache
def validator(*, is_cloud: bool) -> Any:
    return jsonschema.Draft202012Validator(table(columns(is_cloud=is_cloud), ()))


@cache
def builder(*, is_cloud: bool) -> RowBuilder:
    return RowBuilder("issues", columns(is_cloud=is_cloud))


def check(row: dict[str, Any], *, is_cloud: bool) -> None:
    """The row is valid as a target reads it, and holds no number in a column that none takes."""
    read = json.loads(msgspec.json.encode(row))
    validator(is_cloud=is_cloud).validate(read)
    for column in columns(is_cloud=is_cloud):
        value = read.get(column.name)
        if "number" in column.schema["type"] and isinstance(value, int):
            assert -(2**63) <= value < 2**63


@pytest.mark.parametrize("is_cloud", [True, False])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(ANYTHING, min_size=3, max_size=3))
@example(values=SEEN)
def test_whatever_comes_becomes_a_valid_record(values: list[Any], *, is_cloud: bool) -> None:
    build = builder(is_cloud=is_cloud)
    for value in values:
        encoded = msgspec.json.encode(value)
        fields = {each.source: decode(encoded) for each in columns(is_cloud=is_cloud)}
        row = build(fields)
        check(row, is_cloud=is_cloud)
        # Encoded parts come to the same, the first time and when they are remembered.
        parts = fields | dict.fromkeys(build.may_stay_encoded, msgspec.Raw(encoded))
        for _ in range(2):
            again = build(parts)
            check(again, is_cloud=is_cloud)
            assert json.loads(msgspec.json.encode(again)) == json.loads(msgspec.json.encode(row))


def test_what_keeps_the_promise_is_handed_on_as_it_is() -> None:
    build = builder(is_cloud=True)
    names = {each.schema is OBJECTS["option"]: each.source for each in columns(is_cloud=True)}
    option, source = {"id": "1", "value": "A", "self": "https://jira/1"}, names[True]
    assert build({source: option})[source] is option
    encoded = msgspec.Raw(b'{"id": "1", "value": "A",  "more": {"spaces": 1}}')
    first = build({source: encoded})[source]
    assert bytes(first) == bytes(encoded)
    # Not the answer that it came in: a remembered part must not keep it in memory.
    assert build({source: msgspec.Raw(bytes(encoded))})[source] is first


def test_records_of_a_site_with_numbers_for_ids_are_valid(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """As recorded answers of real sites have them."""
    jira = sandbox(issues=30)
    large = jira.jira.world.field_id("Ledger number")
    jira.faults.add(
        Fault(
            "put",
            "/issue/bulkfetch",
            count=99,
            values={
                "issues.fields.attachment.id": 10_000,
                "issues.fields.security": {"id": 12_345, "name": "Secret"},
                f"issues.fields.{jira.jira.world.field_id('Severity')}": {"value": "A", "id": 5},
                "issues.fields.status.statusCategory.key": 4,
                "issues.fields.duedate": 5,
                f"issues.fields.{large}": HUGE,
            },
        )
    )
    run = Tap(jira, tmp_path).run()
    assert run.code == 0, run.log
    (schema,) = run.messages.schemas["issues"]
    valid = jsonschema.Draft202012Validator(schema["schema"])
    records = run.messages.records["issues"]
    assert len(records) == 30
    for record in records:
        valid.validate(record)
        assert record["security"]["id"] == "12345"
    numbers = {
        line.split(b'"%s":' % large.encode())[1].split(b",")[0] for line in lines(run.output)
    }
    assert all(b"e" in number or b"." in number for number in numbers)


def lines(output: bytes) -> list[bytes]:
    """The RECORD messages of issues as they were written."""
    found = [line for line in output.splitlines() if b'"RECORD"' in line[:30]]
    return [line for line in found if b'"stream":"issues"' in line[:60]]
