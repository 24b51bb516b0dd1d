"""The audit log, whole and in increments, while it grows."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import Fault
from sandbox.truth import area_truth
from tests.support.expected import snake_case
from tests.support.tap import Tap, select

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from tests.conftest import MakeSandbox
    from tests.support.tap import Run


class Wide(Tap):
    """A tap with all streams."""

    core = False


@pytest.fixture(params=["cloud", "dc", "dc 8.5.0"])
def jira(request: pytest.FixtureRequest, sandbox: MakeSandbox) -> Sandbox:
    personality, _, version = request.param.partition(" ")
    options = {"version": version} if version else {}
    return sandbox(personality=personality, issues=5, **options)


def mark(row: dict[str, Any]) -> str:
    """What tells a record from the others: its id; of an event, which has none, all of it."""
    event = {snake_case(name): value for name, value in row.items() if value is not None}
    if "type" not in event:
        return str(row["id"])
    told = {name: value for name, value in event.items() if name in SAME}
    return json.dumps(told, sort_keys=True)


SAME = ("author", "type", "affected_objects", "changed_values", "extra_attributes", "node")


def sent(run: Run) -> Counter[str]:
    return Counter(mark(row) for row in run.messages.records["audit_records"])


def truth(jira: Sandbox) -> Counter[str]:
    return Counter(mark(row) for row in area_truth(jira.jira, "audit_records"))


def test_the_log_is_read_whole_and_then_what_came(jira: Sandbox, tmp_path: Path) -> None:
    tap = Wide(tmp_path, jira.settings())
    catalog = select(tap.discover(), "audit_records")
    first = tap.sync(catalog=catalog)
    before = truth(jira)
    assert sent(first).keys() == before.keys()
    ids = [row["id"] for row in first.messages.records["audit_records"]]
    assert len(ids) == len(set(ids))
    jira.jira.clock.advance(minutes=60)
    jira.jira.change_areas()
    jira.jira.clock.advance(minutes=5)
    second = tap.sync(state=first.state, catalog=catalog)
    came = truth(jira) - before
    assert came.keys() <= sent(second).keys()
    assert len(second.messages.records["audit_records"]) < 100
    jira.jira.clock.advance(minutes=60)
    assert not sent(tap.sync(state=second.state, catalog=catalog))


def test_the_log_grows_while_it_is_read(sandbox: MakeSandbox, tmp_path: Path) -> None:
    """What arrives pushes the rest down, some of it with an older time."""
    jira = sandbox(issues=5, audit_arrivals=7, audit_late_seconds=120)
    tap = Wide(tmp_path, jira.settings())
    catalog = select(tap.discover(), "audit_records")
    found: set[str] = set()
    state: dict[str, Any] = {}
    for _ in range(3):
        run = tap.sync(state=state, catalog=catalog)
        found |= sent(run).keys()
        state = run.state
        before = truth(jira).keys()
        jira.jira.clock.advance(minutes=30)
    last = tap.sync(state=state, catalog=catalog)
    assert before <= found | sent(last).keys()


def test_a_long_log_is_read_in_parts(sandbox: MakeSandbox, tmp_path: Path) -> None:
    """Each part is a milestone."""
    jira = sandbox(issues=5)
    tap = Wide(tmp_path, jira.settings())
    tap.constants = {"streams.audit.PART": 300, "states.SHARE": 0}
    catalog = select(tap.discover(), "audit_records")
    run = tap.sync(catalog=catalog)
    assert sent(run).keys() == truth(jira).keys()
    assert len(run.messages.states) > 4


def test_whoever_is_no_administrator_does_without(sandbox: MakeSandbox, tmp_path: Path) -> None:
    jira = sandbox(issues=5, administrator=False)
    tap = Wide(tmp_path, jira.settings())
    run = tap.sync(catalog=select(tap.discover(), "audit_records"))
    assert "audit_records" not in run.messages.schemas
    assert [text for text in run.warnings if "Administer Jira" in text and "audit_records" in text]


LOOP = "http://elsewhere/rest/auditing/1.0/events?limit=1000"


def behind(request: Any) -> bool:
    """Whether it asks for the second page of records."""
    return str(request.param("offset")) == "1000"


@pytest.mark.parametrize(
    ("personality", "values", "count", "code"),
    [
        pytest.param("cloud", {"records": []}, 2, 0, id="an empty page twice"),
        pytest.param("cloud", {"records": []}, 99, 1, id="an empty page"),
        pytest.param("cloud", {"total": 1000}, 99, 0, id="a count of the page only"),
        pytest.param("dc", {"pagingInfo": {"lastPage": False}}, 9, 1, id="no link"),
        pytest.param(
            "dc", {"pagingInfo": {"lastPage": False, "nextPageLink": LOOP}}, 9, 1, id="a loop"
        ),
    ],
)
def test_the_bookmark_stays_before_a_hole(
    personality: str,
    values: dict[str, Any],
    count: int,
    code: int,
    sandbox: MakeSandbox,
    tmp_path: Path,
) -> None:
    jira = sandbox(personality=personality, issues=5)
    tap = Wide(tmp_path, jira.settings())
    catalog = select(tap.discover(), "audit_records")
    when = behind if personality == "cloud" else None
    jira.faults.add(Fault("put", "GET /auditing/", values=values, count=count, when=when))
    run = tap.run(catalog=catalog)
    assert run.code == code, run.log
    jira.faults.clear()
    found = sent(run)
    if code:
        assert "audit_records" in run.errors[-1]
        found += sent(tap.sync(catalog=catalog, state=run.state))
    assert found.keys() == truth(jira).keys()
