"""What every example is tried on: a stand-in Jira, a database, and the folder that a user fills."""

from __future__ import annotations

import contextlib
import fcntl
import functools
import json
import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.e2e.test_postgres import unlike
from tests.support.compare import TABLES
from tests.support.expected import expected
from tests.support.launch import BIN, ROOT, environment
from tests.support.tap import Tap
from tests.support.warehouse import Warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from demo.postgres import Postgres
    from sandbox import Sandbox

EXAMPLES = ROOT / "examples"
#: What the database is addressed with; it asks for none, and so takes any.
DATABASE_PASSWORD = "sandbox-database-password"

#: A request of the tap's is given up after two minutes.
HOLD_SECONDS = 110


@dataclass
class Place:
    """A folder with all that the examples want there, and what is at both ends of the pipe."""

    jira: Sandbox
    folder: Path
    warehouse: Warehouse

    @classmethod
    def made(cls, jira: Sandbox, postgres: Postgres, folder: Path) -> Place:
        """Fill a folder as the READMEs say."""
        folder.mkdir()
        warehouse = Warehouse(postgres, f"test_{abs(hash(folder))}", folder)
        user = postgres.sqlalchemy_url.replace("postgres:@", f"postgres:{DATABASE_PASSWORD}@")
        assert DATABASE_PASSWORD in user
        warehouse.configure(sqlalchemy_url=user)
        warehouse.config = warehouse.config.rename(folder / "target.json")
        catalog = Tap(folder, jira.settings()).discover()
        (folder / "catalog.json").write_text(json.dumps(catalog))
        shutil.copy(EXAMPLES / "load.sh", folder)
        (folder / "venv").symlink_to(BIN.parent)
        place = cls(jira, folder, warehouse)
        place.configure()
        jira.reset_counts()
        return place

    def configure(self, **settings: object) -> None:
        """Write the tap's configuration."""
        config = {**self.jira.settings(), **settings}
        (self.folder / "config.json").write_text(json.dumps(config))

    def environment(self, **changes: str) -> dict[str, str]:
        """What a process of an example has; output without a buffer, as containers often do."""
        variables = {"JIRA_HOME": str(self.folder), "PYTHONUNBUFFERED": "1"}
        return environment(**variables, **changes)

    def an_hour(self) -> None:
        """People work; then an hour passes."""
        issue = self.jira.mutate.create_issue("AND", summary="New")
        for ref in (issue, self.jira.mutate.create_issue("PUB", summary="New as well")):
            self.jira.mutate.add_comment(ref, "About it")
            self.jira.mutate.add_worklog(ref, 600)
            self.jira.mutate.update_issue(ref, labels=["changed"])
        self.jira.jira.clock.advance(minutes=60)
        self.jira.reset_counts()

    def unlike(self) -> list[str]:
        """How the tables differ from Jira, in words."""
        wanted, made = expected(self.jira.jira), self.warehouse.tables
        missing = [
            f"{table} {key}: missing"
            for table in TABLES
            if table not in made
            for key in wanted[table]
        ]
        there = [table for table in TABLES if table in made]
        return [*missing, *unlike(self.jira, self.warehouse, wanted, tables=there)]

    def behind(self) -> bool:
        """Whether rows are missing, and none is wrong."""
        texts = self.unlike()
        return bool(texts) and all(text.endswith(": missing") for text in texts)

    def during(self, request: int, act: Callable[[], object]) -> threading.Event:
        """Act once, before this request from now on; the event tells that it was done."""
        done, seen = threading.Event(), [0]

        def count(*_: object) -> None:
            seen[0] += 1
            if seen[0] == request:
                act()
                done.set()

        self.jira.on_request(1, count)
        return done

    def calm(self) -> None:
        """Nothing happens any more, and no process is left at work on a STATE."""
        self.jira.jira.clear_hooks()
        for lock in self.folder.rglob("lock"):
            with lock.open("w") as file:
                fcntl.flock(file, fcntl.LOCK_EX)

    def secrets(self) -> list[bytes]:
        """What must not be in any log."""
        mine = self.jira.jira.auth.credentials
        return [mine.api_token.encode(), DATABASE_PASSWORD.encode()]


@contextlib.contextmanager
def slowly(place: Place, seconds: float = 0.3) -> Iterator[Callable[[], None]]:
    """Jira takes its time for each answer, so that something can happen; what comes ends it."""

    def take(seconds: float) -> None:
        place.jira.jira.options.latency_seconds = seconds

    take(seconds)
    try:
        yield functools.partial(take, 0)
    finally:
        take(0)


class Hold:
    """Answers that Jira keeps back: whatever asked for one is in the middle of it."""

    def __init__(self) -> None:
        """Nothing was asked for yet."""
        self._asked, self._go = threading.Event(), threading.Event()

    def wait(self) -> None:
        """Until something has asked."""
        assert self._asked.wait(HOLD_SECONDS), "nothing was asked for"

    def end(self) -> None:
        """Let Jira answer."""
        self._go.set()

    def keep(self, *_: object) -> None:
        """Keep this answer back."""
        self._asked.set()
        self._go.wait(HOLD_SECONDS)


@contextlib.contextmanager
def held(place: Place) -> Iterator[Hold]:
    """Jira answers nothing until the hold is ended."""
    hold = Hold()
    place.jira.on_request(1, hold.keep)
    try:
        yield hold
    finally:
        hold.end()
        place.jira.jira.clear_hooks()


def leaks(secrets: list[bytes], *folders: Path) -> Iterator[Path]:
    """The files in these folders that hold one of the secrets."""
    for folder in folders:
        for file in folder.rglob("*"):
            if file.is_file() and any(secret in file.read_bytes() for secret in secrets):
                yield file


def revoke(jira: Sandbox) -> Callable[[], None]:
    """Take the credentials away; what comes back gives them again."""
    auth = jira.jira.auth
    tokens = dict(auth.api_tokens)
    auth.revoke_everything()
    return lambda: auth.api_tokens.update(tokens)


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for something that other processes bring about."""
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it did not come"
        time.sleep(0.05)
