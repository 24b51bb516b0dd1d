"""Does an installed tap work on this machine? ``python -m tests.smoke /path/to/tap-jira``

Runs the command against a stand-in Jira of each kind, as a user does: ``--version``, ``--check``,
``--discover``, a full run and one after a change. It needs what constraints/sandbox.txt lists and
nothing of the tap's own code, so it goes wherever Python goes, Windows included.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.options import Options
from sandbox.server import Sandbox
from sandbox.truth import truth, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.options import Personality

#: Streams whose rows, one by one, are what the stand-in has in its table of that name.
TABLES = ("projects", "issues", "comments", "changelogs", "users", "fields")
PRODUCTS: tuple[Personality, ...] = ("cloud", "dc")
_KEYS = {("users", "cloud"): "account_id", ("users", "dc"): "key"}
_SECONDS = 300


def main(arguments: list[str]) -> int:
    """Try the command; returns the exit code, 0 if all is as it should be."""
    (command,) = arguments
    say(run(command, "--version").decode().strip())
    wrong = [line for product in PRODUCTS for line in tried(command, product)]
    say("\n".join(wrong) or "all as it should be")
    return bool(wrong)


def tried(command: str, product: Personality) -> Iterator[str]:
    """What is wrong with the command on a stand-in of this kind, a line each."""
    options = Options(personality=product, issues=60, clock_runs=False)
    with tempfile.TemporaryDirectory() as name, Sandbox(options) as jira:
        folder = Path(name)
        config = ["--config", written(folder / "config.json", jira.settings())]
        run(command, *config, "--check")
        found = json.loads(run(command, *config, "--discover"))
        catalog = ["--catalog", written(folder / "catalog.json", core(found))]
        rows, state = read(run(command, *config, *catalog))
        for table, expected in truth(jira.jira, TABLES).items():
            key = _KEYS.get((table, product), "id")
            if {row[key] for row in rows.get(table, [])} != expected.keys():
                yield f"{product}: {table} are not what Jira has"
        issue = visible(jira.jira)[3]
        jira.jira.clock.advance(minutes=60)
        jira.mutate.update_issue(issue, summary="Übergrößenträger ✓")
        state_file = ["--state", written(folder / "state.json", state)]
        again, _ = read(run(command, *config, *catalog, *state_file))
        if [row["summary"] for row in again.get("issues", [])] != ["Übergrößenträger ✓"]:
            yield f"{product}: the second run does not have the changed issue, and it alone"


def core(catalog: dict[str, Any]) -> dict[str, Any]:
    """A catalog with the streams that are looked at only."""
    return {"streams": [each for each in catalog["streams"] if each["tap_stream_id"] in TABLES]}


def read(output: bytes) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """The rows by stream, and the last STATE."""
    rows: dict[str, list[dict[str, Any]]] = {}
    state: dict[str, Any] = {}
    for line in output.splitlines():
        message = json.loads(line)
        if message["type"] == "RECORD":
            rows.setdefault(message["stream"], []).append(message["record"])
        elif message["type"] == "STATE":
            state = message["value"]
    return rows, state


def written(path: Path, content: dict[str, Any]) -> str:
    """The path of a JSON file with this content."""
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def run(command: str, *arguments: str) -> bytes:
    """What the command writes; a failure ends everything, with its log."""
    outside = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [command, *arguments],
        capture_output=True,
        env=outside,
        cwd=tempfile.gettempdir(),
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        log = done.stderr.decode(errors="replace")
        sys.exit(f"{command} {' '.join(arguments)} ended with {done.returncode}:\n{log}")
    return done.stdout


def say(text: str) -> None:
    """One line for whoever looks on."""
    sys.stdout.buffer.write(f"{text}\n".encode())
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
