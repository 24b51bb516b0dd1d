"""What Jira asks of a user, and what of it this user has."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Permission:
    """What a resource needs, in words, and the keys of `mypermissions` any of which gives it."""

    text: str
    keys: tuple[str, ...] = ()


ANYONE = Permission("nothing beyond a valid user")
BROWSE = Permission("the project permission Browse projects")
ADMINISTER = Permission("the global permission Administer Jira", ("ADMINISTER",))
ADMINISTER_PROJECTS = Permission(
    "the project permission Administer projects, or Administer Jira",
    ("ADMINISTER_PROJECTS", "ADMINISTER"),
)
BROWSE_USERS = Permission("the global permission Browse users and groups", ("USER_PICKER",))
VOTERS_AND_WATCHERS = Permission(
    "the project permission View voters and watchers", ("VIEW_VOTERS_AND_WATCHERS",)
)
SOFTWARE = Permission("access to Jira Software")
AGENT = Permission("an agent's seat in Jira Service Management")

ASKED = ("ADMINISTER", "ADMINISTER_PROJECTS", "USER_PICKER", "VIEW_VOTERS_AND_WATCHERS")
"""The permissions to ask for at once."""
