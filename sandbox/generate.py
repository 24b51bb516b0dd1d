"""Fill a world from its options: the same seed makes the same site."""
# ruff: noqa: PLR2004 - the numbers are the recipe

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from sandbox.customfields import custom_fields, further_fields
from sandbox.fields import Catalogue
from sandbox.model import (
    Children,
    Filed,
    Group,
    Issue,
    IssueType,
    Link,
    Named,
    Option,
    Project,
    Sprint,
    Status,
    User,
    Version,
    mix,
)
from sandbox.systemfields import system_fields
from sandbox.text import FIRST, LAST

if TYPE_CHECKING:
    from sandbox.clock import Clock
    from sandbox.options import Options
    from sandbox.world import World

DAY = 86_400_000
LINK_TYPES = (("Blocks", "is blocked by", "blocks"), ("Relates", "relates to", "relates to"))
SPRINT_NAMES = (
    "Sprint 1",
    "Sprint 2, the sequel",
    "a=b [draft], goal=none",
    "スプリント 4",
    "Sprint 5]",
    "id=7,state=CLOSED",
)
#: Child counts on and around the embedded limits and page caps, one issue per thousand each.
EDGES = {
    101: (20, 40, 20),
    102: (21, 41, 21),
    103: (100, 100, 100),
    104: (101, 101, 101),
    105: (0, 0, 0),
}


def populate(world: World, options: Options, clock: Clock) -> None:
    """Make everything."""
    rng = random.Random(options.seed)
    _people(world)
    _vocabulary(world, clock)
    _projects(world)
    team = next((p.id for p in world.projects if p.team_managed), None)
    fields = system_fields(cloud=world.cloud)
    fields = [field for field in fields if options.voting or field.id != "votes"]
    fields += custom_fields(cloud=world.cloud, team_project=team)
    further, options_of = further_fields(options.more_custom_fields)
    world.selects |= options_of
    world.catalogue = Catalogue([*fields, *further])
    _issues(world, options, rng)
    _dead_worklogs(world, rng)


def _people(world: World) -> None:
    cloud = world.cloud
    reader = User("5b10ac8d82e05b22cc7d4ef5", "JIRAUSER10000", "reader", "Reader Ünal", None)
    reader.email = "reader@example.com"
    reader.time_zone = world.options.time_zone
    world.users = [reader]
    for n in range(1, 60):
        first, last = FIRST[n % len(FIRST)], LAST[n * 3 % len(LAST)]
        name = f"{first} {last}" + (f" {n}" if n > 20 else "")
        user = User(
            f"557058:{mix(n, 1):016x}",
            f"JIRAUSER{10000 + n}" if n % 3 else f"old.key{n}",
            f"user{n}",
            name,
            None if n % 7 == 0 else f"user{n}@example.com",
            active=n % 11 != 0,
            time_zone=None if n % 7 == 0 else ("Asia/Tokyo", "America/New_York")[n % 2],
        )
        if cloud and n >= 52:
            user.kind = ("app", "customer", "unknown")[n % 3]
            if user.kind == "customer":
                user.id = f"qm:1f0c:{mix(n, 2):012x}"
        if n == 51:
            user.display, user.email, user.active = "Former user", None, False
            if not cloud:
                user.name = user.key = "jirauser12345"
                user.display = "user-abcde"
        if n == 59:
            user.listed = False
        world.users.append(user)
    world.people = len(world.users)
    hidden = range(*world.options.hidden_users)
    world.users += [
        User(
            f"712020:{mix(n, 3):016x}",
            f"JIRAUSER{20000 + n}",
            f"more{n}",
            f"More {n}",
            None,
            listed=n not in hidden,
        )
        for n in range(world.options.more_users)
    ]
    names = ("jira-software-users", "jira-administrators", "équipe-française")
    world.groups = [
        Group(f"9d8c7b6a-0000-4000-8000-00000000000{n}", x) for n, x in enumerate(names)
    ]


