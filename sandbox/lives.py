"""Issues that live: made with values, then changed for months, by people whose deeds are known.

What an untouched issue's histories say (:mod:`sandbox.children`) is made up. Here each change is
done, is told in the words of Jira (:mod:`sandbox.wording`), and is kept in a record of its own,
which is made of the values and not of the histories: what a field held from when to when.
"""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, NamedTuple

from sandbox import text
from sandbox.areas.agile import FULL, file_sprint
from sandbox.areas.metadata import file_status
from sandbox.model import Instant, Issue, Item, Named, Option, Sprint, Status, User, Version
from sandbox.wording import identity, items

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.fields import Field
    from sandbox.jira import Jira
    from sandbox.model import IssueType, Project

HOUR, DAY = 3_600_000, 86_400_000
LENGTH = 14 * DAY
#: Built-in fields that the histories tell of by their values.
SYSTEM = (
    "summary",
    "issuetype",
    "status",
    "resolution",
    "priority",
    "assignee",
    "reporter",
    "parent",
    "project",
    "issuekey",
    "labels",
    "components",
    "versions",
    "fixVersions",
    "security",
    "duedate",
    "description",
    "timeoriginalestimate",
    "timeestimate",
    "timespent",
)
SIMPLE = {"string", "number", "date", "datetime", "option", "option-with-child", "user", "group"}
SIMPLE |= {"version", "project", "team"}
SPRINT_NAMES = ("Plain", "Part 1, again", "x=1 [y], goal=z", "日本", "Last")


class Recorded(NamedTuple):
    """From ``at`` on, the field of an issue held this."""

    issue_id: int
    field_id: str
    #: An epoch millisecond.
    at: int
    #: As the sandbox has it: a user, an option, a list of versions, text.
    value: Any
    #: Who set it; of the value at creation whoever created the issue.
    author: User | None
    #: What it was called then.
    texts: tuple[str, ...]
    #: Whether Jira tells the value's ids.
    told: bool = True


