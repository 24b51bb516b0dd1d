"""Apps of Atlassian's that a Jira may have, and where they tell that they are there."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class App:
    """What has its own part of the REST API."""

    name: str
    info: str
    """What it answers to anyone, wherever it is installed."""
    licensed: str
    """The member of the answer that is false where it is installed and may not be used."""


SERVICE_MANAGEMENT = App("Jira Service Management", "/rest/servicedeskapi/info", "isLicensedForUse")
