"""dbt on the database that target-postgres loads into; Meltano runs it (`dbt-jira:build`).

The target takes the database as one address or in pieces (`TARGET_POSTGRES_…`), dbt in pieces only.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

from psycopg2 import ProgrammingError
from psycopg2.extensions import parse_dsn

#: dbt's variables → where the target has them.
_PIECES = {
    "HOST": ("host", "localhost"),
    "PORT": ("port", "5432"),
    "USER": ("user", "postgres"),
    "PASSWORD": ("password", ""),
    "DATABASE": ("dbname", "postgres"),
    "SSLMODE": ("sslmode", "prefer"),
}


def database() -> dict[str, str]:
    """The database's pieces: those of the address, else those that are given one by one."""
    given = os.environ.get
    address = given("TARGET_POSTGRES_SQLALCHEMY_URL", "")
    # The driver is SQLAlchemy's business.
    known = parse_dsn(re.sub(r"^\w+(\+\w+)?://", "postgresql://", address)) if address else {}
    return {
        f"JIRA_DBT_{name}": known.get(piece) or given(f"TARGET_POSTGRES_{name}", default)
        for name, (piece, default) in _PIECES.items()
    }


def main() -> None:
    """Become dbt, with the arguments that were given."""
    try:
        pieces = database()
    except ProgrammingError:
        example = "postgresql://user:password@host:5432/database"
        sys.exit(f"TARGET_POSTGRES_SQLALCHEMY_URL is no address such as {example}.")
    here = Path(__file__).resolve().parent
    names = ("raw_schema", "fivetran_schema")
    variables = {name: os.environ[f"DBT_JIRA_{name.upper()}"] for name in names}
    variables |= json.loads(os.environ.get("DBT_JIRA_VARS") or "{}")
    # Beside the Python that runs this: the plugin's environment.
    dbt = str(Path(sys.executable).with_name("dbt"))
    places = [f"--project-dir={here.parent}", f"--profiles-dir={here}"]
    command = [dbt, *sys.argv[1:], *places, f"--vars={json.dumps(variables)}"]
    os.execve(dbt, command, {**os.environ, **pieces})


if __name__ == "__main__":
    main()