def _vocabulary(world: World, clock: Clock) -> None:
    rows = [("To Do", "new"), ("In Progress", "indeterminate"), ("In Review", "indeterminate")]
    rows += [("Done", "done"), ("Won't do", "done")]
    world.statuses = [Status(str(10000 + n), name, cat) for n, (name, cat) in enumerate(rows)]
    levels = ("Highest", "High", "Medium", "Low", "Lowest")
    world.priorities = [Named(str(n), name, "priority") for n, name in enumerate(levels, 1)]
    ends = ("Done", "Duplicate", "Cannot Reproduce")
    world.resolutions = [Named(str(10000 + n), x, "resolution") for n, x in enumerate(ends)]
    kinds = (("Story", 0), ("Bug", 0), ("Task", 0), ("Sub-task", -1), ("Epic", 1))
    world.issue_types = [IssueType(str(10001 + n), x, level) for n, (x, level) in enumerate(kinds)]
    world.security = Named("10100", "Internal", "securitylevel")
    number = 10_200
    for name in ("Severity", "Impact", "Platforms", "Checks", "Area", "Epic Status", "Atlas"):
        world.selects[name] = [Option(str(number + n), f"{name} {n} é") for n in range(4)]
        number += 10
    for n, name in enumerate(SPRINT_NAMES):
        begin = clock.start_ms - (len(SPRINT_NAMES) - n) * 14 * DAY
        state = "active" if n == 4 else "future" if n == 5 else "closed"
        open_ended = state == "future"
        world.sprints.append(
            Sprint(
                n + 1,
                name,
                state,
                3,
                None if open_ended else begin,
                None if open_ended else begin + 14 * DAY,
                begin + 14 * DAY if state == "closed" else None,
                "Ship it, now [really]=yes" if n % 2 else "",
            )
        )
    world.first_sprints = len(world.sprints)


def _projects(world: World) -> None:
    cloud = world.cloud
    rows = [
        Project(10000, "APP", "Application"),
        Project(10001, "AND", "Reserved word"),
        Project(10002, "SUP", "Support", "service_desk"),
        Project(10003, "PUB", "Public issues", "business", public=True),
        Project(10004, "VOID", "Nothing here yet"),
        Project(10005, "OLD", "Archived years ago", archived=True),
        Project(10006, "SEC", "Hidden from the caller", hidden=True),
    ]
    if cloud:
        rows.append(Project(10007, "TEAM", "Team-managed", team_managed=True))
        rows.append(Project(10008, "BIN", "In the trash", deleted=True))
    old = len(rows)
    rows += [
        Project(11_000 + n, f"MORE{n}", f"Further project {n} ☂")
        for n in range(world.options.more_projects)
    ]
    rows += [
        Project(10_100 + n, f"SD{n}", f"Desk {n} «é»", "service_desk")
        for n in range(1, world.options.service_desks)
    ]
    for n, project in enumerate(rows):
        project.lead = world.users[n % world.people]
        if project.team_managed or n >= old:
            continue
        base = 10_000 + 10 * n
        names = ("1.0", "1.1, final", "2.0 β")
        project.versions = [
            Version(str(base + k), x, project.id, k == 0, "2026-01-31" if k < 2 else None)
            for k, x in enumerate(names)
        ]
        parts = ("API", "Oberfläche")
        project.components = [Named(str(base + k), x, "component") for k, x in enumerate(parts)]
    world.projects = rows


def _counts(n: int, r: float, second: float, third: float) -> tuple[int, int, int]:
    spot = n % 1000
    if spot in EDGES:
        return EDGES[spot]
    if spot % 200 == 7:
        return 230 + n % 5, 260 + n % 7, 130 + n % 3
    # Means of about 4, 10 and 1.5, with a tail.
    return int(9 * r * r + 0.3), int(25 * second * second), int(4.5 * third * third)


