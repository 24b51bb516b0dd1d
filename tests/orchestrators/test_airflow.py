"""The example's DAG in a real Airflow: scheduler, executor and workers, on SQLite."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.e2e.test_slices import has
from tests.orchestrators.support import EXAMPLES, Place, held, leaks, revoke, slowly, until
from tests.support.changes import visible
from tests.support.launch import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

TOOL = ROOT / ".venv" / "tools" / "airflow" / "bin"
DAG = "jira"
#: The example's numbers, and such as a small site is cut into.
NUMBERS, FEWER = "SLICES, AT_ONCE = 8, 4", "SLICES, AT_ONCE = 4, 2"
AT_ONCE = 2
TRIES = 3
PATIENCE = 240.0

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Task:
    """What Airflow's metadata say of one task of a run."""

    state: str
    tries: int
    begin: str
    end: str
    result: Any


@dataclass
class Airflow:
    """An Airflow of a test's own, on ports of the loopback."""

    place: Place
    home: Path
    runs: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """With an empty database."""
        api, logs = _free_ports(2)
        options = {
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__DEFAULT_TASK_RETRY_DELAY": "3",
            "CORE__PARALLELISM": "4",
            "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{api}/execution/",
            "API__HOST": "127.0.0.1",
            "API__PORT": str(api),
            "API__WORKERS": "1",
            "API__SECRET_KEY": secrets.token_hex(32),
            "API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "LOGGING__WORKER_LOG_SERVER_PORT": str(logs),
            # Runs are triggered here, lest one comes between on the hour.
            "SCHEDULER__USE_JOB_SCHEDULE": "False",
        }
        self._environment = self.place.environment(
            AIRFLOW_HOME=str(self.home),
            PATH=f"{TOOL}:{os.environ['PATH']}",
            **{f"AIRFLOW__{name}": each for name, each in options.items()},
        )
        assert self._command("db", "migrate").wait() == 0
        self.processes = [
            self._command(each) for each in ("api-server", "scheduler", "dag-processor")
        ]
        until(lambda: bool(self._ask("SELECT dag_id FROM dag")), PATIENCE)

    def stop(self) -> None:
        """Everything that was started, and what that has started."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self.processes:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            for process in self.processes:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(30)

    def run(self, meanwhile: Callable[[], object] = lambda: None) -> tuple[str, dict[str, Task]]:
        """A run of the DAG, to its end: its state, and its tasks by name and index."""
        self.runs += 1
        name = f"hour-{self.runs}"
        assert self._command("dags", "trigger", DAG, "--run-id", name).wait() == 0
        meanwhile()
        state = "SELECT state FROM dag_run WHERE run_id = ? AND state IN ('success', 'failed')"
        until(lambda: bool(self._ask(state, name)), PATIENCE)
        ((how,),) = self._ask(state, name)
        results = {
            (task, index): json.loads(value)
            for task, index, value in self._ask(
                "SELECT task_id, map_index, value FROM xcom"
                " WHERE run_id = ? AND key = 'return_value'",
                name,
            )
        }
        tasks = self._ask(
            "SELECT task_id, map_index, state, try_number, start_date, end_date"
            " FROM task_instance WHERE run_id = ?",
            name,
        )
        return how, {
            name if index < 0 else f"{name} {index}": Task(
                each, tries, begin, end, results.get((name, index))
            )
            for name, index, each, tries, begin, end in tasks
        }

    def worker(self, number: int) -> psutil.Process:
        """The process that runs the task of a slice, once it is there."""
        (_, scheduler, _) = self.processes
        found: list[psutil.Process] = []

        def there() -> bool:
            for each in psutil.Process(scheduler.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    words = each.cmdline()
                    if any("load.sh" in word for word in words) and words[2].endswith(f"-{number}"):
                        parent = each.parent()
                        # A part of the script that is a process of its own looks like the script.
                        is_script = parent and any("load.sh" in word for word in parent.cmdline())
                        found.extend([parent] if parent and not is_script else [])
            return bool(found)

        until(there, PATIENCE)
        return found[0]

    def next_run(self) -> datetime:
        """When the scheduler would begin one by itself."""
        ((when,),) = self._ask("SELECT next_dagrun_create_after FROM dag")
        return datetime.fromisoformat(when).replace(tzinfo=timezone.utc)

    def _command(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self.home / "logs" / arguments[0]).open("ab") as log:
            return subprocess.Popen(
                [str(TOOL / "airflow"), *arguments],
                env=self._environment,
                cwd=self.home,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _ask(self, query: str, *parameters: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.home / "airflow.db", timeout=30)) as database:
            return database.execute(query, parameters).fetchall()


def _free_ports(number: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _most_at_once(tasks: list[Task]) -> int:
    """How many were running when one of them began."""
    return max(sum(each.begin <= one.begin < each.end for each in tasks) for one in tasks)


@pytest.fixture
def airflow(place: Place, tmp_path: Path) -> Iterator[Airflow]:
    home = tmp_path / "airflow"
    for folder in ("dags", "logs"):
        (home / folder).mkdir(parents=True)
    dag = (EXAMPLES / "airflow" / "jira_dag.py").read_text()
    assert NUMBERS in dag
    (home / "dags" / "jira_dag.py").write_text(dag.replace(NUMBERS, FEWER))
    shutil.copy(EXAMPLES / "jira_slices.py", home / "dags")
    made = Airflow(place, home)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        place.calm()


def test_good_hours_and_bad_ones(airflow: Airflow, place: Place) -> None:
    _a_killed_worker(airflow, place)
    _a_sick_issue(airflow, place)
    _revoked_credentials(airflow, place)
    _a_stopped_worker(airflow, place)
    logs = [file for file in airflow.home.rglob("*") if file.suffix == ".log"]
    assert any("does not accept the credentials" in file.read_text() for file in logs)
    assert any("exit code 143" in file.read_text() for file in logs)
    assert list(leaks(place.secrets(), airflow.home)) == []


def _loads(tasks: dict[str, Task]) -> dict[str, Task]:
    return {name: task for name, task in tasks.items() if name.startswith(("first", "slice "))}


def _a_killed_worker(airflow: Airflow, place: Place) -> None:
    """In the very first load: Airflow starts another."""
    with slowly(place) as calm:

        def kill() -> None:
            airflow.worker(2).kill()
            calm()  # so that what it leaves behind ends before the last try

        state, tasks = airflow.run(kill)
    loads = _loads(tasks)
    assert len(loads) == len(json.loads((place.folder / "slices.json").read_text())) == 4
    assert state == "success", tasks
    assert tasks["slice 0"].tries > 1
    assert place.unlike() == []
    users = tasks["first_slice"].result["streams"]["users"]
    assert users["rows"] == len(place.warehouse.rows("users", "account_id"))
    assert tasks["total"].result["rows"] == sum(each.result["rows"] for each in loads.values())
    shared = json.loads((place.folder / "slice-2" / "slice.json").read_text())
    assert shared["slices_at_once"] == AT_ONCE
    due = airflow.next_run()
    assert (due.minute, due.second) == (0, 0)
    assert abs(due - datetime.now(timezone.utc)) <= timedelta(hours=1)


def _a_sick_issue(airflow: Airflow, place: Place) -> None:
    """Jira cannot give it: its slice is tried again, and fails; the others do not wait."""
    jira = place.jira
    parts = [each["slice"] for each in json.loads((place.folder / "slices.json").read_text())]
    sick = next(each for each in visible(jira.jira) if has(parts[2], each))
    place.an_hour()
    jira.mutate.update_issue(sick, labels=["sick"])
    jira.jira.clock.advance(minutes=60)
    jira.mutate.sicken(sick)
    state, tasks = airflow.run()
    assert state == "failed"
    assert {name: each.state for name, each in _loads(tasks).items()} == {
        **dict.fromkeys(("first_slice", "slice 0", "slice 2"), "success"),
        "slice 1": "failed",
    }
    assert tasks["slice 1"].tries == TRIES
    assert tasks["total"].state == "upstream_failed"
    jira.mutate.heal(sick)
    assert airflow.run()[0] == "success"
    assert place.unlike() == []


def _revoked_credentials(airflow: Airflow, place: Place) -> None:
    """Each slice asks, once."""
    place.an_hour()
    again = revoke(place.jira)
    state, tasks = airflow.run()
    assert state == "failed"
    assert [(each.state, each.tries) for each in _loads(tasks).values()] == [("failed", 1)] * 4
    assert place.behind()
    again()


def _a_stopped_worker(airflow: Airflow, place: Place) -> None:
    """Told to stop, it stops the tap. What it has missed comes with the next try."""
    with held(place) as hold:

        def stop() -> None:
            worker = airflow.worker(1)
            hold.wait()
            load = worker.children(recursive=True)
            worker.terminate()
            # A tap that gets its answers before the signal would be done before it is stopped.
            assert psutil.wait_procs(load, PATIENCE)[1] == []
            hold.end()

        state, tasks = airflow.run(stop)
    assert state == "success"
    assert tasks["first_slice"].tries > 1
    assert place.unlike() == []
    assert _most_at_once(list(_loads(tasks).values())) == AT_ONCE