class Lives:
    """Lets issues live, and keeps the record.

    Example:
        >>> lives = Lives(jira)
        >>> lives.go_on(days=90)
        >>> lives.over_time()[10_300, "status"]
    """

    def __init__(self, jira: Jira, *, issues: int = 40, seed: int = 11) -> None:
        """Make ``issues`` of them in the projects of ``jira``, one every few hours."""
        self.jira, self.world, self.mutate = jira, jira.world, jira.mutate
        self.rng = random.Random(seed)
        self.record: list[Recorded] = []
        self.issues: list[Issue] = []
        self.epics: list[Issue] = []
        self.sprints: list[Sprint] = []
        self._renamed = False
        self.cloud = jira.options.cloud
        self.fields = [field for field in self.world.catalogue.fields if self._followed(field)]
        self.by_id = {field.id: field for field in self.fields}
        self.points = self.world.field_id("Story Points")
        self.sprint = self.world.field_id("Sprint")
        self.epic_link = self.world.field_id("Epic Link")
        #: Set by nobody any more, and in no list: their ids are in histories only.
        self.lost_status = Status("10090", "Waiting for Godot", "indeterminate")
        self.lost_version = Version("19090", "0.9 lost", 10000, released=False, date=None)
        self.lost_component = Named("19091", "Lost, and found", "component")
        self._deeds: list[Callable[[Issue], None]] = [
            self._transit,
            self._transit,
            self._transit,
            self._rewrite_some,
            self._rewrite_some,
            self._rewrite_some,
            self._plan,
            self._plan,
            self._work,
            self._adopt,
            self._move,
            self._twice,
            self._pseudo,
            self._nameless,
        ]
        homes = [self.world.project(key) for key in ("APP", "AND", "SUP", "TEAM")]
        self.homes = [home for home in homes if home is not None]
        self._number_of_epics = min(2 * len(self.homes), issues // 2)
        self._next_sprint()
        for n in range(issues):
            self._pass(2)
            self._create(n)

    # --- what there is ------------------------------------------------------------------------

    def over_time(self) -> dict[tuple[int, str], list[Recorded]]:
        """By issue and field what it held, in the order of time; of one instant the last."""
        held: dict[tuple[int, str], list[Recorded]] = {}
        for each in self.record:
            known = held.setdefault((each.issue_id, each.field_id), [])
            if known and known[-1].at == each.at:
                known.pop()
            known.append(each)
        return held

    def value(self, issue: Issue, field: Field) -> Any:
        """The value of a field now; a parent and an epic are issues."""
        if field.id in {"parent", self.epic_link}:
            above = self.world.issues.get(issue.parent) if issue.parent else None
            if field.id == "parent":
                return above if self.cloud or issue.kind.level < 0 else None
            return above if above is not None and above.kind.level == 1 else None
        if field.id == "issuekey":
            return issue.key
        return self.world.field_value(issue, field)

    def go_on(self, *, days: int = 90, deeds_a_day: int = 4) -> None:
        """Let so much time pass, and so much happen in it."""
        for day in range(days):
            for _ in range(deeds_a_day):
                self._pass(24 / deeds_a_day * self.rng.random() * 1.6 + 0.01)
                self.rng.choice(self._deeds)(self.rng.choice(self.issues))
                self._turn()
            if day == days // 2 and not self._renamed:
                self._change_names()

    # --- changes that are told, and one that is not ---------------------------------------------

    def change(
        self, issue: Issue, values: dict[str, Any], *, author: Any = "", also: tuple[Item, ...] = ()
    ) -> None:
        """Set values in one go, as Jira tells of it; ``also`` is told beside them."""
        who = self._someone() if author == "" else author
        told = [
            item
            for name, value in values.items()
            for item in items(
                self.by_id[name], self.value(issue, self.by_id[name]), value, cloud=self.cloud
            )
        ]
        self._do(issue, values, (*told, *also), who)

    def delete(self, issue: Issue) -> None:
        """Delete one that has no issues below it; what it held stays in the record."""
        self.mutate.delete_issue(issue)
        self.issues.remove(issue)

    def unrecorded(self, issue: Issue, values: dict[str, Any]) -> None:
        """Set values that no history tells of, as scripts and imports do."""
        self._do(issue, values, (), None)

    def _do(
        self, issue: Issue, values: dict[str, Any], told: tuple[Item, ...], who: User | None
    ) -> None:
        at = self.world.clock.now_ms()
        self.mutate.rewrite(
            issue, {k: v for k, v in values.items() if k != self.epic_link}, *told, author=who
        )
        for name, value in values.items():
            self._keep(issue, self.by_id[name], at, value, who)

    def _keep(
        self,
        issue: Issue,
        field: Field,
        at: int,
        value: Any,
        who: User | None,
        *,
        told: bool = True,
    ) -> None:
        kept = list(value) if isinstance(value, list) else value
        # Jira never tells the ids of groups.
        told = told and not str(field.custom).endswith("grouppicker")
        texts = identity(kept, cloud=self.cloud)[1]
        self.record.append(Recorded(issue.id, field.id, at, kept, who, texts, told))

    # --- births -------------------------------------------------------------------------------

    def _create(self, n: int) -> None:
        rng = self.rng
        home = self.homes[n % len(self.homes)]
        kind = self.world.issue_types[4] if n < self._number_of_epics else self._kind()
        creator = self._someone()
        values: dict[str, Any] = {
            field.id: self._choose(field, home) if rng.random() < 0.5 else None
            for field in self.world.catalogue.fields
            if (field.custom and self._followed(field)) or field.id in SYSTEM
        }
        values |= {
            "summary": f"Life {n}",
            "status": self.world.statuses[0],
            "resolution": None,
            "resolutiondate": None,
            "creator": creator,
            "timespent": None,
            self.sprint: [self.sprints[-1]] if n % 3 == 0 else None,
        }
        for field in self.world.catalogue.fields:
            # What hangs on a project or on the seed would change with a move, and nobody did it.
            if (field.custom or field.id == "environment") and field.id not in values:
                values[field.id] = None
        for name in ("issuetype", "project", "issuekey", "parent", self.epic_link):
            values.pop(name, None)
        for name in ("labels", "components", "versions", "fixVersions"):
            values[name] = values[name] or []
        issue = self.mutate.create_issue(home, issuetype=kind, **values)
        self.world.pin(issue)
        (self.epics if kind.level == 1 else self.issues).append(issue)
        if kind.level < 0:
            above = [one for one in self.issues if one.project is home and one.kind.level == 0]
            self.mutate.rewrite(issue, {"parent": rng.choice(above) if above else None})
        for field in self.fields:
            self._keep(issue, field, issue.created, self.value(issue, field), creator)

    def _followed(self, field: Field) -> bool:
        if field.custom is None:
            return field.id in SYSTEM
        if field.custom.endswith((":gh-sprint", ":gh-epic-link")):
            return True
        kind = field.items if field.type == "array" else field.type
        return kind in SIMPLE

    # --- deeds --------------------------------------------------------------------------------

    def _transit(self, issue: Issue) -> None:
        """To another status; done ones have a resolution, and lose it when they are reopened."""
        old = self.world.value(issue, "status")
        known = [*self.world.statuses, self.lost_status]
        self._to(issue, self.rng.choice([each for each in known if each is not old]))

    def _to(self, issue: Issue, status: Status) -> None:
        now = Instant(self.world.clock.now_ms())
        values: dict[str, Any] = {"status": status}
        was_done = self.world.value(issue, "resolution") is not None
        if (status.category == "done") is not was_done:
            done = status.category == "done"
            values["resolution"] = self.rng.choice(self.world.resolutions) if done else None
            issue.overrides["resolutiondate"] = now if done else None
        issue.overrides["statuscategorychangedate"] = now
        self.change(issue, values)

    def _rewrite_some(self, issue: Issue) -> None:
        """One to three fields get other values, or none."""
        free = [
            field
            for field in self.fields
            if field.id not in {"status", "resolution", "project", "issuekey", "timespent"}
            and field.id not in {"parent", "issuetype", self.sprint, self.epic_link}
            and (field.scope is None or field.scope == issue.project.id)
        ]
        often = [self.by_id[name] for name in ("assignee", "labels", "fixVersions", self.points)]
        values: dict[str, Any] = {}
        for _ in range(self.rng.randrange(1, 4)):
            field = self.rng.choice([*free, *often * 3])
            new = self._choose(field, issue.project)
            if self.rng.random() < 0.25 and field.id != "summary":
                new = [] if isinstance(new, list) and not field.custom else None
            if identity(new, cloud=self.cloud) != identity(
                self.value(issue, field), cloud=self.cloud
            ):
                values[field.id] = new
        if values:
            self.change(issue, values, author=None if self.rng.random() < 0.1 else "")

    def _plan(self, issue: Issue) -> None:
        """Into the sprint that runs or out of it; closed sprints stay with the issue."""
        held = list(self.world.value(issue, self.sprint) or [])
        open_ones = [each for each in held if each.state != "closed"]
        new = [each for each in held if each.state == "closed"]
        if not open_ones:
            new.append(self.rng.choice(self.sprints[-2:]))
        if [each.id for each in new] != [each.id for each in held]:
            self.change(issue, {self.sprint: new or None})

    def _work(self, issue: Issue) -> None:
        """Hours are logged, of today or of yesterday."""
        before = self.world.value(issue, "timespent")
        seconds, who = 900 * self.rng.randrange(1, 20), self._someone()
        now = self.world.clock.now_ms()
        started = now - self.rng.choice((0, HOUR, DAY))
        # What was logged so far is the field's value, as it is the sum in the history.
        self.mutate.add_worklog(issue, seconds, by=who, started=started)
        issue.overrides["timespent"] = (before or 0) + seconds
        self._keep(issue, self.by_id["timespent"], now, (before or 0) + seconds, who)

    def _adopt(self, issue: Issue) -> None:
        """Below another epic, or none; a sub-task below another issue."""
        if issue.kind.level < 0:
            above = [
                each
                for each in self.issues
                if each.project is issue.project and each.kind.level == 0
            ]
            if above:
                self.change(issue, {"parent": self.rng.choice(above)})
            return
        epic = self.rng.choice([None, *self.epics])
        old = self.world.issues.get(issue.parent) if issue.parent else None
        if epic is old:
            return
        child = Item("Epic Child", None, "jira", None, None, str(issue.id), issue.key)
        if epic is not None:
            self.mutate.note(epic, child)
        field = self.by_id[self.epic_link]
        link = tuple(items(field, old, epic, cloud=self.cloud))
        if self.cloud:
            self.change(issue, {"parent": epic, self.epic_link: epic})
            return
        who, at = self._someone(), self.world.clock.now_ms()
        self.mutate.rewrite(issue, {"parent": epic}, *link, author=who)
        self._keep(issue, field, at, epic, who)

    def _move(self, issue: Issue) -> None:
        """Into another project, as another kind."""
        if issue.kind.level == 0 and self.rng.random() < 0.5:
            self.move(issue, self.rng.choice(self.world.issue_types[:3]))

    def move(self, issue: Issue, kind: IssueType) -> None:
        """Into another project, as a kind that goes there, without its versions; in one go."""
        home = self.rng.choice([each for each in self.homes if each is not issue.project])
        who, at = self._someone(), self.world.clock.now_ms()
        values: dict[str, Any] = {"issuetype": kind} if kind is not issue.kind else {}
        emptied = {"fixVersions": [], "components": home.components[:1]}
        values |= {k: v for k, v in emptied.items() if self.value(issue, self.by_id[k]) != v}
        also: list[Item] = [Item("Workflow", None, "jira", "10300", "Old", "10301", "New")]
        for name, value in values.items():
            field = self.by_id[name]
            also += items(field, self.value(issue, field), value, cloud=self.cloud)
        self.mutate.move_issue(issue, home, *also, author=who)
        issue.kind = kind
        issue.overrides |= {k: v for k, v in values.items() if k != "issuetype"}
        for name, value in {**values, "project": home, "issuekey": issue.key}.items():
            self._keep(issue, self.by_id[name], at, value, who)

    def _twice(self, issue: Issue) -> None:
        """Two changes of the same fields in one instant."""
        first, second = self.world.users[3], self.world.users[4]
        at = self.world.clock.now_ms()
        self.change(issue, {"assignee": first, "labels": ["first"], self.points: 1})
        self.change(issue, {"assignee": second, "labels": ["first", "second"], self.points: 2})
        # A clock that runs has moved on; the second change is to be of the same millisecond.
        issue.histories = [
            each._replace(created=at) if each.created > at else each
            for each in issue.histories or ()
        ]
        self.record = [
            each._replace(at=at) if each.issue_id == issue.id and each.at > at else each
            for each in self.record
        ]

    def _pseudo(self, issue: Issue) -> None:
        """What is told, but is no field: a link, a rank, a file."""
        other = self.rng.choice(self.issues)
        self.mutate.note(
            issue,
            Item("Link", None, "jira", None, None, other.key, f"This issue blocks {other.key}"),
            Item("Rank", None, "jira", "", "", "", "Ranked higher"),
            Item("Attachment", None, "jira", None, None, "20001", "screen, shot.png"),
        )

    def _nameless(self, issue: Issue) -> None:
        """A change by a plugin, which tells the names but not the ids."""
        field = self.by_id["priority"]
        old, new = self.world.value(issue, "priority"), self.rng.choice(self.world.priorities)
        if old is new:
            return
        told = [
            item._replace(old=None, new=None) for item in items(field, old, new, cloud=self.cloud)
        ]
        who, at = self._someone(), self.world.clock.now_ms()
        self.mutate.rewrite(issue, {"priority": new}, *told, author=who)
        mine = [n for n, r in enumerate(self.record) if r[:2] == (issue.id, "priority")]
        if len(mine) == 1:
            # What it was before is known of this change alone.
            self.record[mine[0]] = self.record[mine[0]]._replace(told=False)
        self._keep(issue, field, at, new, who, told=False)

    # --- the site -----------------------------------------------------------------------------

    def _change_names(self) -> None:
        """Half-way things are renamed, somebody is forgotten, and an epic moves; once."""
        self._renamed, world = True, self.world
        self.move(self.epics[0], world.issue_types[4])
        self.mutate.rename_field(world.field_id("Target start"), "Planned start")
        self.mutate.rename_user(world.users[5], "Former user")
        self.sprints[0].name = "Renamed since"
        file_sprint(self.jira, self.sprints[0])
        self.mutate.rename_status(world.statuses[2], "In Review, at last")
        file_status(self.jira, world.statuses[2])

    def _next_sprint(self) -> None:
        """A sprint is planned."""
        n = len(self.sprints)
        name = SPRINT_NAMES[n % len(SPRINT_NAMES)]
        made = Sprint(61 + n, f"{name} {n}", "future", FULL, None, None, None, "")
        self.sprints.append(made)
        self.world.sprints.append(made)
        file_sprint(self.jira, made)

    def _turn(self) -> None:
        """A sprint begins when none runs, and ends in time; what is not done is carried over."""
        now = self.world.clock.now_ms()
        running = next((each for each in self.sprints if each.state == "active"), None)
        if running is None:
            running = self.sprints[-1]
            running.state, running.start, running.end = "active", now, now + LENGTH
            self._next_sprint()
        elif running.end is not None and now >= running.end:
            running.state, running.complete = "closed", now
            for issue in self.issues:
                held = self.world.value(issue, self.sprint) or []
                open_still = self.world.value(issue, "status").category != "done"
                # Half of them; the others go back to the backlog, which changes nothing on them.
                if running in held and open_still and issue.id % 2:
                    self.change(issue, {self.sprint: [*held, self.sprints[-1]]})
        file_sprint(self.jira, running)

    def _pass(self, hours: float) -> None:
        self.world.clock.advance(minutes=60 * hours)

    # --- choices ------------------------------------------------------------------------------

    def _someone(self) -> User:
        return self.rng.choice(self.world.users[:8])

    def _kind(self) -> IssueType:
        return self.rng.choice(self.world.issue_types[:4])

    def _choose(self, field: Field, home: Project) -> Any:
        """Some value that the field may have."""
        rng = self.rng
        if field.id in {"versions", "fixVersions"}:
            return _some(rng, [*home.versions, self.lost_version])
        if field.id == "components":
            return _some(rng, [*home.components, self.lost_component])
        if field.type == "array":
            return self._list(field, home)
        choices: dict[str, Callable[[], Any]] = {
            "string": lambda: f"{rng.choice(text.SENTENCES[:3])} {rng.randrange(99)}",
            "number": lambda: self._number(field),
            "date": lambda: self.world.day(rng.randrange(-40, 200)),
            "datetime": lambda: Instant(self.world.clock.now_ms() // 1000 * 1000 - 77 * HOUR),
            "option": lambda: rng.choice(self._options(field)),
            "option-with-child": self._cascade,
            "user": lambda: rng.choice(self.world.users[:8]),
            "group": lambda: rng.choice(self.world.groups),
            "team": lambda: {"id": f"0f1e2d3c-000{rng.randrange(4)}", "name": "Team «one»"},
            "version": lambda: rng.choice(home.versions) if home.versions else None,
            "project": lambda: rng.choice(self.world.projects[:2]),
            "priority": lambda: rng.choice(self.world.priorities),
            "securitylevel": lambda: self.world.security,
        }
        return choices.get(str(field.type), lambda: None)()

    def _list(self, field: Field, home: Project) -> Any:
        rng, kind = self.rng, field.items
        if kind == "string":
            return _some(rng, list(text.LABELS)) or [text.LABELS[0]]
        if kind == "option":
            return _some(rng, self._options(field)) or None
        if kind == "user":
            return _some(rng, self.world.users[:6]) or None
        if kind == "group":
            return _some(rng, self.world.groups) or None
        if kind == "version":
            return _some(rng, home.versions) or None
        return None

    def _options(self, field: Field) -> list[Option]:
        return self.world.selects.get(field.name, self.world.selects["Severity"])

    def _cascade(self) -> Option:
        parent = self.rng.choice(self.world.selects["Area"])
        number = self.rng.randrange(4)
        child = Option(f"{parent.id}{number}", f"Corner {number} (old)")
        return Option(parent.id, parent.value, child if number else None)

    def _number(self, field: Field) -> Any:
        if not field.custom:
            return 900 * self.rng.randrange(1, 200)
        return self.rng.choice((0.5, 1, 2, 3, 5, 8, 13))


def _some(rng: random.Random, known: list[Any]) -> list[Any]:
    """Up to three of them, in the order in which they are known."""
    chosen = rng.sample(known, min(len(known), rng.randrange(1, 4)))
    return [each for each in known if each in chosen]
