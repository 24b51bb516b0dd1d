"""systemd itself runs the example: in a container, on a copy of this machine, set up by the README.

That takes root, systemd-nspawn (of the package systemd-container) and a Python of the system's own.
Where one is lacking it is skipped: test_scripts.py runs what the units say all the same.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import socketserver
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.orchestrators.support import EXAMPLES, Place, revoke, slowly, until
from tests.support.launch import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PYTHON = Path("/usr/bin/python3")
NSPAWN = shutil.which("systemd-nspawn")
SERVICE, TIMER = "tap-jira.service", "tap-jira.timer"
CHUNK = 1 << 16

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(
        not (NSPAWN and os.geteuid() == 0 and PYTHON.exists()),
        reason="to boot systemd takes root, systemd-nspawn and /usr/bin/python3",
    ),
]


@dataclass
class Machine:
    """A booted copy of this machine."""

    root: Path
    systemd: int
    """The process that is the first one inside."""

    def ctl(self, *command: str) -> subprocess.CompletedProcess[str]:
        """What systemctl says, inside."""
        inside = ["nsenter", f"--target={self.systemd}", "--all", "systemctl", *command]
        return subprocess.run(inside, capture_output=True, text=True, check=False, timeout=300)

    def ended(self) -> str:
        """How the service's last run ended, and with which exit code."""
        asked = self.ctl("show", "--value", "--property=Result,ExecMainStatus", SERVICE).stdout
        return " ".join(asked.split())

    def journal(self) -> bytes:
        """All that was logged."""
        command = ["journalctl", f"--directory={self.root}/var/log/journal"]
        return subprocess.run(command, capture_output=True, check=True).stdout


@contextlib.contextmanager
def mounted(kind: str, at: Path, options: str) -> Iterator[Path]:
    at.mkdir()
    if subprocess.run(["mount", "-t", kind, kind, "-o", options, at], check=False).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        yield at
    finally:
        subprocess.run(["umount", "--lazy", at], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """This machine's files, of which the copy changes its own ones only."""
    with mounted("tmpfs", tmp_path / "memory", "mode=755") as memory:
        for name in ("changes", "work"):
            (memory / name).mkdir()
        layers = f"lowerdir=/,upperdir={memory}/changes,workdir={memory}/work"
        with mounted("overlay", memory / "root", layers) as root:
            yield root


def set_up(root: Path, place: Place) -> None:
    """What the README of the example has a user do."""
    opt, etc = root / "opt/tap-jira", root / "etc/tap-jira"
    for folder in (opt, etc):
        folder.mkdir(mode=0o755)
    shutil.copy(EXAMPLES / "load.sh", opt)
    pip = ["venv/bin/python", "-m", "pip", "install", "-qq"]
    for command in (
        [str(PYTHON), "-m", "venv", "venv"],
        [*pip, "--require-hashes", "-r", str(ROOT / "constraints/demo.txt")],
        [*pip, "--no-deps", "--no-build-isolation", str(ROOT)],
    ):
        chrooted = ["chroot", str(root), "sh", "-c", f'cd /{opt.relative_to(root)} && "$@"', "sh"]
        subprocess.run([*chrooted, *command], check=True)
    for name, mode in (("config", 0o600), ("target", 0o600), ("catalog", 0o644)):
        shutil.copy(place.folder / f"{name}.json", etc)
        (etc / f"{name}.json").chmod(mode)
    for name in (SERVICE, TIMER):
        shutil.copy(EXAMPLES / "systemd" / name, root / "etc/systemd/system")
    (root / "var/log/journal").mkdir(exist_ok=True)


@contextlib.contextmanager
def booted(root: Path, log: Path) -> Iterator[Machine]:
    assert NSPAWN
    command = [NSPAWN, "--quiet", "--register=no", "--keep-unit", f"--directory={root}"]
    with log.open("wb") as sink:
        process = psutil.Popen(
            [*command, "--boot", "systemd.unit=basic.target"],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
        )
    try:
        until(lambda: bool(process.children()))
        machine = Machine(root, process.children()[0].pid)
        until(lambda: machine.ctl("is-system-running").stdout.strip() in {"running", "degraded"})
        yield machine
        machine.ctl("poweroff")
        process.wait(60)
    finally:
        if process.is_running():
            process.kill()
        process.wait()


def pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(CHUNK):
            sink.sendall(some)
        sink.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def on_a_port(path: str) -> Iterator[int]:
    """A server's socket as a port of this machine: the service sees no folder of ours."""

    class Forwarder(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as far:
                far.connect(path)
                back = threading.Thread(target=pump, args=(far, self.request))
                back.start()
                pump(self.request, far)
                back.join()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Forwarder) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            serving.join()


def test_good_hours_and_bad_ones(disk: Path, place: Place, tmp_path: Path) -> None:
    file = place.folder / "target.json"
    target = json.loads(file.read_text())
    at, _, data = target["sqlalchemy_url"].partition("?host=")
    with on_a_port(f"{data}/.s.PGSQL.5432") as port:
        target["sqlalchemy_url"] = at.replace("@/", f"@127.0.0.1:{port}/")
        file.write_text(json.dumps(target))
        set_up(disk, place)
        with booted(disk, tmp_path / "nspawn.log") as machine:
            go_through(machine, place)
            for secret in place.secrets():
                assert secret not in machine.journal()


def go_through(machine: Machine, place: Place) -> None:
    assert machine.ctl("start", SERVICE).returncode == 0, machine.journal().decode()[-3000:]
    assert place.unlike() == []

    place.an_hour()
    again = revoke(place.jira)
    assert machine.ctl("start", SERVICE).returncode != 0
    assert machine.ended() == "exit-code 1"
    assert place.behind()
    again()
    assert machine.ctl("start", SERVICE).returncode == 0
    assert place.unlike() == []

    place.an_hour()
    with slowly(place):
        machine.ctl("start", "--no-block", SERVICE)
        until(lambda: place.jira.counts.total() > 0)
        machine.ctl("stop", SERVICE)
    assert machine.ctl("is-active", SERVICE).stdout.strip() == "inactive", "it is not failed"
    assert place.behind()
    assert machine.ctl("start", SERVICE).returncode == 0
    assert place.unlike() == []

    assert machine.ctl("start", TIMER).returncode == 0
    next_run = machine.ctl("show", "--value", "--property=NextElapseUSecRealtime", TIMER).stdout
    assert time.strftime("%Y") in next_run
