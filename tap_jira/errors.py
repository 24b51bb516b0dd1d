"""What can go wrong, and the one line that tells the user what to do about it.

Every error that reaches a user is a :class:`TapJiraError`; its text is complete as it stands:
what happened, where, and what to do. It never holds a credential.
"""

from __future__ import annotations

import typing as t


class TapJiraError(Exception):
    """Something the user should know about, told in one line.

    ``fatal`` errors end the run; the others end the stream that met them.
    """

    fatal: t.ClassVar[bool] = True


class ConfigurationError(TapJiraError):
    """A setting is missing, malformed, or contradicts another one."""


class StateError(TapJiraError):
    """The STATE handed to the tap cannot be trusted to resume from."""


class AuthenticationError(TapJiraError):
    """Jira does not take the credentials; nothing it would answer can be believed."""


class LockedOutError(AuthenticationError):
    """Jira demands a CAPTCHA; asking again makes it last longer."""


class ConnectionFailedError(TapJiraError):
    """No conversation with this host is possible: name, network, certificate or proxy."""


class NotJiraError(TapJiraError):
    """Something answered, but it was not Jira's REST API (a login page, a proxy, a wrong path)."""


class InterruptedRunError(TapJiraError):
    """The process was asked to stop; ``exit_code`` tells by which signal."""

    def __init__(self, exit_code: int = 1) -> None:
        """Say so."""
        super().__init__("The run was stopped; the next one goes on from the last STATE.")
        self.exit_code = exit_code


class StreamError(TapJiraError):
    """One stream's trouble: the others go on."""

    fatal = False


class PermissionDeniedError(StreamError):
    """The credentials are good, but they may not read this (403, or 401 for a missing scope)."""


class MissingScopeError(PermissionDeniedError):
    """The token lacks a scope: whatever is asked of this resource, it will not be answered."""


class NotFoundError(StreamError):
    """404: missing, invisible to this user, or switched off."""


class BadRequestError(StreamError):
    """Jira refused the request as such (400 and kin); ``messages`` are Jira's own words."""

    def __init__(self, text: str, status: int, messages: t.Sequence[str] = ()) -> None:
        """Keep the status and Jira's messages beside the text."""
        super().__init__(text)
        self.status = status
        self.messages = tuple(messages)


class UnavailableError(StreamError):
    """Every retry of a request failed."""


class TooMuchError(UnavailableError):
    """Jira takes too long for this much; it may manage less."""


class IncompleteReadError(StreamError):
    """Jira kept changing its answer, so that completeness could not be proven."""
