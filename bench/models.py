"""What building the models of `dbt/` takes, all of them and after forty changes.

A site of some size is loaded by the tap and target-postgres, and its issues are then copied within
the raw tables, with ids of their own: what is measured is the models, and a target needs longer.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
from psycopg.sql import SQL, Identifier, Literal

from bench.changes import change
from bench.load import load_into
from demo.plain_sql import ROOT, TOOL, environment, output
from demo.postgres import Postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typing_extensions import Self

    from bench.tap import Tap
    from sandbox import Sandbox

_RAW, _READY = "raw", "ready"
_HOUR = 60
#: What a copy's ids are beyond: those of issues, and those of what hangs on them.
_BEYOND = {"issues": ("id",), "comments": ("id", "issue_id"), "changelogs": ("id", "issue_id")}
_BEYOND |= {"worklogs": ("id", "issue_id")}
_APART = 100_000_000
_SHOWN = 3000
_UNTIL_TOLD = 2


@dataclass(frozen=True)
class Build:
    """One run of dbt."""

    process: float
    """Seconds from the start of the process to its end."""
    wall: float
    """Seconds of these from when dbt has read the project to when all is built."""
    database: float
    """Seconds that PostgreSQL's processes spent on statements, added up."""
    models: dict[str, float]
    """Seconds of each model, dbt's own on it among them."""
    dbt: float
    """Peak memory of dbt in bytes."""
    server: float
    """Peak memory of PostgreSQL in bytes, that its processes share left out."""


@dataclass(frozen=True)
class Models:
    """The package on so many issues."""

    issues: int
    rows: int
    """Rows of the four large raw tables."""
    full: Build
    changed: Build
    load: float
    """The machine's load average before the first build."""


def models(jira: Sandbox, tap: Tap, copies: int) -> Models:
    """Measure it, on the issues of ``jira`` and so many copies of them."""
    catalog = tap.discover(*_streams())
    with Postgres() as postgres, tempfile.TemporaryDirectory(prefix="tap-jira-bench-") as name:
        folder = Path(name)
        state = load_into(postgres, tap, folder, _RAW, catalog)
        issues, rows = _multiply(postgres, copies)
        load, _, _ = os.getloadavg()
        full = _build(postgres, folder, "--full-refresh")
        jira.jira.clock.advance(minutes=_HOUR)
        change(jira)
        jira.jira.clock.advance(minutes=_HOUR)
        load_into(postgres, tap, folder, _RAW, catalog, state)
        return Models(issues, rows, full, _build(postgres, folder), load)


def _streams() -> Iterator[str]:
    """The streams that the package reads."""
    for file in (ROOT / "dbt" / "models" / "staging").glob("*.sql"):
        _, _, found = file.read_text(encoding="utf-8").partition("jira_raw('")
        if found:
            yield found.partition("'")[0]
    yield from ("issues", "changelogs", "deleted_issues")


def _multiply(postgres: Postgres, copies: int) -> tuple[int, int]:
    rows = issues = 0
    with psycopg.connect(postgres.uri) as connection:
        for table, ids in _BEYOND.items():
            raw = Identifier(_RAW, table)
            taken = SQL("CREATE TEMPORARY TABLE taken ON COMMIT DROP AS SELECT * FROM {}")
            connection.execute(taken.format(raw))
            for _ in range(copies):
                moved = [
                    SQL("{0} = ({0}::bigint + {1})::text").format(Identifier(each), Literal(_APART))
                    for each in ids
                ]
                connection.execute(SQL("UPDATE taken SET {}").format(SQL(", ").join(moved)))
                connection.execute(SQL("INSERT INTO {} SELECT * FROM taken").format(raw))
            counted = connection.execute(SQL("SELECT count(*) FROM {}").format(raw)).fetchone()
            rows += counted[0] if counted else 0
            issues = issues or rows
            connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    return issues, rows


def _build(postgres: Postgres, folder: Path, *arguments: str) -> Build:
    profile = {"target": "bench", "outputs": {"bench": output(postgres.uri, _READY)}}
    (folder / "profiles.yml").write_text(json.dumps({"tap_jira": profile}), encoding="utf-8")
    variables = {"raw_schema": _RAW, "fivetran_schema": f"{_READY}_shape"}
    command = [str(TOOL), "--no-use-colors", "run", *arguments, f"--vars={json.dumps(variables)}"]
    command += [f"--project-dir={ROOT / 'dbt'}", f"--profiles-dir={folder}"]
    command += [f"--target-path={folder / 'target'}", f"--log-path={folder / 'log'}"]
    busy, began = _busy(postgres), time.monotonic()
    with Watch(postgres) as watch:
        done = subprocess.Popen(
            command, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True
        )
        watch.follow(done.pid)
        told, _ = done.communicate()
        ended = time.monotonic()
    if done.returncode:
        raise RuntimeError(told[-_SHOWN:])
    results: dict[str, Any] = _read(folder, "run_results")
    nodes = _read(folder, "manifest")["nodes"]
    spent = {each["unique_id"]: each["execution_time"] for each in results["results"]}
    return Build(
        ended - began,
        results["elapsed_time"],
        _busy(postgres) - busy,
        {nodes[each]["name"]: seconds for each, seconds in spent.items()},
        watch.client,
        watch.server,
    )


def _busy(postgres: Postgres) -> float:
    """Seconds of statements so far; a process tells them when it has nothing to do."""
    time.sleep(_UNTIL_TOLD)
    query = "SELECT active_time / 1000 FROM pg_stat_database WHERE datname = current_database()"
    return float(postgres.query(query)[0][0])


def _read(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "target" / f"{name}.json").read_bytes())
    return content


class Watch:
    """Looks at the memory of a command and of the database's own processes, five times a second."""

    def __init__(self, postgres: Postgres) -> None:
        """Watch this one."""
        self.client = self.server = 0.0
        row = postgres.query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")
        self._postmaster = psutil.Process(row[0][0]).parent()
        self._command: psutil.Process | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def follow(self, pid: int) -> None:
        """Watch this command, too."""
        self._command = psutil.Process(pid)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.2):
            if self._command is not None:
                self.client = max(self.client, _memory([self._command]))
            if self._postmaster is not None:
                self.server = max(self.server, _memory(self._postmaster.children()))


def _memory(processes: list[psutil.Process]) -> float:
    """What they have for themselves; one that has ended has nothing."""
    return sum(map(_own, processes))


def _own(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss)
    except psutil.Error:
        return 0
