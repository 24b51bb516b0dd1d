"""The models of `dbt/` as plain SQL for one database: `make dbt DBT_SQL=views.sql DBT_DATABASE=…`.

Which columns there are, and which fields hold sprints or story points, is looked up in the raw
tables, so that the file is made for a database, and made again when fields come.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from graphlib import TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT / ".venv" / "tools" / "dbt" / "bin" / "dbt"
_SHOWN_LINES = 20


class CompileError(Exception):
    """dbt could not make SQL of the models; the text says why."""


def output(database: str, schema: str) -> dict[str, Any]:
    """A PostgreSQL as a profile of dbt describes it.

    Args:
        database: its address, as libpq takes it.
        schema: where the models go.
    """
    given = psycopg.conninfo.conninfo_to_dict(database)
    return {
        "type": "postgres",
        "host": given.get("host") or "localhost",
        "port": int(given.get("port") or 5432),
        "user": given.get("user") or "postgres",
        "password": given.get("password") or os.environ.get("PGPASSWORD", ""),
        "dbname": given.get("dbname") or given.get("user") or "postgres",
        "schema": schema,
        "threads": 2,
    }


def environment() -> dict[str, str]:
    """Without what steers dbt, and without this repository's `dbt/` as a package of Python."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DBT_") and name != "PYTHONPATH"
    }


def compiled(database: str, schema: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What dbt knows of the models, their SQL included.

    Raises:
        CompileError: the database cannot be reached, or a model is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="dbt-") as name:
        folder = Path(name)
        outputs = {"given": output(database, schema)}
        profile = {"tap_jira": {"target": "given", "outputs": outputs}}
        (folder / "profiles.yml").write_text(json.dumps(profile), encoding="utf-8")
        command = [str(TOOL), "--no-use-colors", "--quiet", "compile", "--full-refresh"]
        command += [f"--project-dir={ROOT / 'dbt'}", f"--profiles-dir={folder}"]
        command += [f"--target-path={folder / 'target'}", f"--log-path={folder / 'log'}"]
        done = subprocess.run(
            [*command, f"--vars={json.dumps(dict(variables))}"],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            lines = (done.stdout + done.stderr).splitlines()
            raise CompileError("\n".join(lines[-_SHOWN_LINES:]))
        manifest: dict[str, Any] = json.loads((folder / "target" / "manifest.json").read_text())
        return manifest


def statements(manifest: Mapping[str, Any], kind: str) -> Iterator[str]:
    """What makes the models in a database, one after the other, whether they were there or not.

    Args:
        manifest: what :func:`compiled` returns.
        kind: ``view``, or ``table`` for models that hold what was there when the file was applied.
    """
    nodes = {
        name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"
    }
    order = TopologicalSorter(
        {name: set(node["depends_on"]["nodes"]) & nodes.keys() for name, node in nodes.items()}
    )
    built = [
        nodes[name]
        for name in order.static_order()
        if nodes[name]["config"]["materialized"] != "ephemeral"
    ]
    for schema in sorted({node["schema"] for node in built}):
        yield f'drop schema if exists "{schema}" cascade;\ncreate schema "{schema}";'
    for node in built:
        text = " ".join(node["description"].split())
        comment = f"-- {text}\n" if text else ""
        name = f'"{node["schema"]}"."{node["alias"]}"'
        yield f"{comment}create {kind} {name} as\n{node['compiled_code'].strip()};"


def main() -> int:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="where the SQL goes")
    parser.add_argument("--database", required=True, help="postgresql://…, with the raw tables")
    parser.add_argument("--schema", default="jira_ready", help="schema of the models")
    parser.add_argument(
        "--kind", choices=("view", "table"), default="view", help="what they become"
    )
    parser.add_argument(
        "--vars", type=json.loads, default={}, help="variables of the package, JSON"
    )
    chosen = parser.parse_args()
    if chosen.schema == chosen.vars.get("raw_schema", "jira"):
        print("The models need a schema of their own, since it is dropped: --schema NAME")
        return 1
    try:
        manifest = compiled(chosen.database, chosen.schema, chosen.vars)
    except CompileError as error:
        print(error, file=sys.stderr)
        return 1
    text = "\n\n".join(["begin;", *statements(manifest, chosen.kind), "commit;"])
    chosen.file.write_text(text + "\n", encoding="utf-8")
    print(f"{chosen.file}: apply it by psql -v ON_ERROR_STOP=1 -f {chosen.file} DATABASE")
    return 0


if __name__ == "__main__":
    sys.exit(main())
