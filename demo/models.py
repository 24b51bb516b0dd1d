"""The dbt package, built on what the target loaded."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from demo.pipeline import SCHEMA, CommandError

if TYPE_CHECKING:
    from datetime import datetime

    from demo.postgres import Postgres

#: The schema that the models go to.
MODELS = "analytics"
PROJECT = Path(__file__).parent.parent / "dbt"
_SHOWN_LINES = 20


def command() -> Path:
    """Where dbt is: in an environment of its own, since what it needs clashes with the rest."""
    folder = Path(sys.prefix) / "tools" / "dbt"
    return folder / ("Scripts/dbt.exe" if sys.platform == "win32" else "bin/dbt")


def profile(postgres: Postgres, schema: str = MODELS) -> str:
    """The text of a `profiles.yml` for an embedded PostgreSQL; YAML reads JSON."""
    output = {
        "type": "postgres",
        "host": postgres.host,
        "port": 5432,
        "user": "postgres",
        "password": "",
        "dbname": "postgres",
        "schema": schema,
        "threads": 2,
    }
    return json.dumps({"tap_jira": {"target": "demo", "outputs": {"demo": output}}})


def build(postgres: Postgres, folder: Path, *select: str, now: datetime | None = None) -> None:
    """Build the models, all or some.

    Args:
        postgres: has the raw tables.
        folder: for what dbt writes.
        select: names of models as dbt's ``--select`` takes them.
        now: what the present is; None: now.

    Raises:
        CommandError: dbt failed.
    """
    variables = {"raw_schema": SCHEMA}
    if now is not None:
        variables["now"] = f"{now:%Y-%m-%d %H:%M:%S}"
    (folder / "profiles.yml").write_text(profile(postgres), encoding="utf-8")
    done = subprocess.run(
        [
            str(command()),
            "--no-use-colors",
            "run",
            "--project-dir",
            str(PROJECT),
            "--profiles-dir",
            str(folder),
            "--target-path",
            str(folder / "target"),
            "--log-path",
            str(folder / "logs"),
            "--vars",
            json.dumps(variables),
            *(["--select", *select] if select else []),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-_SHOWN_LINES:])
        raise CommandError(f"dbt ended with exit code {done.returncode}:\n{end}")
