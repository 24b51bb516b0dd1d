"""Issues that cannot be read, or not whole: what Jira answers for them, once or for ever.

A broken value of an app, a history that outgrew the server: on every site there is such an issue
now and then. It spoils each answer that holds it (the list of ids does not), whatever was asked.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from sandbox.messages import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.model import Issue
    from sandbox.world import World

CANNOT_LOAD = "The issue could not be loaded. Try again later."


def refuse(
    world: World, endpoint: str, issues: Iterable[Issue], *, listed: bool = False
) -> list[dict[str, Any]]:
    """Fail if one of the issues in the answer makes it fail.

    Hands back the ``issueErrors``; without ``listed`` the answer has no such list, and fails.
    """
    ailing = world.ailing
    errors: list[dict[str, Any]] = []
    if not ailing:
        return errors
    for issue in issues:
        ailment = ailing.get(issue.id)
        if ailment is None:
            continue
        if ailment.strikes(endpoint, "status"):
            raise ApiError(ailment.status, [CANNOT_LOAD])
        if ailment.strikes(endpoint, "error"):
            if not listed:
                raise ApiError(ailment.status, [CANNOT_LOAD])
            errors.append({"id": str(issue.id), "errorMessage": CANNOT_LOAD})
    return errors


def shown(world: World, endpoint: str, issue: Issue, rendered: msgspec.Raw) -> msgspec.Raw:
    """The issue without the values that fail to load."""
    ailment = world.ailing.get(issue.id)
    if ailment is None or not ailment.strikes(endpoint, "blank"):
        return rendered
    shape = json.loads(bytes(rendered))
    inside, names = (shape["fields"], ailment.fields) if ailment.fields else (shape, ("fields",))
    for name in names:
        if ailment.shape == "absent":
            inside.pop(name, None)
        elif name in inside:
            inside[name] = json.loads(ailment.shape)
    return msgspec.Raw(json.dumps(shape).encode())
