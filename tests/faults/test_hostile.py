"""Input that means harm, or is merely broken: bodies, values, STATE, catalogs, stream maps."""

from __future__ import annotations

import datetime as dt
import json
import re
from types import GenericAlias
from typing import TYPE_CHECKING, Any

import msgspec
import pendulum
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sandbox import Fault, truth
from tap_jira.errors import StateError
from tap_jira.http.answers import Answer, judge
from tap_jira.issues import part_reader
from tap_jira.issues.bookmark import Bookmark
from tap_jira.issues.events import embedded
from tap_jira.issues.part_reader import CHANGES, row_type, typed
from tap_jira.issues.query import Query
from tap_jira.records import schema
from tap_jira.records.decode import (
    InvalidJsonError,
    Members,
    bounded,
    decode,
    decode_partly,
    prepared,
)
from tap_jira.records.rows import RowBuilder
from tap_jira.records.schema import Column
from tap_jira.records.timestamps import (
    END_OF_TIME,
    EPOCH,
    epoch_ms,
    from_ms,
    to_text,
    utc_text,
    utc_texts,
)
from tap_jira.tap import TapJira
from tap_jira.writer import BufferedWriter, BuiltRecord
from tests.faults.support import STREAMS, Tap, incomplete, without_comment_ids
from tests.faults.test_matrix import box
from tests.support.expected import expected

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

# Bodies


@pytest.mark.parametrize(
    ("personality", "match", "missed"),
    [
        ("cloud", "/users/search", {"users"}),
        ("dc", "/project$", {"projects"}),
        ("cloud", "/worklog/list", {"worklogs"}),
        ("cloud", "/changelog/bulkfetch", {"changelogs"}),
    ],
)
def test_an_oversized_body(personality: str, match: str, missed: set[str], tmp_path: Path) -> None:
    with box(personality) as jira:
        jira.faults.add(Fault("oversized", match, size=3_000_000, count=99))
        tap = Tap(jira, tmp_path, max_response_mb=2, page_size=20)
        run = tap.run()
        assert run.code == 1
        assert incomplete(run) == missed
        assert any("max_response_mb" in warning for warning in run.warnings)
        tap.check(*[name for name in STREAMS if name not in missed])
        tap.sync(max_response_mb=64)


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_an_oversized_page_is_asked_for_in_parts(personality: str, tmp_path: Path) -> None:
    with box(personality) as jira:
        match = "/issue/bulkfetch" if personality == "cloud" else "/search$"
        jira.faults.add(Fault("oversized", match, nth=2, size=3_000_000))
        Tap(jira, tmp_path, max_response_mb=2, page_size=20).sync()


SHAPES: list[Any] = [None, {}, 7, "x", [None], [7], [{}], {"issues": 3}, {"values": [None]}]


@pytest.mark.parametrize("personality", ["cloud", "dc"])
@pytest.mark.parametrize("body", SHAPES, ids=json.dumps)
def test_json_of_another_shape(body: Any, personality: str, tmp_path: Path) -> None:
    """Once from everything but the first two resources."""
    with box(personality) as jira:
        for match in (
            "/search",
            "/issue/bulkfetch",
            "/changelog/bulkfetch",
            "/worklog/updated",
            "/worklog/deleted",
            "/worklog/list",
            "/comment$",
            "/user",
            "/project",
            "/field",
        ):
            answer = body if body is not None else "null"
            jira.faults.add(Fault("status", match, nth=1, status=200, body=answer))
        Tap(jira, tmp_path, page_size=20).sync()


# Values


ODD = ["\x00", "\\u0000", "\\ud800", "😀", "\u202e"]


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_text_that_no_database_takes(personality: str, tmp_path: Path) -> None:
    with box(personality) as jira:
        for text in ODD:
            jira.mutate.create_issue("APP", summary=f"x{text}y")
        tap = Tap(jira, tmp_path)
        tap.sync()
        assert not re.search(rb"(?<!\\)(\\\\)*\\u(0000|d[89a-f])", tap.run().output)


