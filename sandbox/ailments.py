"""Issues that cannot be read, or not whole: what Jira answers for them, once or for ever.

A broken value of an app, a history that outgrew the server: on every site there is such an issue
now and then. It spoils each answer that holds it (the list of ids does not), whatever was asked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from sandbox.messages import ApiError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sandbox.context import Context
    from sandbox.model import Issue

CANNOT_LOAD = "The issue could not be loaded. Try again later."


@dataclass
class Ailment:
    """What ails an issue.

    ``kind`` is ``status`` (the whole answer fails with ``status``), ``error`` (bulk fetch lists it
    among its ``issueErrors``; elsewhere as ``status``), or ``blank``: its ``fields`` fail to load,
    and are ``absent``, ``null`` or ``{}`` as ``shape`` says (``failFast`` is off). It strikes
    ``times`` answers, ``None`` for ever, of the endpoints in which ``where`` is found, a regular
    expression.
    """

    kind: Literal["status", "error", "blank"] = "status"
    status: int = 500
    times: int | None = None
    where: str = ""
    fields: tuple[str, ...] = ()
    shape: Literal["absent", "null", "{}"] = "absent"
    #: How many answers were spoilt.
    struck: int = field(default=0, init=False)

    def strikes(self, endpoint: str, *kinds: str) -> bool:
        """Whether this answer is spoilt, in one of these ways."""
        if self.kind not in kinds or not re.search(self.where, endpoint):
            return False
        if self.times is not None and self.struck >= self.times:
            return False
        self.struck += 1
        return True


def refuse(ctx: Context, issues: Iterable[Issue], *, listed: bool = False) -> list[dict[str, Any]]:
    """Fail if one of the issues in the answer makes it fail.

    Hands back the ``issueErrors``; without ``listed`` the answer has no such list, and fails.
    """
    ailing = ctx.world.ailing
    errors: list[dict[str, Any]] = []
    if not ailing:
        return errors
    for issue in issues:
        ailment = ailing.get(issue.id)
        if ailment is None:
            continue
        if ailment.strikes(ctx.request.endpoint, "status"):
            raise ApiError(ailment.status, [CANNOT_LOAD])
        if ailment.strikes(ctx.request.endpoint, "error"):
            if not listed:
                raise ApiError(ailment.status, [CANNOT_LOAD])
            errors.append({"id": str(issue.id), "errorMessage": CANNOT_LOAD})
    return errors


def shown(ctx: Context, issue: Issue, rendered: msgspec.Raw) -> msgspec.Raw:
    """The issue without the values that fail to load."""
    ailment = ctx.world.ailing.get(issue.id)
    if ailment is None or not ailment.strikes(ctx.request.endpoint, "blank"):
        return rendered
    shape = json.loads(bytes(rendered))
    for name in ailment.fields:
        if ailment.shape == "absent":
            shape["fields"].pop(name, None)
        elif name in shape["fields"]:
            shape["fields"][name] = None if ailment.shape == "null" else {}
    return msgspec.Raw(json.dumps(shape).encode())
