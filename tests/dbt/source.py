"""A Jira and the raw tables of it: the real tap and the real target, run after run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.changes import every_kind
from tests.support.tap import Tap, select
from tests.support.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from sandbox import Sandbox

#: A day and an hour: the census and what is read once a day are due again.
DAY = 25 * 60


@dataclass
class Source:
    """A stand-in Jira, what was read of it so far, and the schema that it was loaded into.

    Each run tells the target which rows of the tables that are read whole are gone, and the target
    deletes them.
    """

    sandbox: Sandbox
    postgres: Postgres
    schema: str
    folder: Path
    #: The tap's settings beside those of the connection, and the target's.
    config: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=lambda: {"hard_delete": True})
    #: The streams that are read; all of them if there is none.
    streams: tuple[str, ...] = ()
    state: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        """Discover the streams."""
        self.tap = Tap(self.folder, {**self.sandbox.settings(), **self.config})
        self.tap.core = False
        self.warehouse = Warehouse(self.postgres, self.schema, self.folder)
        self.warehouse.configure(**self.target)
        catalog = self.tap.discover()
        names = [each["tap_stream_id"] for each in catalog["streams"]]
        self.catalog = select(catalog, *(self.streams or names))

    @property
    def cloud(self) -> bool:
        """Whether this is Jira Cloud."""
        return self.sandbox.jira.options.cloud

    def sync(self) -> None:
        """Read what has changed, and load it."""
        run = self.tap.sync(self.state, self.catalog, emit_activate_version_messages=True)
        self.state = self.warehouse.load(run)

    def live(self) -> None:
        """A day and more in which everything happens that happens to a Jira, then a run."""
        jira = self.sandbox.jira
        jira.clock.advance(minutes=90)
        every_kind(jira)
        jira.change_areas()
        jira.clock.advance(minutes=DAY)
        self.sync()
