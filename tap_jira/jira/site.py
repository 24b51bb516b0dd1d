"""What this Jira is: Cloud or self-managed, its version, its clock, and who we are to it.

``serverInfo`` and ``myself`` decide it in two requests, and prove the credentials: on Cloud many
other resources answer wrong credentials with 200 and nothing in it.
"""

from __future__ import annotations

import dataclasses
import logging
import typing as t

import pendulum

from tap_jira.errors import (
    AuthenticationError,
    ConfigurationError,
    LockedOutError,
    NotFoundError,
    NotJiraError,
    PermissionDeniedError,
    StreamError,
)
from tap_jira.http.auth import AnonymousAuth
from tap_jira.http.client import CLOUD_API, Request
from tap_jira.records.timestamps import parse_instant

if t.TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_jira.http.client import JiraClient
    from tap_jira.settings import Settings

logger = logging.getLogger("tap-jira.site")

SERVER_INFO = Request("GET", "/rest/api/2/serverInfo")
SHOW_RICH_TEXT = (
    "POST search/jql",
    "POST issue/bulkfetch",
    "GET issue/{issue}",
    "GET issue/{issue}/comment",
    "GET issue/{issue}/worklog",
    "POST worklog/list",
)
"""Resources of Cloud with rich text in their answers: version 3 of the API has documents there, and
version 2 wiki markup. Nothing else is different between the two."""
BASIC_OFF_SINCE = 11
"""Jira 11 ships with Basic authentication switched off."""


@dataclasses.dataclass(frozen=True)
class Site:
    """One Jira, as its ``serverInfo`` and ``myself`` describe it."""

    is_cloud: bool
    version: str
    version_numbers: tuple[int, ...]
    base_url: str
    user: Mapping[str, t.Any] | None
    """The user's own record; ``None`` for an anonymous visitor."""
    started_at: pendulum.DateTime
    """Jira's clock when the run began, in UTC."""
    clock_skew: float
    """Seconds by which Jira's clock is ahead of this machine's."""
    server_info: Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    """The answer of ``serverInfo``."""

    @property
    def kind(self) -> str:
        """The product's name."""
        return "Jira Cloud" if self.is_cloud else "Jira Data Center"

    def now(self) -> pendulum.DateTime:
        """Jira's clock."""
        return pendulum.now("UTC").add(seconds=self.clock_skew)

    @property
    def time_zone(self) -> str | None:
        """The time zone of the user's profile (the tap never depends on it)."""
        zone = (self.user or {}).get("timeZone")
        return zone if isinstance(zone, str) else None


def look(client: JiraClient, settings: Settings, info: Mapping[str, t.Any]) -> Site:
    """Make out the site from its ``serverInfo``, and who the credentials belong to.

    Raises:
        TapJiraError: Jira does not take the credentials.
    """
    server_time = parse_instant(info.get("serverTime"))
    now = pendulum.now("UTC")
    started_at = pendulum.instance(server_time).in_timezone("UTC") if server_time else now
    is_cloud = _is_cloud(info)
    numbers = _version_numbers(info)
    if is_cloud and settings.auth_method in {"pat", "cookie"}:
        raise ConfigurationError(str(_hint(settings, is_cloud=True, version=numbers)))
    site = Site(
        is_cloud=is_cloud,
        version=str(info.get("version", "")),
        version_numbers=numbers,
        base_url=settings.base_url,
        user=_myself(client, settings, numbers),
        started_at=started_at,
        clock_skew=(started_at - now).total_seconds(),
        server_info=info,
    )
    logger.info(
        "Connected to %s %s as %s.",
        site.kind,
        site.version,
        (site.user or {}).get("displayName") or "an anonymous visitor",
    )
    if site.user is None:
        logger.warning(
            "No credentials are configured: only what this Jira shows to anyone will be read."
        )
    return site


