"""What ails an issue that cannot be read, or not whole."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal


@dataclass
class Ailment:
    """What ails an issue.

    ``kind`` is ``status`` (the whole answer fails with ``status``), ``error`` (bulk fetch lists it
    among its ``issueErrors``; elsewhere as ``status``), or ``blank``: its ``fields`` fail to load
    (all together if none is named), and are absent (``failFast`` is off), or what ``shape`` says in
    JSON. It strikes ``times`` answers, ``None`` for ever, of the endpoints in which ``where`` is
    found, a regular expression.
    """

    kind: Literal["status", "error", "blank"] = "status"
    status: int = 500
    times: int | None = None
    where: str = ""
    fields: tuple[str, ...] = ()
    shape: str = "absent"
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
