"""Every record is valid for its stream's schema, whatever Jira puts into an issue."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sandbox import Fault
from tap_jira.records.custom_fields import OBJECTS, SCALARS, SPRINT_TYPE, TEXT_AREA, parse_sprint
from tap_jira.records.decode import InvalidJsonError, Members, decode, decode_partly
from tap_jira.records.issue_columns import Layout, issue_columns
from tap_jira.records.rows import RowBuilder
from tap_jira.records.schema import Column, table
from tests.faults.support import Tap

if TYPE_CHECKING:
    from collections.abc import Iterator
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


LAYOUTS = {"Jira's": Layout(), "readable": Layout(rich_text="markdown", values="plain")}


@cache
def columns(*, is_cloud: bool, form: str = "Jira's") -> list[Column]:
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
    return issue_columns(fields, is_cloud=is_cloud, layout=LAYOUTS[form])


@cache
def validator(**which: Any) -> Any:
    return jsonschema.Draft202012Validator(table(columns(**which), ()))


@cache
def builder(**which: Any) -> RowBuilder:
    return RowBuilder("issues", columns(**which))


def wholes(value: Any, kind: type = int) -> Iterator[Any]:
    """The whole numbers in a record, at any depth, or those of another kind."""
    if isinstance(value, kind):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from wholes(each, kind)


def check(row: dict[str, Any], **which: Any) -> None:
    """The row is valid as a target reads it, and holds no number that none takes."""
    read = json.loads(msgspec.json.encode(row))
    validator(**which).validate(read)
    assert all(-(2**63) <= each < 2**63 for each in wholes(read))


@pytest.mark.parametrize("form", LAYOUTS)
@pytest.mark.parametrize("is_cloud", [True, False])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(values=st.lists(ANYTHING, min_size=3, max_size=3))
@example(values=SEEN)
def test_whatever_comes_becomes_a_valid_record(
    values: list[Any], *, is_cloud: bool, form: str
) -> None:
    which = {"is_cloud": is_cloud, "form": form}
    build = builder(**which)
    for value in values:
        encoded = msgspec.json.encode(value)
        fields = {each.source: decode(encoded) for each in columns(**which)}
        row = build(fields)
        check(row, **which)
        # Encoded parts come to the same, the first time and when they are remembered.
        part = decode_partly(b'{"part": %s}' % encoded, dict[str, msgspec.Raw])["part"]
        parts = fields | dict.fromkeys(build.may_stay_encoded, part)
        for _ in range(2):
            again = build(parts)
            check(again, **which)
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


@pytest.mark.parametrize("name", ['the "name"', "back\\slash", "line\nfeed", ""])
def test_a_catalog_may_name_members_as_it_likes(name: str) -> None:
    """Even as msgspec knows none."""
    described = {"type": ["object", "null"], "properties": {name: {"type": ["string", "null"]}}}
    shapes = [described, {"type": ["array", "null"], "items": described}]
    build = RowBuilder(
        "issues", [Column(f"c{at}", f"c{at}", each) for at, each in enumerate(shapes)]
    )
    fields = {"c0": {name: 7}, "c1": [{name: "a"}, {name: 8}]}
    parts = {source: msgspec.Raw(msgspec.json.encode(value)) for source, value in fields.items()}
    sent = {"c0": {name: "7"}, "c1": [{name: "a"}, {name: "8"}]}
    for form in (fields, parts):
        kind = Members.of("Fields", dict.fromkeys(form, Any))
        assert kind
        rows = [build(form), *build.page([kind(**form)] * 3, {}), *build.page([kind(**form)], {})]
        assert [json.loads(msgspec.json.encode(row)) for row in rows] == [sent] * 5


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


#: In what is only handed on, or kept as it is: an option, a person, a document, what apps have.
PLACES = [
    "issues.fields.status.statusCategory.sequence",
    "issues.fields.status.sequence",
    "issues.fields.votes.votes",
    "issues.fields.assignee.rank",
    "issues.fields.description.size",
]


@pytest.mark.parametrize("number", ["1e999", "-1E+400", str(HUGE), str(2**63), "9" * 400])
def test_no_number_that_loaders_refuse_is_handed_on(
    number: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Wherever it stands in an issue or a history: loaders built on orjson read all of it."""
    jira = sandbox(issues=30)
    mark = "put the number here"
    for match, names in (
        ("/issue/bulkfetch", PLACES),
        ("/changelog/bulkfetch", ["issueChangeLogs.changeHistories.author.rank"]),
    ):
        jira.faults.add(Fault("put", match, count=99, values=dict.fromkeys(names, mark)))
        jira.faults.add(Fault("replace", match, count=99, replace=(f'"{mark}"', number)))
    run = Tap(jira, tmp_path, page_size=10).run()
    assert run.code == 0, run.log
    assert mark.encode() not in run.output
    for line in run.output.splitlines():
        message = json.loads(line, parse_float=Decimal)
        assert all(-(2**63) <= each < 2**63 for each in wholes(message))
        assert all(math.isfinite(float(each)) for each in wholes(message, Decimal))
    assert len(run.messages.records["issues"]) == 30


