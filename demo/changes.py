"""An hour of work in the stand-in Jira."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.server import Sandbox

_SEED = 7


def an_hour_of_work(jira: Sandbox) -> str:
    """Let people change a few things, and an hour pass; returns what happened, in words."""
    rng = random.Random(_SEED)
    world, mutate = jira.jira.world, jira.mutate
    issues = [issue for issue in world.issues.values() if issue.project.live and not issue.hidden]
    touched = rng.sample(issues, min(40, len(issues)))
    renamed, moved_on, discussed, worked_on = (
        touched[:12],
        touched[12:18],
        touched[18:30],
        touched[30:],
    )

    for issue in renamed:
        mutate.update_issue(issue, summary=f"Reworded: {issue.id}")
    for issue in moved_on:
        mutate.transition(issue, rng.choice(world.statuses))
    for issue in discussed:
        mutate.add_comment(issue, "Thank you, this works for me now.")
    for issue in worked_on:
        mutate.add_worklog(issue, seconds=rng.randrange(1, 16) * 900)
    for number in range(3):
        mutate.create_issue(summary=f"Something new, number {number + 1}")
    logged = next(issue for issue in issues if world.worklogs(issue))
    mutate.delete_worklog(logged, world.worklogs(logged)[0].id)
    jira.jira.clock.advance(minutes=60)
    return (
        f"{len(renamed)} issues reworded, {len(moved_on)} moved on, {len(discussed)} commented, "
        f"work logged on {len(worked_on)}, 3 created, 1 worklog deleted"
    )
