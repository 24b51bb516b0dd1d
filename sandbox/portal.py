"""How service management prints what other resources print otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.model import User
    from sandbox.shelf import Row
    from sandbox.site import Site

#: A desk that the caller may list, and nothing more.
SHUT = "3"


def people(site: Site) -> list[User]:
    """Whoever can be a customer."""
    return [
        each
        for each in site.world.users[: site.world.people]
        if each.listed and each.kind != "unknown"
    ]


def person(site: Site, user: User) -> Row:
    """Another shape than the platform's, with what it tells elsewhere below ``_links``."""
    version = "3" if site.options.cloud else "2"
    shape = dict(site.renderer(site.options.time_zone, version).user_shape(user))
    link, avatars = shape.pop("self"), shape.pop("avatarUrls")
    shape.pop("accountType", None)
    return {**shape, "_links": {"jiraRest": link, "self": link, "avatarUrls": avatars}}
