"""Every kind of credential that Jira knows, one ``requests`` authentication class each.

=====================  ==========================================================
``basic``              ``Authorization: Basic base64(user:secret)``
``pat``                ``Authorization: Bearer <personal access token>``
``oauth``              ``Authorization: Bearer <access token>``, refreshed
``client_credentials`` ``Authorization: Bearer <access token>``, requested anew
``cookie``             ``Cookie: JSESSIONID=…``, from a log-in
``anonymous``          nothing
=====================  ==========================================================

The header is sent with the first request already: Jira does not ask for it on resources that
anonymous visitors may read. A renewable credential is renewed once per failure, whichever of the
threads meets it first (:meth:`JiraAuth.renew`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import tempfile
import threading
import time
import typing as t
from pathlib import Path

from requests.auth import AuthBase, HTTPBasicAuth

from tap_jira import secrets
from tap_jira.errors import AuthenticationError, ConfigurationError, TapJiraError
from tap_jira.settings_schema import TOKEN_URL

if t.TYPE_CHECKING:
    from collections.abc import Callable

    from requests import PreparedRequest

    from tap_jira.http.transport import Transport
    from tap_jira.settings import Settings

logger = logging.getLogger("tap-jira.auth")

EXPIRY_MARGIN = 120.0
"""Seconds before its expiry at which an access token is replaced (it lives for about an hour)."""

DEFAULT_LIFETIME = 3600.0


class JiraAuth(AuthBase):
    """A credential; the base class is the anonymous one.

    Anonymous access is an object as well: with no ``auth`` at all, requests would look for
    credentials in the user's ``.netrc``.
    """

    authenticated: t.ClassVar[bool] = True

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Put the credential on the request."""
        return request

    def current(self) -> object:
        """What identifies the credential now in use, to tell whether it was renewed since."""
        return None

    def renew(self, stale: object) -> bool:  # noqa: ARG002 - the interface
        """Replace the credential ``stale``; whether there is another one to try now."""
        return False


class AnonymousAuth(JiraAuth):
    """No credential: what Jira shows to anyone."""

    authenticated = False


class BasicAuth(JiraAuth):
    """User name and API token or password, in UTF-8 (requests would take Latin-1)."""

    def __init__(self, username: str, secret: str) -> None:
        """Take the user name (on Cloud the e-mail address) and the secret."""
        secrets.learn(f"{username}:{secret}")
        self._basic = HTTPBasicAuth(username.encode(), secret.encode())

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """``Authorization: Basic …``."""
        return t.cast("PreparedRequest", self._basic(request))


class BearerAuth(JiraAuth):
    """A token that stays as it is: a personal access token, or an access token from outside."""

    def __init__(self, token: str) -> None:
        """Take the token."""
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """``Authorization: Bearer …``."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _RenewableAuth(JiraAuth):
    """A credential obtained by a request of its own: once, by one thread, for all.

    A refusal is final: asking again with the same password or grant, once for every request that
    is waiting, would earn a CAPTCHA.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._value: str | None = None
        self._expires = float("inf")
        self._refusal: TapJiraError | None = None

    def current(self) -> object:
        """The token or cookie, obtained if there is none or it is about to expire."""
        with self._lock:
            if self._value is None or time.monotonic() >= self._expires:
                self._replace()
            return self._value

    def renew(self, stale: object) -> bool:
        """Obtain a new one, unless another thread already did."""
        with self._lock:
            if self._value == stale:
                self._replace()
            return True

    def _replace(self) -> None:
        if self._refusal:
            raise self._refusal
        try:
            self._value, self._expires = self._obtain()
        except (AuthenticationError, ConfigurationError) as refusal:
            self._refusal = refusal
            raise
        secrets.learn(self._value)

    def _obtain(self) -> tuple[str, float]:
        """A new value and when it expires, on the monotonic clock."""
        raise NotImplementedError


