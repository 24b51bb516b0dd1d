"""Jira Service Management: whole lists of many desks, what of it is there, and for whom."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from tap_jira.streams.service import RESOURCES
from tests.e2e.test_areas import Wide
from tests.support.areas import differences, found, wanted
from tests.support.tap import entry, select
from tests.support.target import Tables

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run

NAMES = tuple(each.name for each in RESOURCES)
LISTED = tuple(name for name in NAMES if name != "service_desk_customers")
PERSONALITIES = ("cloud", "dc")
API = "/servicedesk/"
#: A desk that this user may not look into, and an organization that is listed but gone.
SHUT, GONE = "3", "4"


def unlike(jira: Sandbox, run: Run, *names: str) -> list[str]:
    """How the rows of a run differ from what Jira has."""
    told: list[str] = []
    for name in names:
        (schema,) = run.messages.schemas[name]
        want = wanted(jira.jira, name, schema)
        assert want, f"the sandbox has no {name}"
        told += differences(name, want, found(run.messages, name, schema))
    return told


def asked(jira: Sandbox) -> dict[str, int]:
    """The requests of this API, by their operation, or by their path where there is none."""
    counts = {name.replace("/rest/servicedeskapi/", API): n for name, n in jira.counts.items()}
    return {name: n for name, n in counts.items() if f" {API}" in name}


def pages(rows: list[dict[str, Any]], parent: str, parents: int, size: int) -> int:
    """The least requests for the lists of so many parents, with pages that overlap by a row."""
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row[parent]] = sizes.get(row[parent], 0) + 1
    more = sum(math.ceil((n - 1) / (size - 1)) - 1 for n in sizes.values() if n > size)
    return parents + more


# --- the rows -------------------------------------------------------------------------------------


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_the_tables_are_what_jira_has_and_stay_so(
    personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=5, service_desks=60)
    tap = Wide(tmp_path, {**jira.settings(), "emit_activate_version_messages": True})
    catalog = select(tap.discover(), *LISTED)
    jira.reset_counts()
    first = tap.sync(catalog=catalog)
    assert unlike(jira, first, *LISTED)[:5] == []
    shelf, sent = jira.jira.shelf, asked(jira)
    desks, organizations = len(shelf["service_desks"]), len(shelf["organizations"])
    members, links = shelf["organization_members"], shelf["service_desk_organizations"]
    assert sent == {
        f"GET {API}servicedesk": 2,
        f"GET {API}servicedesk/{{ident}}/requesttype": desks + 1,
        f"GET {API}servicedesk/{{ident}}/queue": pages(shelf["queues"], "serviceDeskId", desks, 25),
        f"GET {API}servicedesk/{{ident}}/organization": pages(links, "serviceDeskId", desks, 50),
        f"GET {API}organization": 3,
        f"GET {API}organization/{{ident}}/user": pages(
            members, "organizationId", organizations, 50
        ),
    }
    (told,) = {text.split(": ", 1)[1] for text in first.warnings if "may not read" in text}
    assert f"1 of {desks} service desks ({SHUT}, …)" in told
    assert "an agent's seat" in told
    assert [line for line in first.lines if f"1 of {organizations} organizations" in line.text]
    # What one desk hides, and an organization that is gone, are no reason to delete their rows.
    alive = {message["stream"] for message in first.messages.of("ACTIVATE_VERSION")}
    assert alive == {"service_desks", "organizations", "organization_members"}
    jira.jira.change_areas()
    jira.jira.clock.advance(minutes=25 * 60)
    second = tap.sync(catalog=catalog, state=first.state)
    assert unlike(jira, second, *LISTED)[:5] == []


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_what_is_gone_is_deleted(personality: str, sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(personality=personality, issues=5, service_desks=2)
    tap = Wide(tmp_path, {**jira.settings(), "emit_activate_version_messages": True})
    catalog, tables = select(tap.discover(), *NAMES), Tables()
    tables.load(tap.sync(catalog=catalog).output)
    jira.jira.change_areas()
    jira.jira.clock.advance(minutes=25 * 60)
    tables.age()
    run = tap.sync(catalog=catalog, state=tables.state)
    tables.load(run.output)
    for name in NAMES:
        (schema,) = run.messages.schemas[name]
        have = {tuple(map(str, key)) for key in tables.rows[name]}
        assert have == wanted(jira.jira, name, schema).keys(), name


def test_what_costs_a_request_per_desk_is_read_once_a_day(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5, service_desks=4)
    tap = Wide(tmp_path, jira.settings())
    catalog = select(tap.discover(), *NAMES)
    first = tap.sync(catalog=catalog)
    jira.jira.clock.advance(minutes=60)
    jira.reset_counts()
    second = tap.sync(catalog=catalog, state=first.state)
    assert second.messages.schemas.keys() == {"service_desks", "organizations"}
    assert asked(jira) == {f"GET {API}servicedesk": 1, f"GET {API}organization": 3}


def test_a_list_that_shifts_meanwhile_loses_no_row(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=5)
    rows, count = jira.jira.shelf["organizations"], 0
    wanted_ids = {row["id"] for row in rows[2:]}

    def vanish(_: Any) -> bool:
        """Before the second page: as many as pages overlap by, and one more."""
        nonlocal count
        count += 1
        if count == 2:
            del rows[:2]
        return False

    jira.faults.add(Fault("status", f"{API}organization$", count=99, when=vanish))
    tap = Wide(tmp_path, jira.settings())
    run = tap.sync(catalog=select(tap.discover(), "organizations"))
    assert {row["id"] for row in run.messages.records["organizations"]} >= wanted_ids
    assert count > 3


@pytest.mark.parametrize(("stream", "behind"), [("organizations", 60), ("request_types", 40)])
@pytest.mark.parametrize("count", [1, 99])
def test_a_last_page_that_is_said_not_to_be_the_last(
    count: int, stream: str, behind: int, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """Once, and the list is read again; for ever, and it is not known to be complete."""
    jira = sandbox(issues=5)
    tap = Wide(tmp_path, {**jira.settings(), "emit_activate_version_messages": True})
    catalog = select(tap.discover(), stream)
    jira.faults.add(
        Fault(
            "put",
            f"{API}organization$|/requesttype$",
            count=count,
            values={"isLastPage": False},
            when=lambda request: request.number("start", 0) > behind,
        )
    )
    run = tap.run(catalog=catalog)
    assert run.code == (count > 1), run.log
    assert bool(run.messages.of("ACTIVATE_VERSION")) == (count == 1)
    if count == 1:
        assert unlike(jira, run, stream)[:5] == []


def test_pages_of_a_single_row_are_no_whole_list(sandbox: MakeSandbox, tmp_path: Path) -> None:
    """They overlap by that row, and lead nowhere."""
    jira = sandbox(issues=5)
    values = jira.jira.shelf["organizations"][:1]
    page = {"size": 1, "start": 0, "limit": 1, "isLastPage": False, "values": values}
    jira.faults.add(Fault("put", f"{API}organization$", count=99, values=page))
    tap = Wide(tmp_path, {**jira.settings(), "emit_activate_version_messages": True})
    run = tap.run(catalog=select(tap.discover(), "organizations"))
    assert run.code == 1
    assert not run.messages.of("ACTIVATE_VERSION")


def test_an_old_data_center_is_told_that_experiments_are_welcome(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality="dc", issues=5, version="8.20.1")
    tap = Wide(tmp_path, jira.settings())
    run = tap.sync(catalog=select(tap.discover(), *NAMES))
    assert unlike(jira, run, *NAMES)[:5] == []


# --- the customers' limit -------------------------------------------------------------------------


@pytest.mark.parametrize("personality", PERSONALITIES)
def test_customers_are_never_asked_for_faster_than_jira_allows(
    personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(
        personality=personality, issues=5, service_desks=14, customer_burst=5, clock_runs=True
    )
    tap = Wide(tmp_path, jira.settings())
    run = tap.sync(catalog=select(tap.discover(), "service_desk_customers"))
    assert unlike(jira, run, "service_desk_customers")[:5] == []
    rows = jira.jira.shelf["service_desk_customers"]
    endpoint = f"GET {API}servicedesk/{{ident}}/customer"
    assert jira.counts[endpoint] == pages(rows, "serviceDeskId", 14, 50) > 14
    assert jira.jira.limiter.refused == 0


# --- where it is not, and for whom ----------------------------------------------------------------

ABSENT: dict[str, dict[str, Any]] = {
    "absent": {"service_management": False},
    "unlicensed": {"service_licensed": False},
}


@pytest.mark.parametrize("personality", PERSONALITIES)
@pytest.mark.parametrize("options", ABSENT.values(), ids=ABSENT)
def test_where_there_is_none_nothing_is_discovered(
    options: dict[str, Any], personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=5, **options)
    tap = Wide(tmp_path, jira.settings())
    names = {each["tap_stream_id"] for each in tap.discover()["streams"]}
    assert "boards" in names
    assert not names & set(NAMES)
    assert not [name for name in asked(jira) if "info" not in name]
    run = tap.sync()
    assert not run.messages.schemas.keys() & set(NAMES)
    assert not [text for text in run.warnings if "service_desks" in text]


@pytest.mark.parametrize("personality", PERSONALITIES)
@pytest.mark.parametrize("options", [*ABSENT.values(), {"agent": False}], ids=[*ABSENT, "no agent"])
def test_what_cannot_be_read_is_skipped_with_the_reason(
    options: dict[str, Any], personality: str, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    """The catalog is of another day."""
    jira = sandbox(personality=personality, issues=5)
    tap = Wide(tmp_path, jira.settings())
    catalog = select(tap.discover(), *NAMES, "boards")
    for name, value in options.items():
        setattr(jira.jira.options, name, value)
    jira.reset_counts()
    run = tap.sync(catalog=catalog)
    assert run.messages.records["boards"]
    assert run.messages.schemas.keys() == {"boards"}
    (told,) = [text for text in run.warnings if "service_desks" in text]
    assert all(name in told for name in NAMES)
    reason = "this Jira does not have them" if "service_management" in options else "agent's seat"
    assert reason in told
    assert asked(jira) == ({f"GET {API}servicedesk": 1, f"GET {API}organization": 1})


@pytest.mark.parametrize("options", [*ABSENT.values(), {"agent": False}])
@pytest.mark.parametrize("with_catalog", [True, False])
def test_what_was_read_before_and_is_taken_away_fails(
    with_catalog: bool, options: dict[str, Any], sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    tap = Wide(tmp_path, {**jira.settings(), "emit_activate_version_messages": True})
    catalog = select(tap.discover(), "service_desks")
    first = tap.sync(catalog=catalog)
    for name, value in options.items():
        setattr(jira.jira.options, name, value)
    run = tap.run(catalog=catalog if with_catalog else None, state=first.state)
    assert run.code == 1
    assert "service_desks" in run.errors[-1]
    streams = {message["stream"] for message in run.messages.of("ACTIVATE_VERSION")}
    assert "service_desks" not in streams


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", f"{API}info", status=403, count=99),
        Fault("status", f"{API}info", status=401, count=99),
        Fault("status", f"{API}info", status=500, count=99),
    ],
    ids=["refused", "for others", "broken"],
)
def test_an_app_that_does_not_tell_of_itself_is_taken_to_be_there(
    fault: Fault, sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    jira.faults.add(fault)
    catalog = Wide(tmp_path, jira.settings()).discover()
    assert {each["tap_stream_id"] for each in catalog["streams"]} >= set(NAMES)


def test_a_run_with_a_catalog_does_not_ask_whether_it_is_there(
    sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(issues=5)
    tap = Wide(tmp_path, jira.settings())
    catalog = tap.discover()
    assert asked(jira) == {f"GET {API}info": 1}
    assert not entry(catalog, "service_desk_customers")["metadata"][-1]["metadata"]["selected"]
    jira.reset_counts()
    tap.sync(catalog=select(catalog, "boards"))
    assert asked(jira) == {}


@pytest.mark.parametrize("options", [{}, *ABSENT.values(), {"agent": False}])
@pytest.mark.parametrize("personality", PERSONALITIES)
def test_the_check_tells_in_one_request(
    personality: str, options: dict[str, Any], sandbox: MakeSandbox, tmp_path: Path
) -> None:
    jira = sandbox(personality=personality, issues=5, **options)
    run = Wide(tmp_path, jira.settings()).run("--check=json")
    assert run.code == 0, run.log
    assert sum(asked(jira).values()) == 1
    told = {each["name"]: each for each in json.loads(run.output)["streams"]}
    for name in NAMES:
        assert told[name]["area"] == "Service management"
        assert told[name]["readable"] is not bool(options)
        assert "agent's seat" in told[name]["permission"]
