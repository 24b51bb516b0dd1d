"""load.sh, by itself, from cron's line and from systemd's unit."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.orchestrators.support import EXAMPLES, Place, leaks, revoke, until
from tests.support.launch import BIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

OPTIONS = ("target.json", "--config", "config.json", "--catalog", "catalog.json")
BUSY = 75
ANALYZE = shutil.which("systemd-analyze")
#: As `lockf -s -k -t 0 FILE COMMAND…` of FreeBSD and macOS.
LOCKF = f"""#!{sys.executable}
import fcntl, subprocess, sys
assert sys.argv[1:5] == ["-s", "-k", "-t", "0"], sys.argv
with open(sys.argv[5], "w") as file:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit({BUSY})
    sys.exit(subprocess.call(sys.argv[6:]))
"""


def start(place: Place, path: str | None = None) -> subprocess.Popen[str]:
    """load.sh in the place's folder."""
    return subprocess.Popen(
        [str(place.folder / "load.sh"), str(place.folder), *OPTIONS],
        env=place.environment(PATH=path or f"{BIN}:{os.environ['PATH']}"),
        stderr=subprocess.PIPE,
        text=True,
    )


def run(place: Place, path: str | None = None) -> tuple[int, str]:
    """Its exit code, and the log."""
    process = start(place, path)
    log = process.communicate()[1]
    return process.returncode, log


def state(place: Place) -> str:
    return (place.folder / "state.json").read_text()


def child(process: subprocess.Popen[str], name: str) -> psutil.Process:
    """The program of that name that it has started."""
    found: list[psutil.Process] = []

    def there() -> bool:
        children = psutil.Process(process.pid).children(recursive=True)
        found[:] = [each for each in children if any(name in part for part in each.cmdline()[:2])]
        return bool(found)

    until(there)
    return found[0]


def test_what_is_stopped_goes_on_from_there(place: Place) -> None:
    """The target loads what the tap has written until then, and STATE says so."""
    place.jira.jira.options.latency_seconds = 0.1
    process = start(place)
    done = place.during(16, lambda: process.send_signal(signal.SIGTERM))
    log = process.communicate()[1]
    assert done.is_set()
    assert process.returncode == 128 + signal.SIGTERM, log
    assert "The run was stopped" in log
    assert json.loads(state(place))["bookmarks"]
    assert not (place.folder / "states.jsonl").exists()
    place.calm()
    assert place.warehouse.tables
    assert place.behind()
    assert run(place)[0] == 0
    assert place.unlike() == []


def test_what_is_stopped_before_anything_has_begun_stops(place: Place, tmp_path: Path) -> None:
    """By a user who thinks better of it at once; the next run is as if it had not been."""
    assert run(place)[0] == 0
    before = state(place)
    place.an_hour()
    early = tmp_path / "bin"
    early.mkdir()
    (early / "mkfifo").write_text(
        f'#!/bin/sh\nkill -TERM $PPID\nexec {shutil.which("mkfifo")} "$@"\n'
    )
    (early / "mkfifo").chmod(0o755)
    code, log = run(place, f"{early}:{BIN}:{os.environ['PATH']}")
    assert code == 128 + signal.SIGTERM, log
    assert place.jira.counts.total() == 0
    assert state(place) == before
    assert run(place)[0] == 0
    assert place.unlike() == []


def test_a_run_whose_script_was_killed_is_not_run_into(place: Place) -> None:
    """The tap and the target that it has left behind keep the lock until they have ended."""
    place.jira.jira.options.latency_seconds = 0.1
    with start(place) as process:
        place.during(12, process.kill)
    assert process.returncode == -signal.SIGKILL
    # Nobody reads what they log any more.
    assert run(place) == (BUSY, "")
    place.calm()
    assert (place.folder / "states.jsonl").exists()
    place.jira.reset_counts()
    assert run(place)[0] == 0
    assert place.jira.counts["POST /issue/bulkfetch"] == 0, "what was loaded was not taken up"
    assert place.unlike() == []


@pytest.mark.parametrize("name", ["tap-jira", "target-postgres"])
def test_nothing_is_lost_by_a_kill(place: Place, name: str) -> None:
    place.jira.jira.options.latency_seconds = 0.1
    process = start(place)
    victim = child(process, name)
    done = place.during(12, victim.kill)
    process.communicate()
    assert done.is_set()
    assert process.returncode == 128 + signal.SIGKILL
    place.calm()
    assert run(place)[0] == 0
    assert place.unlike() == []


def test_a_line_of_state_that_was_cut_off_is_left(place: Place) -> None:
    assert run(place)[0] == 0
    first = state(place)
    place.an_hour()
    (place.folder / "states.jsonl").write_text('{"bookmarks": {}}\n' + first + first[:99])
    assert run(place)[0] == 0
    assert place.jira.counts["POST /issue/bulkfetch"] == 0, "it read from another STATE"
    assert place.unlike() == []


def test_a_state_that_is_empty_is_not_taken_for_none(place: Place) -> None:
    (place.folder / "state.json").write_text("")
    code, log = run(place)
    assert code == 1
    assert "Restore it" in log
    assert place.warehouse.tables == set()


