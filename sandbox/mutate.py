"""Live change: what people do to a site while a client reads it."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

from sandbox.ailment import Ailment
from sandbox.model import (
    Children,
    Comment,
    Filed,
    History,
    Instant,
    Issue,
    Item,
    Project,
    User,
    Worklog,
    mix,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from sandbox.model import Status
    from sandbox.world import World

KINDS = (
    "update",
    "create",
    "comment",
    "edit_comment",
    "drop_comment",
    "worklog",
    "edit_worklog",
    "drop_worklog",
    "delete",
    "move",
    "transition",
)
#: What happens behind the back of `updated`, or of `created`: not by chance, unless asked for.
SLY_KINDS = ("rank", "import", "hide", "show")
Ref: TypeAlias = "Issue | str | int"
#: Who did it; of a deleted user nothing is known.
Author: TypeAlias = "User | Literal['someone'] | None"


T = TypeVar("T", bound=type)


def _locked(cls: T) -> T:
    """Let every public method hold the world's lock: tests change it from their own thread."""
    for name, method in list(vars(cls).items()):
        if not name.startswith("_") and inspect.isfunction(method):
            setattr(cls, name, _guard(method))
    return cls


def _guard(method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def guarded(self: Mutations, *args: Any, **kwargs: Any) -> Any:
        with self.world.lock:
            return method(self, *args, **kwargs)

    return guarded


@_locked
class Mutations:
    """Changes to a world; each bumps ``updated`` and writes history where Jira does."""

    def __init__(self, world: World) -> None:
        """Change ``world``."""
        self.world = world
        self._former: dict[int, list[str]] = {}

    # --- plumbing -----------------------------------------------------------------------------

    def issue(self, ref: Ref) -> Issue:
        """An issue by itself, its id or its key."""
        if isinstance(ref, Issue):
            return ref
        found = self.world.find(str(ref))
        if found is None:
            message = f"no issue {ref}"
            raise KeyError(message)
        return found

    def _remember(self, issue: Issue, *, new: bool = False) -> None:
        lag = self.world.options.index_lag_seconds
        if lag > 0:
            until = self.world.clock.now_ms() + int(lag * 1000)
            former = None if new else issue.snapshot()
            self.world.stale.setdefault(issue.id, []).append((until, former))

    def _touch(self, issue: Issue, at: int) -> None:
        issue.updated = max(issue.updated, at)
        issue.version += 1
        for other in self.world.neighbours(issue):
            other.version += 1
        self.world.revision += 1

    def _begin(self, issue: Issue) -> int:
        self._remember(issue)
        self.world.pin(issue)
        return self.world.clock.now_ms()

    def _next(self, kind: str) -> int:
        ident = self.world.next_ids[kind]
        self.world.next_ids[kind] += 1
        return ident

    def _shared(self) -> None:
        """Something embedded in many issues changed."""
        self.world.epoch += 1
        self.world.revision += 1

    def _log(self, issue: Issue, at: int, *items: Item, author: Author = "someone") -> History:
        if issue.histories is None:
            raise AssertionError
        who = self.world.users[1] if isinstance(author, str) else author
        change = History(self._next("history"), who, at, items)
        issue.histories.append(change)
        return change

    # --- issues -------------------------------------------------------------------------------

    def create_issue(self, project: Project | str = "APP", **fields: Any) -> Issue:
        """A new issue with those field values."""
        world = self.world
        home = project if isinstance(project, Project) else world.project(project)
        if home is None:
            raise KeyError(project)
        ident, now = self._next("issue"), world.clock.now_ms()
        kind = fields.pop("issuetype", world.issue_types[2])
        none = Children(0, 0)
        issue = Issue(
            ident,
            home,
            home.next_number,
            kind,
            mix(world.options.seed + 99, ident),
            now,
            now,
            None,
            (none, none, none),
            hidden=False,
            version=0,
            overrides=dict(fields),
            comments=[],
            histories=[],
            worklogs=[],
        )
        home.next_number += 1
        world.issues[ident] = issue
        world.keys[home.id, issue.number] = ident
        self._remember(issue, new=True)
        world.revision += 1
        return issue

    def update_issue(self, ref: Ref, **fields: Any) -> History:
        """Set field values (model values, or JSON for custom fields) and log the change."""
        issue = self.issue(ref)
        now = self._begin(issue)
        items: list[Item] = []
        for name, value in fields.items():
            field = self.world.catalogue.by_id[name]
            old = self.world.field_value(issue, field)
            kind = "custom" if field.custom else "jira"
            ids = (getattr(old, "id", None), getattr(value, "id", None))
            items.append(Item(field.name, name, kind, ids[0], _text(old), ids[1], _text(value)))
            issue.overrides[name] = value
        change = self._log(issue, now, *items)
        self._touch(issue, now)
        return change

    def transition(self, ref: Ref, status: Status) -> History:
        """Move an issue to another status."""
        issue = self.issue(ref)
        now = self._begin(issue)
        old = self.world.value(issue, "status")
        issue.overrides["status"] = status
        item = Item("status", "status", "jira", old.id, old.name, status.id, status.name)
        change = self._log(issue, now, item)
        self._touch(issue, now)
        return change

    def delete_issue(self, ref: Ref) -> None:
        """Delete an issue with its worklogs; they show in the feed of deletions."""
        issue = self.issue(ref)
        self._remember(issue)
        world, now = self.world, self.world.clock.now_ms()
        gone = world.worklogs(issue) if world.options.feed_worklogs_of_deleted_issues else []
        for log in gone:
            world.deleted_worklogs.append(Filed(log.id, now, issue.id))
        for other in world.neighbours(issue):
            other.version += 1
        del world.issues[issue.id]
        world.keys.pop((issue.project.id, issue.number), None)
        world.revision += 1

    def rewrite(
        self, ref: Ref, values: dict[str, Any], *items: Item, author: Author = "someone"
    ) -> History | None:
        """Set field values, and write just these items into the history; without any, none."""
        issue = self.issue(ref)
        now = self._begin(issue)
        for name, value in values.items():
            if name == "issuetype":
                issue.kind = value
            elif name == "parent":
                self._adopt(issue, value)
            else:
                issue.overrides[name] = value
        change = self._log(issue, now, *items, author=author) if items else None
        self._touch(issue, now)
        return change

    def _adopt(self, issue: Issue, parent: Issue | None) -> None:
        if issue.parent is not None:
            self.world.below[issue.parent].remove(issue.id)
        issue.parent = parent.id if parent else None
        if parent:
            self.world.below.setdefault(parent.id, []).append(issue.id)

    def move_issue(
        self, ref: Ref, project: Project | str, *also: Item, author: Author = "someone"
    ) -> str:
        """Move an issue to another project; hands back the new key. The old one still works.

        What changes ``also`` is told in the same history.
        """
        issue = self.issue(ref)
        home = project if isinstance(project, Project) else self.world.project(project)
        if home is None:
            raise KeyError(project)
        now = self._begin(issue)
        old_key, old = issue.key, issue.project
        self.world.old_keys[old_key] = issue.id
        self.world.keys.pop((old.id, issue.number), None)
        issue.project, issue.number = home, home.next_number
        home.next_number += 1
        self.world.keys[home.id, issue.number] = issue.id
        self._log(
            issue,
            now,
            Item("Key", None, "jira", None, old_key, None, issue.key),
            Item("project", "project", "jira", str(old.id), old.name, str(home.id), home.name),
            *also,
            author=author,
        )
        self._touch(issue, now)
        return issue.key

    def bulk_change(self, count: int, **fields: Any) -> list[Issue]:
        """Change ``count`` visible issues within the same minute (the one that is running)."""
        world = self.world
        chosen = [i for i in world.issues.values() if i.project.live and not i.hidden][:count]
        now = world.clock.now_ms()
        minute = now // 60_000 * 60_000
        for n, issue in enumerate(chosen):
            # Spread over the part of the minute that has passed, never before its last change.
            at = max(issue.updated, minute + n * (now - minute) // len(chosen))
            self.update_issue(issue, **(fields or {"labels": ["bulk"]}))
            issue.updated = at
            if issue.histories:
                issue.histories[-1] = issue.histories[-1]._replace(created=at)
        return chosen

    def hide_issue(self, ref: Ref) -> None:
        """Take the issue out of the caller's sight; nothing is bumped."""
        issue = self.issue(ref)
        issue.hidden = True
        self.world.revision += 1

    def show_issue(self, ref: Ref) -> None:
        """Let the caller see the issue again; nothing is bumped."""
        self.issue(ref).hidden = False
        self.world.revision += 1

    def note(self, ref: Ref, *items: Item) -> History:
        """Something about an issue changed that its history tells and `updated` shows."""
        issue = self.issue(ref)
        now = self._begin(issue)
        change = self._log(issue, now, *items)
        self._touch(issue, now)
        return change

    def stir(self, ref: Ref) -> Issue:
        """Something that hangs on an issue changed: its answers do, `updated` does not."""
        issue = self.issue(ref)
        issue.version += 1
        self.world.revision += 1
        return issue

    def rank_issue(self, ref: Ref, what: str = "Rank") -> History:
        """Rank an issue on a board, or give it a child (``Epic Child``): nothing is bumped."""
        issue = self.issue(ref)
        self.world.pin(issue)
        item = Item(what, None, "jira", "", "", "", "Ranked higher")
        change = self._log(issue, self.world.clock.now_ms(), item)
        issue.version += 1
        self.world.revision += 1
        return change

    def import_issue(
        self,
        project: Project | str = "APP",
        *,
        created: int | None = None,
        updated: int | None = None,
        comments: int = 3,
        histories: int = 3,
        worklogs: int = 3,
        **fields: Any,
    ) -> Issue:
        """An issue from another site: a new id, the dates of old, ``updated`` now.

        Importers keep what was created when; some set ``updated`` back as well.
        """
        issue = self.create_issue(project, **fields)
        now, user = self.world.clock.now_ms(), self.world.users[1]
        issue.created = now - 365 * 86_400_000 if created is None else created
        issue.updated = now if updated is None else updated
        at = [issue.created + 1000 * n for n in range(1 + max(comments, histories, worklogs))]
        step = Item("summary", "summary", "jira", None, "Before", None, "After")
        issue.comments = [
            Comment(self._next("comment"), user, user, f"Said {n}", at[n], at[n])
            for n in range(comments)
        ]
        issue.histories = [
            History(self._next("history"), user, at[n], (step,)) for n in range(histories)
        ]
        # The feed has the time of the import, one millisecond for all of it.
        issue.worklogs = [
            Worklog(self._next("worklog"), user, user, "Work", at[n], now, at[n], 3600)
            for n in range(worklogs)
        ]
        for log in issue.worklogs:
            self.world.file_worklog(log.id, issue.id)
        self.world.revision += 1
        return issue

    def sicken(self, ref: Ref, kind: Any = "status", **how: Any) -> Ailment:
        """Let an issue spoil the answers that hold it (see :class:`Ailment`)."""
        ailment = self.world.ailing[self.issue(ref).id] = Ailment(kind, **how)
        return ailment

    def heal(self, ref: Ref) -> None:
        """Let it be read again."""
        self.world.ailing.pop(self.issue(ref).id, None)

    def reindex(self, done: int | None) -> None:
        """Data Center: the search knows so many per cent of the issues; None: it is over."""
        self.world.reindexed = done
        self.world.revision += 1

    # --- comments and worklogs ----------------------------------------------------------------

    def add_comment(self, ref: Ref, body: str = "A new comment") -> Comment:
        """Comment on an issue."""
        issue = self.issue(ref)
        now, author = self._begin(issue), self.world.users[1]
        comment = Comment(self._next("comment"), author, author, body, now, now)
        self._pinned(issue.comments).append(comment)
        self._touch(issue, now)
        return comment

    @staticmethod
    def _pinned(rows: list[Any] | None) -> list[Any]:
        if rows is None:
            raise AssertionError
        return rows

    def edit_comment(self, ref: Ref, comment_id: int, body: str) -> None:
        """Change a comment."""
        issue = self.issue(ref)
        now = self._begin(issue)
        for comment in issue.comments or ():
            if comment.id == int(comment_id):
                comment.body, comment.updated = body, now
        self._touch(issue, now)

    def delete_comment(self, ref: Ref, comment_id: int) -> None:
        """Delete a comment."""
        issue = self.issue(ref)
        now = self._begin(issue)
        issue.comments = [row for row in issue.comments or () if row.id != int(comment_id)]
        self._touch(issue, now)

    def hide_comment(self, ref: Ref, comment_id: int) -> None:
        """Confine a comment to a role that the caller is not in."""
        issue = self.issue(ref)
        now = self._begin(issue)
        for comment in issue.comments or ():
            if comment.id == int(comment_id):
                comment.hidden = True
        self._touch(issue, now)

    def add_worklog(
        self, ref: Ref, seconds: int = 3600, *, by: User | None = None, started: int | None = None
    ) -> Worklog:
        """Log time."""
        issue = self.issue(ref)
        now, author = self._begin(issue), by or self.world.users[1]
        ident = self._next("worklog")
        begun = now if started is None else started
        log = Worklog(ident, author, author, "More work", now, now, begun, seconds)
        self._pinned(issue.worklogs).append(log)
        self.world.file_worklog(ident, issue.id)
        spent = sum(row.seconds for row in issue.worklogs or ())
        before = str(spent - seconds) if spent > seconds else None
        item = Item("timespent", "timespent", "jira", before, before, str(spent), str(spent))
        self._log(issue, now, item, author=author)
        self._touch(issue, now)
        return log

    def edit_worklog(self, ref: Ref, worklog_id: int, seconds: int) -> None:
        """Change a worklog."""
        issue = self.issue(ref)
        now = self._begin(issue)
        for log in issue.worklogs or ():
            if log.id == int(worklog_id):
                log.seconds, log.updated = seconds, now
        self._touch(issue, now)

    def delete_worklog(self, ref: Ref, worklog_id: int) -> None:
        """Delete a worklog; the feed of deletions tells."""
        issue = self.issue(ref)
        now = self._begin(issue)
        issue.worklogs = [row for row in issue.worklogs or () if row.id != int(worklog_id)]
        self.world.deleted_worklogs.append(Filed(int(worklog_id), now, issue.id))
        item = Item("WorklogId", None, "jira", str(worklog_id), str(worklog_id), None, None)
        self._log(issue, now, item)
        self._touch(issue, now)

    # --- the site -----------------------------------------------------------------------------

    def add_user(self, name: str = "newcomer") -> User:
        """A new user."""
        number = len(self.world.users)
        user = User(f"557058:{mix(number, 5):016x}", f"JIRAUSER{10000 + number}", name, name, None)
        self.world.users.append(user)
        self.world.revision += 1
        return user

    def rename_user(self, user: User, display: str) -> None:
        """Rename a user; no issue is bumped."""
        user.display = display
        self._shared()

    def rename_status(self, status: Status, name: str) -> None:
        """Rename a status; no issue is bumped."""
        status.name = name
        self._shared()

    def rename_field(self, field_id: str, name: str) -> None:
        """Rename a field."""
        self.world.catalogue.by_id[field_id].name = name
        self._shared()

    def rename_project(self, project: Project, key: str) -> None:
        """Give a project another key: all its issues get new keys, none is bumped."""
        for issue in self.world.issues.values():
            if issue.project is project:
                self.world.old_keys[issue.key] = issue.id
        self._former.setdefault(project.id, []).append(project.key)
        project.key = key
        self._shared()

    def former(self, project: Project) -> list[str]:
        """The former keys of a project."""
        return self._former.get(project.id, [])

    def archive_project(self, project: Project | str) -> None:
        """Archive a project: its issues vanish from search, unbumped."""
        self._project(project).archived = True
        self._shared()

    def restore_project(self, project: Project | str) -> None:
        """Bring an archived project back."""
        self._project(project).archived = False
        self._shared()

    def purge_project(self, project: Project | str) -> None:
        """Delete a project for good, with its issues: no list has it any more."""
        gone = self._project(project)
        for issue in [each for each in self.world.issues.values() if each.project is gone]:
            self.delete_issue(issue)
        self.world.projects.remove(gone)
        self._shared()

    def _project(self, project: Project | str) -> Project:
        found = project if isinstance(project, Project) else self.world.project(project)
        if found is None:
            raise KeyError(project)
        return found

    # --- chance -------------------------------------------------------------------------------

    def mutate_randomly(
        self, rng: random.Random, kinds: tuple[str, ...] = KINDS
    ) -> tuple[str, int]:
        """Do one of the kinds to some visible issue; hands back what was done to which."""
        world = self.world
        visible = [i for i in world.issues.values() if i.project.live and not i.hidden]
        hidden = [i for i in world.issues.values() if i.project.live and i.hidden]
        kind = kinds[rng.randrange(len(kinds))] if visible else "create"
        if kind in {"create", "import"}:
            home = rng.choice([p for p in world.projects if p.live and p.key != "VOID"])
            make = self.create_issue if kind == "create" else self.import_issue
            return kind, make(home, summary=f"New {rng.random()}").id
        if kind == "show" and hidden:
            shown = rng.choice(hidden)
            self.show_issue(shown)
            return kind, shown.id
        issue = visible[rng.randrange(len(visible))]
        change = self._choices(issue, rng).get(kind)
        if change is None:
            kind = "comment"
            self.add_comment(issue, f"Said {rng.random()}")
        else:
            change()
        return kind, issue.id

    def _choices(self, issue: Issue, rng: random.Random) -> dict[str, Callable[[], Any]]:
        """What can be done to an issue: its comments and worklogs only if it has some."""
        world = self.world
        comments, logs = world.comments(issue), world.worklogs(issue)
        homes = [p for p in world.projects if p.live]
        choices: dict[str, Callable[[], Any]] = {
            "worklog": lambda: self.add_worklog(issue, rng.randrange(60, 9999)),
            "delete": lambda: self.delete_issue(issue),
            "move": lambda: self.move_issue(issue, rng.choice(homes)),
            "transition": lambda: self.transition(issue, rng.choice(world.statuses)),
            "update": lambda: self.update_issue(issue, summary=f"Changed {rng.random()}"),
            "rank": lambda: self.rank_issue(issue),
            "hide": lambda: self.hide_issue(issue),
        }
        if comments:
            row = rng.choice(comments).id
            choices["edit_comment"] = lambda: self.edit_comment(issue, row, f"Now {rng.random()}")
            choices["drop_comment"] = lambda: self.delete_comment(issue, row)
        if logs:
            log = rng.choice(logs).id
            choices["edit_worklog"] = lambda: self.edit_worklog(issue, log, rng.randrange(60, 9999))
            choices["drop_worklog"] = lambda: self.delete_worklog(issue, log)
        return choices


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return " ".join(str(_text(one)) for one in value)
    for name in ("display", "name", "value"):
        if hasattr(value, name):
            return str(getattr(value, name))
    return str(int(value)) if isinstance(value, Instant) else str(value)
