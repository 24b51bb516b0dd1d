"""The site's data: what exists, and lazily computed values of it."""

from __future__ import annotations

import random
import threading
from bisect import bisect_right
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.model import Filed, Issue, mix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.ailment import Ailment
    from sandbox.clock import Clock
    from sandbox.fields import Catalogue, Field
    from sandbox.model import (
        Comment,
        Group,
        History,
        IssueType,
        Link,
        Named,
        Option,
        Project,
        Sprint,
        Status,
        User,
        Worklog,
    )
    from sandbox.options import Options

    Born = tuple[Callable[["World", Issue], list[Any]], ...]

_KEPT = 4096

#: By the field: where it is asked for, and what the count and the caller's part in it are called.
CROWDS = {
    "watches": ("watchers", "watchCount", "isWatching"),
    "votes": ("votes", "votes", "hasVoted"),
}


class World:
    """Everything on the site; ``revision`` moves with every change."""

    def __init__(self, options: Options, clock: Clock, born: Born) -> None:
        """Make an empty site; ``generate.populate`` fills it.

        ``born`` makes an untouched issue's comments, histories and worklogs.
        """
        self._born = born
        #: Held by every request and every mutation.
        self.lock = threading.RLock()
        self.options = options
        self.clock = clock
        self.cloud = options.cloud
        self.start_ms = clock.start_ms
        self.revision = 0
        #: Moves when something shared changes (a name, a project), so encoded copies are stale.
        self.epoch = 0
        self.projects: list[Project] = []
        self.users: list[User] = []
        #: How many of them, the first ones, have to do with issues.
        self.people = 0
        self.groups: list[Group] = []
        self.statuses: list[Status] = []
        self.priorities: list[Named] = []
        self.resolutions: list[Named] = []
        self.issue_types: list[IssueType] = []
        self.sprints: list[Sprint] = []
        #: How many of them were there from the start.
        self.first_sprints = 0
        self.security: Any = None
        self.selects: dict[str, list[Option]] = {}
        self.catalogue: Catalogue
        self.issues: dict[int, Issue] = {}
        self.keys: dict[tuple[int, int], int] = {}
        #: Keys issues had before they moved or their project was renamed.
        self.old_keys: dict[str, int] = {}
        self.below: dict[int, list[int]] = {}
        self.links: dict[int, list[Link]] = {}
        self.deleted_worklogs: list[Filed] = []
        self.next_ids = {"issue": 0, "comment": 0, "history": 0, "worklog": 0, "link": 0}
        #: What a lagging search index still believes: issue id -> [(until, former state)].
        self.stale: dict[int, list[tuple[int, Issue | None]]] = {}
        #: How many per cent of the issues a re-index that is under way has come to.
        self.reindexed: int | None = None
        #: What ails an issue, so that it cannot be read, or not whole.
        self.ailing: dict[int, Ailment] = {}
        self.dice = random.Random(options.seed)
        self._made: tuple[dict[int, Any], ...] = ({}, {}, {})
        self._feed: tuple[int, list[Filed]] | None = None
        self._worklog_firsts: tuple[list[int], list[int]] = ([], [])
        self._worklog_homes: dict[int, int] = {}

    # --- values -------------------------------------------------------------------------------

    def value(self, issue: Issue, field_id: str) -> Any:
        """The model value of a field."""
        return self.field_value(issue, self.catalogue.by_id[field_id])

    def field_value(self, issue: Issue, field: Field) -> Any:
        """The model value of a field: overridden, or computed from the issue's seed."""
        if field.id in issue.overrides:
            return issue.overrides[field.id]
        return field.pick(self, issue, mix(issue.seed, field.salt))

    def person(self, h: int) -> User:
        """Someone; a third of the time one of the three busiest."""
        return self.users[h % 3 if h & 48 == 0 else h % self.people]

    def day(self, offset: int) -> str:
        """A calendar date so many days from the start."""
        return f"{self.options.start.date() + timedelta(days=offset)}"

    # --- finding ------------------------------------------------------------------------------

    def find(self, id_or_key: str) -> Issue | None:
        """An issue by id, key or former key."""
        text = id_or_key.strip()
        if text.isdigit():
            return self.issues.get(int(text))
        old = self.old_keys.get(text.upper())
        if old is not None:
            return self.issues.get(old)
        prefix, _, number = text.rpartition("-")
        project = self.project(prefix)
        if project is None or not number.isdigit():
            return None
        found = self.keys.get((project.id, int(number)))
        return None if found is None else self.issues.get(found)

    def project(self, id_or_key: str) -> Project | None:
        """A project by id, key or name."""
        text = id_or_key.lower()
        for project in self.projects:
            if text in {project.key.lower(), str(project.id), project.name.lower()}:
                return project
        return None

    def user(self, text: str) -> User | None:
        """A user by account id, key or name."""
        for user in self.users:
            if text in {user.id, user.key, user.name}:
                return user
        return None

    def field_id(self, name: str) -> str:
        """The id of the first field with that name."""
        return self.catalogue.named(name).id

    # --- children -----------------------------------------------------------------------------

    def comments(self, issue: Issue) -> list[Comment]:
        """All comments, oldest first."""
        made: list[Comment] = self._children(issue, 0, issue.comments)
        return made

    def visible_comments(self, issue: Issue) -> tuple[list[Comment], int]:
        """Those that the caller may see, and how many Jira says that there are."""
        every = self.comments(issue)
        seen = [row for row in every if not row.hidden]
        return seen, len(every if self.options.count_hidden_comments else seen)

    def histories(self, issue: Issue) -> list[History]:
        """All changes, oldest first."""
        made: list[History] = self._children(issue, 1, issue.histories)
        return made

    def worklogs(self, issue: Issue) -> list[Worklog]:
        """All worklogs, oldest first."""
        made: list[Worklog] = self._children(issue, 2, issue.worklogs)
        return made

    def _children(self, issue: Issue, which: int, pinned: list[Any] | None) -> list[Any]:
        if pinned is not None:
            return pinned
        cache = self._made[which]
        known: list[Any] | None = cache.get(issue.id)
        if known is None:
            known = self._born[which](self, issue)
            if len(cache) >= _KEPT:
                cache.clear()
            cache[issue.id] = known
        return known

    def pin(self, issue: Issue) -> None:
        """Keep the issue's children for good: from now on they are edited by hand."""
        if issue.histories is None:
            issue.histories = list(self.histories(issue))
            issue.comments = list(self.comments(issue))
            issue.worklogs = list(self.worklogs(issue))
            # The computed status comes from the seed, histories end in it: both stay true.

    def worklog(self, worklog_id: int) -> tuple[Issue, Worklog] | None:
        """A worklog by id, with its issue."""
        firsts, owners = self._worklog_firsts
        if not firsts and self.issues:
            ordered = sorted(self.issues.values(), key=lambda i: i.counts[2].first)
            firsts = [i.counts[2].first for i in ordered if i.counts[2].size]
            owners = [i.id for i in ordered if i.counts[2].size]
            self._worklog_firsts = (firsts, owners)
        home = self._worklog_homes.get(worklog_id)
        if home is None:
            place = bisect_right(firsts, worklog_id) - 1
            home = owners[place] if place >= 0 else -1
        issue = self.issues.get(home)
        if issue is None:
            return None
        return next(((issue, log) for log in self.worklogs(issue) if log.id == worklog_id), None)

    def file_worklog(self, worklog_id: int, issue_id: int) -> None:
        """Remember where a worklog made later lives."""
        self._worklog_homes[worklog_id] = issue_id

    def worklog_feed(self) -> list[Filed]:
        """Every worklog by time of change."""
        if self._feed is None or self._feed[0] != self.revision:
            rows = [
                Filed(log.id, log.updated, issue.id)
                for issue in self.issues.values()
                for log in self.worklogs(issue)
            ]
            rows.sort(key=lambda row: (row.updated, row.worklog_id))
            self._feed = (self.revision, rows)
        return self._feed[1]

    # --- neighbours ---------------------------------------------------------------------------

    def subtasks(self, issue: Issue) -> list[Any]:
        """The sub-tasks, as they are embedded in their parent."""
        found = (self.issues.get(below) for below in self.below.get(issue.id, ()))
        return [Embedded(sub) for sub in found if sub is not None and sub.kind.level < 0]

    def links_of(self, issue: Issue) -> list[Any]:
        """The links, each with the issue at the other end."""
        return [
            Linked(link, self.issues[link.other])
            for link in self.links.get(issue.id, ())
            if link.other in self.issues
        ]

    def embedded(self, issue_id: int) -> Any:
        """Another issue as it is embedded."""
        other = self.issues.get(issue_id)
        return None if other is None else Embedded(other)

    def neighbours(self, issue: Issue) -> Iterator[Issue]:
        """The issues that embed this one."""
        ids = [*self.below.get(issue.id, ()), *(x.other for x in self.links.get(issue.id, ()))]
        for other in [*ids, issue.parent]:
            if other in self.issues:
                yield self.issues[other]

    def attachments(self, issue: Issue, h: int) -> list[Any]:
        """Zero to two files."""
        return [Attached(issue, n) for n in range((0, 0, 1, 0, 2)[h % 5])]

    def crowd(self, issue: Issue, what: str, users: tuple[User, ...]) -> Crowd:
        """Votes or watches, by the id of the field, of these people."""
        place, count, mine = CROWDS[what]
        return Crowd(issue, place, {count: len(users), mine: self.users[0] in users}, users)

    def gathering(self, h: int) -> tuple[User, ...]:
        """Up to three people, and now and then nearly everyone."""
        size = self.people - 5 if h % 53 == 0 else h % 4
        return tuple(self.users[(h // 212 + n) % self.people] for n in range(size))

    def category(self, status: Status) -> Any:
        """The category of a status, as a value of its own."""
        return CategoryOf(status)


class Embedded:
    """An issue inside another one."""

    def __init__(self, issue: Issue) -> None:
        """Wrap the issue."""
        self.issue = issue


class Linked:
    """A link and the issue at its other end."""

    def __init__(self, link: Link, issue: Issue) -> None:
        """Wrap both."""
        self.link = link
        self.issue = issue


class Attached:
    """The n-th attachment of an issue."""

    def __init__(self, issue: Issue, number: int) -> None:
        """Wrap the place."""
        self.issue = issue
        self.number = number


class Crowd:
    """Votes or watches of an issue."""

    def __init__(
        self, issue: Issue, what: str, shape: dict[str, Any], users: tuple[User, ...]
    ) -> None:
        """Wrap the numbers, and whom they count."""
        self.issue = issue
        self.what = what
        self.shape = shape
        self.users = users


class CategoryOf:
    """The category of a status."""

    def __init__(self, status: Status) -> None:
        """Wrap the status."""
        self.status = status