class _TokenAuth(_RenewableAuth):
    """OAuth 2.0: a grant is exchanged for a short-lived access token."""

    def __init__(self, transport: Transport, settings: Settings) -> None:
        super().__init__()
        self._transport = transport
        self._settings = settings
        self._token_url = settings.oauth_token_url or _default_token_url(settings)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """``Authorization: Bearer <access token>``."""
        request.headers["Authorization"] = f"Bearer {self.current()}"
        return request

    def _exchange(self, grant: dict[str, str | None]) -> tuple[dict[str, t.Any], float]:
        """Post the grant to the token endpoint: its answer, and the access token's expiry.

        Self-managed Jira takes the form encoding of the standard, Atlassian's takes both.
        """
        grant |= {
            "client_id": self._settings.client_id,
            "client_secret": self._settings.client_secret,
        }
        answer = self._transport.exchange(self._token_url, grant)
        if not isinstance(answer, dict) or not isinstance(answer.get("access_token"), str):
            msg = (
                f"No access token from {self._token_url}: "
                f"{_reason(answer)}. Check client_id, client_secret and the refresh token."
            )
            raise AuthenticationError(msg)
        lifetime = _seconds(answer.get("expires_in"))
        return answer, time.monotonic() + max(lifetime - EXPIRY_MARGIN, lifetime / 2)


def _seconds(value: object) -> float:
    """An access token's lifetime; an hour if the answer does not say it sensibly."""
    try:
        lifetime = float(str(value))
    except ValueError:
        return DEFAULT_LIFETIME
    return lifetime if lifetime > 0 else DEFAULT_LIFETIME


def _reason(answer: object) -> str:
    """Why the token endpoint refused, in its own words but never with a token in them."""
    if isinstance(answer, dict):
        text = answer.get("error_description") or answer.get("error") or answer.get("message")
        if isinstance(text, str):
            return text[:200].rstrip(".")
    return "it refused"


class ClientCredentialsAuth(_TokenAuth):
    """OAuth 2.0 client credentials: service accounts of Cloud and of Data Center."""

    def _obtain(self) -> tuple[str, float]:
        answer, expires = self._exchange({"grant_type": "client_credentials"})
        return answer["access_token"], expires


