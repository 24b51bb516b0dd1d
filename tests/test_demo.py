"""The demo does what the README says, and cleans up after itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from demo.pipeline import Pipeline
from sandbox.options import Options
from sandbox.server import Sandbox

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).resolve().parent.parent
#: Enough for the first run to be under way.
_STARTED = "Into"


def start(
    folder: Path, *arguments: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """The demo as a process group of its own, with its temporary files in a folder."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("TAP_JIRA_")}
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--no-report", *arguments],
        cwd=ROOT,
        env={**clean, "TMPDIR": str(folder), "COLUMNS": "100", **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def left_behind(folder: Path) -> list[str]:
    """Files, and processes that mention the folder."""
    running = (" ".join(process.info["cmdline"] or ()) for process in _processes())
    files = [path.name for path in folder.iterdir() if not path.name.startswith(".")]
    return files + [line for line in running if str(folder) in line]


def _processes() -> list[psutil.Process]:
    return list(psutil.process_iter(["cmdline"]))


@pytest.mark.parametrize("personality", ["cloud", "dc"])
def test_everything_embedded(personality: str, tmp_path: Path) -> None:
    process = start(tmp_path, "--issues", "60", "--personality", personality)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    for expected in ("First run", "Second run", "requests", "open issues by status", "hours"):
        assert expected in output
    first, second = output.split("Second run")
    assert arrived(first, "issues") > arrived(second, "issues") > 0
    assert arrived(second, "deleted_worklogs") == 1
    assert left_behind(tmp_path) == []


def arrived(output: str, table: str) -> int:
    """How many rows of a table arrived, as the demo printed it."""
    (line,) = (line for line in output.splitlines() if line.strip().startswith(f"{table} "))
    return int(line.split()[2].replace(",", ""))


def test_a_given_jira_with_credentials_from_the_environment(tmp_path: Path) -> None:
    with Sandbox(Options(issues=30)) as jira:
        environment = {f"TAP_JIRA_{key.upper()}": text for key, text in jira.settings().items()}
        environment |= {"TAP_JIRA_START_DATE": "2020-01-01", "TAP_JIRA_PAGE_SIZE": "10"}
        process = start(tmp_path, "--url", jira.url, environment=environment)
        output, _ = process.communicate()
    assert process.returncode == 0, output
    first, second = output.split("Second run")
    assert arrived(first, "issues") > 0
    assert arrived(second, "issues") == 0


def test_a_failure_shows_what_the_tap_said(tmp_path: Path) -> None:
    with Sandbox(Options(issues=1)) as jira:
        wrong = {"TAP_JIRA_USERNAME": "someone@example.com", "TAP_JIRA_API_TOKEN": "not-this-one"}
        process = start(tmp_path, "--url", jira.url, environment=wrong)
        output, _ = process.communicate()
    assert process.returncode == 1
    assert "The demo failed" in output
    assert "does not accept the credentials" in output
    assert "not-this-one" not in output
    assert "Traceback" not in output
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_while_a_command_starts_leaves_it_ended(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start_one = subprocess.Popen

    def interrupted(command: list[str], **how: Any) -> subprocess.Popen[bytes]:
        started.append(start_one([sys.executable, "-c", "import time; time.sleep(60)"], **how))
        signal.raise_signal(number)
        return started[-1]

    before = signal.signal(number, signal.default_int_handler)
    try:
        monkeypatch.setattr(subprocess, "Popen", interrupted)
        with pytest.raises(KeyboardInterrupt):
            Pipeline(tmp_path, {}, "postgresql://").discover()
    finally:
        signal.signal(number, before)
    assert [process.returncode is None for process in started] == [False]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    process = start(tmp_path, "--issues", "800")
    assert process.stdout is not None
    while _STARTED not in process.stdout.readline():
        assert process.poll() is None
    time.sleep(1.5)  # so that the commands run, whichever of them
    if number is signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.terminate()
    output, _ = process.communicate(timeout=60)
    assert "Nothing is left running" in output
    assert "Traceback" not in output
    assert left_behind(tmp_path) == []
