"""A Jira and the raw tables of it: the real tap and the real target, run after run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.support.changes import every_kind, visible
from tests.support.tap import Tap, select
from tests.support.warehouse import Warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from demo.postgres import Postgres
    from sandbox import Sandbox
    from sandbox.jira import Jira
    from sandbox.model import Project
    from tests.support.tap import Run

#: A day and an hour: the census and what is read once a day are due again.
DAY = 25 * 60


def unseen(jira: Jira) -> None:
    """What changes rows of issues, or takes them away, without a trace in those issues."""
    world, mutate = jira.world, jira.mutate
    mutate.rename_user(world.users[3], "Renamed <b>Ünal</b>")
    _rename_project(jira, world.issues[10_007].project)
    epics = [each for each in visible(jira) if each.kind.level == 1 and world.below.get(each.id)]
    mutate.move_issue(epics[0], "APP" if epics[0].project.key != "APP" else "AND")
    mutate.delete_issue(epics[1])
    linked = [each for each in visible(jira) if world.links_of(each)]
    mutate.delete_issue(linked[0])
    mutate.hide_issue(linked[1])
    mutate.show_issue(next(each for each in world.issues.values() if each.hidden))


def _rename_project(jira: Jira, project: Project) -> None:
    """Data Center asks for components by the project's key, and so does the sandbox."""
    for row in jira.shelf.tables["components"]:
        if row["project"] == project.key:
            row["project"] = "CREW"
    jira.mutate.rename_project(project, "CREW")


@dataclass
class Source:
    """A stand-in Jira, what was read of it so far, and the schema that it was loaded into."""

    sandbox: Sandbox
    postgres: Postgres
    schema: str
    folder: Path
    #: The tap's settings beside those of the connection, and the target's.
    config: dict[str, Any] = field(default_factory=dict)
    target: dict[str, Any] = field(default_factory=lambda: {"hard_delete": True})
    #: Whether the target is told which rows of the tables that are read whole are gone.
    activates: bool = True
    #: The streams that are read; all of them if there is none.
    streams: tuple[str, ...] = ()
    state: dict[str, Any] | None = None
    #: The issues that there were at any run.
    seen: set[str] = field(default_factory=set)
    #: What the tap wrote, run by run.
    runs: list[Run] = field(default_factory=list)

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
        self.seen |= {str(each.id) for each in visible(self.sandbox.jira)}
        run = self.tap.sync(self.state, self.catalog, emit_activate_version_messages=self.activates)
        self.runs.append(run)
        self.state = self.warehouse.load(run)

    def live(self) -> None:
        """A day and more in which everything happens that happens to a Jira, then a run."""
        jira = self.sandbox.jira
        jira.clock.advance(minutes=90)
        every_kind(jira)
        unseen(jira)
        jira.change_areas()
        jira.clock.advance(minutes=DAY)
        self.sync()
