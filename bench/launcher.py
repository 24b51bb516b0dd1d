"""Run a command and write what it used: ``python launcher.py [--one-core] RESULT COMMAND …``.

A process of its own, and a small one: a child's peak memory is never reported below what its
parent held when it started the child, and the process with the stand-in Jira holds a lot.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

#: ``ru_maxrss`` is in bytes on macOS and in kibibytes elsewhere.
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> int:
    """Run it; the exit code is the command's."""
    arguments = sys.argv[1:]
    if arguments[0] == "--one-core":
        del arguments[0]
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    result, *command = arguments
    began = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    used = {
        "seconds": time.monotonic() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "memory": usage.ru_maxrss * _RSS_UNIT,
    }
    Path(result).write_text(json.dumps(used), encoding="utf-8")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
