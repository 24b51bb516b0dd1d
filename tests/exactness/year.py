"""A year in the life of a site, and the runs of a tap in it.

People create, change, move, delete, hide and show issues, archive and restore projects, import;
runs come several times a day, or not for days, in every mode, and some are killed or fail in part.
The clock is a virtual one, and everything follows from the seed.

What no run can see is left out of such a year, since nothing in Jira tells of it:

- votes, watchers and issue properties, new names of users, statuses, fields and projects: they
  change no issue's ``updated``;
- a history that comes without moving ``updated`` (a rank) comes when its issue is changed next: so
  each such issue is changed before the tables are compared;
- an issue that the very first run has written, which is killed before STATE says so, and that is
  deleted before the next run: no such run is killed.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox import Fault
from sandbox.mutate import KINDS
from sandbox.options import PageCaps
from tests.exactness.current import wrong
from tests.support.changes import visible
from tests.support.tap import Run, batch_config, launch, select, whole
from tests.support.target import Tables

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from sandbox import Mutations, Sandbox
    from sandbox.model import Issue, Project

CAPS = PageCaps(
    search=8,
    search_ids=20,
    search_dc=8,
    bulkfetch=8,
    bulkfetch_plain=12,
    comments=10,
    embedded_comments=5,
    # An issue's worklogs vanish with it in one millisecond, which must fit into a page of the feed.
    feed=400,
)
#: The tap's own sizes, so that some dozen issues are several windows, pages and STATE messages.
CONSTANTS: dict[str, float] = {
    "issues.search_cloud.CLOUD_ID_PAGE": 20,
    "issues.search_cloud.CLOUD_PAGE": 8,
    "issues.source.CLOUD_PAGE": 8,
    "issues.search_dc.OFFSET_WINDOW": 20,
    "issues.comment_lists.COMMENT_PAGE": 10,
    "issues.histories.HISTORY_ISSUES": 20,
    "issues.look.BATCH": 8,
    "issues.look.PLAIN": 16,
    "issues.creation.PICKS": 8,
    "issues.ledger.FEW": 6,
    "streams.issues.worklogs.DETAILS": 60,
    "states.SHARE": 0,
}
IN_ISSUES = ("issues", "comments", "changelogs", "worklogs")
STREAMS = (*IN_ISSUES, "deleted_worklogs", "deleted_issues")
#: What people do in ordinary hours, the commoner the oftener.
ORDINARY = (*KINDS, *KINDS, "rank", "import")
#: Data Center's search shows a part of the issues: no failure of a request.
REINDEXING = "the index is being rebuilt"
#: Where one stream of a run fails: what the request's endpoint matches.
WEAK = {
    "cloud": (r"/changelog/bulkfetch", r"/worklog/updated", r"/worklog/deleted", r"/comment$"),
    "dc": (r"/worklog/updated", r"/worklog/deleted", r"/comment$", REINDEXING),
}
MINUTE = 60_000


@dataclass
class Year:
    """One site, one tap, and a target behind it."""

    jira: Sandbox
    folder: Path
    dice: random.Random
    say: Callable[[str], None] = lambda _: None
    tables: Tables = field(default_factory=Tables)
    state: dict[str, Any] | None = None
    done: Counter[str] = field(default_factory=Counter)
    """What was done to the site, and in which modes it was read."""

    def __post_init__(self) -> None:
        """Discover, before anything happens."""
        run = self._launch("--discover")
        self.catalog = select(json.loads(run.output), *STREAMS)
        self._runs = 0
        self._briefly: list[Issue] = []
        """Issues that will be in sight again soon."""
        self._ranked: set[int] = set()

    # --- time -------------------------------------------------------------------------------------

    def day(self) -> None:
        """What people do, and the runs between."""
        runs = self.dice.choice((0, 1, 1, 1, 2, 3))
        self.done["days without a run"] += not runs
        for _ in range(max(runs, 1)):
            for _ in range(self.dice.randrange(2, 8)):
                self._show_again()
                self.advance(hours=24 / max(runs, 1) / 5 * 2 * self.dice.random())
                self._happen()
            if runs:
                self.run()

    def live(self, days: int) -> None:
        """So many days; at the end of each month or so, and at the last, the tables are right."""
        for day in range(1, days + 1):
            self.day()
            if day == days or self.dice.random() < 1 / 25:
                wrong_now = self.calm()
                assert not wrong_now, f"{len(wrong_now)} differences: {wrong_now[:10]}"

    def advance(self, *, hours: float) -> None:
        """Let time pass."""
        self.jira.jira.clock.advance(minutes=hours * 60)

    @property
    def now(self) -> int:
        """Jira's time in milliseconds."""
        return self.jira.jira.clock.now_ms()

    def calm(self) -> list[str]:
        """Nothing happens for two days but quiet runs; what is wrong in the tables then."""
        for number in self._ranked:
            issue = self.jira.jira.world.issues.get(number)
            if issue:
                self.jira.mutate.update_issue(issue, summary=f"Ranked by {self.dice.random()}")
        self._ranked.clear()
        for _ in range(2):
            self.advance(hours=25)
            self.run(quiet=True)
        return wrong(self.tables, self.jira.jira)

    # --- what people do ---------------------------------------------------------------------------

    def _happen(self) -> None:
        """One thing."""
        chance = self.dice.random()
        if chance < 0.64:
            self._change(self.jira.mutate, self.dice)
        elif chance < 0.70:
            self._hide_briefly()
        elif chance < 0.80:
            self._hide()
        elif chance < 0.90:
            self._show()
        elif chance < 0.93:
            self._archive()
        elif chance < 0.95:
            self._restore()
        elif chance < 0.98:
            self._confine()
        else:
            self._import_with_its_dates()

    def _confine(self) -> None:
        """A comment is for some role only from now on: as good as deleted."""
        issue = self.dice.choice(visible(self.jira.jira))
        comments = self.jira.jira.world.visible_comments(issue)[0]
        if comments:
            self.jira.mutate.hide_comment(issue, self.dice.choice(comments).id)
            self._tell("confine a comment", issue.id)

    def _change(self, mutations: Mutations, dice: random.Random) -> None:
        """An ordinary change; also while a run reads."""
        issues = visible(self.jira.jira)
        kinds = ORDINARY if len(issues) > 25 else (*ORDINARY, *["create"] * len(ORDINARY))
        kind, number = mutations.mutate_randomly(dice, kinds)
        self._tell(kind, number)
        if kind == "rank":
            self._ranked.add(number)

    def _hide(self) -> None:
        """Take one out of sight; then it may change there."""
        there = visible(self.jira.jira)
        if len(there) > 15:
            issue = self.dice.choice(there)
            self.jira.mutate.hide_issue(issue)
            self._tell("hide", issue.id)
            if self.dice.random() < 0.3:
                self.jira.mutate.add_comment(issue, f"Among us {self.dice.random()}")
                self.jira.mutate.add_worklog(issue, 600)
                self._tell("change out of sight", issue.id)

    def _hide_briefly(self) -> None:
        """Out of sight for hours, but for a run or more, just after a change or with one."""
        issue = self.dice.choice(visible(self.jira.jira))
        steps: list[Callable[[], object]] = [
            lambda: self.jira.mutate.hide_issue(issue),
            lambda: self.jira.mutate.add_comment(issue, f"Seen by few {self.dice.random()}"),
            lambda: self.jira.mutate.add_worklog(issue, 300),
            lambda: self.jira.mutate.update_issue(issue, summary=f"Passed {self.dice.random()}"),
        ]
        self.dice.shuffle(steps)
        for step in steps[: self.dice.randrange(2, 5)]:
            step()
            self.advance(hours=self.dice.random() / 9)
        self.jira.mutate.hide_issue(issue)
        self._briefly.append(issue)
        self._tell("hide briefly", issue.id)

    def _show_again(self) -> None:
        for issue in self._briefly[:]:
            if self.dice.random() < 0.3:
                self._briefly.remove(issue)
                self.jira.mutate.show_issue(issue)
                self._tell("show again", issue.id)
                if self.dice.random() < 0.5:
                    self.jira.mutate.add_comment(issue, "Noticed now")

    def _show(self) -> None:
        hidden = [each for each in self.jira.jira.world.issues.values() if each.hidden]
        if hidden:
            issue = self.dice.choice(hidden)
            self.jira.mutate.show_issue(issue)
            self._tell("show", issue.id)
            if self.dice.random() < 0.3:
                self.jira.mutate.add_comment(issue, "Here again")
                self._tell("change what was shown", issue.id)

    def _archive(self) -> None:
        projects = [each for each in self._projects() if each.live]
        project = self.dice.choice(projects)
        if len(projects) > 2:
            self.jira.mutate.archive_project(project)
            self._tell("archive", *[each.id for each in self._issues_of(project)])

    def _restore(self) -> None:
        archived = [each for each in self._projects() if each.archived]
        if archived:
            project = self.dice.choice(archived)
            self.jira.mutate.restore_project(project)
            self._tell("restore", *[each.id for each in self._issues_of(project)])

    def _import_with_its_dates(self) -> None:
        """As if it had been there for long."""
        project = self.dice.choice([each for each in self._projects() if each.live])
        then = self.now - self.dice.randrange(1, 400) * 1440 * MINUTE
        issue = self.jira.mutate.import_issue(
            project, comments=self.dice.randrange(12), created=then - 99 * MINUTE, updated=then
        )
        self._tell("import with its dates", issue.id)

    def _tell(self, what: str, *issues: int) -> None:
        self.done[what] += 1
        self.say(f"      {self.now}  {what}: {', '.join(map(str, issues))}")

    def _projects(self) -> list[Project]:
        world = self.jira.jira.world
        used = {each.project.id for each in world.issues.values()}
        return [each for each in world.projects if each.id in used and (each.live or each.archived)]

    def _issues_of(self, project: Project) -> list[Issue]:
        return [e for e in self.jira.jira.world.issues.values() if e.project is project]

    # --- runs -------------------------------------------------------------------------------------

    def run(self, *, quiet: bool = False) -> None:
        """A run in some mode, with some trouble; none if it is a quiet one."""
        self._runs += 1
        plan: list[str] = []
        settings, catalog = self._mode(plan, quiet=quiet)
        if not quiet:
            self._trouble(plan, settings)
        killed = not quiet and self.dice.random() < 0.2 and bool(self.state)
        former = self._census_of(self.state)
        began = self.now
        arguments = self._file("catalog", catalog)
        if self.state:
            arguments += self._file("state", self.state)
        self.tables.age()
        run = self._launch(*arguments, **settings)
        self.jira.jira.clear_hooks()
        self.jira.faults.clear()
        self.jira.mutate.reindex(None)
        self.jira.reset_counts()
        assert "bug in the tap" not in run.log, run.log
        assert run.code == 0 or (not quiet and self.may_end(run)), run.log
        if killed:
            plan.append("killed")
        self.tables.load(self._cut(run.output) if killed else run.output)
        self.state = self.tables.state or self.state
        if self._census_of(self.state) != former:
            plan.append("census")
        self.done.update(plan or ["plain run"])
        self.say(f"{self._runs:4}  {began}  RUN {', '.join(plan) or 'plain'}, exit {run.code}")

    def may_end(self, _run: Run) -> bool:
        """Whether a run may end like this, though not with exit code 0."""
        return False

    def _mode(self, plan: list[str], *, quiet: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """The settings of a run, and its catalog."""
        settings: dict[str, Any] = {}
        catalog = self.catalog
        if self.dice.random() < 0.2:
            plan.append("BATCH")
            size = self.dice.choice((7, 100))
            settings["batch_config"] = batch_config(self.folder / f"files-{self._runs}", size)
        # A whole read makes good what was lost, so it comes seldom, and not before all is compared.
        if not quiet and self.dice.random() < 0.05:
            plan.append("FULL_TABLE")
            settings["emit_activate_version_messages"] = True
            some = [each for each in STREAMS if self.dice.random() < 0.7]
            catalog = whole(catalog, *(some if self.dice.random() < 0.5 else IN_ISSUES))
        if self.dice.random() < 0.3:
            plan.append("max_concurrency 1")
            settings["max_concurrency"] = 1
        return settings, catalog

    def _trouble(self, plan: list[str], settings: dict[str, Any]) -> None:
        """What happens while it runs."""
        if self.dice.random() < 0.3:
            plan.append("live change")
            self.jira.on_request(3, self._live, seed=self.dice.randrange(9999))
        if self.dice.random() < 0.15:
            plan.append("failure")
            settings["on_stream_error"] = "warn"
            match = self.dice.choice(WEAK[self.jira.jira.options.personality])
            if match == REINDEXING:
                self.jira.mutate.reindex(40)
            else:
                self.jira.faults.add(Fault("status", match, status=500, count=10**6))

    def _live(self, mutations: Mutations, dice: random.Random) -> None:
        self.jira.jira.clock.advance(dice.random() * 5)
        self._change(mutations, dice)

    def _cut(self, output: bytes) -> bytes:
        """What a target has of a run that a SIGKILL ends: as far as some STATE, and a bit more.

        What the run did besides, it did to nobody: the same as killing it there, to the byte.
        """
        lines = output.splitlines(keepends=True)
        states = [at for at, line in enumerate(lines) if line.startswith(b'{"type":"STATE"')]
        at = self.dice.choice([0, *states[:-1]]) + 1 + self.dice.choice((0, 0, 1, 5, 50))
        return b"".join(lines[: max(0, min(at, len(lines) - 1))])

    @staticmethod
    def _census_of(state: dict[str, Any] | None) -> Any:
        bookmark = ((state or {}).get("bookmarks") or {}).get("deleted_issues") or {}
        return bookmark.get("replication_key_value")

    def _launch(self, *arguments: str, **settings: Any) -> Run:
        config = {**self.jira.settings(), "page_size": 8, **settings}
        command = [*self._file("config", config), *arguments]
        return launch(command, self.folder, self.started, constants=CONSTANTS, hurry=True)

    def started(self, process: int) -> None:
        """A run has begun, in this process."""

    def _file(self, name: str, content: Any) -> list[str]:
        path = self.folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return [f"--{name}", str(path)]
