"""The history of every field against the sandbox's own record of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.lives import Lives
from tests.dbt.told import differences

if TYPE_CHECKING:
    from tests.dbt.conftest import MakeDbt, MakeSource
    from tests.dbt.project import Dbt
    from tests.dbt.source import Source

STREAMS = ("issues", "changelogs", "fields", "deleted_issues")
#: What builds the histories, and nothing else.
MODELS = ("--select", "+jira_issue_field_history")


@pytest.fixture(scope="module", params=["cloud", "dc"])
def lived(
    request: pytest.FixtureRequest, make_source: MakeSource, make_dbt: MakeDbt
) -> tuple[Lives, Source, Dbt]:
    """Issues of months, loaded whole; a renamed field is known by a variable."""
    source = make_source(request.param, issues=60, streams=STREAMS)
    lives = Lives(source.sandbox.jira)
    lives.go_on(days=60)
    lives.unrecorded(lives.issues[1], {"priority": lives.world.priorities[4]})
    source.sync()
    renamed = {"Target start": lives.world.field_id("Planned start")}
    dbt = make_dbt(
        source, f"history_{source.schema}", history_fields=renamed, history_long_text=True
    )
    dbt.build(*MODELS)
    return lives, source, dbt


def test_the_history_of_every_field_is_the_record(lived: tuple[Lives, Source, Dbt]) -> None:
    lives, _, dbt = lived
    rows = dbt.rows("jira_issue_field_history")
    assert [*differences(lives, rows)] == []