@pytest.mark.parametrize("digits", ["9" * 5000, "9" * 30, "٣", "-", "x"])
def test_numbers_of_sprints_that_are_none(digits: str) -> None:
    """Data Center has them in a text, which an older version or an app may write otherwise."""
    text = (
        f"com.atlassian.Sprint@1[id={digits},rapidViewId={digits},state=ACTIVE,name=S,sequence=5]"
    )
    sprint = parse_sprint(text)
    assert sprint == {"id": None, "boardId": None, "state": "active", "name": "S", "sequence": 5}


LONG = "1" * 30
TEXTS = [
    LONG,
    f":{LONG},",
    f'a":{LONG}',
    f"\\\\:{LONG}",
    f'[{LONG}, "\\',
    "1e999",
    ":1e999,",
    "e" * 20,
]


@given(st.lists(st.sampled_from([*TEXTS, "plain", 1, HUGE, -HUGE, 2**63 - 1, -(2**63), 0.5, None])))
def test_numbers_are_told_from_texts_that_look_like_them(values: list[Any]) -> None:
    content = {"a": values, "b": {str(at): each for at, each in enumerate(values)}}
    wanted = [float(each) if each in {HUGE, -HUGE} else each for each in values]
    for form in ({}, {"indent": 2}, {"separators": (",", ":")}):
        found = decode(json.dumps(content, **form).encode())
        assert found["a"] == list(found["b"].values()) == wanted


@pytest.mark.parametrize("number", ["1e400", "-1.5E+999", "1e0400", "9" * 400, "9" * 400 + ".5"])
def test_numbers_beyond_a_double_become_null(number: str) -> None:
    body = f'{{"a": {number}, "b": [{number},1e200], "c": ": {number}", "d":{{"e":{number}}}}}'
    wanted = {"a": None, "b": [None, 1e200], "c": f": {number}", "d": {"e": None}}
    assert decode(body.encode()) == wanted
    typed = decode(body.encode(), dict[str, Any])
    assert typed == wanted
    with pytest.raises(InvalidJsonError):
        decode(body.encode(), dict[str, int])


def test_texts_of_many_digits_take_no_longer_than_others() -> None:
    """Each digit is looked at a few times, not once for each of the others."""
    digits = "10" * 1_000_000
    body = json.dumps({"dump": f"dump: {digits}", "whole": digits, "number": 1}).encode()
    assert decode(body) == {"dump": f"dump: {digits}", "whole": digits, "number": 1}


def test_what_is_no_json_for_its_digits_is_refused() -> None:
    with pytest.raises(InvalidJsonError):
        decode(b'{"a": %s1}' % (b"0" * 5000))