def server_info(client: JiraClient, settings: Settings) -> Mapping[str, t.Any]:
    """``GET /rest/api/2/serverInfo``; sets the client to the API version of this Jira.

    Raises:
        TapJiraError: there is no Jira at this address, or it does not take the credentials.
    """
    try:
        info = client.ask(SERVER_INFO).payload
    except LockedOutError:
        raise
    except (AuthenticationError, PermissionDeniedError) as error:
        raise _credentials_refused(client, settings, error) from error
    except NotFoundError as error:
        msg = (
            f"There is no Jira REST API at {client.base_url} (404): check base_url, and whether "
            "this Jira has a context path such as /jira. With cloud_id: check the cloud id."
        )
        raise NotJiraError(msg) from error
    if not isinstance(info, dict) or "version" not in info:
        msg = f"{client.base_url} answers, but not as a Jira does: check base_url."
        raise NotJiraError(msg)
    if _is_cloud(info):
        client.api_version = CLOUD_API
        if settings.rich_text == "markup":
            client.other_versions = dict.fromkeys(SHOW_RICH_TEXT, "2")
    return info


def _is_cloud(info: Mapping[str, t.Any]) -> bool:
    """Very old servers do not say what they are."""
    return str(info.get("deploymentType", "Server")).lower() == "cloud"


def _version_numbers(info: Mapping[str, t.Any]) -> tuple[int, ...]:
    numbers = info.get("versionNumbers")
    return tuple(n for n in numbers if isinstance(n, int)) if isinstance(numbers, list) else ()


def _credentials_refused(
    client: JiraClient, settings: Settings, error: Exception
) -> AuthenticationError:
    """Say more, with what an anonymous look at the server tells."""
    text = str(error)
    try:
        info = client.ask(SERVER_INFO, auth=AnonymousAuth()).payload
        numbers = _version_numbers(info)
        is_cloud = info.get("deploymentType") == "Cloud"
    except (StreamError, NotJiraError, AttributeError):
        return AuthenticationError(text)
    hint = _hint(settings, is_cloud=is_cloud, version=numbers)
    return AuthenticationError(hint or text)


def _hint(settings: Settings, *, is_cloud: bool, version: t.Sequence[int]) -> str | None:
    """What is most likely wrong with refused credentials."""
    if is_cloud and settings.auth_method in {"pat", "cookie"}:
        return (
            f"auth_method {settings.auth_method} is for self-managed Jira, and this is Jira Cloud: "
            "use username and api_token."
        )
    if is_cloud and settings.auth_method == "basic" and not settings.cloud_id:
        return (
            "Jira does not accept the credentials: username must be the account's e-mail address, "
            "api_token a valid API token (they expire). A scoped API token or a service account "
            "works only with cloud_id."
        )
    if not is_cloud and settings.auth_method in {"basic", "cookie"} and version:
        if version[0] >= BASIC_OFF_SINCE:
            return (
                f"Jira {'.'.join(map(str, version))} does not accept username and password: they "
                "may be wrong, and since Jira 11 password log-in is switched off by default. Use "
                "personal_access_token, or have an administrator allow Basic authentication."
            )
        return "Jira does not accept the credentials: check username and password."
    if not is_cloud and settings.auth_method == "pat":
        return (
            "Jira does not accept the personal_access_token: it may have expired or been revoked. "
            "Create a new one in the Jira profile."
        )
    return None


def _myself(
    client: JiraClient, settings: Settings, version: tuple[int, ...]
) -> Mapping[str, t.Any] | None:
    """The user's record: a resource that is never answered to anonymous visitors."""
    if settings.auth_method == "anonymous":
        return None
    try:
        user = client.get("myself")
    except LockedOutError:
        raise
    except AuthenticationError as error:
        hint = _hint(settings, is_cloud=client.api_version == CLOUD_API, version=version)
        raise AuthenticationError(hint or str(error)) from error
    except PermissionDeniedError as error:
        msg = f"The credentials may not even read their own user: {error}"
        raise AuthenticationError(msg) from error
    # Before Jira 6 users had a name and no key.
    if not isinstance(user, dict) or not any(map(user.get, ("accountId", "key", "name"))):
        msg = "Jira does not say who the credentials belong to: they are not in effect."
        raise AuthenticationError(msg)
    return user
