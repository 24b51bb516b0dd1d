"""Raw tables, and models that are built of them step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.sql import SQL, Identifier

from tests.dbt.project import BOOKS, tally

if TYPE_CHECKING:
    from psycopg.sql import Composed

    from tests.dbt.conftest import MakeDbt
    from tests.dbt.source import Source

#: Built issue by issue; all of them have the issue's id.
BY_ISSUE = (
    *("jira_changelogs", "jira_changelog_items", "jira_issue_field_history", "jira_issue_spans"),
    *("jira_comment_rows", "jira_worklog_rows", "jira_issue_members", "jira_issue_attachments"),
    *("jira_issue_stays", "jira_issue_turns", "jira_mentions"),
)
#: What one of the products has not, or what no issue of the sandbox has.
EMPTY = {"jira_former_keys", "team", "jira_field_options", "field_option", "jira_organizations"}
EMPTY |= {"jira_request_types", "jira_service_levels", "jira_sla_cycles", "jira_service_desks"}
EMPTY |= {"jira_request_participants"}


class Lake:
    """Raw tables, the models that are built of them step by step, and what they must be."""

    def __init__(self, source: Source, make_dbt: MakeDbt) -> None:
        self.source = source
        self.jira = source.sandbox.jira
        self._name = f"steps_{source.schema}"
        self._make_dbt = make_dbt
        self.dbt = make_dbt(source, self._name)
        #: Beside the schemas and the present.
        self.variables: dict[str, Any] = {}

    def build(self, *arguments: str, **variables: Any) -> None:
        """What changed, as of the sandbox's present."""
        self.variables |= variables
        self.dbt.run(*arguments, **self.variables, now=self.now)

    def reload(self, digit: str) -> None:
        """Load what hangs on the issues whose id ends so, with other times."""
        statement = (
            "UPDATE {table} SET created = created - interval '1 s', _sdc_batched_at = now()"
            " WHERE right(issue_id, 1) = "
        )
        for table in ("comments", "changelogs"):
            assert self.sql(f"{statement}'{digit}'", table=table)

    def retitle(self, digit: str) -> None:
        """Load the issues whose id ends so with another summary."""
        statement = "UPDATE {issues} SET summary = 'Other', _sdc_batched_at = now()"
        assert self.sql(f"{statement} WHERE right(id, 1) = '{digit}'", issues="issues")

    @property
    def now(self) -> str:
        return self.jira.clock.now().strftime("%Y-%m-%d %H:%M:%S")

    def differences(self) -> list[str]:
        """The models with other rows than everything built anew."""
        anew = self._make_dbt(self.source, f"{self._name}_anew")
        anew.run("--full-refresh", **self.variables, now=self.now)
        compared = [("", name) for name in anew.models() - BOOKS]
        shape = anew.variables["fivetran_schema"]
        compared += [(shape, name) for name in anew.models(shape)]
        assert self.dbt.models() == anew.models()
        found = []
        for schema, name in sorted(compared):
            own = self.dbt.variables["fivetran_schema"] if schema else ""
            have, wanted = tally(self.dbt.rows(name, own)), tally(anew.rows(name, schema))
            assert wanted or name in EMPTY, f"there is nothing to compare: {name}"
            if have != wanted:
                lost, more = [*(wanted - have)][:2], [*(have - wanted)][:2]
                found.append(f"{name} misses {lost} and has {more}"[:1500])
        return found

    def sql(self, statement: str, **tables: str) -> int:
        """Change raw tables by hand; how many rows were."""
        named = {name: Identifier(self.source.schema, table) for name, table in tables.items()}
        query: Composed = SQL(statement).format(**named)
        with psycopg.connect(self.dbt.uri) as connection:
            return connection.execute(query).rowcount

    def written(self) -> dict[tuple[str, str], set[str]]:
        """By model and issue which transactions wrote its rows."""
        found: dict[tuple[str, str], set[str]] = {}
        with psycopg.connect(self.dbt.uri) as connection:
            for model in BY_ISSUE:
                query = SQL("SELECT issue_id, xmin::text FROM {}")
                table = Identifier(self.dbt.schema, model)
                for issue, transaction in connection.execute(query.format(table)).fetchall():
                    found.setdefault((model, issue), set()).add(transaction)
        return found

    def indexes(self) -> dict[str, str]:
        """Those by which a build finds what was loaded: their names, and the raw tables' names."""
        query = (
            "SELECT indexname, tablename FROM pg_indexes"
            " WHERE schemaname = %s AND strpos(indexdef, '_sdc_batched_at') > 0"
        )
        with psycopg.connect(self.dbt.uri) as connection:
            return dict(connection.execute(query, [self.source.schema]).fetchall())

    def number(self) -> int:
        """That of the last build of anything."""
        return int(max(row["number"] for row in self.dbt.rows("jira_builds")))