def test_field_names_that_collide(tmp_path: Path) -> None:
    with box("cloud") as jira:
        fields = [field for field in jira.jira.world.catalogue.fields if field.id[:6] == "custom"]
        for field, name in zip(
            fields, ["Team", "team", "TEAM ", "T.e-a_m", "", "Ö" * 80, "id", "key"], strict=False
        ):
            jira.mutate.rename_field(field.id, name)
        tap = Tap(jira, tmp_path, custom_field_names="name")
        run = tap.run()
        assert run.code == 0, run.log
        schemas = [m for m in map(json.loads, run.output.splitlines()) if m["type"] == "SCHEMA"]
        for schema in schemas:
            names = list(schema["schema"]["properties"])
            assert len({name.lower() for name in names}) == len(names)
            assert all(0 < len(name.encode()) <= 63 for name in names)


# STATE


VALUES: list[Any] = [
    {"issues": "2026-01-01T00:00:00Z"},
    {"bookmarks": []},
    {"bookmarks": None},
    {"bookmarks": {"issues": "2026-01-01"}},
    {"bookmarks": {"issues": {"updated": "2026-01-01T00:00:00Z"}}},
    {"bookmarks": {"issues": {"since": "2026-01-01T00:00:00Z"}}},
    {"bookmarks": {"comments": {"partitions": [{"context": {"issue_id": "1"}}]}}},
    {"bookmarks": {"issues": {"replication_key_value": 1_780_000_000}}},
    {"bookmarks": {"issues": {"replication_key_value": "yesterday"}}},
    {"bookmarks": {"issues": {"replication_key_value": "2026-13-01T00:00:00Z"}}},
    {"bookmarks": {"issues": {"replication_key_value": "9999-12-31T23:59:59Z"}}},
    {"bookmarks": {"issues": {"replication_key_value": ["2026-01-01T00:00:00Z"]}}},
    {"bookmarks": {"issues": {"replication_key_value": "2026-01-01T00:00:00Z", "sent": [1]}}},
    {
        "bookmarks": {
            "issues": {"replication_key_value": "2026-01-01T00:00:00Z", "sent": {"1": "x"}}
        }
    },
    {"bookmarks": {"worklogs": {"replication_key_value": "\x00"}}},
    {"value": {"bookmarks": {}}},
]


@pytest.mark.parametrize("state", VALUES, ids=json.dumps)
def test_a_state_that_cannot_be_trusted(state: dict[str, Any], tmp_path: Path) -> None:
    with box("cloud") as jira:
        tap = Tap(jira, tmp_path)
        run = tap.run(state=state)
        assert run.code == 1
        assert len(run.errors) == 1, run.log
        assert "STATE" in run.errors[0] or "--state" in run.errors[0]
        damaged = next(iter(state.get("bookmarks") or ["issues"]))
        assert damaged not in tap.tables.rows


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "7", '{"bookmarks": {"issues"'])
def test_a_state_file_that_is_none(text: str, tmp_path: Path) -> None:
    with box("cloud") as jira:
        (tmp_path / "odd.json").write_text(text)
        run = Tap(jira, tmp_path).run("--state", str(tmp_path / "odd.json"))
        assert run.code == 1
        assert "--state" in run.errors[0]
        assert not run.output


def test_half_a_character_in_the_files_given(tmp_path: Path) -> None:
    half = "\ud83d, \x00 and an end"
    with box("cloud") as jira:
        tap = Tap(jira, tmp_path)
        catalog = tap.catalog("issues", "fields")
        catalog["streams"][0]["schema"]["title"] = half
        run = tap.run(state={"bookmarks": {"boards": {"note": half}}}, catalog=catalog)
        assert run.code == 0, run.log
        tap.check("issues", "fields", truth=without_comment_ids(expected(jira.jira), tap.tables))
        kept = (tap.tables.state or {})["bookmarks"]["boards"]
        assert kept == {"note": ",  and an end"}