class RefreshTokenAuth(_TokenAuth):
    """OAuth 2.0 with a refresh token (3LO).

    Atlassian rotates refresh tokens: each use returns a new one and invalidates the old. The new
    one is therefore written to ``oauth_token_file`` before anything else happens, and a run that
    could not write it says so before it uses the old one up.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        """Take the tokens from the file, or else from the settings."""
        super().__init__(transport, settings)
        self._file = TokenFile(settings)
        if settings.access_token:
            self._value = settings.access_token

    def _obtain(self) -> tuple[str, float]:
        token = self._file.read()
        if token is None:
            msg = (
                "The access token has expired and there is no refresh_token to renew it with: "
                "configure one, or a new access_token."
            )
            raise AuthenticationError(msg)
        self._file.check_writable()
        secrets.learn(token)
        answer, expires = self._exchange(
            {
                "grant_type": "refresh_token",
                "refresh_token": token,
                "redirect_uri": self._settings.oauth_redirect_uri,
            }
        )
        rotated = answer.get("refresh_token")
        if isinstance(rotated, str) and rotated != token:
            secrets.learn(rotated)
            self._file.write(rotated)
        return answer["access_token"], expires


class TokenFile:
    """The file that keeps the current refresh token between runs.

    It remembers which configured token it descends from: when the user configures another one,
    the file's is no longer the successor and the configured one is used.
    """

    def __init__(self, settings: Settings) -> None:
        """Take the path and the configured first token."""
        self._path = Path(settings.oauth_token_file) if settings.oauth_token_file else None
        self._configured = settings.refresh_token

    def read(self) -> str | None:
        """The current refresh token."""
        if self._path is None or not self._path.exists():
            return self._configured
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            kept = None
        token = kept.get("refresh_token") if isinstance(kept, dict) else None
        if not isinstance(token, str):
            msg = (
                f"oauth_token_file {self._path} cannot be read as a token file: remove it and "
                "configure a fresh refresh_token."
            )
            raise ConfigurationError(msg)
        if self._configured and kept.get("origin") != _fingerprint(self._configured):
            return self._configured
        return token

    def check_writable(self) -> None:
        """Fail now rather than after the old token is used up."""
        if self._path is None:
            msg = (
                "oauth_token_file is required with refresh_token: Atlassian replaces the refresh "
                "token at every use, and the new one has to be kept somewhere."
            )
            raise ConfigurationError(msg)
        try:
            with tempfile.NamedTemporaryFile(dir=self._path.parent):
                pass
        except OSError as error:
            msg = (
                f"oauth_token_file {self._path} cannot be written ({error.strerror}): the next "
                "refresh token would be lost. Choose a writable place."
            )
            raise ConfigurationError(msg) from None

    def write(self, token: str) -> None:
        """Replace the file atomically, readable by its owner only."""
        path = t.cast("Path", self._path)
        kept = {
            "refresh_token": token,
            "origin": _fingerprint(self._configured) if self._configured else None,
        }
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(kept, file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError as error:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            msg = (
                f"oauth_token_file {path} could not be written ({error.strerror}) after the old "
                "refresh token was used up: make room, and authorize the tap again."
            )
            raise ConfigurationError(msg) from None


def _fingerprint(token: str) -> str:
    """A name for a token that does not give it away."""
    return hashlib.sha256(token.encode()).hexdigest()[:16]


class CookieAuth(_RenewableAuth):
    """A session of a self-managed Jira, from ``POST /rest/auth/1/session``.

    An expired session does not fail by itself, Jira just answers as to an anonymous visitor: the
    client notices and renews.
    """

    def __init__(self, transport: Transport, settings: Settings) -> None:
        """Take the user name and password; the log-in happens with the first request."""
        super().__init__()
        self._transport = transport
        self._settings = settings

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """``Cookie: JSESSIONID=…``."""
        request.headers["Cookie"] = str(self.current())
        return request

    def _obtain(self) -> tuple[str, float]:
        payload, response = self._transport.log_in(
            f"{self._settings.base_url}/rest/auth/1/session",
            {"username": self._settings.username, "password": self._settings.password},
        )
        cookies = {cookie.name: cookie.value for cookie in response.cookies}
        session = payload.get("session") if isinstance(payload, dict) else None
        if isinstance(session, dict):
            cookies[str(session.get("name"))] = str(session.get("value"))
        if not cookies:
            msg = f"The log-in at {self._settings.base_url} gave no session."
            raise AuthenticationError(msg)
        secrets.learn(*[value for value in cookies.values() if value])
        return "; ".join(f"{name}={value}" for name, value in cookies.items()), float("inf")


def authenticator(settings: Settings, transport: Transport) -> JiraAuth:
    """The credential that the settings describe."""
    make: dict[str, Callable[[], JiraAuth]] = {
        "basic": lambda: BasicAuth(
            settings.username or "", settings.api_token or settings.password or ""
        ),
        "pat": lambda: BearerAuth(settings.personal_access_token or ""),
        "cookie": lambda: CookieAuth(transport, settings),
        "anonymous": AnonymousAuth,
        "client_credentials": lambda: ClientCredentialsAuth(transport, settings),
        "oauth": lambda: (
            RefreshTokenAuth(transport, settings)
            if settings.client_id and settings.client_secret
            else BearerAuth(settings.access_token or "")
        ),
    }
    return make[settings.auth_method]()


def _default_token_url(settings: Settings) -> str:
    """Atlassian's token endpoint for Cloud sites, Jira's own for self-managed ones."""
    if settings.cloud_id or settings.base_url.endswith(".atlassian.net"):
        return TOKEN_URL
    return f"{settings.base_url}/rest/oauth2/latest/token"
