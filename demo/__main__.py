"""Show what the tap does: a full run into an empty database, then an incremental one.

Everything is embedded: a stand-in Jira, a PostgreSQL, and between them the two command lines
tap-jira and target-postgres. With --url the Jira is a real one; its credentials come from the
environment or from .env (TAP_JIRA_USERNAME, TAP_JIRA_API_TOKEN, TAP_JIRA_PERSONAL_ACCESS_TOKEN,
and so on), or there are none, and what the public may see is read.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dotenv import dotenv_values

from demo import models, report
from demo.changes import an_hour_of_work
from demo.page.document import render
from demo.pipeline import CommandError, Pipeline
from demo.postgres import Postgres
from demo.warehouse import Warehouse
from sandbox.lives import Lives
from sandbox.options import Options
from sandbox.server import Sandbox
from sandbox.truth import visible
from tap_jira.settings_schema import CONFIG_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sandbox.jira import Jira

#: How far back a real Jira is read, unless TAP_JIRA_START_DATE says otherwise.
_DAYS = 30
_STOPPED = 130
#: How long people work in the stand-in before it is read, beside what is in it from the beginning.
_LIVED_DAYS = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m demo", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--url", help="address of a real Jira")
    parser.add_argument("--issues", type=int, default=1000, help="size of the stand-in Jira")
    parser.add_argument("--personality", choices=("cloud", "dc"), default="cloud", help="its kind")
    parser.add_argument(
        "--report", type=Path, default=Path("jira-report.html"), help="where the page goes"
    )
    parser.add_argument(
        "--no-report", dest="report", action="store_const", const=None, help="no page, no models"
    )
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if options.url:
            real_jira(options.url, options.report)
        else:
            size = Options(personality=options.personality, issues=options.issues)
            stand_in(size, options.report)
    except KeyboardInterrupt:
        report.say("\nStopped. Nothing is left running.")
        return _STOPPED
    except CommandError as error:
        report.failure(error)
        return 1
    report.say("\nNothing is left running; the database is gone.")
    return 0


def live_in(jira: Jira) -> None:
    """Have people work in a stand-in, for the page to have something to show."""
    Lives(jira, issues=max(jira.options.issues // 8, 2)).go_on(days=_LIVED_DAYS)


def stand_in(options: Options, page: Path | None) -> None:
    """Everything embedded: two runs, and an hour of work between them."""
    product = "Jira Cloud" if options.cloud else "Jira Data Center"
    with Sandbox(options) as jira, _pipeline(jira.settings()) as (pipeline, warehouse):
        live_in(jira.jira)
        name = f"a stand-in for {product} with {len(visible(jira.jira)):,} issues"
        report.start(name, warehouse)
        with report.Run("First run: everything", warehouse, jira.counts) as first:
            pipeline.discover()
            pipeline.sync("first")
        report.say(f"\n[bold]An hour of work in Jira[/]: {an_hour_of_work(jira)}.")
        jira.reset_counts()
        with report.Run("Second run: what changed", warehouse, jira.counts) as second:
            pipeline.sync("second")
        report.answers(warehouse)
        if page:
            now = jira.jira.clock.now()
            _page(page, name, [first, second], pipeline, warehouse, now)


def real_jira(url: str, page: Path | None) -> None:
    """A real Jira: two runs, the second of which has next to nothing to do."""
    environment = {**dotenv_values(".env"), **os.environ}
    since = datetime.now(timezone.utc) - timedelta(days=_DAYS)
    config = {"start_date": f"{since:%Y-%m-%d}", "on_stream_error": "warn"}
    config |= settings(environment) | {"base_url": url}
    with _pipeline(config) as (pipeline, warehouse):
        report.start(f"{url}, what changed since {config['start_date']}", warehouse)
        with report.Run("First run: everything", warehouse) as first:
            pipeline.discover()
            pipeline.sync("first")
        report.remarks(pipeline.remarks("first"))
        with report.Run("Second run: what changed", warehouse) as second:
            pipeline.sync("second")
        report.remarks(pipeline.remarks("second"))
        report.answers(warehouse)
        if page:
            _page(page, url, [first, second], pipeline, warehouse)


def settings(environment: Mapping[str, str | None]) -> dict[str, Any]:
    """The tap's settings out of environment variables.

    Example:
        >>> settings({"TAP_JIRA_PAGE_SIZE": "50", "TAP_JIRA_PROJECT_KEYS": '["A", "B"]'})
        {'project_keys': ['A', 'B'], 'page_size': 50}
    """
    found: dict[str, Any] = {}
    for name, schema in CONFIG_SCHEMA["properties"].items():
        text = environment.get(f"TAP_JIRA_{name.upper()}")
        if text:
            found[name] = text if "string" in schema["type"] else json.loads(text)
    return found


def _page(
    path: Path,
    jira: str,
    runs: Sequence[report.Run],
    pipeline: Pipeline,
    warehouse: Warehouse,
    now: datetime | None = None,
) -> None:
    """Build the models, ask them, and write the page; a stand-in has a present of its own."""
    with report.working("The models, and the page of them"):
        models.build(warehouse.postgres, pipeline.folder, "+answers", now=now)
        answers = warehouse.answers(runs[-1].since)
        text = render(
            answers,
            [run.told for run in runs],
            jira=jira,
            bookmark=pipeline.bookmark,
            made=now or datetime.now(timezone.utc),
        )
    path.write_text(text, encoding="utf-8")
    report.say(f"\n[bold]The page[/]  {path}")


@contextmanager
def _pipeline(config: Mapping[str, Any]) -> Iterator[tuple[Pipeline, Warehouse]]:
    """A pipeline into a new PostgreSQL."""
    with Postgres() as postgres, tempfile.TemporaryDirectory(prefix="tap-jira-demo-") as folder:
        yield Pipeline(Path(folder), config, postgres.sqlalchemy_url), Warehouse(postgres)


if __name__ == "__main__":
    sys.exit(main())