def test_a_state_file_that_is_no_text(tmp_path: Path) -> None:
    with box("cloud") as jira:
        (tmp_path / "odd.json").write_bytes(b"\xff\xfe{")
        run = Tap(jira, tmp_path).run("--state", str(tmp_path / "odd.json"))
        assert run.code == 1
        assert len(run.errors) == 1
        assert "--state" in run.errors[0]


def test_bookmarks_of_other_streams_do_no_harm(tmp_path: Path) -> None:
    with box("cloud") as jira:
        tap = Tap(jira, tmp_path)
        tap.run(state={"bookmarks": {"boards": {"replication_key_value": "x"}}})
        tap.check()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
instants = st.datetimes().map(lambda instant: f"{instant.isoformat()}Z")
bookmarks = st.fixed_dictionaries(
    {},
    optional={
        "replication_key": json_values,
        "replication_key_value": instants | json_values,
        "unfinished_since": instants | json_values,
        "read_whole": st.fixed_dictionaries({"since": instants, "until": instants}) | json_values,
        "sent": st.dictionaries(st.text(max_size=6), st.integers() | json_values) | json_values,
        "partitions": json_values,
    },
)


@given(bookmarks)
def test_any_bookmark_is_read_or_refused(state: dict[str, Any]) -> None:
    given_value = state.get("replication_key_value")
    try:
        bookmark = Bookmark(
            "issues",
            state,
            "updated",
            started_at=pendulum.datetime(2026, 6, 15, 12),
            lookback=600,
            period=(None, None),
        )
    except StateError:
        return
    assert bookmark.is_first_run == (given_value is None)
    bookmark.is_due("1", 1_781_524_500_123)
    bookmark.advance(None)
    again = json.loads(json.dumps(state))
    assert again["replication_key_value"] <= "2026-06-15T13:00:00.000Z"


@given(json_values | st.dictionaries(st.just("bookmarks"), json_values))
def test_any_state_is_read_or_refused(state: Any) -> None:
    if not isinstance(state, dict):
        return
    tap = TapJira.__new__(TapJira)
    tap._state = {}
    try:
        tap.load_state(state)
    except StateError:
        assert state
        return
    assert all(isinstance(each, dict) for each in tap._state.get("bookmarks", {}).values())


# Decoding


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_or_refused(body: bytes) -> None:
    try:
        value = decode(body)
    except InvalidJsonError:
        return
    storable(value)


@given(json_values)
def test_json_is_decoded_as_it_is(value: Any) -> None:
    body = json.dumps(value).encode()
    decoded = decode(body)
    storable(decoded)
    if b"\\u0000" not in body and not re.search(rb"\\ud[89a-f]", body):
        assert decoded == json.loads(body, parse_int=_whole)


def _whole(text: str) -> float:
    """A whole number as every loader takes it."""
    return int(text) if -(2**63) <= int(text) < 2**63 else float(text)


def storable(value: Any) -> None:
    """It can be written, and is without what databases refuse."""
    written = msgspec.json.encode(value)
    assert json.loads(written) is not Ellipsis
    text = json.dumps(value, ensure_ascii=False)
    assert "\\u0000" not in text.replace("\\\\", "")
    text.encode()


BROKEN = [
    b"\x00",
    b"\xff\xfe\x80",
    b"1e999",
    b"9" * 5000,
    b'"\\ud800"',
    b'"\\u0000"',
    b"[" * 50_000,
]


