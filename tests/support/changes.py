"""Everything that people do to issues, once each and then some."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.jira import Jira
    from sandbox.model import Issue

#: The issue with hundreds of comments, histories and worklogs.
CROWDED = 10_007


def visible(jira: Jira) -> list[Issue]:
    """The issues that the tap may see, by id."""
    return [each for each in jira.world.issues.values() if each.project.live and not each.hidden]


def every_kind(jira: Jira) -> None:
    """Every kind of change, in a bulk change, on crowded issues and on ordinary ones."""
    world, mutate = jira.world, jira.mutate
    untouched = iter([each for each in visible(jira) if each.id != CROWDED][40:])
    with_comments = (each for each in untouched if len(world.comments(each)) > 1)
    with_worklogs = (each for each in untouched if len(world.worklogs(each)) > 1)
    mutate.bulk_change(30, labels=["bulk", "\0nul"])
    points = world.field_id("Story Points")
    mutate.update_issue(next(untouched), summary="Changed\0", **{points: 3.5})
    mutate.transition(next(untouched), world.statuses[3])
    mutate.move_issue(CROWDED, "SUP")
    mutate.move_issue(next(with_comments), "AND")
    mutate.delete_issue(next(with_worklogs))
    mutate.delete_issue(10_103)  # with a hundred of everything
    for target in (mutate.issue(10_102), next(with_comments)):
        comments = world.comments(target)
        mutate.edit_comment(target, comments[0].id, "Edited 💥")
        mutate.delete_comment(target, comments[-1].id)
        mutate.add_comment(target, "Added")
    for target in (mutate.issue(10_101), next(with_worklogs)):
        worklogs = world.worklogs(target)
        mutate.edit_worklog(target, worklogs[0].id, 77 * 60)
        mutate.delete_worklog(target, worklogs[-1].id)
        mutate.add_worklog(target, 900)
    new = mutate.create_issue("PUB", summary="New")
    mutate.add_comment(new, "First")
    mutate.add_worklog(new, 1800)
    mutate.create_issue("AND", summary="Also new")
    mutate.add_user("Newcomer\0")