def _issues(  # noqa: PLR0915 - one pass over all issues, kept flat for speed
    world: World, options: Options, rng: random.Random
) -> None:
    total = options.issues
    extra = [project for project in world.projects if not project.live]
    shares = {"APP": 45, "AND": 20, "SUP": 15, "PUB": 8, "TEAM": 12}
    homes = [p for p in world.projects for _ in range(shares.get(p.key, 0)) if p.live]
    minutes = options.bulk_minute if options.bulk_minute is not None else total // 10
    every = max(1, total // minutes) if minutes else 0
    last = world.start_ms - 3 * 60_000
    first = world.start_ms - 730 * DAY
    bulk_at = (world.start_ms - 40 * DAY) // 60_000 * 60_000
    parents: dict[int, int] = {}
    epics: dict[int, int] = {}
    story, bug, task, sub, epic = world.issue_types
    firsts = [20_000, 30_000, 40_000]
    bulk_done = 0
    unseen = max(3, total // 50) * len(extra)
    random_ = rng.random
    for n in range(total + unseen):
        ident = 10_000 + n
        seed = mix(options.seed * 1_000_003 + 7, ident)
        visible = n < total
        project = homes[int(random_() * len(homes))] if visible else extra[n % len(extra)]
        age = n / total if visible else random_()
        created = first + int((last - first) * (age * 0.98)) + int(random_() * 60_000)
        skew = random_()
        updated = last - int((last - created) * skew * skew * skew)
        if visible and every and n % every == 0 and bulk_done < minutes:
            updated = bulk_at + bulk_done * 60_000 // minutes
            created = min(created, bulk_at - DAY)
            bulk_done += 1
        roll = random_()
        parent: int | None = None
        kind = story if roll < 0.4 else bug if roll < 0.7 else task
        if roll > 0.97:
            kind = epic
            epics[project.id] = ident
        elif roll > 0.87 and project.id in parents:
            kind, parent = sub, parents[project.id]
        else:
            parents[project.id] = ident
            parent = epics.get(project.id) if roll > 0.6 else None
        if parent is not None:
            world.below.setdefault(parent, []).append(ident)
        sizes = _counts(n, random_(), random_(), random_())
        counts = [Children(firsts[k], sizes[k]) for k in range(3)]
        for k in range(3):
            firsts[k] += sizes[k]
        issue = Issue(
            ident,
            project,
            project.next_number,
            kind,
            seed,
            created,
            max(created, updated),
            parent,
            (counts[0], counts[1], counts[2]),
            hidden=False,
            version=0,
            overrides={},
            comments=None,
            histories=None,
            worklogs=None,
        )
        project.next_number += 1
        world.issues[ident] = issue
        world.keys[project.id, issue.number] = ident
        if visible and n % 6 == 5:
            _link(world, ident, 10_000 + n // 2, n)
    world.next_ids = {
        "issue": 10_000 + total + unseen,
        "comment": firsts[0],
        "history": firsts[1],
        "worklog": firsts[2],
        "link": 90_000 + total,
    }


def _link(world: World, one: int, other: int, n: int) -> None:
    kind = n // 6 % 2
    world.links.setdefault(one, []).append(Link(90_000 + n, kind, other, outward=True))
    world.links.setdefault(other, []).append(Link(90_000 + n, kind, one, outward=False))


def _dead_worklogs(world: World, rng: random.Random) -> None:
    """Worklogs deleted before the sandbox started: ids nobody ever saw."""
    count = max(3, world.options.issues // 50)
    at = world.start_ms - 300 * DAY
    rows = [
        Filed(5_000 + n, at + int(rng.random() * 299 * DAY) // 1000 * 1000, 0) for n in range(count)
    ]
    # Two deletions of one bulk change share a millisecond.
    rows[1].updated = rows[0].updated
    world.deleted_worklogs = sorted(rows, key=lambda row: (row.updated, row.worklog_id))
