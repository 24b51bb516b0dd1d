"""Who watches an issue, and who voted for it: as many as the issue's own fields say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.model import Issue, User
    from sandbox.render import Renderer
    from sandbox.shelf import Row
    from sandbox.site import Site

SEEING = "VIEW_VOTERS_AND_WATCHERS"


def watchers(site: Site, render: Renderer, issue: Issue) -> list[Row]:
    """The watchers as they are known by name."""
    return _people(site, render, issue, "watches")


def votes(site: Site, render: Renderer, issue: Issue) -> list[Row]:
    """The voters; none where nobody can vote."""
    return _people(site, render, issue, "votes") if site.options.voting else []


def _people(site: Site, render: Renderer, issue: Issue, what: str) -> list[Row]:
    if not site.grants(SEEING, issue.project):
        return []
    everyone: tuple[User, ...] = site.world.value(issue, what).users
    return [_person(site, render, user) for user in everyone]


def _person(site: Site, render: Renderer, user: User) -> dict[str, Any]:
    """A user; on Data Center with what the column is called that tells people apart."""
    shape = render.user_shape(user)
    return shape if site.options.cloud else {"userKey": user.key, **shape}
