"""The example's definitions in a real Dagster: its daemon, its code server, its runs."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import yaml

from tests.e2e.test_slices import has
from tests.orchestrators.support import EXAMPLES, Place, held, leaks, revoke, until
from tests.support.changes import visible
from tests.support.launch import BIN, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOOL = ROOT / ".venv" / "tools" / "dagster" / "bin"
CODE = ("-f", "jira_definitions.py")
GROUPS = {"issues", "people", "agile", "reference"}
SLICES = 3
ALL_WELL = {1: "SUCCESS", 2: "SUCCESS", 3: "SUCCESS"}
#: Seconds between two tries: the example's, and those of a test.
DELAY, SHORT = "seconds_to_wait=120", "seconds_to_wait=1"
TRIES = 3
PATIENCE = 240.0
ENDS = ("SUCCESS", "FAILURE", "CANCELED")
#: What the instance says of its runs, in their order, of the assets, and of the schedule.
ASK = """
import json
from datetime import datetime, timezone
import dagster as dg
from jira_definitions import defs, hourly, jira
told = []
with dg.DagsterInstance.get() as instance:
    for run in reversed(instance.get_runs()):
        events = [
            each.dagster_event
            for each in instance.all_logs(run.run_id)
            if each.dagster_event
        ]
        told.append({
            "slice": int(run.tags["dagster/partition"]),
            "status": run.status.value,
            "tries": sum(each.is_step_start or each.is_step_restarted for each in events),
            "parent": run.parent_run_id,
            "made": {
                each.asset_key.path[-1]: {
                    name: value.value for name, value in
                    each.step_materialization_data.materialization.metadata.items()
                }
                for each in events if each.is_step_materialization
            },
        })
    states = instance.event_log_storage.get_freshness_state_records(list(jira.keys))
    fresh = {key.path[-1]: each.freshness_state.value for key, each in states.items()}
    context = dg.build_schedule_context(
        instance, datetime.now(timezone.utc), repository_def=defs.get_repository_def()
    )
    due = [each.partition_key for each in hourly.evaluate_tick(context).run_requests]
print(json.dumps([told, fresh, due]))
"""

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Told:
    """What an instance says: the newest runs, the assets' freshness, the slices that are due."""

    runs: list[dict[str, Any]]
    fresh: dict[str, str]
    due: list[str]

    def each(self, name: str) -> dict[int, Any]:
        """What is said of the run of each slice."""
        return {run["slice"]: run[name] for run in self.runs}