@pytest.mark.parametrize("piece", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_piece_inside(piece: bytes) -> None:
    try:
        value = decode(b'{"a": ' + piece + b', "b": "kept"}')
    except InvalidJsonError:
        return
    assert value["b"] == "kept"
    storable(value)


COLUMNS = [
    Column("summary", "summary", schema.TEXT),
    Column("status", "status", schema.STATUS),
    Column("assignee", "assignee", schema.user(is_cloud=True)),
    Column("votes", "votes", schema.ANY_OBJECT),
    Column("scoped", "scoped", schema.ANY_OBJECT, holds=(Column("held", "held", schema.NAMED),)),
]
BUILD = RowBuilder("issues", COLUMNS)
SOURCES = tuple(source for each in COLUMNS for source in each.sources)
pages = st.lists(st.dictionaries(st.sampled_from([*SOURCES, "other"]), json_values), max_size=3)


def page(fields: list[dict[str, Any]], **form: Any) -> bytes:
    """A page of issues with these fields; every é of it in another encoding than UTF-8."""
    issues = [{"id": str(number), "fields": each} for number, each in enumerate(fields)]
    text = json.dumps({"issues": issues}, **form)
    return text.encode("utf-8", "surrogatepass").replace("é".encode(), b"\xe9")


@given(pages, pages, st.sampled_from([None, 1]), st.booleans())
def test_what_is_handed_on_reads_like_what_was_decoded(
    first: list[dict[str, Any]],
    fields: list[dict[str, Any]],
    indent: int | None,
    ascii_only: bool,
) -> None:
    read = Query(SOURCES, (), BUILD.may_stay_encoded).read
    read(page(first))
    body = page(fields, indent=indent, ensure_ascii=ascii_only)
    handed_on = [each["fields"] for each in read(body)["issues"]]
    rows = [BUILD(each) for each in handed_on]
    # The same by the page, and once more where all is known by now.
    built = [rows]
    if handed_on and all(isinstance(each, Members) for each in handed_on):
        built += [list(BUILD.page(handed_on, {})) for _ in range(2)]
    for some in built:
        for row, decoded in zip(some, decode(body)["issues"], strict=True):
            line = msgspec.json.encode(row)
            assert b"\n" not in line
            assert json.loads(line) == json.loads(msgspec.json.encode(BUILD(decoded["fields"])))


def test_objects_that_are_alike_are_handed_on() -> None:
    assert set(SOURCES) == BUILD.may_stay_encoded
    read = Query(SOURCES, (), BUILD.may_stay_encoded).read
    body = page([{"votes": {"votes": each}, "status": {"id": "1"}} for each in range(4)])
    for issue, decoded in zip(read(body)["issues"], decode(body)["issues"], strict=True):
        assert json.loads(msgspec.json.encode(BUILD(issue["fields"]))) == BUILD(decoded["fields"])
    row = BUILD(read(body)["issues"][0]["fields"])
    assert isinstance(row["status"], msgspec.Raw)
    assert row["votes"] == {"votes": 0}


REMARK = [
    Column("id", "id", schema.TEXT),
    Column("author", "author", schema.user(is_cloud=True)),
    Column("body", "body", schema.DOCUMENT),
    Column("created", "created", schema.TIMESTAMP),
    Column("jsd_public", "jsdPublic", schema.BOOLEAN),
]
REMARKS = RowBuilder("comments", REMARK)
remarks = st.lists(
    st.dictionaries(st.sampled_from([*(each.source for each in REMARK), "other"]), json_values),
    max_size=3,
)
remark_lists = st.lists(
    remarks.map(lambda rows: {"comments": rows, "total": len(rows)}) | json_values, max_size=3
)


@given(remark_lists, remark_lists, st.booleans())
def test_comments_inside_issues_read_like_what_was_decoded(
    first: list[Any], lists: list[Any], ascii_only: bool
) -> None:
    rows = GenericAlias(list, (row_type(REMARK),))
    shape = typed("Comments", {"comments": rows, "total": bounded(1)})
    read = Query(("comment", "updated"), (), frozenset(), {"comment": shape}).read
    read(page([{"comment": each} for each in first]))
    body = page([{"comment": each} for each in lists], ensure_ascii=ascii_only)
    for _ in range(2):
        for issue, decoded in zip(read(body)["issues"], decode(body)["issues"], strict=True):
            (found, complete), truth_of_it = (
                embedded(issue, "comment"),
                embedded(decoded, "comment"),
            )
            assert complete == truth_of_it[1]
            for remark, whole in zip(found, truth_of_it[0], strict=True):
                if isinstance(whole, dict):
                    line = msgspec.json.encode(REMARKS(remark))
                    assert json.loads(line) == json.loads(msgspec.json.encode(REMARKS(whole)))
    body = page([{"comment": each} for each in lists])[len('{"issues": ') : -1]
    kind = GenericAlias(list, (row_type([Column("fields", "fields", schema.ANY_OBJECT)]),))
    for issue, decoded in zip(decode_partly(body, kind), decode(body), strict=True):
        assert decode(msgspec.json.encode(issue)) == decode(msgspec.json.encode(decoded))


def test_the_parts_of_comments_stay_encoded() -> None:
    rows = GenericAlias(list, (row_type(REMARK),))
    shape = typed("Comments", {"comments": rows, "total": bounded(1)})
    read = Query(("comment",), (), frozenset(), {"comment": shape}).read
    remark = {"id": "1", "author": PERSON, "body": {"type": "doc"}, "jsdPublic": True}
    body = page([{"comment": {"comments": [remark], "total": 1}}])
    (first,) = read(body)["issues"]
    assert json.loads(msgspec.json.encode(first)) == decode(body)["issues"][0]
    (kept,) = embedded(read(body)["issues"][0], "comment")[0]
    assert {name for name, value in kept.items() if isinstance(value, msgspec.Raw)} == {
        "author",
        "body",
    }


def test_what_says_which_row_it_is_never_stays_encoded() -> None:
    """Not even if a catalog declares it an object: a row without it would pass for an old one."""
    names = ("id", "issueId", "created", "updated", "author")
    kind = row_type([Column(name, name, schema.ANY_OBJECT) for name in names])
    row = dict.fromkeys(names, "2026-06-15T12:00:00.000+0000")
    (kept,) = decode_partly(json.dumps([row]).encode(), GenericAlias(list, (kind,)))
    assert [name for name in names if isinstance(kept[name], msgspec.Raw)] == ["author"]


DEEP: Any = json.loads('{"a":[' * 20 + "1" + "]}" * 20)


@pytest.mark.parametrize("later", [2**64, -(2**63) - 1, DEEP, [[[[[[[1]]]]]]], "text", None, {}])
@pytest.mark.parametrize("source", [*SOURCES, "other"])
def test_what_differs_from_the_first_answer_is_read_as_well(source: str, later: Any) -> None:
    """Whatever it is: a greater number, a deeper object, and in a field that is looked into."""
    read = Query((*SOURCES, "other"), (), BUILD.may_stay_encoded).read
    read(page([{"votes": 1, "status": None, "summary": "A", "other": 1}]))
    for place in (0, 1, 0):  # it is read, and read again as it is known by now
        fields: list[dict[str, Any]] = [{"summary": "A"}, {"summary": "A"}]
        fields[place] |= {source: later}
        body = page(fields)
        found = [each["fields"] for each in read(body)["issues"]]
        for each, decoded in zip(found, decode(body)["issues"], strict=True):
            assert each.get("other") == decoded["fields"].get("other")
            assert json.loads(msgspec.json.encode(BUILD(each))) == BUILD(decoded["fields"])
        if not all(isinstance(each, Members) for each in found):
            continue
        for row, decoded in zip(BUILD.page(found, {}), decode(body)["issues"], strict=True):
            assert json.loads(msgspec.json.encode(row)) == BUILD(decoded["fields"])


PERSON: Any = {"accountId": "5b10", "avatarUrls": {"48x48": "a"}, "active": True}
NESTED: Any = json.loads('{"a":' * 600 + "1" + "}" * 600)


@pytest.mark.parametrize(("value", "most"), [(PERSON, 1), ([PERSON], 1), (DEEP, CHANGES + 2)])
def test_fields_that_fill_up_later_do_not_hold_up_reading(
    value: Any, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is learned a few times only, however many fields the first answer shows nothing of."""
    made: list[object] = []
    twice: list[bytes] = []

    def counted(kind: Any) -> Any:
        made.append(kind)
        return prepared(kind)

    def altogether(body: bytes) -> Any:
        twice.append(body)
        return decode(body)

    monkeypatch.setattr(part_reader, "prepared", counted)
    monkeypatch.setattr(part_reader, "decode", altogether)
    names = tuple(f"customfield_{number}" for number in range(300))
    read = Query(names, (), frozenset(names[::2])).read
    read(page([dict.fromkeys(names)]))
    for number in range(0, 300, 4):
        body = page([dict.fromkeys(names) | dict.fromkeys(names[number : number + 4], value)])
        (found,) = read(body)["issues"]
        kept = {name: found["fields"].get(name) for name in names}
        assert json.loads(msgspec.json.encode(kept)) == json.loads(body)["issues"][0]["fields"]
    assert len(made) <= most
    assert len(twice) <= most


@pytest.mark.parametrize("place", [0, 1])
def test_a_value_that_is_nested_hundreds_of_times(place: int) -> None:
    read = Query(("a",), (), frozenset()).read
    for number in (0, 1):
        body = page([{"a": NESTED if number == place else 1}])
        assert read(body)["issues"][0]["fields"].get("a") == (NESTED if number == place else 1)


def test_nothing_is_written_of_what_cannot_be_encoded(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    """The encoder's room for it holds whatever was there before."""
    writer = BufferedWriter()
    good = BuiltRecord("issues", {"a": "b" * 9000})
    endless: list[Any] = []
    endless.append(endless)
    bad = BuiltRecord("issues", {"a": "c" * 9000, "d": endless})
    with pytest.raises(RecursionError):
        writer.write_records([good, bad])
    writer.write_records([good])
    writer.flush()
    assert capsysbinary.readouterr().out == 2 * (msgspec.json.encode(good) + b"\n")


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_numbers_beside_the_fields_are_those_that_loaders_take(number: int) -> None:
    """In what is asked for with an issue, as Data Center's histories are."""
    read = Query(SOURCES, ("changelog",), BUILD.may_stay_encoded).read
    for size in (1, number):
        issue = {"id": "1", "fields": {"summary": "A"}, "changelog": {"histories": [{"a": size}]}}
        (found,) = read(json.dumps({"issues": [issue]}).encode())["issues"]
    assert found["changelog"] == {"histories": [{"a": float(number)}]}
    assert isinstance(found["changelog"]["histories"][0]["a"], float)


@pytest.mark.parametrize(("number", "sent"), [("1e999", None), (str(2**64), 2.0**64), ("7", 7)])
def test_what_apps_keep_in_a_document_is_looked_at(number: str, sent: float | None) -> None:
    build = RowBuilder("issues", [Column("body", "body", schema.DOCUMENT)])
    read = Query(("body",), (), build.may_stay_encoded).read
    read(page([{"body": {"type": "doc"}}]))
    node = f'{{"type":"bodiedExtension","attrs":{{"parameters":{{"max":{number}}}}}}}'
    document = f'{{"type":"doc","version":1,"content":[{node}]}}'
    body = f'{{"issues":[{{"fields":{{"body":{document}}}}}]}}'
    (found,) = read(body.encode())["issues"]
    documents = [found["fields"]] * 3
    for row in (build(documents[0]), *build.page(documents, {})):
        (kept,) = json.loads(msgspec.json.encode(row))["body"]["content"]
        assert kept["attrs"] == {"parameters": {"max": sent}}
        assert isinstance(kept["attrs"]["parameters"]["max"], type(sent))


LIKE_NO_OTHER = [{"id": str(number), "name": f"{number} " * 300} for number in range(60)]


@pytest.mark.parametrize(("number", "sent"), [("1e999", None), (str(2**64), 2.0**64), ("7", 7)])
def test_numbers_among_objects_that_are_like_no_other(number: str, sent: float | None) -> None:
    """They are looked at together."""
    build = RowBuilder("issues", [Column("parent", "parent", schema.NAMED)])
    read = Query(("parent",), (), build.may_stay_encoded).read
    body = page([{"parent": each} for each in LIKE_NO_OTHER])
    for _ in range(3):
        rows = build.page([each["fields"] for each in read(body)["issues"]], {})
        written = [json.loads(msgspec.json.encode(row)) for row in rows]
        body = body.replace(b'"id": "42"', b'"id": "42", "more": %b' % number.encode())
    more = {42: {"more": sent}}
    expected = [{"parent": each | more.get(at, {})} for at, each in enumerate(LIKE_NO_OTHER)]
    assert written == expected
    assert isinstance(written[42]["parent"]["more"], type(sent))


def test_what_is_null_takes_no_place_among_others() -> None:
    """Though it comes encoded, as those do that are like no other."""
    held = tuple(Column(name, name, schema.NAMED) for name in ("one", "other"))
    build = RowBuilder("issues", [Column("scoped", "scoped", schema.ANY_OBJECT, holds=held)])
    read = Query(("one", "other"), (), build.may_stay_encoded).read
    fields: list[dict[str, Any]] = [{"one": each, "other": each} for each in LIKE_NO_OTHER]
    fields[7]["one"] = fields[8]["one"] = fields[8]["other"] = None
    for _ in range(3):
        found = [each["fields"] for each in read(page(fields))["issues"]]
        rows = [json.loads(msgspec.json.encode(row)) for row in build.page(found, {})]
    assert isinstance(found[7].get("one"), msgspec.Raw)
    assert rows[6:9] == [
        {"scoped": fields[6]},
        {"scoped": {"other": LIKE_NO_OTHER[7]}},
        {"scoped": None},
    ]


@given(
    st.datetimes(),
    st.integers(-14 * 4, 14 * 4).map(lambda quarters: dt.timedelta(minutes=15 * quarters)),
)
def test_times_are_the_same_instant_in_utc(clock: dt.datetime, offset: dt.timedelta) -> None:
    there = clock.replace(tzinfo=dt.timezone(offset))
    jira = there.isoformat(timespec="milliseconds")
    assume(1 < clock.year < 9999)
    utc = there.astimezone(dt.timezone.utc)
    jira = f"{jira[:-3]}{jira[-2:]}"
    assert utc_text(jira) == to_text(utc)
    assert utc_texts([jira, None, jira]) == [to_text(utc), None, to_text(utc)]
    # What was before 1970 is one, and as old.
    assert epoch_ms(jira) == max(1, (utc - EPOCH) // dt.timedelta(milliseconds=1))


@given(st.integers(1, END_OF_TIME - 1))
def test_epochs_are_the_same_instant_in_utc(milliseconds: int) -> None:
    utc = EPOCH + dt.timedelta(milliseconds=milliseconds)
    assert utc_text(milliseconds) == to_text(utc)
    assert epoch_ms(milliseconds) == epoch_ms(to_text(utc)) == milliseconds


def test_no_time_is_before_or_after_all_time() -> None:
    """0 would be no time at all, and what is rounded up a day that there is not."""
    assert [epoch_ms(each) for each in (0, -1, "1970-01-01T00:00:00.000+0000")] == [1, 1, 1]
    assert from_ms(epoch_ms("9999-12-31T23:59:59.9999Z")).year == 9999


@pytest.mark.parametrize(
    "text",
    [
        "2021-02-30T10:00:00.000+0000",
        "2021-02-03T24:00:00.000+0000",
        "2021-02-03T10:60:00.000+0000",
        "2021-02-03T10:00:61.000+0000",
        "9999-12-31T23:00:00.000-0200",
        "0001-01-01T00:00:00.000+0200",
        "٢٠٢١-02-03T10:00:00.000+0000",
    ],
)
def test_no_time_is_made_of_what_is_none(text: str) -> None:
    assert utc_text(text) is None
    assert utc_texts([text]) is None
    assert epoch_ms(text) == 0


@given(st.from_regex(r"\d{4}-\d\d-\d\d[T t]\d\d:\d\d(:\d\d([.,]\d{0,7})?)?( ?[+-]\d\d:?\d\d|Z)?"))
@example("2021-02-03T10:11:12+0200")
@example("2021-02-03T10:11:12.345678+0200")
@example("2021-02-03T10:11+0200")
@example("2021-02-03 10:11:12.345+0200")
@example("2021-02-03T10:11:12.345+0230")
@example("2021-02-03T10:11:12.345Z")
def test_times_of_several_are_those_of_each(text: str) -> None:
    assert utc_texts([None, text]) in (None, [None, utc_text(text)])


@given(
    st.integers(200, 599),
    st.dictionaries(st.sampled_from(["errorMessages", "errors", "message", "error"]), json_values),
    st.booleans(),
)
def test_any_answer_is_judged_and_explained(
    status: int, payload: dict[str, Any], known: bool
) -> None:
    for body in (json.dumps(payload).encode(), b"<html><title>x", b"", b"\xff"):
        answer = Answer("GET", "https://x/y?z", status, {}, body, authenticated=known)
        assert str(judge(answer).error(answer)) or status < 300


# Catalogs and stream maps of another time


def older(catalog: dict[str, Any]) -> dict[str, Any]:
    """A catalog of an older version: a column less, one more, and a stream that is gone."""
    issues = next(each for each in catalog["streams"] if each["tap_stream_id"] == "issues")
    del issues["schema"]["properties"]["summary"]
    issues["schema"]["properties"]["customfield_1"] = {"type": ["string", "null"]}
    issues["schema"]["properties"]["duedate"] = {"type": ["string", "null"]}
    issues["metadata"].append(
        {"breadcrumb": ["properties", "customfield_1"], "metadata": {"inclusion": "available"}}
    )
    gone = json.loads(json.dumps(issues))
    gone["tap_stream_id"] = gone["stream"] = "gone"
    catalog["streams"].append(gone)
    return catalog


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_an_older_catalog(personality: str, tmp_path: Path) -> None:
    with box(personality) as jira:
        tap = Tap(jira, tmp_path)
        run = tap.run(catalog=older(tap.catalog("issues", "comments")))
        assert run.code == 0, run.log
        tap.check("comments")
        rows = tap.tables.rows["issues"].values()
        assert len(rows) == len(truth(jira.jira)["issues"])
        assert not any("summary" in row for row in rows)


MAPS: list[tuple[dict[str, Any], bool]] = [
    ({"issues": {"new": "no_such_column"}}, False),
    ({"issues": {"new": "key.upper()", "id": "id", "__else__": None}}, True),
    ({"issues": {"new": "key.upper()", "__else__": None}}, False),
    ({"issues": {"no_such_column": "__NULL__"}}, True),
    ({"issues": {"new": "key +"}}, False),
    ({"no_such_stream": {"a": "b"}}, True),
    ({"issues": {"__filter__": "no_such_column == 1"}}, False),
]


@pytest.mark.parametrize(("maps", "good"), MAPS)
def test_stream_maps(maps: dict[str, Any], good: bool, tmp_path: Path) -> None:
    with box("cloud") as jira:
        run = Tap(jira, tmp_path).run(stream_maps=maps)
        assert run.code == (0 if good else 1), run.log
        assert good or "stream_maps" in run.errors[-1]


# The whole


def test_everything_at_once_is_survived(tmp_path: Path) -> None:
    with box("cloud") as jira:
        strike_everywhere(jira)
        tap = Tap(jira, tmp_path, page_size=20)
        tap.sync(marks=True)


def strike_everywhere(jira: Sandbox) -> None:
    for kind in ("deep_json", "huge_integers", "invalid_utf8", "truncated_json"):
        jira.faults.add(Fault(kind, "", probability=0.1, count=20, seed=3))
