"""The forty changes of an hour."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox import Sandbox

CHANGED = 40
_SEED = 11


def change(jira: Sandbox) -> None:
    """Reword, move on, discuss and log work, on a quarter of the issues each."""
    rng = random.Random(_SEED)
    world, mutate = jira.jira.world, jira.mutate
    issues = [each for each in world.issues.values() if each.project.live and not each.hidden]
    chosen = rng.sample(issues, min(CHANGED, len(issues)))
    for reworded, moved_on, discussed, worked_on in zip(*[iter(chosen)] * 4, strict=True):
        mutate.update_issue(reworded, summary="Reworded")
        mutate.transition(moved_on, rng.choice(world.statuses))
        mutate.add_comment(discussed, "Thank you.")
        mutate.add_worklog(worked_on, seconds=900)