@dataclass
class Dagster:
    """A Dagster of a test's own; its servers listen on sockets in the file system."""

    place: Place
    home: Path
    code: Path
    daemon: subprocess.Popen[bytes] | None = None
    seen: int = 0

    def start(self) -> None:
        """The daemon, which starts the code server, once there is a database for both."""
        assert self._command("dagster", "run", "list").wait() == 0
        self.daemon = self._command("dagster-daemon", "run", *CODE)

    def stop(self) -> None:
        """The daemon, and what it has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.daemon:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.daemon.pid, number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.daemon.wait(30)

    def backfill(self, *partitions: str) -> Told:
        """A run for each of these slices, or for all, to their ends."""
        which = ("--partitions", ",".join(partitions)) if partitions else ("--all",)
        self._job("backfill", "--noprompt", *which)
        return self._to_the_end(len(partitions) or SLICES)

    def one(self, number: int, meanwhile: Callable[[], object], runs: int = 1) -> Told:
        """A run of a slice as the schedule begins it; so many come of it."""
        self._job("launch", "--tags", json.dumps({"dagster/partition": str(number)}))
        meanwhile()
        return self._to_the_end(runs)

    def _to_the_end(self, runs: int) -> Told:
        until(lambda: self._ended() == self.seen + runs, PATIENCE)
        told = self.ask()
        told = Told(told.runs[self.seen :], told.fresh, told.due)
        self.seen += runs
        return told

    def _job(self, what: str, *how: str) -> None:
        command = self._command("dagster", "job", what, *CODE, "-j", "jira_load", *how)
        assert command.wait() == 0

    def worker(self, number: int) -> psutil.Process:
        """The process of a slice's run, once it is at work."""
        assert self.daemon
        found: list[psutil.Process] = []

        def there() -> bool:
            assert self.daemon
            for each in psutil.Process(self.daemon.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    words = each.cmdline()
                    if any("load.sh" in word for word in words) and words[2].endswith(f"-{number}"):
                        parent = each.parent()
                        found.extend([parent] if parent else [])
            return bool(found)

        until(there, PATIENCE)
        return found[0]

    def ask(self) -> Told:
        done = subprocess.run(
            [str(TOOL / "python"), "-c", ASK],
            cwd=self.code,
            env=self._environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return Told(*json.loads(done.stdout.splitlines()[-1]))

    def _ended(self) -> int:
        file = self.home / "history" / "runs.db"
        with contextlib.closing(sqlite3.connect(file, timeout=30)) as database:
            found = database.execute("SELECT status FROM runs").fetchall()
        return sum(status in ENDS for (status,) in found)

    def _command(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.home / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [str(TOOL / name), *arguments],
                env=self._environment(),
                cwd=self.code,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return self.place.environment(
            DAGSTER_HOME=str(self.home), FRESHNESS_DAEMON_INTERVAL_SECONDS="5"
        )


@pytest.fixture
def dagster(place: Place, tmp_path: Path) -> Iterator[Dagster]:
    home, code = tmp_path / "dagster", tmp_path / "code"
    home.mkdir()
    code.mkdir()
    shutil.copy(EXAMPLES / "dagster" / "dagster.yaml", home)
    shutil.copy(EXAMPLES / "jira_slices.py", code)
    definitions = (EXAMPLES / "dagster" / "jira_definitions.py").read_text()
    limit = yaml.safe_load((home / "dagster.yaml").read_text())["concurrency"]["pools"]
    assert f"AT_ONCE = {limit['default_limit']}\n" in definitions
    assert DELAY in definitions
    (code / "jira_definitions.py").write_text(definitions.replace(DELAY, SHORT))
    with (place.folder / "slices.json").open("wb") as slices:
        command = [str(BIN / "tap-jira"), "--config", "config.json", "--slices", str(SLICES)]
        subprocess.run(command, cwd=place.folder, stdout=slices, check=True)
    made = Dagster(place, home, code)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        place.calm()


def test_good_hours_and_bad_ones(dagster: Dagster, place: Place) -> None:
    _the_first(dagster, place)
    _a_killed_worker(dagster, place)
    _a_sick_issue(dagster, place)
    _revoked_credentials(dagster, place)
    _a_stopped_worker(dagster, place)
    until(lambda: dagster.ask().fresh == dict.fromkeys(GROUPS, "PASS"), PATIENCE)
    files = [file for file in dagster.home.rglob("*") if file.is_file()]
    assert any(b"does not accept the credentials" in file.read_bytes() for file in files)
    assert list(leaks(place.secrets(), dagster.home)) == []


def _the_first(dagster: Dagster, place: Place) -> None:
    """The first slice makes the tables."""
    told = dagster.backfill("1")
    assert told.each("status") == {1: "SUCCESS"}
    made = told.each("made")[1]
    assert made.keys() == GROUPS
    users = len(place.warehouse.rows("users", "account_id"))
    assert made["people"]["dagster/row_count"] == users
    assert made["people"]["streams"]["users"]["rows"] == users
    assert dagster.backfill().each("status") == ALL_WELL
    assert place.unlike() == []
    assert json.loads((place.folder / "slice-2" / "slice.json").read_text())["slices_at_once"] == 4


def _a_killed_worker(dagster: Dagster, place: Place) -> None:
    """Dagster starts another; no other slice has to run for it."""
    place.an_hour()
    assert dagster.backfill("1", "3").each("status") == {1: "SUCCESS", 3: "SUCCESS"}
    with held(place) as hold:

        def kill() -> None:
            dagster.worker(2).kill()
            hold.end()

        told = dagster.one(2, kill, runs=2)
    assert [(run["status"], bool(run["parent"])) for run in told.runs] == [
        ("FAILURE", False),
        ("SUCCESS", True),
    ]
    assert place.unlike() == []


def _a_sick_issue(dagster: Dagster, place: Place) -> None:
    """Jira cannot give it: its slice fails in the end. What is complete is told; no other waits."""
    jira = place.jira
    (part, *_) = json.loads((place.folder / "slices.json").read_text())
    sick = next(each for each in visible(jira.jira) if has(part["slice"], each))
    place.an_hour()
    jira.mutate.update_issue(sick, labels=["sick"])
    jira.jira.clock.advance(minutes=60)
    jira.mutate.sicken(sick)
    told = dagster.backfill()
    assert told.each("status") == {**ALL_WELL, 1: "FAILURE"}
    assert told.each("tries")[1] == TRIES
    assert told.each("made")[1].keys() == GROUPS - {"issues"}
    jira.mutate.heal(sick)
    assert dagster.backfill().each("status") == ALL_WELL
    assert place.unlike() == []


def _revoked_credentials(dagster: Dagster, place: Place) -> None:
    """Each slice asks, once."""
    place.an_hour()
    again = revoke(place.jira)
    told = dagster.backfill()
    assert [(run["status"], run["tries"], run["made"]) for run in told.runs] == [
        ("FAILURE", 1, {})
    ] * SLICES
    assert place.behind()
    again()


def _a_stopped_worker(dagster: Dagster, place: Place) -> None:
    """Interrupted as by whoever ends a run: the tap stops, and another worker goes on."""
    place.an_hour()
    due: list[str] = []
    with held(place) as hold:

        def stop() -> None:
            worker = dagster.worker(1)
            due.extend(dagster.ask().due)
            worker.terminate()
            until(lambda: not worker.is_running())
            hold.end()

        told = dagster.one(1, stop, runs=2)
    assert [run["status"] for run in told.runs] == ["FAILURE", "SUCCESS"]
    assert told.runs[0]["tries"] == 1, "Dagster began again what was ended"
    assert due == ["2", "3"], "the schedule would begin what is under way"
    assert told.due == ["1", "2", "3"]
    assert dagster.backfill().each("status") == ALL_WELL
    assert place.unlike() == []
