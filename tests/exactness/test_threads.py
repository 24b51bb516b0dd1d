"""Threads that do the same at the same time."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.launch import environment

#: Eight threads decode at once into a type that none of them has used, several times; they take
#: turns as often as they can. What goes wrong takes the whole process with it.
_AT_ONCE = """
import importlib, json, sys, threading
sys.setswitchinterval(1e-6)
from tap_jira.issues import histories
from tap_jira.issues.query import Query

def at_once(read, body):
    together = threading.Barrier(8)
    def go():
        together.wait()
        read(body)
    threads = [threading.Thread(target=go) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

names = tuple(f"f{n}" for n in range(60))
issue = {"id": "1", "key": "A-1", "fields": {name: {"a": 1} for name in names}}
issues = json.dumps({"issues": [issue]}).encode()
changes = b'{"issueChangeLogs": [{"issueId": "1", "changeHistories": [1]}]}'
for _ in range(100):
    if sys.argv[1] == "histories":
        importlib.reload(histories)
        at_once(histories._read_page, changes)
    else:
        read = Query(names, (), frozenset({"f1", "f2"})).read
        read(issues)
        at_once(read, issues)
"""


@pytest.mark.parametrize("what", ["issues", "histories"])
def test_threads_meet_a_type_for_the_first_time(what: str) -> None:
    command = [sys.executable, "-c", _AT_ONCE, what]
    done = subprocess.run(command, env=environment(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
