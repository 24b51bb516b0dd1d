"""Starts runs of the tap quickly, for tests that need hundreds of them.

A process that has imported the tap forks for each run: the run is a process of its own, through
the tap's command line, without the second that importing takes. One request a line on standard
input, for example::

    {"arguments": ["--config", "c.json"], "environment": {…}, "folder": "/tmp/x",
     "constants": {"issues.search_cloud.CLOUD_PAGE": 20}, "hurry": true, "seconds": 100,
     "core": true}

is answered by the new process's id and, once it has ended, by its exit code.
"""

from __future__ import annotations

import atexit
import functools
import importlib
import json
import os
import signal
import sys
import threading
import time
from importlib import metadata
from typing import Any

import tap_jira.http.client
import tap_jira.http.refusals
import tap_jira.http.throttle
import tap_jira.http.transport
import tap_jira.streams
from tap_jira.tap import TapJira

PAUSE = 0.005


def main() -> None:
    """Serve until standard input ends."""
    # Each run asks for versions, for which more is imported and each package looked up on the disk.
    metadata.version = functools.cache(metadata.version)
    TapJira.get_plugin_version()
    for line in sys.stdin:
        request = json.loads(line)
        process = os.fork()
        if not process:
            run(request)
            return
        print(process, flush=True)  # noqa: T201 - the answer
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


def run(request: dict[str, Any]) -> None:
    """Become the tap."""
    signal.alarm(request["seconds"])
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    for descriptor, name in enumerate((os.devnull, "stdout", "stderr")):
        # What is no file yet is made one; the output may be a pipe that somebody reads.
        flags = os.O_RDONLY if not descriptor else os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        opened = os.open(name, flags, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    if request["hurry"]:
        hurry()
    if request["core"]:
        # As if Jira had no more than this: most tests are about the exact read of issues.
        tap_jira.streams.AREAS, tap_jira.streams.FURTHER = {}, ()
    for name, value in request["constants"].items():
        module, _, constant = name.rpartition(".")
        setattr(importlib.import_module(f"tap_jira.{module}"), constant, value)
    sys.argv = ["tap-jira", *request["arguments"]]
    try:
        TapJira.cli(request["arguments"])
    except SystemExit as end:
        leave(end.code)


def leave(code: object) -> None:
    """End as Python does, but for taking apart what was imported: that takes a fifth of a run."""
    # There is no public way to wait for the pool as Python does, nor to have the rest done.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(bool(code)))


def hurry() -> None:
    """Shorten the pauses before requests are repeated, which no setting does."""
    tap_jira.http.client.FIRST_PAUSE = PAUSE
    tap_jira.http.throttle.LEAST_WAIT = PAUSE
    tap_jira.http.transport.EXCHANGE_PAUSE = PAUSE
    tap_jira.http.throttle.JITTER = (0.0, PAUSE)
    # Where what remains is not told, in requests a second.
    tap_jira.http.refusals.SLOWEST = 1000.0


if __name__ == "__main__":
    main()
