"""The documentation's queries run, its links lead somewhere, and it quotes the tap."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.support.changes import visible

if TYPE_CHECKING:
    from demo.postgres import Postgres
    from tests.conftest import MakeSandbox, MakeTap
    from tests.support.warehouse import Warehouse

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    *(ROOT / name for name in ("README.md", "SECURITY.md", "CONTRIBUTING.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]


def anchors(page: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_messages_in_troubleshooting_are_the_tap_s() -> None:
    code = "".join(file.read_text() for file in sorted((ROOT / "tap_jira").rglob("*.py")))
    code = re.sub(r"\"\s*f?\"", "", code)
    text = (ROOT / "docs" / "operations.md").read_text().partition("## Troubleshooting")[2]
    quoted = re.findall(r"\"([^\"]+)\"", text)
    assert len(quoted) > 5
    for message in quoted:
        for part in message.split("…"):
            assert part.strip() in code, part


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_the_queries_of_the_data_model_run(
    personality: str,
    sandbox: MakeSandbox,
    tap: MakeTap,
    warehouse: Warehouse,
    postgres: Postgres,
) -> None:
    jira = sandbox(personality=personality, issues=150)
    first = tap(jira).sync()
    warehouse.load(first)
    worklog, row = next(iter(first.messages.by_id("worklogs").items()))
    jira.mutate.delete_worklog(int(row["issue_id"]), int(worklog))
    lost, said = [each for each in visible(jira.jira) if jira.jira.world.comments(each)][:2]
    jira.mutate.delete_issue(lost)
    jira.mutate.delete_comment(said, jira.jira.world.comments(said)[-1].id)
    jira.jira.clock.advance(minutes=60 * 25)
    warehouse.load(tap(jira).sync(first.state))
    text = (ROOT / "docs" / "data-model.md").read_text()
    if personality == "dc":
        text = text.replace("users.account_id", "users.key").replace("'accountId'", "'key'")
    queries = re.findall(r"^### (.+?)$.*?^```sql\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(queries) == 8
    issues = visible(jira.jira)
    there = {
        "Issues that are there": len(issues),
        "Comments that are there": sum(len(jira.jira.world.comments(each)) for each in issues),
    }
    with psycopg.connect(postgres.uri) as connection:
        connection.execute(f'SET search_path TO "{warehouse._schema}"'.encode())
        for title, query in queries:
            found = connection.execute(query.encode()).rowcount
            assert found == there.get(title, found) > 0, title
