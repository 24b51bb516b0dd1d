"""Processes of the tap, started by :mod:`tests.support.launcher`."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
#: Variables that would reach the tap from the machine the tests run on.
_FOREIGN = ("TAP_JIRA_", "SINGER_SDK_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
#: Seconds after which a run that does not end by itself is ended, and its test fails.
LIMIT = 100


def environment(**changes: str) -> dict[str, str]:
    """This machine's environment without what steers the tap, and with the changes."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and not name.lower().endswith("_proxy")
    }
    return kept | changes


class Process:
    """A run under way; its output is read from ``stdout`` while it runs, or lands in a file."""

    def __init__(self, launcher: Launcher, folder: Path, stdout: BinaryIO | None) -> None:
        """Started by :meth:`Launcher.start`."""
        self.folder = folder
        self.stdout = stdout
        self.returncode: int | None = None
        self._launcher = launcher
        self.pid = launcher.answer()

    def send_signal(self, number: int) -> None:
        """To the process, if it is still there."""
        if self.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """At once."""
        self.send_signal(signal.SIGKILL)

    def wait(self) -> int:
        """Its exit code, negative for a signal."""
        if self.returncode is None:
            self.returncode = self._launcher.answer()
        return self.returncode

    def output(self) -> bytes:
        """What it wrote, or the rest of it, once it has ended."""
        if self.stdout is None:
            self.wait()
            return (self.folder / "stdout").read_bytes()
        with self.stdout:
            rest = self.stdout.read()
        self.wait()
        return rest

    def log(self) -> str:
        """What it wrote to standard error."""
        return (self.folder / "stderr").read_bytes().decode(errors="replace")


class Launcher:
    """Starts processes of the tap, one after the other."""

    def __init__(self) -> None:
        """Import the tap once."""
        self._last: Process | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.launcher"],
            cwd=ROOT,
            env=environment(PYTHONPATH=str(ROOT)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        *,
        constants: Mapping[str, float] | None = None,
        variables: Mapping[str, str] | None = None,
        hurry: bool = False,
        piped: bool = False,
        core: bool = True,
    ) -> Process:
        """Start one in a folder, with constants of the tap changed (``{"http.client.TRIES": 2}``).

        With ``hurry``, it hardly pauses before it repeats a request; with ``piped``, its output
        is read while it runs; unless ``core``, it has the declared streams as well.
        """
        request = {
            "arguments": list(arguments),
            "folder": str(folder),
            "environment": environment(**(variables or {})),
            "constants": dict(constants or {}),
            "hurry": hurry,
            "seconds": LIMIT,
            "core": core,
        }
        if self._last and self._last.returncode is None:
            # A test has failed meanwhile, and left it to itself.
            self._last.kill()
            self._last.wait()
        output = folder / "stdout"
        output.unlink(missing_ok=True)
        if piped:
            os.mkfifo(output)
        assert self._process.stdin
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        self._last = Process(self, folder, output.open("rb") if piped else None)
        return self._last

    def answer(self) -> int:
        """The next number that it tells: a process, or its exit code."""
        assert self._process.stdout
        return int(self._process.stdout.readline())


@functools.cache
def launcher() -> Launcher:
    """The one of these tests; it ends with them, since its standard input does."""
    return Launcher()
