"""Whether a Data Center rebuilds its search index, so that searches show a part of the issues only.

``GET /rest/api/2/reindex/progress`` tells of the re-index under way, or of the last one (404:
there was none)::

    {"type": "FOREGROUND", "currentProgress": 42, "submittedTime": "2026-06-15T11:40:00.000+0000",
     "startTime": "…", "finishTime": null, "success": false}

One in the background leaves the old index in use.
"""

from __future__ import annotations

import typing as t

from tap_jira.errors import (
    AuthenticationError,
    BadRequestError,
    ConnectionFailedError,
    NotFoundError,
    NotJiraError,
    PermissionDeniedError,
    StreamError,
)
from tap_jira.http.client import Request

if t.TYPE_CHECKING:
    from tap_jira.http.client import JiraClient

COMPLETE = 100
"""Per cent."""


_KEPT = "what it showed is written, the bookmark stays where it was."


def under_reconstruction(client: JiraClient) -> str | None:
    """What to tell the user if the index is being rebuilt; ``None`` if not, or if unknown.

    Not every user is told, and not by every version; what stands before Jira may not let the
    question through. But from a Jira that is in trouble when it is asked nothing can be concluded.
    """
    try:
        answer = client.ask(Request("GET", "reindex/progress")).payload
    except (NotFoundError, PermissionDeniedError, BadRequestError):
        return None
    except (AuthenticationError, NotJiraError):
        return None  # if it is more than this address, the next request tells
    except (StreamError, ConnectionFailedError) as error:
        return f"Whether Jira is rebuilding its search index cannot be learned: {_KEPT} {error}"
    if not isinstance(answer, dict) or answer.get("type") != "FOREGROUND":
        return None
    progress = answer.get("currentProgress")
    if answer.get("finishTime") or not isinstance(progress, int) or progress >= COMPLETE:
        return None
    return (
        f"Jira is rebuilding its search index ({progress} %) and shows only a part of the issues: "
        f"{_KEPT} Run again when it is done."
    )
