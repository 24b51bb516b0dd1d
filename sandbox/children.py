"""Comments, histories and worklogs of an untouched issue, computed from its seed."""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import text
from sandbox.model import Comment, History, Item, Worklog, mix

if TYPE_CHECKING:
    from sandbox.model import Issue, User
    from sandbox.world import World

ROLES = ("Administrators", "Developers")


def _moments(issue: Issue, salt: int, count: int) -> list[int]:
    """Sorted instants of an issue's life; the last is its last update for one kind of child."""
    span = max(1, issue.updated - issue.created)
    return sorted(issue.created + mix(issue.seed, salt + n) % span for n in range(count))


def _who(world: World, h: int) -> User | None:
    return None if h % 67 == 0 else world.person(h)


def comments(world: World, issue: Issue) -> list[Comment]:
    """The comments an issue was born with."""
    made: list[Comment] = []
    first, count = issue.counts[0]
    for n, created in enumerate(_moments(issue, 1000, count)):
        h = mix(issue.seed, 2000 + n)
        author = _who(world, h)
        edited = min(issue.updated, created + h % 9_000_000) if h % 4 == 0 else created
        role = ROLES[h // 13 % 2] if h % 13 == 0 else None
        made.append(
            Comment(first + n, author, author, text.body(h), created, edited, role, h % 6 != 0)
        )
    return made


def worklogs(world: World, issue: Issue) -> list[Worklog]:
    """The worklogs an issue was born with."""
    made: list[Worklog] = []
    first, count = issue.counts[2]
    for n, created in enumerate(_moments(issue, 3000, count)):
        h = mix(issue.seed, 4000 + n)
        author = _who(world, h)
        edited = min(issue.updated, created + h % 90_000_000) if h % 5 == 0 else created
        # People log work late and, now and then, ahead of time.
        started = created - h % 400_000_000 + 86_400_000
        role = ROLES[0] if h % 17 == 0 else None
        seconds = 60 * (1 + h % 480)
        made.append(
            Worklog(
                first + n, author, author, text.body(h), created, edited, started, seconds, role
            )
        )
    return made


def _item(world: World, h: int, step: int) -> Item:
    cloud = world.cloud
    choice = h % 7
    if choice == 0:
        old, new = world.person(h >> 8), world.person(h >> 16)
        ids = (old.id, new.id) if cloud else (old.key, new.key)
        return Item("assignee", "assignee", "jira", ids[0], old.display, ids[1], new.display)
    if choice == 1:
        labels = text.LABELS[h % 9], " ".join(text.LABELS[h % 5 : h % 5 + 2])
        return Item("labels", "labels", "jira", None, labels[0], None, labels[1])
    if choice == 2:
        field = world.catalogue.named("Sprint")
        old_s, new_s = world.sprints[h % 5], world.sprints[(h + 1) % 5]
        both = f"{old_s.id}, {new_s.id}", f"{old_s.name}, {new_s.name}"
        return Item("Sprint", field.id, "custom", str(old_s.id), old_s.name, *both)
    if choice == 3:
        return Item("Link", None, "jira", None, None, f"AND-{1 + h % 50}", "This issue blocks it")
    if choice == 4:
        field = world.catalogue.named("Story Points")
        return Item(field.name, field.id, "custom", None, str(h % 8), None, str(step))
    if choice == 5:
        long_text = text.LONG if h % 301 == 5 else text.sentence(h >> 7)
        return Item("summary", "summary", "jira", None, text.sentence(h), None, long_text)
    return Item("Rank", None, "jira", "", "", "", "Ranked higher")


def histories(world: World, issue: Issue) -> list[History]:
    """The changes an issue was born with: status steps end in the current status."""
    first, count = issue.counts[1]
    moments = _moments(issue, 5000, count)
    if moments:
        moments[-1] = issue.updated
    status = world.field_value(issue, world.catalogue.by_id["status"])
    made: list[History] = []
    # Walked backwards, so that the chain of statuses ends where the issue is now.
    for n in range(count - 1, -1, -1):
        h = mix(issue.seed, 6000 + n)
        if n == count - 1 or h % 3 == 0:
            old = world.statuses[h // 3 % len(world.statuses)]
            items = [Item("status", "status", "jira", old.id, old.name, status.id, status.name)]
            status = old
        else:
            items = [_item(world, h >> 3, n)]
        if h % 10 == 0:
            items.append(_item(world, h >> 5, n))
        made.append(History(first + n, _who(world, h), moments[n], tuple(items)))
    made.reverse()
    return made


#: In the order in which a world keeps them.
BORN = (comments, histories, worklogs)