def test_where_there_is_no_flock_lockf_does(place: Place, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "wc", "sed", "mv", "rm", "mkfifo", "sleep"):
        (programs / name).symlink_to(str(shutil.which(name)))
    path = f"{BIN}:{programs}"
    code, log = run(place, path)
    assert code == 127, "without either it must not run"
    assert "lockf" in log
    (programs / "lockf").write_text(LOCKF)
    (programs / "lockf").chmod(0o700)
    place.jira.jira.options.latency_seconds = 0.1
    process = start(place, path)
    until(lambda: place.jira.counts.total() > 0)
    assert run(place, path) == (BUSY, "")
    process.communicate()
    assert process.returncode == 0
    assert place.unlike() == []


# --- cron ----------------------------------------------------------------------------------------


def cron(place: Place) -> subprocess.CompletedProcess[str]:
    """What cron does with the example's lines; the output is what it sends by mail."""
    lines = (EXAMPLES / "cron" / "crontab").read_text().replace("/srv/jira", str(place.folder))
    variable, line = (each for each in lines.splitlines() if not each.startswith("#"))
    return subprocess.run(
        ["/bin/sh", "-c", line.split(None, 5)[5]],
        env={"HOME": str(place.folder.parent), "PATH": variable.partition("=")[2]},
        cwd=place.folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def test_cron_through_good_and_bad_hours(place: Place) -> None:
    done = cron(place)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert place.unlike() == []
    first = state(place)

    place.an_hour()
    again = revoke(place.jira)
    assert "does not accept the credentials" in cron(place).stdout
    assert state(place) == first
    again()

    target = (place.folder / "target.json").read_text()
    unreachable = {"sqlalchemy_url": "postgresql+psycopg://x@127.0.0.1:9/x"}
    (place.folder / "target.json").write_text(json.dumps({**json.loads(target), **unreachable}))
    assert cron(place).stdout
    assert state(place) == first
    assert place.behind()
    (place.folder / "target.json").write_text(target)

    place.an_hour()
    assert cron(place).stdout == ""
    assert place.unlike() == []
    assert list(leaks(place.secrets(), place.folder)) == [
        each for name in ("target", "config") for each in [place.folder / f"{name}.json"]
    ]


def test_cron_says_nothing_of_a_run_that_takes_longer(place: Place) -> None:
    place.jira.jira.options.latency_seconds = 0.1
    process = start(place)
    until(lambda: place.jira.counts.total() > 0)
    done = cron(place)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    process.communicate()
    assert process.returncode == 0


# --- systemd -------------------------------------------------------------------------------------


def unit(place: Place, suffix: str) -> str:
    """The example's unit, with its folders below a test's own."""
    text = (EXAMPLES / "systemd" / f"tap-jira.{suffix}").read_text()
    root = place.folder.parent
    return text.replace("/opt/tap-jira", str(place.folder)).replace("/etc/", f"{root}/etc/")


def settings(text: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


def service(place: Place) -> tuple[Sequence[str], Mapping[str, str]]:
    """The command line and the variables that systemd makes of the unit."""
    root, text = place.folder.parent, unit(place, "service")
    (etc := root / "etc" / "tap-jira").mkdir(parents=True)
    (credentials := root / "credentials").mkdir()
    for name in ("config", "target", "catalog"):
        shutil.move(place.folder / f"{name}.json", etc)
    for loaded in settings(text, "LoadCredential"):
        name, source = loaded.split(":")
        shutil.copy(source, credentials / name)
    (home,) = settings(text, "StateDirectory")
    (root / "var" / home).mkdir(parents=True)
    (command,) = settings(text, "ExecStart")
    command = command.replace("%S", f"{root}/var").replace("%d", str(credentials))
    assert "%" not in command
    (variable,) = settings(text, "Environment")
    return shlex.split(command), dict([variable.split("=", 1)])


def test_systemd_runs_twice_with_a_failure_between(place: Place) -> None:
    command, variables = service(place)

    def started() -> int:
        with (place.folder / "journal").open("a") as journal:
            done = subprocess.run(
                command, env=variables, stdout=journal, stderr=journal, check=False
            )
        return done.returncode

    assert started() == 0
    assert place.unlike() == []
    place.an_hour()
    again = revoke(place.jira)
    assert started() == 1
    assert place.behind()
    again()
    assert started() == 0
    assert place.unlike() == []
    assert list(leaks(place.secrets(), place.folder, place.folder.parent / "var")) == []


def test_systemd_takes_a_stop_and_a_run_by_hand_for_no_failure(place: Place) -> None:
    text = unit(place, "service")
    (fine,) = settings(text, "SuccessExitStatus")
    assert settings(text, "KillMode") == ["mixed"], "the target would be stopped with the tap"
    command, variables = service(place)
    place.jira.jira.options.latency_seconds = 0.1
    with subprocess.Popen(command, env=variables, stderr=subprocess.DEVNULL) as process:
        until(lambda: place.jira.counts.total() > 0)
        by_hand = subprocess.run(command, env=variables, check=False)
        process.terminate()
    assert {str(process.returncode), str(by_hand.returncode)} == set(fine.split())


@pytest.mark.skipif(not ANALYZE, reason="there is no systemd-analyze here")
def test_systemd_finds_the_units_in_order_and_the_service_confined(place: Place) -> None:
    files = [place.folder / f"tap-jira.{suffix}" for suffix in ("service", "timer")]
    for file in files:
        file.write_text(unit(place, file.suffix[1:]))
    done = subprocess.run(
        [str(ANALYZE), "verify", *files], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    # In tenths: from 2.0 on, systemd calls a service's exposure more than fine.
    confined = [str(ANALYZE), "security", "--offline=true", "--threshold=20", str(files[0])]
    done = subprocess.run(confined, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
