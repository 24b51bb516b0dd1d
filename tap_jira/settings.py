"""The configuration, typed and normalised: :func:`parse` checks what JSON schema cannot.

Defaults are applied here too, so they hold however the tap is started.
"""

from __future__ import annotations

import contextlib
import dataclasses
import ipaddress
import re
import typing as t
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pendulum
from pendulum.parsing.exceptions import ParserError

from tap_jira.errors import ConfigurationError
from tap_jira.secrets import texts
from tap_jira.settings_schema import GATEWAY
from tap_jira.slice import Slice

DAY = 24.0


@dataclasses.dataclass(frozen=True)
class Settings:
    """The configuration, validated and normalised.

    ``base_url`` has a scheme and no trailing slash; instants are aware and in UTC;
    durations are in seconds.
    """

    base_url: str
    auth_method: str
    username: str | None = None
    api_token: str | None = dataclasses.field(default=None, repr=False)
    password: str | None = dataclasses.field(default=None, repr=False)
    personal_access_token: str | None = dataclasses.field(default=None, repr=False)
    client_id: str | None = None
    client_secret: str | None = dataclasses.field(default=None, repr=False)
    refresh_token: str | None = dataclasses.field(default=None, repr=False)
    access_token: str | None = dataclasses.field(default=None, repr=False)
    oauth_token_url: str | None = None
    oauth_token_file: str | None = None
    oauth_redirect_uri: str | None = None
    cloud_id: str | None = None
    api_gateway_url: str = GATEWAY
    site: str | None = None
    start_date: pendulum.DateTime | None = None
    end_date: pendulum.DateTime | None = None
    project_keys: tuple[str, ...] = ()
    on_unknown_project: str = "fail"
    jql: str | None = None
    slice: Slice | None = None
    slices_at_once: int = 1
    custom_field_names: str = "id"
    custom_fields: str = "columns"
    custom_field_values: str = "object"
    scoped_custom_fields: str = "object"
    rich_text: str = "document"
    on_stream_error: str = "fail"
    full_table_interval_hours: float | t.Mapping[str, float] = DAY
    page_size: int | None = None
    max_concurrency: int = 8
    lookback_seconds: int = 600
    request_timeout: int = 120
    max_retry_wait_seconds: int = 3900
    max_response_mb: int = 512
    user_agent: str | None = None
    ca_bundle: str | None = None
    client_certificate: str | None = None

    def interval_of(self, stream: str, *, costs_parents: bool) -> float:
        """Hours between two reads of a stream that is read whole; 0 is every run.

        Unless the stream is named, only those that cost a request per parent have an interval.
        """
        given = self.full_table_interval_hours
        if isinstance(given, (int, float)):
            return given if costs_parents else 0
        return given.get(stream, DAY if costs_parents else 0)

    @property
    def share(self) -> float:
        """The part of Jira's rate limits that is this process's: slices run side by side."""
        return 1 / self.slices_at_once

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret value, for scrubbing whatever is written."""
        return tuple(
            value
            for field in dataclasses.fields(self)
            if not field.repr and (value := getattr(self, field.name))
        )


def secrets_in(config: t.Mapping[str, t.Any]) -> list[str]:
    """The secrets of a configuration that was not checked yet, whatever their types."""
    names = [field.name for field in dataclasses.fields(Settings) if not field.repr]
    return [text for name in names for text in texts(config.get(name))]


def parse(config: t.Mapping[str, t.Any]) -> Settings:
    """Check what JSON schema cannot, and normalise.

    Raises:
        ConfigurationError: naming the setting at fault.
    """
    known = {field.name for field in dataclasses.fields(Settings)}
    given = {
        name: value
        for name, value in config.items()
        if name in known and value is not None and value != ""
    }
    if "base_url" not in given:
        msg = "The setting base_url is required: the address of your Jira."
        raise ConfigurationError(msg)
    given["base_url"] = _address("base_url", given["base_url"])
    given["api_gateway_url"] = _address("api_gateway_url", given.get("api_gateway_url", GATEWAY))
    if "oauth_token_url" in given:
        given["oauth_token_url"] = _address("oauth_token_url", given["oauth_token_url"])
    for name in ("start_date", "end_date"):
        if name in given:
            given[name] = _instant(name, given[name])
    if "project_keys" in given:
        given["project_keys"] = _keys(given["project_keys"])
    for name in _WHOLE & given.keys():
        given[name] = int(given[name])  # 1.0 is an integer to JSON schema
    if "jql" in given:
        given["jql"] = _filter(given["jql"])
    _take_part(given)
    for name in ("ca_bundle", "client_certificate"):
        if name in given and not Path(given[name]).is_file():
            msg = f"The setting {name} names a file that does not exist: {given[name]}"
            raise ConfigurationError(msg)
    for name in _SENT_AS_THEY_ARE & given.keys():
        given[name] = _header(name, given[name])
    given["auth_method"] = _auth_method(given)
    settings = Settings(**given)
    if settings.start_date and settings.end_date and settings.start_date >= settings.end_date:
        msg = "start_date must lie before end_date."
        raise ConfigurationError(msg)
    return settings


def _take_part(given: dict[str, t.Any]) -> None:
    """Of a slice: what it is, and its share of the requests that may be under way."""
    if "slice" not in given:
        given.pop("slices_at_once", None)
        return
    part = Slice.parse(given["slice"], partial(_instant, "slice"))
    given["slice"] = part
    at_once = min(given.get("slices_at_once", part.of), part.of)
    given["slices_at_once"] = at_once
    most = given.get("max_concurrency", Settings.max_concurrency)
    given["max_concurrency"] = max(most // at_once, 1)


def _keys(given: t.Sequence[str]) -> tuple[str, ...]:
    """The keys of projects; a list of blanks is no wish for all of them."""
    keys = tuple(dict.fromkeys(key.strip() for key in given if key.strip()))
    if given and not keys:
        msg = "The setting project_keys holds nothing but blanks: leave it out to read all of them."
        raise ConfigurationError(msg)
    return keys


def _address(name: str, value: str) -> str:
    """An https address without a trailing slash; http for loopback hosts only."""
    text = value.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")  # no label is empty, or too long
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or re.search(r"\s", text):
        msg = f"The setting {name} is not an address: expected something like https://jira.acme.com"
        raise ConfigurationError(msg)
    if parts.username or parts.password:
        msg = f"The setting {name} must not hold credentials: use username and api_token instead."
        raise ConfigurationError(msg)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        msg = (
            f"The setting {name} must be an https address ({parts.scheme}:// is accepted for "
            "loopback hosts only): credentials are never sent unencrypted."
            if parts.scheme == "http"
            else f"The setting {name} must be an https address, not {parts.scheme}://."
        )
        raise ConfigurationError(msg)
    netloc = f"[{host}]" if ":" in host else host
    if port:
        netloc = f"{netloc}:{port}"
    return urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), "", ""))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


_WHOLE = frozenset(
    {
        "page_size",
        "max_concurrency",
        "lookback_seconds",
        "request_timeout",
        "max_retry_wait_seconds",
        "max_response_mb",
        "slices_at_once",
    }
)
_IN_A_HEADER = frozenset({"personal_access_token", "access_token", "user_agent"})
_SENT_AS_THEY_ARE = frozenset(
    {
        "api_token",
        "personal_access_token",
        "client_id",
        "client_secret",
        "refresh_token",
        "access_token",
        "cloud_id",
        "user_agent",
    }
)


def _header(name: str, value: str) -> str:
    """A value without the line break that it was pasted with."""
    text = value.strip()
    if not text.isprintable():
        msg = f"The setting {name} holds a line break or another control character: remove it."
        raise ConfigurationError(msg)
    if name in _IN_A_HEADER and not text.isascii():
        msg = f"The setting {name} holds a character that no HTTP header can: check it."
        raise ConfigurationError(msg)
    return text


def _instant(name: str, value: str) -> pendulum.DateTime:
    """An aware UTC instant from an ISO 8601 date or date-time."""
    instant = None
    if re.match(r"\s*\d{4}-?\d{2}", str(value)):  # not "now", nor a time without a date
        with contextlib.suppress(ParserError, ValueError, OverflowError):
            parsed = pendulum.parse(str(value), tz="UTC")
            if isinstance(parsed, pendulum.DateTime):
                # A day before and after it will be reckoned with.
                instant = parsed.in_timezone("UTC").add(days=1).subtract(days=2).add(days=1)
    if instant is None:
        msg = (
            f"The setting {name} is not a date: expected 2026-01-31 or 2026-01-31T08:00:00Z, "
            f"got {value!r}."
        )
        raise ConfigurationError(msg)
    return instant


def _filter(jql: str) -> str:
    """The user's filter; an ORDER BY of its own would break the tap's."""
    unquoted = re.sub(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'", "", jql)
    if re.search(r"\border\s+by\b", unquoted, re.IGNORECASE):
        msg = "The setting jql must not have an ORDER BY: the tap orders by itself. Remove it."
        raise ConfigurationError(msg)
    depth = 0
    for bracket in re.findall(r"[()]", unquoted):
        depth += 1 if bracket == "(" else -1
        if depth < 0:
            break
    if depth:
        # It would reach out of the brackets that the tap puts around it.
        msg = "The setting jql has parentheses that do not match: correct them."
        raise ConfigurationError(msg)
    return jql.strip()


_NEEDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "basic": (("username", "api_token"), ("username", "password")),
    "pat": (("personal_access_token",),),
    "anonymous": ((),),
    "oauth": (
        ("access_token",),
        ("client_id", "client_secret", "refresh_token"),
        ("client_id", "client_secret", "oauth_token_file"),
    ),
    "client_credentials": (("client_id", "client_secret"),),
    "cookie": (("username", "password"),),
}


def _auth_method(given: t.Mapping[str, t.Any]) -> str:
    """The method that was asked for, or that the credentials imply."""
    method = given.get("auth_method")
    if method is None:
        if "personal_access_token" in given:
            method = "pat"
        elif "refresh_token" in given or "access_token" in given:
            method = "oauth"
        elif "client_id" in given or "client_secret" in given:
            method = "client_credentials"
        elif any(name in given for name in ("username", "api_token", "password")):
            method = "basic"
        else:
            method = "anonymous"
    if not any(all(name in given for name in needed) for needed in _NEEDS[method]):
        ways = " or ".join(" + ".join(needed) for needed in _NEEDS[method])
        msg = f"Logging in with auth_method {method} needs {ways}."
        raise ConfigurationError(msg)
    return str(method)
